"""A stdout that goes away or is full: what only looks ends, what writes finishes its work first.

Promise 22 for plans, runs and explanations; and no run loses a write for want of a reader.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.program import Program, on
from tests.cli.receipts import OUTCOMES, state_of, write_receipt
from tests.databases import Database
from tests.retrying import World

from venue_ops.demo.web import Answer

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
RECEIPTS = 600
LISTS = (
    ("sweep", "--dry-run"),
    ("retry", "city", "1", "2", "3", "--dry-run"),
    ("runs", "list", "-n", "0"),
)
LOOKING = (
    *LISTS,
    ("retry", "venue", "1", "2", "--dry-run", "-o", "csv"),
    ("sweep", "--dry-run", "-o", "ids"),
    ("runs", "show", "20251024-180001"),
    ("explain", "venue", "1"),
    ("explain", "job", "1"),
    ("reconcile", "--dry-run"),
)
NO_ROOM = "error: The output could not be written completely: No space left on device."


@pytest.fixture
def generated(generated_database: Database) -> Program:
    """3,000 venues, and receipts that fill every buffer."""
    program = on(generated_database)
    state = state_of(program)
    for number in range(RECEIPTS):
        write_receipt(state, number, *OUTCOMES, reason="x" * 100)
    return program


@pytest.fixture
def start(generated: Program) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def starting(*argv: str) -> subprocess.Popen[str]:
        started.append(generated.start(*argv))
        return started[-1]

    yield starting
    for each in started:
        each.kill()
        each.communicate()


# --- what looks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["table", "json", "csv", "ids"])
@pytest.mark.parametrize("argv", LISTS, ids=lambda argv: " ".join(argv[:2]))
def test_a_reader_that_goes_away(
    start: Callable[..., subprocess.Popen[str]], argv: tuple[str, ...], fmt: str
) -> None:
    """`| head -1`: exit 0, and silence."""
    running = start(*argv, "-o", fmt)
    assert running.stdout is not None
    assert running.stderr is not None
    assert running.stdout.read(1)
    running.stdout.close()
    said = running.stderr.read()
    assert running.wait(30) == 0
    assert "\nerror:" not in f"\n{said}"  # what providers answered may be told, and says so, too
    assert "Traceback" not in said


@needs_full
@pytest.mark.parametrize("argv", LOOKING, ids=" ".join)
def test_a_full_disk(generated: Program, argv: tuple[str, ...]) -> None:
    with FULL.open("w") as full:
        done = generated.process(*argv, capture_output=False, stdout=full, stderr=-1)
    assert done.returncode == 1
    error, hint = done.stderr.splitlines()
    assert error == NO_ROOM
    assert hint.startswith("hint: Make room there")


@pytest.mark.parametrize("argv", LOOKING, ids=" ".join)
def test_a_closed_stdout(generated: Program, argv: tuple[str, ...]) -> None:
    done = generated.process(*argv, preexec_fn=lambda: os.close(1))
    assert done.returncode == 1
    error, _ = done.stderr.splitlines()
    assert error == "error: The output could not be written completely: Bad file descriptor."


# --- what writes --------------------------------------------------------------------------------


def fill(here: World, venues: int = 6) -> list[int]:
    return [
        here.venue(*(here.image(f"/{venue}-{n}.jpg") for n in range(3))) for venue in range(venues)
    ]


def assert_all_is_done(here: World, program: Program, venues: list[int]) -> None:
    """Every row is written, and the receipt holds every image and its end."""
    for venue in venues:
        assert [image["upload_status"] for image in here.images(venue)] == ["uploaded"] * 3
    (run,) = program("runs", "list", "-o", "json").data
    assert (run["is_complete"], run["stopped"]) == (True, None)
    assert run["uploaded"] == run["planned"] == 3 * len(venues)
    images = program("runs", "show", run["id"], "-o", "json").data["images"]
    ids = {image["image"] for image in images if image["result"] == "uploaded"}
    assert len(ids) == len(images) == 3 * len(venues)


@needs_full
@pytest.mark.parametrize("fmt", ["table", "json", "ndjson", "ids"])
def test_a_full_stdout_ends_no_run(world_of: World, retrier: Program, fmt: str) -> None:
    venues = fill(world_of)
    with FULL.open("w") as full:
        done = retrier.process("sweep", "-o", fmt, capture_output=False, stdout=full, stderr=-1)
    assert done.returncode == 1
    assert "18 uploaded; 18 requests." in done.stderr
    assert "could not be written completely: No space left on device." in done.stderr
    assert_all_is_done(world_of, retrier, venues)


def test_a_closed_stdout_ends_no_run(world_of: World, retrier: Program) -> None:
    venues = fill(world_of)
    done = retrier.process("sweep", "-o", "ndjson", preexec_fn=lambda: os.close(1))
    assert done.returncode == 1
    assert_all_is_done(world_of, retrier, venues)


@pytest.mark.parametrize("is_all_well", [True, False])
def test_a_reader_of_a_run_that_goes_away(
    world_of: World, retrier: Program, is_all_well: bool
) -> None:
    """The run goes on to its end, and its exit code tells of it."""
    venues = fill(world_of)
    if not is_all_well:
        world_of.provider.scripts["/gone.jpg"] = [Answer(404)]
        world_of.venue(world_of.image("/gone.jpg"))
    running = retrier.start("sweep", "-o", "ndjson", "--concurrency", 1)
    assert running.stdout is not None
    assert running.stderr is not None
    assert json.loads(running.stdout.readline())["result"]
    running.stdout.close()
    said = running.stderr.read()
    assert running.wait(60) == (0 if is_all_well else 5)
    running.stderr.close()
    assert "18 uploaded" in said
    assert "error:" not in said
    assert "Traceback" not in said
    if is_all_well:
        assert_all_is_done(world_of, retrier, venues)


@needs_full
def test_a_full_stderr_ends_no_run(world_of: World, retrier: Program) -> None:
    venues = fill(world_of)
    with FULL.open("w") as full:
        done = retrier.process(
            "sweep", "-o", "ids", capture_output=False, stdout=subprocess.PIPE, stderr=full
        )
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 18)
    assert_all_is_done(world_of, retrier, venues)


@needs_full
@pytest.mark.parametrize("dry_run", [True, False])
def test_what_is_reconciled_is_written_though_nobody_reads_it(
    world_of: World, retrier: Program, dry_run: bool
) -> None:
    """But a dry run stays one."""
    venues = fill(world_of)
    stale = {venue: json.dumps(world_of.images(venue)) for venue in venues}
    assert retrier("sweep").code == 0
    with world_of.database.connect(autocommit=True) as conn:
        for venue, images in stale.items():
            conn.execute("UPDATE venues SET venue_images = %s WHERE id = %s", [images, venue])
    options = ("--dry-run",) if dry_run else ()
    with FULL.open("w") as full:
        done = retrier.process(
            *("reconcile", "-o", "ndjson", *options),
            capture_output=False,
            stdout=full,
            stderr=-1,
        )
    assert done.returncode == 1
    assert "could not be written completely: No space left on device." in done.stderr
    found = {image["upload_status"] for venue in venues for image in world_of.images(venue)}
    assert found == {"failed" if dry_run else "uploaded"}
