"""The lock of whoever inserts job rows: the next one sees what the last one wrote."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.enqueueing import Enqueuer, add_job, jobs
from tests.retrying import World

from venue_ops.core.db.locks import LOCK
from venue_ops.core.planning import Reason

pytestmark = pytest.mark.parametrize(
    "enqueuer", [False, True], indirect=True, ids=["planned", "looked at"]
)


@pytest.mark.parametrize("level", ["read committed", "repeatable read", "serializable"])
def test_what_the_last_holder_of_the_lock_wrote_is_seen(
    enqueuer: Enqueuer, here: World, level: str
) -> None:
    """Whatever isolation the database or the role begins a transaction with."""
    venue = here.venue(here.image("/1"))
    with here.database.connect(autocommit=True) as other:
        name = sql.Identifier(other.info.dbname)
        other.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_isolation = {}").format(name, level)
        )
        enqueuer.source.database.close()
        plans = enqueuer.plans(venue)
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(enqueuer.insert, plans)
            wait_for_a_waiter(other)
            add_job(here.database, {"venue_id": venue})
            other.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
            answer = waiting.result(20)[venue]
    assert (answer.job_id, answer.reason) == (None, Reason.JOB_UNFINISHED)
    assert len(jobs(here.database)) == 1


def wait_for_a_waiter(conn: psycopg.Connection[Any]) -> None:
    """Until somebody waits for an advisory lock of this database."""
    here = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    asked = f"SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND {here}"
    for _ in range(400):
        if conn.execute(asked).fetchone() is not None:
            return
        time.sleep(0.05)
    pytest.fail("nobody waits for the lock")
