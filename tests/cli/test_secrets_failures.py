"""No secret leaves: promise 13, for every command that fails, whatever it is that fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from tests.cli.canaries import (
    COMMANDS,
    KNOWN,
    PLANTED,
    UNREACHABLE,
    assert_silent,
    told_secrets,
    with_password,
)
from tests.cli.program import Program
from tests.databases import Database


@pytest.fixture
def program(planted: Database, tmp_path: Path) -> Program:
    """The program, told a password in its URL, in a file and in the environment."""
    return told_secrets(planted, tmp_path)


@pytest.mark.parametrize("debug", [(), ("--debug",)], ids=["", "debug"])
@pytest.mark.parametrize("fmt", ["table", "json"])
@pytest.mark.parametrize("argv", COMMANDS, ids=lambda argv: " ".join(argv[:2]))
class TestForcedFailures:
    """What an error says is searched too, with its traceback."""

    def test_in_the_middle_of_the_program(
        self, program: Program, argv: tuple[str, ...], fmt: str, debug: tuple[str, ...]
    ) -> None:
        def stopped_clock() -> datetime:
            raise RuntimeError(f"{with_password('x@h')} {PLANTED} {KNOWN}")

        failed = replace(program, clock=stopped_clock)(*argv, "-o", fmt, *debug)
        assert failed.code in {0, 1}  # what has no use for the time does not fail
        assert_silent(failed)

    def test_of_the_connection(
        self, program: Program, argv: tuple[str, ...], fmt: str, debug: tuple[str, ...]
    ) -> None:
        for url in UNREACHABLE:
            failed = replace(program, url=url)(*argv, "-o", fmt, *debug)
            assert (failed.code, failed.out) == (4, "")
            assert_silent(failed)


SERVER_FAULTS = {
    "a missing table": "DROP TABLE venues CASCADE",
    "a missing column": "ALTER TABLE oban_jobs DROP COLUMN meta CASCADE",
    "a server that talks": """
        CREATE FUNCTION talk(bigint) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
          RAISE EXCEPTION 'cannot read %', (SELECT string_agg(name, ' ') FROM secrets)
            USING DETAIL = (SELECT string_agg(name, ' ') FROM secrets), HINT = 'x';
        END $$;
        ALTER TABLE venues RENAME TO hidden;
        CREATE VIEW venues AS SELECT * FROM hidden WHERE talk(id);
        ALTER TABLE oban_jobs RENAME TO hidden_jobs;
        CREATE VIEW oban_jobs AS SELECT * FROM hidden_jobs WHERE talk(id)
    """,
}


@pytest.mark.parametrize("fault", SERVER_FAULTS)
def test_a_database_that_breaks(sample_database: Database, program: Program, fault: str) -> None:
    with sample_database.connect(autocommit=True) as conn:
        conn.execute("CREATE TABLE secrets (name text)")
        for text in (*PLANTED, *KNOWN):
            conn.execute("INSERT INTO secrets VALUES (%s)", [text])
        conn.execute(SERVER_FAULTS[fault])
    broken = replace(program, url=with_password(sample_database.url))
    for argv in (*COMMANDS[:3], ("show", "job", "146"), ("show", "venue", "14"), COMMANDS[5]):
        for fmt in ("table", "ndjson"):
            failed = broken(*argv, "-o", fmt, "--debug")
            needs_it = fault != "a missing column" or argv[0] in {"list", "show"}
            assert failed.code == (4 if needs_it else 0)
            assert_silent(failed)


@pytest.mark.parametrize("fault", [*SERVER_FAULTS, "a clock that stopped"])
def test_doctor_on_a_database_that_breaks(
    sample_database: Database, program: Program, fault: str
) -> None:
    def stopped_clock() -> datetime:
        raise RuntimeError(f"{with_password('x@h')} {PLANTED} {KNOWN}")

    broken = replace(program, url=with_password(sample_database.url))
    if fault in SERVER_FAULTS:
        with sample_database.connect(autocommit=True) as conn:
            conn.execute("CREATE TABLE secrets (name text)")
            for text in (*PLANTED, *KNOWN):
                conn.execute("INSERT INTO secrets VALUES (%s)", [text])
            conn.execute(SERVER_FAULTS[fault])
    else:
        broken = replace(broken, clock=stopped_clock)
    for fmt in ("wide", "json"):
        failed = broken("doctor", "-o", fmt, "--debug")
        assert failed.code in {0, 1, 4}
        assert_silent(failed)


def test_doctor_without_a_connection_holds_no_secret(program: Program) -> None:
    for url in UNREACHABLE:
        for fmt in ("table", "json"):
            failed = replace(program, url=url)("doctor", "-o", fmt, "--debug")
            assert failed.code == 4
            assert_silent(failed)


def test_a_statement_that_takes_too_long(program: Program, planted: Database) -> None:
    with planted.connect() as conn:
        conn.execute("LOCK TABLE oban_jobs, venues IN ACCESS EXCLUSIVE MODE")
        for argv in COMMANDS:
            failed = program(*argv, "--statement-timeout", "50ms", "--debug")
            assert failed.code == 4
            assert_silent(failed)
