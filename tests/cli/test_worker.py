"""`venue-ops worker` as it is typed: what it says, what it refuses, how it ends."""

from __future__ import annotations

import json
import re
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.cli import schemas
from tests.cli.program import TABLES, Program, on
from tests.cli.retrying import nothing_was_asked, statuses
from tests.cli.test_roles import BLOCK, Roles
from tests.databases import Database
from tests.enqueueing import RETRY_WORKER, add_job, jobs
from tests.retrying import World

from venue_ops.core.errors import ConfigurationError
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer
from venue_ops.listings.working import refuse_without_oban

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "workers.md"
QUEUE = "venue_ops_retry"
ENQUEUE = ("sweep", "--enqueue", "--engine", "python", "--yes")
WHERE = re.compile(r"Working on .*, queue venue_ops_retry, jobs of .*, 10 at once; photos go to .*")


@pytest.fixture
def worker(retrier: Program) -> Program:
    """The program in the world; skipped where a worker cannot run."""
    pytest.importorskip("oban", reason="oban for Python wants Python 3.12")
    return retrier


def states(here: World) -> list[str]:
    return [job["state"] for job in jobs(here.database)]


def fill(here: World, venues: int, images: int = 1) -> list[int]:
    return [
        here.venue(*(here.image(f"/{n}-{m}") for m in range(images)), slug=f"noce-{n}")
        for n in range(venues)
    ]


# --- what it needs ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("python", "oban", "said"),
    [
        ((3, 11), None, "needs Python 3.12 or newer, and this is 3.11."),
        ((3, 11), "0.7.0", "needs Python 3.12 or newer, and this is 3.11."),
        ((3, 12), None, "needs oban for Python, which is not installed."),
        ((3, 13), "0.8.0", "works with oban 0.7 alone, and 0.8.0 is installed."),
        ((3, 13), "0.70.1", "works with oban 0.7 alone, and 0.70.1 is installed."),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(
    python: tuple[int, int], oban: str | None, said: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        refuse_without_oban(python, oban)
    assert caught.value.message == f"`venue-ops worker` {said}"
    assert "pip install 'venue-ops[worker]'" in (caught.value.hint or "")


def test_what_is_there_will_do() -> None:
    refuse_without_oban((3, 12), "0.7.0")
    refuse_without_oban((3, 14), "0.7.12")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="a worker can run here")
def test_on_python_3_11_it_says_what_it_needs(retrier: Program, world_of: World) -> None:
    refused = retrier("worker")
    assert (refused.code, refused.out) == (4, "")
    assert refused.err.splitlines() == [
        "error: `venue-ops worker` needs Python 3.12 or newer, and this is 3.11.",
        "hint: Install it with Python 3.12 or newer: pip install 'venue-ops[worker]'.",
    ]
    assert retrier("worker", "-o", "ndjson").error["code"] == "configuration"


# --- what it says -----------------------------------------------------------------------------


def test_an_empty_queue_is_drained_at_once(worker: Program) -> None:
    done = worker("worker", "--drain")
    assert (done.code, done.out) == (0, "")
    first, last = done.err.splitlines()
    assert WHERE.fullmatch(first)
    assert RETRY_WORKER in first
    assert first.endswith("photos go to ImageKit (/venues).")
    assert last == "No job was done."


def test_a_line_a_job_and_an_end(worker: Program, world_of: World) -> None:
    world_of.provider.scripts["/0-1"] = [Answer(200, b"no picture")]
    fill(world_of, 1, 3)
    assert worker(*ENQUEUE).code == 0
    bad = add_job(world_of.database, {}, queue=QUEUE, worker=RETRY_WORKER, max_attempts=1)
    done = worker("worker", "--drain", "-j", "1")
    assert (done.code, done.out) == (5, "")
    _, *lines, end = done.err.splitlines()
    assert sorted(lines) == sorted(
        [
            f"job {bad - 1} noce-0: 2 uploaded, 1 failed",
            f"job {bad}: cancelled: Its args name no venue by a number (venue_id).",
        ]
    )
    assert end == "2 jobs: 2 uploaded, 1 failed."
    assert worker("--quiet", "worker", "--drain").err == ""


def test_each_image_is_printed_as_it_comes(worker: Program, world_of: World) -> None:
    fill(world_of, 3, 2)
    worker(*ENQUEUE)
    done = worker("worker", "--drain", "-o", "ndjson")
    assert done.code == 0
    rows = [json.loads(line) for line in done.lines]
    for row in rows:
        schemas.assert_row(row, "outcomes")
    assert len(rows) == 6
    assert {row["result"] for row in rows} == {"uploaded"}
    assert {row["job_id"] for row in rows} == {job["id"] for job in jobs(world_of.database)}
    few = worker("worker", "--drain", "-o", "ndjson", "--columns", "id,result")
    assert few.code == 0


@pytest.mark.parametrize("fmt", ["table", "wide", "json", "csv", "tsv", "ids"])
def test_what_comes_at_an_end_cannot_be_printed(worker: Program, fmt: str) -> None:
    refused = worker("worker", "-o", fmt)
    assert (refused.code, refused.out) == (2, "")
    assert "ndjson" in refused.err


def test_what_was_abandoned_is_named(worker: Program, world_of: World) -> None:
    fill(world_of, 1)
    worker(*ENQUEUE)
    (job,) = jobs(world_of.database)
    with world_of.database.connect(autocommit=True) as conn:
        conn.execute(
            "UPDATE oban_jobs SET state = 'executing', attempt = 1,"
            " attempted_at = timezone('UTC', now()) - interval '16 minutes'"
        )
    done = worker("worker", "--drain")
    _, rescued, line, _ = done.err.splitlines()
    assert rescued == f"Given back, for whoever was at it is gone: job {job['id']}."
    assert line == f"job {job['id']} noce-0: 1 uploaded"
    assert worker("worker", "--drain", "--rescue-after", "0s").code == 2


# --- what it refuses --------------------------------------------------------------------------


def test_a_queue_of_the_application_is_refused(worker: Program, world_of: World) -> None:
    for queue in ("venue_enrichment", "venue_backfill"):
        refused = worker("worker", "--drain", "--queue", queue)
        assert refused.code == 4
        assert refused.err.startswith(f"error: Queue {queue} is the application's own")
    add_job(world_of.database, {}, queue="maintenance", worker="A.Cleaner")
    refused = worker("worker", "--drain", "--queue", "maintenance")
    assert refused.code == 4
    assert "holds an unfinished job of another worker, A.Cleaner." in refused.err
    assert states(world_of) == ["available"]


def test_a_database_that_is_only_read_is_refused(worker: Program, world_of: World) -> None:
    config = Path(worker.env["VENUE_OPS_CONFIG"])
    config.write_text(f"read_only = true\n{config.read_text()}")
    refused = worker("worker", "--drain")
    assert refused.code == 4
    assert "is read only" in refused.err
    assert nothing_was_asked(world_of)


def test_no_store_is_refused(worker: Program) -> None:
    refused = replace(worker, env={**worker.env, "IMAGEKIT_PRIVATE_KEY": ""})("worker", "--drain")
    assert refused.code == 4
    assert "No store is set" in refused.err


def test_the_grants_of_the_hint_are_all_that_is_missing(
    worker: Program, world_of: World, limited_role: Callable[..., Program]
) -> None:
    (venue,) = fill(world_of, 1)
    worker(*ENQUEUE)
    limited = replace(worker, url=limited_role(*TABLES).url)
    refused = limited("worker", "--drain")
    assert refused.code == 4
    assert "may not perform jobs on" in refused.err
    assert nothing_was_asked(world_of)
    with world_of.database.connect(autocommit=True) as conn:
        conn.execute(sql.SQL(refused.err.split("`")[1]))
    done = limited("worker", "--drain")
    assert done.code == 0, done.err
    assert statuses(world_of, venue) == ["uploaded"]


def test_the_grant_of_the_page_is_what_a_worker_needs_besides(
    worker: Program, world_of: World
) -> None:
    (venue,) = fill(world_of, 1)
    worker(*ENQUEUE)
    roles = Roles(world_of.database)
    roles.run("To look")
    roles.run("To retry")
    writer = replace(worker, url=roles.program("writer").url)
    try:
        assert "may not perform jobs" in writer("worker", "--drain").err
        (grant,) = BLOCK.findall(PAGE.read_text("utf-8"))
        with world_of.database.connect(autocommit=True) as conn:
            conn.execute(roles.here(grant))
        done = writer("worker", "--drain")
        assert done.code == 0, done.err
        assert statuses(world_of, venue) == ["uploaded"]
        with roles.connect("writer") as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("UPDATE oban_jobs SET args = '{}'")
    finally:
        roles.run("To take it away")


def test_a_dead_key_of_the_store_ends_it(worker: Program, world_of: World) -> None:
    (venue,) = fill(world_of, 1)
    worker(*ENQUEUE)
    done = replace(worker, env={**worker.env, "IMAGEKIT_PRIVATE_KEY": "private_wrong"})(
        "worker", "--drain"
    )
    assert done.code == 4
    assert done.err.count("error: ") == done.err.count("hint: ") == 1
    assert states(world_of) == ["scheduled"]
    assert statuses(world_of, venue) == ["failed"]
    assert "private_wrong" not in done.err


# --- how it ends ------------------------------------------------------------------------------


def begun(here: World) -> None:
    """Wait until the worker is at an image."""
    while not here.provider_web.requests:
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_nothing_executing(
    worker: Program, world_of: World, number: signal.Signals
) -> None:
    world_of.provider_web._handler = lambda request: Answer(200, png(request.path), delay=0.3)
    venues = fill(world_of, 12)
    worker(*ENQUEUE)
    running = worker.start("worker", "--jobs", "3")
    begun(world_of)
    running.send_signal(number)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 128 + number, err
    assert "Stopping: finishing what is in flight; a second Ctrl-C stops at once.\n" in err
    uploaded = [statuses(world_of, venue) for venue in venues].count(["uploaded"])
    assert 0 < uploaded == len(world_of.store.uploads) < 12
    assert states(world_of).count("completed") == uploaded
    assert set(states(world_of)) <= {"completed", "available", "scheduled"}
    assert worker("worker", "--drain").code == 0
    assert len(world_of.store.uploads) == 12


def test_a_second_signal_stops_at_once(worker: Program, world_of: World) -> None:
    world_of.provider_web._handler = lambda request: Answer(200, png(request.path), delay=30)
    (venue,) = fill(world_of, 1)
    worker(*ENQUEUE)
    running = worker.start("worker")
    begun(world_of)
    running.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert running.poll() is None
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=10)
    assert running.returncode == 130, err
    assert "Traceback" not in err
    assert states(world_of) == ["executing"]
    assert statuses(world_of, venue) == ["failed"]


def test_it_waits_for_what_comes(worker: Program, world_of: World) -> None:
    running = worker.start("worker", "-o", "ndjson")
    (venue,) = fill(world_of, 1)
    worker(*ENQUEUE)
    while statuses(world_of, venue) != ["uploaded"]:
        assert running.poll() is None
        time.sleep(0.05)
    running.terminate()
    out, err = running.communicate(timeout=10)
    assert running.returncode == 143, err
    assert json.loads(out)["id"].startswith("noce-0/")


def test_oban_in_a_schema_of_its_own(empty_database: Callable[..., Database]) -> None:
    pytest.importorskip("oban", reason="oban for Python wants Python 3.12")
    odd = 'Private "50%" oban'
    database = empty_database(oban_schema=odd, oban_version=14)
    program = on(database, env={"VENUE_OPS_OBAN_SCHEMA": odd, "IMAGEKIT_PRIVATE_KEY": "x"})
    with database.connect(autocommit=True) as conn:
        conn.execute(
            sql.SQL(
                "INSERT INTO {}.oban_jobs (state, queue, worker, args) VALUES"
                " ('available', 'venue_ops_retry', {}, '{{}}')"
            ).format(sql.Identifier(odd), sql.Literal(RETRY_WORKER))
        )
    done = program("worker", "--drain")
    assert done.code == 0, done.err
    with database.connect() as conn:
        row = conn.execute(
            sql.SQL("SELECT state::text FROM {}.oban_jobs").format(sql.Identifier(odd))
        ).fetchone()
    assert row == ("cancelled",)
