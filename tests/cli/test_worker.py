"""`venue-ops worker` as it is typed: what it says and what it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.cli import schemas
from tests.cli.program import TABLES, Program
from tests.cli.retrying import nothing_was_asked, statuses
from tests.cli.test_roles import BLOCK, Roles
from tests.enqueueing import RETRY_WORKER, add_job, jobs
from tests.retrying import World
from tests.working import ENQUEUE, QUEUE, fill, run_sql, states

from venue_ops.demo.web import Answer

pytest.importorskip("oban", reason="oban for Python wants Python 3.12")

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "workers.md"
WHERE = re.compile(r"Working on .*, queue venue_ops_retry, jobs of .*, 10 at once; photos go to .*")


@pytest.fixture
def worker(retrier: Program) -> Program:
    return retrier


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
    bad = add_job(world_of.database, {}, queue=QUEUE.name, worker=RETRY_WORKER, max_attempts=1)
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


def test_a_row_that_waited_for_an_hour_in_vain_is_told_by_the_exit_code(
    worker: Program, world_of: World
) -> None:
    (venue,) = fill(world_of, 1)
    worker(*ENQUEUE)
    add_job(world_of.database, {"venue_id": venue}, state="executing")
    now = datetime.now(UTC)
    since, last = now - timedelta(minutes=61), now - timedelta(minutes=1)
    run_sql(
        world_of,
        "UPDATE oban_jobs SET meta = jsonb_build_object('busy_since', %s::text,"
        " 'busy_last', %s::text) WHERE worker = %s",
        since.isoformat(),
        last.isoformat(),
        RETRY_WORKER,
    )
    done = worker("worker", "--drain")
    assert done.code == 5
    assert "cancelled: Its venue was busy for 60 minutes" in done.err


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
        assert "no more rights than it needs" in writer("doctor").out
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
