"""An export that is stopped, by Ctrl-C or SIGTERM: it says so, and leaves no half-written file."""

from __future__ import annotations

import fcntl
import signal
import struct
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
from tests.cli.program import on
from tests.databases import Database

SIGNALS = pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
)
STOPPED = "warning: The export was stopped: "
PATIENCE = 20

ENDLESS = """
    INSERT INTO venues (id, name, slug, city_id, latitude, longitude, inserted_at, updated_at)
      SELECT n, 'Venue ' || n, 'venue-' || n, 5, 0, 0, now(), now()
      FROM generate_series(10001, 20000) AS n;
    ALTER TABLE venues RENAME TO hidden;
    CREATE VIEW venues AS SELECT * FROM hidden WHERE id < 20000 OR pg_sleep(600) IS NULL;
    DO $$ BEGIN
      EXECUTE format('ALTER DATABASE %I SET enable_sort = off', current_database());
      EXECUTE format('ALTER DATABASE %I SET enable_seqscan = off', current_database());
    END $$;
"""
"""Thousands of rows in the order asked for, which need no sorting, and the last one never comes."""


@pytest.fixture
def endless(sample_database: Database) -> Database:
    """Exports of its venues begin, and never end."""
    with sample_database.connect(autocommit=True) as conn:
        conn.execute(ENDLESS)
    return sample_database


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def asked(database: Database, state: str) -> bool:
    """Whether a COPY of the program is in a state: a type of wait, or `active`."""
    with database.connect(autocommit=True) as conn:
        found = conn.execute(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = 'venue-ops' AND"
            " datname = current_database() AND query LIKE 'COPY%%' AND state = 'active'"
            " AND %s IN (state, wait_event_type)",
            [state],
        )
        return found.fetchone() is not None


@SIGNALS
def test_before_the_first_row(
    sample_database: Database, folder: Path, number: signal.Signals, code: int
) -> None:
    """It waits for a lock, its part file open, when the signal comes."""
    file = folder / "x"
    with sample_database.connect() as lock:
        lock.execute("LOCK TABLE venues IN ACCESS EXCLUSIVE MODE")
        running = on(sample_database).start("export", "csv", "venues", "-O", str(file))
        until(lambda: asked(sample_database, "Lock"))
        running.send_signal(number)
        out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out, list(folder.iterdir())) == (code, "", [])
    assert err == f"{STOPPED}{file} was not written.\n"


@SIGNALS
@pytest.mark.parametrize("fmt", ["csv", "ndjson"])
def test_while_a_file_is_written(
    endless: Database, folder: Path, fmt: str, number: signal.Signals, code: int
) -> None:
    file = folder / "x"
    running = on(endless).start("export", fmt, "venues", "-q", "-O", str(file))
    until(lambda: any(part.stat().st_size for part in folder.iterdir()))
    running.send_signal(number)
    out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out, list(folder.iterdir())) == (code, "", [])
    assert err == f"{STOPPED}{file} was not written.\n"
    until(lambda: not asked(endless, "active"))


def test_while_a_file_is_to_be_replaced(endless: Database, folder: Path) -> None:
    file = folder / "x"
    file.write_text("mine")
    running = on(endless).start("export", "csv", "venues", "--force", "-O", str(file))
    until(lambda: any(part.stat().st_size for part in folder.iterdir() if part != file))
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out, err) == (130, "", f"{STOPPED}{file} is as it was.\n")
    assert (list(folder.iterdir()), file.read_text()) == ([file], "mine")


@SIGNALS
@pytest.mark.parametrize("fmt", ["csv", "ndjson"])
def test_while_a_pipe_is_read(
    endless: Database, fmt: str, number: signal.Signals, code: int
) -> None:
    running = on(endless).start("export", fmt, "venues")
    assert running.stdout is not None
    assert running.stdout.readline()
    running.send_signal(number)
    _, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, err) == (code, f"{STOPPED}the output is not complete.\n")
    until(lambda: not asked(endless, "active"))


@SIGNALS
@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("export", "csv", "images"), f"{STOPPED}the output is not complete.\n"),
        (("list", "--kind", "all", "--limit", "0", "-o", "ndjson"), ""),
    ],
    ids=["export", "list"],
)
def test_while_nobody_reads_the_pipe(
    generated_database: Database,
    argv: tuple[str, ...],
    said: str,
    number: signal.Signals,
    code: int,
) -> None:
    """It is full, and has to be left without what is still held for it."""
    with on(generated_database).start(*argv) as running:
        until_full(running.stdout)
        running.send_signal(number)
        assert running.wait(timeout=PATIENCE) == code
        assert running.stderr is not None
        assert running.stderr.read() == said


def until_full(pipe: IO[str] | None) -> None:
    """Until the pipe holds something, and no more for half a second."""
    assert pipe is not None
    sizes: list[int] = []

    def is_full() -> bool:
        sizes.append(unread(pipe))
        return sizes[-1] > 0 and sizes[-25:] == [sizes[-1]] * 25

    until(is_full)


def unread(pipe: IO[str]) -> int:
    (size,) = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))
    return int(size)


def test_when_the_reader_is_interrupted_too(generated_database: Database) -> None:
    """As at a keyboard, where Ctrl-C goes to every program of a pipeline."""
    with on(generated_database).start("export", "csv", "images") as running:
        until_full(running.stdout)
        assert running.stdout is not None
        assert running.stderr is not None
        running.send_signal(signal.SIGINT)
        running.stdout.close()
        assert running.wait(timeout=PATIENCE) in {0, 130}
        assert running.stderr.read() in {"", f"{STOPPED}the output is not complete.\n"}
