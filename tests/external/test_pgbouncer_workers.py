"""Workers through a real PgBouncer in transaction mode, over a pool of three connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from tests.cli.program import Program
from tests.cli.retrying import cleared, in_world, statuses
from tests.databases import Database
from tests.enqueueing import jobs
from tests.external.pgbouncer import PROGRAM, Pooler, pgbouncer
from tests.external.test_pgbouncer import POOL, TRANSACTIONS, settings
from tests.retrying import World, world
from tests.working import ENQUEUE, fill

pytest.importorskip("oban", reason="oban for Python wants Python 3.12")
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


def test_three_workers_share_the_rows(here: World, pooler: Pooler, tmp_path: Path) -> None:
    """0 errors, each image once, and what a session was left as is how it was found."""
    program: Program = replace(in_world(here, tmp_path), url=pooler.database.url)
    venues = fill(here, 40, 2)
    assert program(*ENQUEUE).code == 0
    running = [program.start("worker", "--drain") for _ in range(3)]
    for each in running:
        _, err = each.communicate(timeout=120)
        assert each.returncode == 0, err
        assert "error" not in err
    assert [statuses(here, venue) for venue in venues] == [["uploaded"] * 2] * 40
    assert len(here.store.uploads) == 80
    assert {job["state"] for job in jobs(here.database)} == {"completed"}
    with psycopg.connect(here.database.conninfo) as direct:
        fresh = settings(direct)
    with ExitStack() as transactions:  # each holds a server's connection: all of the pool
        for _ in range(POOL):
            pooled = transactions.enter_context(psycopg.connect(pooler.database.conninfo))
            assert settings(pooled).items() >= fresh.items()  # Oban's trigger loads PL/pgSQL's
            assert pooled.execute("SELECT * FROM pg_prepared_statements").fetchall() == []
            assert pooled.execute("SELECT pg_listening_channels()").fetchall() == []
