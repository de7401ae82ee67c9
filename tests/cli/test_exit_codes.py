"""The exit codes that scripts rely on, and what is said with each."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from tests.cli.program import TABLES, Program, on
from tests.databases import Database

PASSWORD = "c4nary-Pa55word"


def test_0_when_done(program: Program) -> None:
    assert program("list").code == 0
    assert program("list", "--error", "matches nothing").code == 0


@pytest.mark.parametrize(
    "argv",
    [
        ["retry", "city", "krakow", "--dry-run"],
        ["sweep", "--dry-run"],
        ["explain", "venue", "noce-krk"],
        ["runs", "list"],
        ["reconcile", "--dry-run"],
    ],
    ids=" ".join,
)
def test_0_for_what_only_looks_at_failures(program: Program, argv: list[str]) -> None:
    """That images fail is no failure of a plan or an explanation."""
    assert program(*argv).code == 0


def test_1_for_the_unexpected(program: Program) -> None:
    def stopped_clock() -> datetime:
        raise RuntimeError("the clock has stopped")

    broken = replace(program, clock=stopped_clock)
    failed = broken("list")
    assert failed.code == 1
    assert "RuntimeError: the clock has stopped" in failed.err
    assert "Traceback" not in failed.err
    assert broken("list", "-o", "json").error["exit_code"] == 1


def test_2_for_wrong_usage(program: Program) -> None:
    for argv in (
        *(["list", "--nonsense"], ["nonsense"], ["list", "-s", "x"], ["show"], []),
        *(["retry"], ["retry", "venue"], ["explain"], ["runs"]),
        *(["sweep", "krakow"], ["reconcile", "--force"], ["explain", "image", "noce-krk"]),
    ):
        assert program(*argv).code == 2


def test_3_for_what_does_not_exist(program: Program) -> None:
    for argv in (
        *(["list", "-c", "nowhere"], ["show", "job", 9999], ["show", "venue", "nothing"]),
        *(
            ["retry", "venue", "nothing"],
            ["retry", "image", "noce-krk/#99", "--dry-run"],
            ["runs", "show", "x"],
        ),
        *(["explain", "job", 9999], ["explain", "venue", "nothing"], ["retry", "city", "x", "-y"]),
    ):
        assert program(*argv).code == 3


def test_6_only_on_request(program: Program) -> None:
    assert program("list", "--exit-status").code == 6
    assert program("list").code == 0


# --- 4: configuration, credentials, database ---------------------------------------------------


def test_4_without_a_database() -> None:
    """The demo is never used silently."""
    failed = Program(None)("list")
    assert (failed.code, failed.out) == (4, "")
    error, hint = failed.err.splitlines()
    assert error == "error: No database is configured."
    for way in ("VENUE_OPS_DATABASE_URL", "--database-url", "venue-ops demo", "--demo"):
        assert way in hint


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"postgresql://ops:{PASSWORD}@127.0.0.1:1/eventasaurus", "eventasaurus on 127.0.0.1"),
        (f"postgresql://ops:{PASSWORD}@no-such-host.invalid/x", "x on no-such-host.invalid"),
        (f"postgresql://ops:{PASSWORD}@[::1/eventasaurus", ""),
        (f"postgresql://ops:{PASSWORD}@h:port/eventasaurus", ""),
        (f"postgresql://ops:{PASSWORD}/x@h/eventasaurus", ""),
        (f"postgresql://ops:{PASSWORD}@h/x?sslmode=bogus", ""),
        (f"mysql://ops:{PASSWORD}@h/x", ""),
        (f"host=h password='{PASSWORD}", ""),
        (f"postgresql:///x?host=/no/such/socket&password={PASSWORD}", "/no/such/socket"),
        ("service=no-such-service", "no-such-service"),
    ],
)
def test_4_for_a_database_that_cannot_be_reached(url: str, message: str) -> None:
    failed = Program(url)("list")
    assert (failed.code, failed.out) == (4, "")
    assert len(failed.err.splitlines()) == 2
    assert message in failed.err
    assert PASSWORD not in failed.err


def test_4_for_a_role_or_a_database_that_is_not_there(sample_database: Database) -> None:
    url = sample_database.url
    user = str(conninfo_to_dict(sample_database.conninfo)["user"])
    failed = Program(url.replace(f"//{user}", "//nobody_here", 1))("list")
    assert failed.code == 4
    assert "nobody_here" in failed.err
    name = str(conninfo_to_dict(sample_database.conninfo)["dbname"])
    failed = Program(url.replace(name, "no_such_database"))("list")
    assert failed.code == 4
    assert "no_such_database" in failed.err
    assert "Check the name of the database" in failed.err


@pytest.mark.parametrize(
    "argv",
    [
        *(["list"], ["venues"], ["show", "job", "1"], ["show", "city", "x"]),
        *(["sweep", "--dry-run"], ["retry", "city", "x", "--dry-run"], ["explain", "job", "1"]),
    ],
)
def test_4_for_a_database_of_something_else(databases_of_others: Program, argv: list[str]) -> None:
    failed = databases_of_others(*argv)
    assert (failed.code, failed.out) == (4, "")
    assert "does not look like the application's database" in failed.err
    assert "--oban-schema" in failed.err


def test_4_for_a_wrong_schema(program: Program) -> None:
    failed = program("list", "--oban-schema", "jobs")
    assert failed.code == 4
    assert "jobs" in failed.err


@pytest.mark.parametrize("table", TABLES)
def test_4_for_a_missing_privilege(
    sample_database: Database, limited_role: Callable[..., Program], table: str
) -> None:
    program = limited_role(*(each for each in TABLES if each != table))
    failed = program("list", "--city", "krakow")
    assert failed.code == 4
    assert f"permission denied for table {table}" in failed.err
    assert "Grant SELECT on oban_jobs, venues, cities, countries" in failed.err


@pytest.mark.parametrize(
    "argv",
    [
        *(["list"], ["partials"], ["show", "venue", "noce-krk"]),
        *(["sweep", "--dry-run"], ["retry", "venue", "noce-krk"], ["explain", "job", "146"]),
    ],
)
def test_4_for_a_statement_that_takes_too_long(slow: Program, argv: list[str]) -> None:
    failed = slow(*argv, "--statement-timeout", "200ms")
    assert (failed.code, failed.out) == (4, "")
    assert "took longer than the statement timeout" in failed.err
    assert "--statement-timeout" in failed.err
    assert slow(*argv, "--statement-timeout", "200ms", "-o", "json").error["code"] == (
        "statement_timeout"
    )


def test_4_for_settings_that_cannot_be_read(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'database_url = "postgresql://ops:{PASSWORD}@h/x"\nnonsense = 1\n')
    for argv in (["--config", str(file)], ["--config", "nowhere.toml"], ["--profile", "nobody"]):
        failed = program("list", *argv)
        assert failed.code == 4
        assert PASSWORD not in failed.err


# --- 130, 143: stopped --------------------------------------------------------------------------


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize(
    "argv", [["list"], ["partials", "-o", "json"], ["sweep", "--dry-run"]], ids=" ".join
)
def test_130_and_143_when_stopped(
    slow: Program, sample_database: Database, argv: list[str], sent: signal.Signals, code: int
) -> None:
    """A signal ends the wait for a long statement at once, without a word, and the statement."""
    with slow.start(*argv) as running:
        try:
            wait_until_it_waits(sample_database)
            running.send_signal(sent)
            out, err = running.communicate(timeout=30)
        finally:
            running.kill()
    assert running.returncode == code
    assert "Traceback" not in err
    assert (out, err) == ("", "")
    with sample_database.connect() as conn:
        left = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'venue-ops'"
        left += " AND datname = current_database() AND state = 'active'"
        until = time.monotonic() + 5
        while time.monotonic() < until and conn.execute(left).fetchone() != (0,):
            conn.rollback()
            time.sleep(0.05)
        assert conn.execute(left).fetchone() == (0,)


# --- --debug -----------------------------------------------------------------------------------


def test_debug_prints_a_traceback_without_values(program: Program) -> None:
    def stopped_clock() -> datetime:
        local = f"{PASSWORD} in a local variable"
        raise RuntimeError(f"postgresql://ops:{PASSWORD}@h/x {len(local)}")

    failed = replace(program, clock=stopped_clock)("list", "--debug")
    assert failed.code == 1
    assert "Traceback (most recent call last)" in failed.err
    assert "RuntimeError" in failed.err
    assert PASSWORD not in failed.err


def test_debug_of_a_database_that_is_not_there() -> None:
    failed = Program(f"postgresql://ops:{PASSWORD}@127.0.0.1:1/x")("list", "--debug")
    assert failed.code == 4
    assert "Traceback" in failed.err
    assert "psycopg" in failed.err
    assert PASSWORD not in failed.err


def test_help_and_version_are_no_errors() -> None:
    for argv in (
        ["--version"],
        ["--help"],
        ["list", "--help"],
        ["show", "job", "--help"],
        ["retry", "city", "--help"],
        ["sweep", "--help"],
        ["runs", "--help"],
    ):
        done = Program(None).process(*argv)
        assert (done.returncode, done.stderr) == (0, "")
        assert "venue-ops" in done.stdout


# --- databases in which things go wrong ----------------------------------------------------------


@pytest.fixture
def databases_of_others(empty_database: Callable[..., Database]) -> Program:
    database = empty_database()
    with database.connect(autocommit=True) as conn:
        conn.execute("DROP TABLE oban_jobs, oban_peers, venues, cities, countries CASCADE")
        conn.execute("CREATE TABLE accounts (id int)")
    return on(database)


def wait_until_it_waits(database: Database) -> None:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'venue-ops'"
    waiting += " AND datname = current_database() AND wait_event_type = 'Lock'"
    with psycopg.connect(database.conninfo, autocommit=True) as conn:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            if conn.execute(waiting).fetchone():
                return
            time.sleep(0.05)
    raise subprocess.TimeoutExpired("venue-ops", 20)
