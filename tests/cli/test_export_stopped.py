"""An export that is stopped, by Ctrl-C or SIGTERM: it says so, and leaves no half-written file."""

from __future__ import annotations

import signal
from pathlib import Path

import psycopg
import pytest
from tests.cli.program import on
from tests.databases import Database


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_no_file(
    sample_database: Database, folder: Path, number: signal.Signals, code: int
) -> None:
    """It waits for a lock, its part file open, when the signal comes."""
    with sample_database.connect() as lock:
        lock.execute("LOCK TABLE venues IN ACCESS EXCLUSIVE MODE")
        running = on(sample_database).start("export", "csv", "venues", "-O", str(folder / "x"))
        wait_for_a_lock(sample_database)
        running.send_signal(number)
        out, _ = running.communicate(timeout=20)
    assert (running.returncode, out, list(folder.iterdir())) == (code, "", [])


def wait_for_a_lock(database: Database) -> None:
    asked = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'COPY%'"
    with psycopg.connect(database.conninfo, autocommit=True) as conn:
        for _ in range(400):
            if conn.execute(asked).fetchone():
                return
            conn.execute("SELECT pg_sleep(0.05)")
    raise AssertionError("it never waited")
