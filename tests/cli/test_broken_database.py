"""A database that goes away while rows are listed: promise 20, exit 4 and nothing half-written."""

from __future__ import annotations

import io
import json
import random
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.cli.program import Program, on
from tests.databases import Database, Databases

from venue_ops.cli import main
from venue_ops.context import Session

TERMINATE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'venue-ops' AND datname = current_database()
"""


@pytest.fixture
def large(databases: Databases) -> Iterator[Database]:
    """10,000 jobs in a database of the test's own: it ends the sessions of all others there."""
    with databases.copy_of(databases.generated()) as database:
        yield database


class Interrupting(io.StringIO):
    """A stdout that has something happen when the nth text is written to it."""

    def __init__(self, moment: int, happen: Callable[[], object]) -> None:
        super().__init__()
        self._moment = moment
        self._happen = happen
        self._written = 0

    def write(self, text: str) -> int:
        self._written += 1
        if self._written == self._moment:
            self._happen()
        return super().write(text)


def run(program: Program, out: Interrupting, *argv: str) -> tuple[int, str, str]:
    err = io.StringIO()
    session = Session(env=program.environment(), stdout=out, stderr=err, clock=program.clock)
    return int(main(argv, session=session)), out.getvalue(), err.getvalue()


def check_a_terminated_backend(database: Database, rounds: int, seed: int) -> None:
    """The backend ends at a random row of a listing, `rounds` times."""
    chance = random.Random(seed)
    program = on(database)
    whole = {
        "ids": program("list", "-k", "all", "-n", 0, "-o", "ids").lines,
        "tsv": program("venues", "-n", 0, "-o", "tsv").lines,
        "csv": program("venues", "-n", 0, "-o", "csv").lines,
    }
    with psycopg.connect(database.conninfo, autocommit=True) as conn:
        for number in range(rounds):
            fmt = ("ids", "tsv", "csv")[number % 3]
            command = ("list", "-k", "all") if fmt == "ids" else ("venues",)
            out = Interrupting(chance.randrange(2, 2000), lambda: conn.execute(TERMINATE))
            code, text, said = run(program, out, *command, "-n", "0", "-o", fmt)
            assert code == 4
            error, hint = said.splitlines()  # one sentence, and what to do
            assert error.startswith("error: The connection to ")
            assert hint.startswith("hint: Nothing was changed.")
            assert text.endswith("\n")
            lines = text.splitlines()
            assert 0 < len(lines) < len(whole[fmt])
            assert lines == whole[fmt][: len(lines)]


def test_a_terminated_backend(large: Database) -> None:
    check_a_terminated_backend(large, rounds=12, seed=1)


@pytest.mark.slow
def test_a_hundred_terminated_backends(large: Database) -> None:
    check_a_terminated_backend(large, rounds=100, seed=2)


@pytest.mark.parametrize("argv", [["list"], ["venues"], ["show", "city", "krakow"]], ids=" ".join)
def test_terminated_while_it_waits(sample_database: Database, argv: list[str]) -> None:
    with sample_database.connect() as lock, sample_database.connect(autocommit=True) as conn:
        lock.execute("LOCK TABLE oban_jobs, venues IN ACCESS EXCLUSIVE MODE")
        running = on(sample_database).start(*argv, "-o", "json")
        until = time.monotonic() + 20
        while not conn.execute(f"{TERMINATE} AND wait_event_type = 'Lock'").fetchall():
            assert time.monotonic() < until
            time.sleep(0.05)
        out, err = running.communicate(timeout=20)
    assert (running.returncode, out) == (4, "")
    assert json.loads(err)["error"]["code"] == "database"


def test_a_terminated_backend_in_the_middle_of_an_export(large: Database, tmp_path: Path) -> None:
    """What was written is whole lines; a file is not there at all."""
    program = on(large)
    whole = program("export", "csv", "images").out
    with psycopg.connect(large.conninfo, autocommit=True) as conn:
        for moment in range(1, 6):
            out = Interrupting(moment, lambda: conn.execute(TERMINATE))
            code, text, said = run(program, out, "export", "csv", "images")
            assert code == 4
            assert said.startswith("error: The connection to ")
            assert text.endswith("\r\n")
            assert whole.startswith(text)
            assert len(text) < len(whole)
    with large.connect() as lock:
        lock.execute("LOCK TABLE venues IN ACCESS EXCLUSIVE MODE")
        failed = program("export", "csv", "images", "-O", str(tmp_path / "x.csv"),
                         "--statement-timeout", "50ms")  # fmt: skip
    assert (failed.code, list(tmp_path.glob("*x.csv*"))) == (4, [])


def test_the_rest_of_a_json_is_missing_and_not_made_up(large: Database) -> None:
    """Rows are written as they come, so a broken listing is no JSON: nobody takes it for whole."""
    with psycopg.connect(large.conninfo, autocommit=True) as conn:
        out = Interrupting(700, lambda: conn.execute(TERMINATE))
        program = on(large)
        code, text, _ = run(program, out, "list", "-k", "all", "-n", "0", "-o", "json")
    assert code == 4
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


@pytest.mark.parametrize("fmt", ["table", "wide", "json", "ndjson", "csv", "tsv", "ids"])
@pytest.mark.parametrize(
    "argv", [["list"], ["list", "-n", "0"], ["venues", "-n", "0"]], ids=" ".join
)
def test_what_fails_at_once_writes_nothing(
    sample_database: Database, argv: list[str], fmt: str
) -> None:
    with sample_database.connect() as lock:
        lock.execute("LOCK TABLE oban_jobs, venues IN ACCESS EXCLUSIVE MODE")
        failed = on(sample_database)(*argv, "-o", fmt, "--statement-timeout", "50ms")
    assert (failed.code, failed.out) == (4, "")
    assert len(failed.err.splitlines()) == (1 if "json" in fmt else 2)


@pytest.mark.parametrize(
    "argv", [["list"], ["partials"], ["show", "venue", "14"], ["export", "csv"]], ids=" ".join
)
def test_a_lock_that_does_not_come(sample_database: Database, argv: list[str]) -> None:
    """The operator's own lock_timeout is respected and named."""
    program = on(sample_database)
    with sample_database.connect() as lock:
        name = sql.Identifier(str(conninfo_to_dict(sample_database.conninfo)["dbname"]))
        lock.execute(sql.SQL("ALTER DATABASE {} SET lock_timeout = '50ms'").format(name))
        lock.commit()
        lock.execute("LOCK TABLE oban_jobs, venues IN ACCESS EXCLUSIVE MODE")
        failed = program(*argv)
    assert (failed.code, failed.out) == (4, "")
    assert "A lock on " in failed.err
    assert "did not come in time" in failed.err


def test_a_server_that_does_not_answer() -> None:
    """It accepts the connection and says nothing: the wait ends."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgresql://ops@127.0.0.1:{silent.getsockname()[1]}/x?connect_timeout=2"
        begun = time.monotonic()
        running = Program(url).start("list")
        try:
            _, err = running.communicate(timeout=20)
        finally:
            running.send_signal(signal.SIGKILL)
    assert running.returncode == 4
    assert time.monotonic() - begun < 15
    assert "Cannot connect to x on 127.0.0.1" in err
