"""`retry city --jobs` and `sweep --jobs`: failed enrichments run again beside the images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.program import Program
from tests.cli.retrying import cleared, in_world, nothing_was_asked, statuses
from tests.databases import Database
from tests.enqueueing import RETRY_WORKER, jobs
from tests.rerunning import Rerunner
from tests.retrying import world
from tests.sources import source_of


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[Rerunner]:
    cleared(sample_database)
    with world(sample_database, tmp_path) as made, source_of(sample_database) as source:
        yield Rerunner(made, source)


@pytest.fixture
def program(here: Rerunner, tmp_path: Path) -> Program:
    return in_world(here.here, tmp_path)


def city(here: Rerunner) -> str:
    """The one that all venues of the test are in."""
    with here.database.connect() as conn:
        row = conn.execute(
            "SELECT c.slug || ',' || lower(n.code) FROM cities c"
            " JOIN countries n ON n.id = c.country_id ORDER BY c.id LIMIT 1"
        ).fetchone()
        assert row
        return str(row[0])


def states(here: Rerunner) -> dict[int, str]:
    return {job["id"]: job["state"] for job in jobs(here.database)}


def test_images_and_jobs_in_one_run(here: Rerunner, program: Program) -> None:
    mended = here.venue(images=[here.here.image("/a.jpg")])
    known, unknown = here.at(mended), here.at(here.venue())
    succeeded = here.at(here.venue(), state="completed", meta='{"status": "success"}', errors=[])
    argv = ("retry", "city", city(here), "--jobs")
    planned = program(*argv, "--dry-run")
    assert "A retry would try 1 image of 1 venue, " in planned.err
    assert ", and run 1 job of 1 venue again. Nothing was changed." in planned.err
    assert "  1  the images of its venue are retried now" in planned.err
    assert nothing_was_asked(here.here)
    refused = program(*argv)
    assert refused.code == 2
    assert "Nobody is there to confirm a retry of 1 image of 1 venue, " in refused.err
    assert ", and 1 job of 1 venue, in " in refused.err
    done = program(*argv, "--yes", "-o", "json")
    assert done.code == 0, done.err
    assert [row["result"] for row in done.data] == ["uploaded"]
    assert "1 job runs again." in done.err
    assert statuses(here.here, mended) == ["uploaded"]
    assert states(here) == {known: "discarded", unknown: "available", succeeded: "completed"}
    (run,) = program("runs", "list", "-o", "json").data
    assert (run["planned"], run["uploaded"], run["jobs"]) == (1, 1, 1)
    shown = program("runs", "show", run["id"], "-o", "json").data
    assert [row["id"] for row in shown["reruns"]] == [unknown]
    assert [row["result"] for row in shown["images"]] == ["uploaded"]


@pytest.mark.parametrize(
    ("options", "queues"),
    [
        ((), ["venue_enrichment"]),
        (("--enqueue",), ["venue_enrichment"]),
        (("--enqueue", "--engine", "python"), ["venue_ops_retry", "venue_enrichment"]),
    ],
    ids=["inline", "for the application", "for our worker"],
)
def test_queues_that_nobody_may_consume_are_named_once(
    here: Rerunner, program: Program, options: tuple[str, ...], queues: list[str]
) -> None:
    here.at(here.venue())
    here.venue(images=[here.here.image("/a.jpg")])
    done = program("sweep", "--jobs", *options)
    named = [line for line in done.err.splitlines() if "Nothing may consume" in line]
    assert [line.split("queue ")[1].split(":")[0] for line in named] == queues


def test_jobs_alone(here: Rerunner, program: Program) -> None:
    job = here.at(here.venue())
    done = program("sweep", "--jobs", "--fresh", "-o", "json")
    assert (done.code, done.data) == (0, [])
    assert "Running again 1 job of 1 venue, in " in done.err
    assert states(here) == {job: "available"}
    (row,) = jobs(here.database)
    assert row["args"]["force"] is True
    assert nothing_was_asked(here.here)
    again = program("sweep", "--jobs")
    assert (again.code, again.err.splitlines()[0]) == (0, "Nothing to retry.")


def test_without_jobs_they_are_left_and_it_is_said_how(here: Rerunner, program: Program) -> None:
    job = here.at(here.venue(checked="2025-10-24T15:00:00Z"))
    told = program("sweep")
    assert f"`venue-ops retry job {job} --fresh`, or all of them by --jobs --fresh." in told.err
    assert states(here) == {job: "discarded"}
    skips = program("sweep", "--jobs", "--dry-run")
    assert "It would skip itself, as its venue was checked since" in skips.err
    refused = program("sweep", "--fresh")
    assert (refused.code, "--fresh is for jobs." in refused.err) == (2, True)


def test_a_limit_is_of_venues_of_both(here: Rerunner, program: Program) -> None:
    here.venue(images=[here.here.image("/a.jpg")])
    older, newer = here.at(here.venue()), here.at(here.venue())
    done = program("sweep", "--jobs", "--limit", 2)
    assert done.code == 0, done.err
    assert states(here) == {older: "discarded", newer: "available"}
    assert program("sweep", "--jobs", "--limit", 1).code == 0
    assert states(here) == {older: "available", newer: "available"}


def test_a_limit_counts_the_venues_of_a_batch(here: Rerunner, program: Program) -> None:
    """A job pays for no more than was agreed to; what a daily run pays for, nobody knows."""
    alone = here.at(here.venue())
    batch = here.job({"venue_ids": [here.venue() for _ in range(3)]})
    daily = here.job({})
    planned = program("sweep", "--jobs", "--limit", 3, "--dry-run")
    assert "A retry would run 1 job of 3 venues again." in planned.err
    assert "2 jobs more would ask for more venues than --limit has room for." in planned.err
    assert program("sweep", "--jobs", "--limit", 2).code == 0
    assert states(here) == {alone: "available", batch: "discarded", daily: "discarded"}
    none = program("sweep", "--jobs", "--limit", 2)
    assert none.code == 0
    assert "Nothing to retry." in none.err
    assert "2 jobs more would ask for more venues" in none.err
    assert program("sweep", "--jobs", "--limit", 3).code == 0
    assert states(here) == {alone: "available", batch: "available", daily: "discarded"}
    assert program("sweep", "--jobs").code == 0
    assert states(here)[daily] == "available"


@pytest.mark.parametrize(
    ("argv", "taken"),
    [((), [0, 1]), (("--error", "boom"), [1]), (("--provider", "here"), [0])],
)
def test_filters_are_of_both(
    here: Rerunner, program: Program, argv: tuple[str, ...], taken: list[int]
) -> None:
    denied = '{"status": "failed", "attempt": 3, "error": "denied"}'
    args: dict[str, Any] = {"venue_id": here.venue(), "providers": ["here"]}
    found = [here.job(args, errors=[denied]), here.at(here.venue())]
    assert program("sweep", "--jobs", *argv).code == 0
    available = [job for job, state in states(here).items() if state == "available"]
    assert available == [found[place] for place in taken]


def test_images_go_into_rows_and_jobs_run_again(here: Rerunner, program: Program) -> None:
    venue = here.venue(images=[here.here.image("/a.jpg")])
    left, job = here.at(venue), here.at(here.venue())
    done = program("sweep", "--jobs", "--enqueue", "--engine", "app")
    assert done.code == 0, done.err
    assert "Enqueueing 1 image of 1 venue, as 1 job of queue venue_enrichment, and 1 job" in (
        done.err
    )
    (row,) = [each for each in jobs(here.database) if each["worker"] == RETRY_WORKER]
    assert row["args"] == {"venue_id": venue, "image_indexes": [0]}
    assert states(here) == {left: "discarded", job: "available", row["id"]: "available"}
    assert nothing_was_asked(here.here)


def test_a_batch_with_images_to_retry_waits_for_the_next_time(
    here: Rerunner, program: Program
) -> None:
    venue = here.venue(images=[here.here.image("/a.jpg")])
    job = here.job({"venue_ids": [here.venue(), venue]})
    assert program("sweep", "--jobs").code == 0
    assert states(here) == {job: "discarded"}
    assert program("sweep", "--jobs").code == 0
    assert states(here) == {job: "available"}


def test_a_receipt_of_both_asks_the_same_again(here: Rerunner, program: Program) -> None:
    here.here.provider.scripts["/a.jpg"] = [here_is_nothing()]
    here.venue(images=[here.here.image("/a.jpg")])
    here.at(here.venue())
    done = program("sweep", "--jobs", "--fresh")
    assert done.code == 5, done.err
    (run,) = program("runs", "list", "-o", "ids").lines
    shown = program("runs", "show", run, "-o", "json").data
    assert shown["next"] == "venue-ops sweep --jobs --fresh"


def here_is_nothing() -> Any:
    from venue_ops.demo.web import Answer

    return Answer(503, b"")
