"""Retries through a real PgBouncer in transaction mode: promise 18 for what is written.

Every run opens five connections of its own, over a pool of three.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from tests.cli.enqueueing import by_path, consuming
from tests.cli.program import Program
from tests.cli.retrying import cleared, in_world, overwrite, statuses
from tests.databases import Database
from tests.enqueueing import jobs
from tests.external.pgbouncer import PROGRAM, Pooler, pgbouncer
from tests.external.test_pgbouncer import POOL, TRANSACTIONS, settings
from tests.retrying import World, world

RUNS, VENUES, IMAGES_A_VENUE = 4, 30, 4

pytestmark = [
    pytest.mark.external,
    pytest.mark.skipif(PROGRAM is None, reason="the package pgbouncer is not installed"),
]


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[World]:
    cleared(sample_database)
    with world(sample_database, tmp_path) as made:
        yield made


@pytest.fixture
def pooler(here: World) -> Iterator[Pooler]:
    with pgbouncer(here.database, TRANSACTIONS) as running:
        yield running


@pytest.fixture
def program(here: World, pooler: Pooler, tmp_path: Path) -> Program:
    return replace(in_world(here, tmp_path), url=pooler.database.url)


def test_every_retry_works(here: World, program: Program) -> None:
    venue = here.venue(here.image("/a.jpg"), here.image("/b.jpg"), slug="noce")
    stale = here.images(venue)
    assert program("show", "venue", "noce").code == 0
    assert program("retry", "image", "noce/#1").code == 0
    assert program("retry", "venue", "noce").code == 0
    other = here.venue(here.image("/c.jpg"))
    assert program("retry", "city", "krakow", "--yes").code == 0
    assert [*statuses(here, venue), *statuses(here, other)] == ["uploaded"] * 3
    swept = here.venue(here.image("/d.jpg"))
    assert program("sweep").code == 0
    assert statuses(here, swept) == ["uploaded"]
    overwrite(here, venue, stale)
    repaired = program("reconcile", "-o", "json")
    assert (repaired.code, [row["found"] for row in repaired.data]) == (0, ["repaired"] * 2)
    assert statuses(here, venue) == ["uploaded", "uploaded"]
    assert len(here.store.uploads) == 4


def test_several_runs_at_once_over_few_connections(here: World, program: Program) -> None:
    """0 errors, each image once, and the pool was never larger than it may be."""
    venues = [
        here.venue(*(here.image(f"/{v}-{n}.jpg") for n in range(IMAGES_A_VENUE)))
        for v in range(VENUES)
    ]
    running = [program.start("sweep", "-o", "ndjson") for _ in range(RUNS)]
    results: list[str] = []
    for each in running:
        out, err = each.communicate(timeout=120)
        assert each.returncode == 0, err
        assert "error" not in err
        results += [json.loads(line)["result"] for line in out.splitlines()]
    images = VENUES * IMAGES_A_VENUE
    assert results.count("uploaded") == len(here.store.uploads) == images
    assert set(results) <= {"uploaded", "busy", "changed"}
    assert {status for venue in venues for status in statuses(here, venue)} == {"uploaded"}


def test_job_rows(here: World, program: Program) -> None:
    """Five at once through the pool: a row a venue, and the lock is nobody's afterwards."""
    venues = [here.venue(here.image(f"/{n}.jpg")) for n in range(VENUES)]
    running = [program.start("sweep", "--enqueue") for _ in range(5)]
    for each in running:
        _, err = each.communicate(timeout=120)
        assert each.returncode == 0, err
    assert [job["args"]["venue_id"] for job in jobs(here.database)] == venues
    other = here.venue(here.image("/other.jpg"), slug="other")
    with consuming(here, by_path({})):
        assert program("retry", "venue", "other", "--enqueue", "--wait").code == 0
    assert statuses(here, other) == ["uploaded"]


def test_nothing_is_left_behind_on_the_servers_connections(
    here: World, pooler: Pooler, program: Program
) -> None:
    for n in range(3 * POOL):
        here.venue(here.image(f"/{n}.jpg"))
    assert program("sweep", "--statement-timeout", "17s").code == 0
    assert program("reconcile", "--statement-timeout", "17s").code == 0
    here.venue(here.image("/enqueued.jpg"))
    assert program("sweep", "--enqueue", "--statement-timeout", "17s").code == 0
    with psycopg.connect(here.database.conninfo) as direct:
        fresh = settings(direct)
    with ExitStack() as transactions:  # each holds a server's connection: all of the pool
        for _ in range(POOL):
            pooled = transactions.enter_context(psycopg.connect(pooler.database.conninfo))
            assert settings(pooled) == fresh
            for left_behind in ("pg_prepared_statements", "pg_cursors"):
                assert pooled.execute(f"SELECT * FROM {left_behind}").fetchall() == []
            locks = "SELECT * FROM pg_locks WHERE locktype = 'advisory'"
            assert pooled.execute(locks).fetchall() == []


def test_a_row_that_is_held_frees_its_connection(here: World, program: Program) -> None:
    """The wait ends, the pool goes on, and the next run writes what was stored."""
    venues = [here.venue(here.image(f"/{n}.jpg")) for n in range(POOL + 1)]
    with here.database.connect() as app:
        app.execute("SELECT 1 FROM venues WHERE id = %s FOR UPDATE", [venues[0]])
        held = program("sweep", "--statement-timeout", "2s", "-o", "json")
    assert held.code == 4
    assert "A lock on " in held.err
    assert program("sweep").code == 0
    assert {status for venue in venues for status in statuses(here, venue)} == {"uploaded"}
    assert len(here.store.uploads) == len(venues)
