"""`--enqueue` from the command line to the rows: what is told, refused, blocked and kept."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.cli import schemas
from tests.cli.program import Program
from tests.cli.retrying import in_world, nothing_was_asked, statuses
from tests.databases import NOW
from tests.enqueueing import ENRICHMENT_WORKER, add_job, jobs
from tests.retrying import World

DEAF = (
    "For 10 minutes the application drops retries of {} that are asked of itself, though it"
    " answers that they are queued.\n"
)


def test_a_city(world_of: World, retrier: Program) -> None:
    venues = [world_of.venue(world_of.image(f"/{n}/a"), world_of.image(f"/{n}/b")) for n in "12"]
    done = retrier("retry", "city", "krakow", "--enqueue", "--yes", "-o", "json")
    assert done.code == 0, done.err
    schemas.assert_list(json.loads(done.out), "outcomes")
    rows = jobs(world_of.database)
    assert [(row["args"], row["priority"]) for row in rows] == [
        ({"venue_id": venue, "image_indexes": [0, 1]}, 3) for venue in venues
    ]
    assert [(row["result"], row["job_id"]) for row in done.data] == [
        ("enqueued", row["id"]) for row in rows for _ in range(2)
    ]
    assert nothing_was_asked(world_of)
    assert [statuses(world_of, venue) for venue in venues] == [["failed", "failed"]] * 2
    assert "Enqueueing 4 images of 2 venues, as 2 jobs of queue venue_enrichment, in " in done.err
    assert DEAF.format("these venues") in done.err
    assert "Queue venue_enrichment has them; `venue-ops list --kind retry` shows" in done.err


@pytest.mark.parametrize("argv", [("image", "noce/#1"), ("venue", "noce")], ids=" ".join)
def test_what_somebody_waits_for_comes_first(
    world_of: World, retrier: Program, argv: tuple[str, ...]
) -> None:
    venue = world_of.venue(world_of.image("/a"), slug="noce")
    assert retrier("show", "venue", "noce").code == 0
    done = retrier("retry", *argv, "--enqueue", "-o", "ndjson")
    assert done.code == 0, done.err
    (row,) = jobs(world_of.database)
    assert (row["args"], row["priority"]) == ({"venue_id": venue, "image_indexes": [0]}, 0)
    (line,) = done.lines
    schemas.assert_row(json.loads(line), "outcomes")
    assert DEAF.format("this venue") in done.err


def test_a_sweep_from_cron(world_of: World, retrier: Program) -> None:
    world_of.venue(world_of.image("/a"))
    first, second = retrier("sweep", "--enqueue"), retrier("sweep", "--enqueue")
    assert (first.code, second.code) == (0, 0)
    assert len(jobs(world_of.database)) == 1
    assert second.err.startswith("Nothing to retry.\n")
    assert "available" in second.err


def test_the_row_names_its_run_and_the_receipt_names_the_row(
    world_of: World, retrier: Program
) -> None:
    world_of.venue(world_of.image("/a"))
    assert retrier("sweep", "--enqueue", "--reason", "after the outage").code == 0
    (row,) = jobs(world_of.database)
    (run,) = retrier("runs", "list", "-o", "json").data
    assert row["tags"] == ["venue-ops", f"run-{run['id']}"]
    assert (run["enqueued"], run["uploaded"]) == (1, 0)
    whole = retrier("runs", "show", run["id"], "-o", "json")
    schemas.assert_valid(json.loads(whole.out), "run")
    assert [(image["result"], image["job_id"]) for image in whole.data["images"]] == [
        ("enqueued", row["id"])
    ]
    assert whole.data["reason"] == "after the outage"
    wide = retrier("runs", "show", run["id"], "-o", "wide")
    assert str(row["id"]) in wide.out


def test_a_dry_run_says_what_would_be_enqueued(world_of: World, retrier: Program) -> None:
    world_of.venue(world_of.image("/a"), slug="free")
    taken = world_of.venue(world_of.image("/b"), slug="taken")
    job = add_job(
        world_of.database,
        {"venue_id": taken},
        state="executing",
        attempted_at=NOW.replace(tzinfo=None) - timedelta(minutes=3),
    )
    planned = retrier("sweep", "--enqueue", "--dry-run", "-o", "json")
    assert planned.code == 0
    schemas.assert_list(json.loads(planned.out), "plan")
    assert [
        (row["venue"], row["taken"], row["reason"], row["job_id"], row["job_state"])
        for row in planned.data
    ] == [
        ("free", True, None, None, None),
        ("taken", False, "job_unfinished", job, "executing"),
    ]
    assert "A retry would enqueue 1 image of 1 venue, as 1 job" in planned.err
    assert planned.data[1]["job_worker"] == ENRICHMENT_WORKER
    assert f"taken: job {job}" in planned.err
    assert len(jobs(world_of.database)) == 1


def test_what_is_blocked_is_listed_with_what_blocks_it(world_of: World, retrier: Program) -> None:
    free, taken = (world_of.venue(world_of.image("/a"), slug=each) for each in ("free", "taken"))
    job = add_job(world_of.database, {"venue_id": taken}, state="retryable")
    done = retrier("sweep", "--enqueue")
    assert done.code == 0
    assert [row["args"]["venue_id"] for row in jobs(world_of.database)] == [taken, free]
    assert f"  taken: job {job}, EnrichmentJob, retryable since " in done.err


@pytest.mark.parametrize("options", [(), ("--wait",)], ids=["", "waiting"])
def test_where_all_is_blocked_nothing_is_done(
    world_of: World, retrier: Program, options: tuple[str, ...]
) -> None:
    taken = world_of.venue(world_of.image("/a"), slug="taken")
    add_job(world_of.database, {"venue_id": taken})
    done = retrier("retry", "venue", "taken", "--enqueue", *options)
    assert (done.code, done.out) == (0, "")
    assert len(jobs(world_of.database)) == 1
    assert retrier("runs", "list", "-o", "ids").lines == []


@pytest.mark.parametrize(
    ("began", "said"),
    [
        (None, "no job of it is known to have begun"),
        (timedelta(minutes=11), "its last job was begun 11m ago"),
        (timedelta(minutes=9), None),
    ],
    ids=str,
)
def test_whether_somebody_consumes_the_queue(
    world_of: World, retrier: Program, began: timedelta | None, said: str | None
) -> None:
    world_of.venue(world_of.image("/a"))
    if began is not None:
        at = NOW.replace(tzinfo=None) - began
        add_job(world_of.database, {}, state="completed", attempted_at=at, completed_at=at)
    for argv in (("--dry-run",), ()):
        done = retrier("sweep", "--enqueue", *argv)
        assert done.code == 0
        assert ("Nothing may consume queue venue_enrichment: " in done.err) == (said is not None)
        assert said is None or f"{said}; see that a node of the application" in done.err


def test_for_our_own_worker(world_of: World, retrier: Program) -> None:
    venue = world_of.venue(world_of.image("/a"), world_of.image("/b", retry_count=1))
    argv = ("--engine", "python", "--force", "--max-retries", "5", "-o", "json")
    done = retrier("sweep", "--enqueue", *argv)
    assert done.code == 0
    (row,) = jobs(world_of.database)
    names = {each["id"].partition("/")[2]: n for each, n in zip(done.data, (0, 1), strict=True)}
    assert row["queue"] == "venue_ops_retry"
    assert row["args"] == {
        "venue_id": venue,
        "image_indexes": [0, 1],
        "images": names,
        "force": True,
        "max_retries": 5,
    }
    assert "see that `venue-ops worker` runs." in done.err


def test_the_engine_of_the_settings(world_of: World, tmp_path: Path) -> None:
    program = in_world(world_of, tmp_path, 'engine = "python"')
    world_of.venue(world_of.image("/a"), slug="one")
    world_of.venue(world_of.image("/a"), slug="two")
    assert program("retry", "venue", "one", "--enqueue").code == 0
    assert program("retry", "venue", "two", "--enqueue", "--engine", "app").code == 0
    queues = [row["queue"] for row in jobs(world_of.database)]
    assert queues == ["venue_ops_retry", "venue_enrichment"]


REFUSED: dict[str, tuple[str, ...]] = {
    "--wait is for retries that are enqueued": ("--wait",),
    "--engine is for retries that are enqueued": ("--engine", "app"),
    'There is no engine "elixir"': ("--enqueue", "--engine", "elixir"),
    "--max-images is for retries that run here": ("--enqueue", "--max-images", "5"),
    "--max-cost is for retries that run here": ("--enqueue", "--max-cost", "1"),
    "--concurrency is for retries that run here": ("--enqueue", "--concurrency", "5"),
    "--timeout is for retries that run here": ("--enqueue", "--timeout", "5s"),
    "--max-duration is for retries that run here": ("--enqueue", "--max-duration", "5s"),
}


@pytest.mark.parametrize("said", REFUSED)
def test_options_that_make_no_sense_together(world_of: World, retrier: Program, said: str) -> None:
    world_of.venue(world_of.image("/a"))
    refused = retrier("sweep", *REFUSED[said])
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err
    assert len(refused.err.splitlines()) == 2
    assert jobs(world_of.database) == []


def test_nobody_is_there_to_confirm(world_of: World, retrier: Program) -> None:
    world_of.venue(world_of.image("/a"))
    refused = retrier("retry", "city", "krakow", "--enqueue")
    assert refused.code == 2
    assert "Add --yes, or --dry-run to look." in refused.err
    assert jobs(world_of.database) == []


def test_limit_counts_venues(world_of: World, retrier: Program) -> None:
    for n in range(3):
        world_of.venue(world_of.image(f"/{n}"))
    done = retrier("sweep", "--enqueue", "--limit", "2")
    assert done.code == 7
    assert len(jobs(world_of.database)) == 2
    assert "stopped" in done.err.lower()


def test_a_database_that_is_read_only_by_the_settings(world_of: World, tmp_path: Path) -> None:
    program = in_world(world_of, tmp_path)
    config = tmp_path / "config.toml"
    config.write_text("read_only = true\n" + config.read_text())
    world_of.venue(world_of.image("/a"))
    refused = program("sweep", "--enqueue")
    assert (refused.code, refused.out) == (4, "")
    assert "is read only" in refused.err
    assert jobs(world_of.database) == []
    assert program("sweep", "--enqueue", "--dry-run").code == 0


def test_a_lock_that_does_not_come(world_of: World, tmp_path: Path) -> None:
    """Another process that inserts for ever: exit 4, one sentence, and nothing inserted."""
    from venue_ops.core.db.locks import LOCK

    world_of.venue(world_of.image("/a"))
    program = in_world(world_of, tmp_path)
    with world_of.database.connect() as conn:
        conn.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        failed = program("sweep", "--enqueue", env={"VENUE_OPS_STATEMENT_TIMEOUT": "500ms"})
    assert failed.code == 4
    assert (failed.err.count("error: "), failed.err.count("hint: ")) == (1, 1)
    assert jobs(world_of.database) == []


def test_five_at_once_add_no_duplicate(world_of: World, retrier: Program) -> None:
    """Promise 17, from processes of their own."""
    venues = [world_of.venue(world_of.image(f"/{n}")) for n in range(40)]
    argv = ("retry", "city", "krakow", "--enqueue", "--yes", "-o", "ndjson")
    running = [retrier.start(*argv) for _ in range(5)]
    results: list[str] = []
    for each in running:
        out, err = each.communicate(timeout=120)
        assert each.returncode == 0, err
        results += [json.loads(line)["result"] for line in out.splitlines()]
    assert [row["args"]["venue_id"] for row in jobs(world_of.database)] == venues
    assert results.count("enqueued") == len(venues)
    assert set(results) <= {"enqueued", "busy"}


def test_whoever_listens_is_woken(world_of: World, retrier: Program) -> None:
    world_of.venue(world_of.image("/a"))
    with world_of.database.connect(autocommit=True) as conn:
        conn.execute('LISTEN "public.oban_insert"')
        assert retrier("sweep", "--enqueue").code == 0
        heard = [json.loads(each.payload) for each in conn.notifies(timeout=5, stop_after=1)]
    assert {"queue": "venue_enrichment"} in heard


def test_moments_are_those_of_the_clock(world_of: World, retrier: Program) -> None:
    """`scheduled_at` is ours; a server whose clock is behind must not hold a job back."""
    world_of.venue(world_of.image("/a"))
    early = replace(retrier, clock=lambda: NOW - timedelta(days=400))
    assert early("sweep", "--enqueue").code == 0
    (row,) = jobs(world_of.database)
    scheduled = datetime.fromisoformat(row["scheduled_at"])
    assert scheduled == (NOW - timedelta(days=400)).replace(tzinfo=None)
