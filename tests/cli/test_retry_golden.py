"""What plans, explanations and receipts look like, byte by byte, as `test_golden` has the rest."""

from __future__ import annotations

import pytest
from tests.cli.program import DOCUMENT_FORMATS, FORMATS, Program
from tests.cli.receipts import OUTCOMES
from tests.cli.test_golden import assert_golden, at_a_terminal
from tests.cli.test_runs import KRAKOW, NOCE, SWEEP, write_asked

from venue_ops.core.retry.outcomes import Stop
from venue_ops.core.retry.state import StateFolder
from venue_ops.core.untrusted import visible

PLANNED_JOBS = (139, 137, 127, 124, 122, 154, 143, 135)
COMMANDS = {
    "plan-image": ("retry", "image", "noce-krk/#1", "noce-krk/gp-8fe24abdcc", "--dry-run"),
    "plan-venue": ("retry", "venue", "noce-krk", "--dry-run"),
    "plan-city": ("retry", "city", "warszawa", "krakow", "--dry-run"),
    "plan-sweep": ("sweep", "--dry-run", "--class", "transient,ambiguous"),
    "plan-jobs": ("retry", "job", *map(str, PLANNED_JOBS), "--dry-run"),
    "plan-with-jobs": ("retry", "city", "krakow", "--jobs", "--dry-run"),
    "explain-job": ("explain", "job", "136"),
    "explain-venue": ("explain", "venue", "noce-krk"),
    "explain-image": ("explain", "image", "noce-krk/gp-8fe24abdcc"),
    "runs": ("runs", "list"),
    "run": ("runs", "show", "20251024-180001"),
}
DOCUMENTS = ("explain-job", "explain-venue", "explain-image")


@pytest.fixture(autouse=True)
def receipts(kept: StateFolder) -> None:
    """Three runs: stopped, whole, killed."""
    stopped = {"stopped": Stop.MAX_IMAGES, "reason": "after the outage"}
    write_asked(kept, 1, *OUTCOMES, head=NOCE, **stopped)
    write_asked(kept, 2, OUTCOMES[0], head=SWEEP, what="sweep")
    write_asked(kept, 3, OUTCOMES[0], head=KRAKOW, what="city krakow", ends=False)


def of(name: str) -> tuple[str, ...]:
    return DOCUMENT_FORMATS if name in DOCUMENTS else FORMATS


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_terminal(program: Program, name: str, columns: int) -> None:
    """With the notes behind it."""
    shown = at_a_terminal(program, columns, *COMMANDS[name])
    assert shown.code == 0
    assert_golden(f"{name}-terminal-{columns}", shown.out)
    plain = at_a_terminal(program, columns, *COMMANDS[name], NO_COLOR="1").out
    assert "\x1b" not in plain
    assert_golden(f"{name}-terminal-{columns}-no-color", plain)


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in DOCUMENTS])
def test_no_line_runs_over_the_edge(program: Program, name: str, columns: int) -> None:
    lines = at_a_terminal(program, columns, *COMMANDS[name], "-q", NO_COLOR="1").lines
    assert len(lines) > 2
    assert max(map(len, lines)) <= columns


@pytest.mark.parametrize("name", COMMANDS)
def test_a_terminal_without_utf8(program: Program, name: str) -> None:
    shown = at_a_terminal(program, 80, *COMMANDS[name], encoding="ascii", NO_COLOR="1").out
    assert shown.isascii()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_pipe(program: Program, name: str) -> None:
    shown = program(*COMMANDS[name])
    assert shown.code == 0
    assert "\x1b" not in shown.out + shown.err
    assert_golden(f"{name}-pipe", shown.out)
    assert program(*COMMANDS[name], env={"COLUMNS": "20", "TERM": "dumb"}).out == shown.out
    assert program(*COMMANDS[name], "--color", "always").out != shown.out


@pytest.mark.parametrize(
    ("name", "fmt"), [(name, fmt) for name in COMMANDS for fmt in of(name) if fmt != "table"]
)
def test_a_format(program: Program, name: str, fmt: str) -> None:
    shown = program(*COMMANDS[name], "-o", fmt).out
    assert_golden(f"{name}-{fmt}", shown)
    rest = shown.replace("\r\n", "").replace("\n", "").replace("\t", "" if fmt == "tsv" else "\t")
    assert visible(rest) == rest


def test_the_notes_of_a_plan(program: Program) -> None:
    assert_golden("plan-city-notes", program(*COMMANDS["plan-city"]).err)
    assert_golden("plan-jobs-notes", program(*COMMANDS["plan-jobs"]).err)
