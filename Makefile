# venue-ops: needs a Python of at least 3.11 with pip, and make. `make help` lists what there is.
#
#   PYTHON=python3.12 make test     another Python, in an environment of its own (.venv-3.12)
#   make test TESTS=tests/unit      a part of the tests
#   make test PYTEST="-x -k city"   more options for pytest

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The Python: the one asked for, else the first on PATH that is new enough.
ifdef PYTHON
  ASKED := yes
else
  PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
    "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
endif
VERSION := $(shell "$(PYTHON)" -c 'import sys; sys.version_info >= (3, 11) and print("%d.%d" % sys.version_info[:2])' 2>/dev/null)

# Its environment. It is made anew when it was made for another Python or in another folder.
VENV := .venv$(if $(ASKED),-$(VERSION))
BIN := $(VENV)/bin
MADE_FOR := $(VERSION) $(CURDIR)
ifneq ($(shell cat "$(VENV)/made-for" 2>/dev/null),$(MADE_FOR))
  STALE := stale
endif

WORKERS ?= logical
TESTS ?= tests
PYTEST ?=
RUN_TESTS = $(BIN)/python -m pytest $(PYTEST)
PARALLEL = -n $(WORKERS) --maxprocesses 8
CHECKED = -m "not soak and not external"
# What `make check-external` skips on the oldest Python: workers want 3.12.
NEWER_EXTERNAL := tests/external/test_pgbouncer_workers.py
SOURCES = $(wildcard src tests tools benchmarks docs/conf.py)
DOCS = docs/_build/html

##@ Start here

.PHONY: demo
demo: $(VENV)/demo ## set up, then tell the story of a partial venue on an embedded PostgreSQL
	@$(BIN)/venue-ops demo
	@echo "venue-ops is in $(BIN): put it on the PATH with  . $(BIN)/activate"

.PHONY: test
test: $(VENV)/test ## set up, then run the tests (a few minutes)
	$(RUN_TESTS) $(PARALLEL) $(TESTS)

##@ Before a change is handed in

.PHONY: check
check: lint types layers reference-check docs test-others test-all ## everything CI checks

.PHONY: format
format: $(VENV)/dev ## format the sources and mend what ruff can mend
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

.PHONY: lint
lint: $(VENV)/dev ## formatting and ruff's rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

.PHONY: types
types: $(VENV)/dev ## mypy --strict
	$(BIN)/mypy $(SOURCES)

.PHONY: layers
layers: $(VENV)/dev ## import-linter: the arrows only point down
	$(BIN)/lint-imports

.PHONY: test-all
test-all: $(VENV)/dev ## the tests with the slow ones, and coverage
	$(RUN_TESTS) $(PARALLEL) $(CHECKED) --cov --cov-report=term $(TESTS)

.PHONY: test-others
test-others: $(VENV)/test ## the tests on every other supported Python that is found
	@$(BIN)/python -m tools.pythons --except $(VERSION) > $(VENV)/others
	@set -e; while read -r python; do \
	  echo "make test with $$python"; \
	  $(MAKE) test PYTHON="$$python" </dev/null; \
  $(MAKE) check-external PYTHON="$$python" TESTS=$(NEWER_EXTERNAL) </dev/null; \
	done < $(VENV)/others

.PHONY: check-external
check-external: $(VENV)/test ## tests with PgBouncer, PostgreSQL 15, zsh, fish, less and Chromium, where installed
	@$(call only,external)

.PHONY: soak
soak: $(VENV)/test ## the tests that take minutes
	@$(call only,soak)

.PHONY: bench
bench: $(VENV)/test ## measure the goals of docs/performance.md
	@$(BIN)/python -m benchmarks

##@ Documentation

.PHONY: docs
docs: $(VENV)/dev ## build the documentation; a broken link is an error
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet -b html docs $(DOCS)
	@echo "docs: $(DOCS)/index.html"

.PHONY: reference
reference: $(VENV)/test ## write the generated pages of docs/reference from the program
	$(BIN)/python -m tools.reference
	$(BIN)/python -m tools.columns_reference
	$(BIN)/python -m tools.json_reference

.PHONY: reference-check
reference-check: $(VENV)/test ## are the generated pages of docs/reference up to date?
	$(BIN)/python -m tools.reference --check
	$(BIN)/python -m tools.columns_reference --check
	$(BIN)/python -m tools.json_reference --check

##@ Housekeeping

.PHONY: pins
pins: $(VENV)/test ## resolve pyproject.toml into requirements/*.txt (needs every supported Python)
	$(BIN)/python -m tools.pins

.PHONY: clean
clean: ## remove the environments and whatever tools leave behind
	rm -rf .venv .venv-3.* build dist htmlcov docs/_build .coverage .coverage.* \
	  .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests tools benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# Run the tests with one marker; a suite that has none yet is not a failure (pytest's 5).
only = $(RUN_TESTS) -m $(1) -rs -o faulthandler_timeout=0 $(TESTS) \
  || { code=$$?; [ $$code -eq 5 ] && echo "no test is marked $(1)" || exit $$code; }

# --- environments ------------------------------------------------------------------------
# $(VENV)/demo, test and dev are stamps: that file of requirements/ and the project itself
# are installed. Each is renewed when the pins or pyproject.toml change.

$(VENV)/made-for: $(STALE)
	@[ -n "$(VERSION)" ] || { \
	  echo "error: $(if $(ASKED),$(PYTHON) is not,there is no) Python 3.11 or newer" >&2; \
	  echo "hint: name one, as in PYTHON=/usr/bin/python3.12 make test" >&2; exit 1; }
	@echo "making $(VENV) with Python $(VERSION)" >&2
	@$(PYTHON) -m venv --clear $(VENV) >/dev/null 2>&1 || { \
	  $(PYTHON) -m venv --clear --without-pip $(VENV) \
	  && $(PYTHON) -m pip --python $(BIN)/python install -qq pip; } || { rm -rf $(VENV); \
	  echo "error: $(PYTHON) can make no environment: it has neither ensurepip nor pip 22.3" >&2; \
	  echo "hint: install it, as in apt-get install python3-venv python3-pip" >&2; exit 1; }
	@echo "$(MADE_FOR)" > $@

$(VENV)/demo $(VENV)/test $(VENV)/dev: $(VENV)/made-for pyproject.toml $(wildcard requirements/*.txt)
	@echo "installing requirements/$(@F).txt; the first time this takes a minute" >&2
	@$(BIN)/python -m pip install -qq --compile -r requirements/build.txt -r requirements/$(@F).txt
	@$(BIN)/python -m pip install -qq --no-build-isolation --no-deps -e .
	@$(BIN)/python -m pip check >/dev/null || { $(BIN)/python -m pip check; exit 1; }
	@$(BIN)/python -m compileall -q src
	@touch $@

.PHONY: stale
stale:
