"""`runs list` and `runs show`: every run of this machine, what it did, what is left, what next."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.program import FORMATS, Program
from tests.cli.receipts import OUTCOMES, item, write_receipt

from venue_ops.core.retry.outcomes import Result, Stop
from venue_ops.core.retry.state import StateFolder

Write = Callable[..., str]


@pytest.fixture
def write(kept: StateFolder) -> Write:
    return lambda number, *outcomes, **options: write_asked(kept, number, *outcomes, **options)


def write_asked(
    state: StateFolder,
    number: int,
    *outcomes: tuple[Result, dict[str, Any]],
    head: dict[str, Any] | None = None,
    **options: Any,
) -> str:
    """A receipt whose head says `head`, too: how the run was asked for, how much it planned."""
    run = write_receipt(state, number, *outcomes, **options)
    file = state.runs / f"{run}.jsonl"
    first, *rest = file.read_text("ascii").splitlines(keepends=True)
    file.write_text("".join((json.dumps({**json.loads(first), **(head or {})}) + "\n", *rest)))
    return run


NOCE = {"verb": "retry venue", "names": ["noce-krk"]}
KRAKOW = {"verb": "retry city", "names": ["krakow"]}
SWEEP = {"verb": "sweep"}


def shown(program: Program, run: str) -> dict[str, Any]:
    found: dict[str, Any] = program("runs", "show", run, "-o", "json").data
    return found


def test_before_the_first_run(program: Program) -> None:
    """The state folder need not be there, and is not made by looking."""
    empty = program("runs", "list")
    assert empty.code == 0
    assert empty.lines == program("runs", "list", "-q").lines
    assert "has left a receipt." in empty.err
    assert program("runs", "list", "-o", "json").data == []
    missing = program("runs", "show", "20251024")
    assert (missing.code, missing.out) == (3, "")
    assert missing.err == (
        'error: There is no run "20251024".\nhint: List them with `venue-ops runs list`.\n'
    )


def test_one_run(program: Program, write: Write) -> None:
    run = write(1, *OUTCOMES, stopped=Stop.MAX_IMAGES, reason="after the outage")
    (row,) = program("runs", "list", "-o", "json").data
    assert row == {
        "id": run,
        "began": "2025-10-24T18:00:01Z",
        "seconds": 90.0,
        "what": "venue noce-krk",
        "database": "eventasaurus on db.test",
        "reason": "after the outage",
        "planned": 3,
        "uploaded": 1,
        "failed": 1,
        "left": 1,
        "enqueued": 0,
        "jobs": 0,
        "stopped": "max_images",
        "is_complete": True,
    }


def test_the_newest_comes_first_and_a_limit_says_what_it_leaves(
    program: Program, write: Write
) -> None:
    runs = [write(number, *OUTCOMES[:1]) for number in range(1, 5)]
    assert program("runs", "list", "-o", "ids").lines == runs[::-1]
    some = program("runs", "list", "--limit", 2, "-o", "ids")
    assert some.lines == runs[:1:-1]
    assert some.err == "The newest 2 runs; --limit 0 lists all.\n"
    assert program("runs", "list", "--limit", 4).err == ""


def test_a_run_before_and_after(program: Program, write: Write) -> None:
    run = write(1, *OUTCOMES, head=NOCE)
    images = shown(program, run)["images"]
    assert [(each["before"], each["error_before"], each["result"]) for each in images] == [
        ("failed", "rate_limited", "uploaded"),
        ("failed", "rate_limited", "permanently_failed"),
        ("failed", "rate_limited", "left"),
    ]
    assert images[0]["url"] == "https://ik.test/venues/noce-krk/fs-1.jpg"
    assert (images[1]["error"], images[1]["status_code"]) == ("not_found", 404)
    said = program("runs", "show", run).out
    for words in ("Run 20251024", "fetched, stored and written", "failed for good", "Next"):
        assert words in said
    assert said.index("\nLeft\n") < said.index(f"\n{item(3).id}") < said.index("\nDone\n")
    assert said.index("\nDone\n") < said.index(f"\n{item(1).id}") < said.index(f"\n{item(2).id}")


def test_a_run_by_how_it_begins(program: Program, write: Write) -> None:
    first = write(1, *OUTCOMES[:1])
    assert shown(program, first[:10])["id"] == first
    write(2, *OUTCOMES[:1])
    assert shown(program, first)["id"] == first
    several = program("runs", "show", first[:10])
    assert (several.code, several.out) == (3, "")
    assert '2 runs begin with "20251024-1"' in several.err
    near = program("runs", "show", first[:-1] + "x")
    assert (near.code, f"Did you mean {first}" in near.err) == (3, True)


@pytest.mark.parametrize("typed", ["../../config", "/etc/passwd", "*", "", "2025-10-24", "%"])
def test_what_names_no_run(program: Program, write: Write, typed: str) -> None:
    write(1, *OUTCOMES[:1])
    write(2, *OUTCOMES[:1])
    missing = program("runs", "show", typed)
    assert (missing.code, missing.out) == (3, "")


def test_a_run_that_was_killed(program: Program, write: Write, kept: StateFolder) -> None:
    """No end, and its last line cut short: all that is whole is shown."""
    run = write(1, *OUTCOMES, what="city krakow", ends=False, head={**KRAKOW, "planned": 5})
    with (kept.runs / f"{run}.jsonl").open("a") as file:
        file.write('{"kind": "image", "image": "noce-krk/fs-')
    (row,) = program("runs", "list", "-o", "json").data
    assert (row["is_complete"], row["seconds"], row["uploaded"]) == (False, None, 1)
    assert "no end" in program("runs", "list").out
    found = shown(program, run)
    assert (found["requests"], found["uploads"], len(found["images"])) == (None, None, 3)
    assert found["next"] == "venue-ops retry city krakow"
    said = program("runs", "show", run).out
    assert "not (yet)" in said
    assert "2: the run ended before their turn" in said


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: "no JSON at all\n",
        lambda text: "[1, 2]\n" * 3,
        lambda text: "\n".join(text.splitlines()[1:]),
        lambda text: text.replace('"planned": 3', '"planned": "many"'),
        lambda text: "[" * 100_000,
    ],
    ids=["empty", "text", "lists", "headless", "odd", "deep"],
)
def test_a_receipt_that_is_none_is_passed_over(
    program: Program, write: Write, kept: StateFolder, damage: Callable[[str], str]
) -> None:
    whole, broken = write(1, *OUTCOMES), write(2, *OUTCOMES)
    file = kept.runs / f"{broken}.jsonl"
    file.write_text(damage(file.read_text()))
    assert program("runs", "list", "-o", "ids").lines == [whole]
    assert program("runs", "show", broken).code == 3
    assert program("runs", "show", whole).code == 0


def test_a_receipt_with_odd_lines_is_shown_without_them(
    program: Program, write: Write, kept: StateFolder
) -> None:
    run = write(1, *OUTCOMES)
    file = kept.runs / f"{run}.jsonl"
    first, *rest = file.read_text().splitlines()
    assert "14" in rest[0]
    odd = ['{"kind": "image"}', '{"kind": "later"}', "null", "\ufffd", rest[0].replace("14", '"x"')]
    file.write_text("\n".join([first, *odd, *rest]))
    assert len(shown(program, run)["images"]) == 3


LEFT = (Result.LEFT, {"message": "HTTP 503"})


@pytest.mark.parametrize(
    ("head", "outcomes", "options", "following"),
    [
        ({**SWEEP, "planned": 9}, 1, {"stopped": Stop.MAX_DURATION}, "venue-ops sweep"),
        ({**KRAKOW, "planned": 9}, 1, {"stopped": Stop.BREAKER}, "venue-ops retry city krakow"),
        (
            {"verb": "retry city", "names": ["New York"], "planned": 9},
            1,
            {"stopped": Stop.SIGNAL},
            "venue-ops retry city 'New York'",
        ),
        (
            {**NOCE, "options": ["--provider", "here", "--force"]},
            2,
            {},
            "venue-ops retry venue noce-krk --provider here --force",
        ),
        (
            {"verb": "retry venue", "options": ["--provider", "here", "--force"]},
            2,
            {},
            f"venue-ops retry image {item(2).id} --force",
        ),
        (
            {"verb": "retry venue", "planned": 1205},
            9,
            {"stopped": Stop.MAX_IMAGES, "what": "venue a b c d e and 1,200 more"},
            "venue-ops runs show RUN -o ids | venue-ops retry image -",
        ),
        # As an earlier version wrote it: nobody knows any more how it was asked for.
        ({}, 9, {}, "venue-ops runs show RUN -o ids | venue-ops retry image -"),
        ({"planned": 9}, 1, {"ends": False}, "venue-ops reconcile"),
    ],
    ids=["sweep", "city", "quoted", "options", "named", "many", "earlier", "nothing known"],
)
def test_the_command_that_goes_on(
    program: Program,
    write: Write,
    head: dict[str, Any],
    outcomes: int,
    options: dict[str, Any],
    following: str,
) -> None:
    """One image is uploaded, the rest is left or was not begun."""
    left = [LEFT] * (outcomes - 1)
    run = write(1, OUTCOMES[0], *left, head=head, **options)
    expected = following.replace("RUN", run)
    assert shown(program, run)["next"] == expected
    _, behind = program("runs", "show", run).out.split("\n  Next ")
    lines = behind.partition("\n\n")[0]
    assert shlex.split(lines.replace("\\\n", " ")) == shlex.split(expected)


def test_nothing_is_left_of_a_run_that_did_it_all(program: Program, write: Write) -> None:
    """What failed for good is explained; what failed again is asked for again."""
    run = write(1, (Result.UPLOADED, {}), (Result.CHANGED, {}), head=NOCE)
    assert shown(program, run)["next"] is None
    assert "Next" not in program("runs", "show", run).out
    given_up = write(2, (Result.UPLOADED, {}), (Result.GIVEN_UP, {}), head=NOCE)
    assert shown(program, given_up)["next"] == f"venue-ops explain image {item(2).id}"
    for each in (run, given_up):
        assert "\nLeft\n" not in program("runs", "show", each).out
        assert program("runs", "show", each, "-o", "ids").out == ""
    again = write(3, (Result.FAILED, {}), head=NOCE)
    assert shown(program, again)["next"] == "venue-ops retry venue noce-krk"


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_format(program: Program, write: Write, fmt: str) -> None:
    run = write(1, *OUTCOMES)
    for argv in (("runs", "list"), ("runs", "show", run)):
        printed = program(*argv, "-o", fmt)
        assert (printed.code, printed.err) == (0, "")
        assert printed.out.endswith("\n")
    assert program("runs", "show", run, "-o", "ids").lines == [item(3).id]
    images = program("runs", "show", run, "-o", "csv").records
    assert [each["image"] for each in images] == [item(n).id for n in (1, 2, 3)]


def test_what_lies_among_the_receipts_and_is_none(
    program: Program, kept: StateFolder, write: Write
) -> None:
    run = write(1, *OUTCOMES)
    (kept.runs / "20251024-180009-dir.jsonl").mkdir()
    Path(kept.runs / "notes.txt").write_text("not ours")
    assert program("runs", "list", "-o", "ids").lines == [run]
