"""Doctor as a command: what it prints, its exit code, and that no check stops another."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.cli import schemas
from tests.cli.doctor import as_owner, finding, findings
from tests.cli.program import TABLES, Program, on
from tests.databases import Database

from venue_ops.core.doctor import checks, workers
from venue_ops.core.doctor.facts import Workers
from venue_ops.core.doctor.findings import Finding

NAMES = [check.name for check in checks.CHECKS]


def test_every_check_is_made_in_its_order(program: Program) -> None:
    assert list(findings(program)) == NAMES
    assert program("doctor", "-o", "ids").lines == NAMES
    assert [row["check"] for row in program("doctor", "-o", "csv").records] == NAMES


def test_the_sample_is_in_order_but_for_what_is_wrong_in_it(program: Program) -> None:
    """The clock of the tests stands still, their role is a superuser, one venue is malformed."""
    levels = {name: found["level"] for name, found in findings(program).items()}
    assert [name for name, level in levels.items() if level != "pass"] == [
        "clock",
        "excess",
        "malformed",
    ]
    assert set(levels.values()) == {"pass", "warn"}


def test_the_last_word_is_on_stderr(program: Program) -> None:
    assert program("doctor").err == "20 passed, 3 warnings, 0 failed.\n"
    assert program("doctor", "-q").err == ""
    assert program("doctor", "--check", "clock").err == "0 passed, 1 warning, 0 failed.\n"


def test_some_checks_or_a_group_of_them(program: Program) -> None:
    assert list(findings(program, "--check", "spent,tables")) == ["tables", "spent"]
    assert list(findings(program, "--check", "images", "--check", "oban")) == [
        "oban",
        "malformed",
        "shared-urls",
    ]


def test_an_unknown_check_is_refused_with_those_that_are_known(program: Program) -> None:
    refused = program("doctor", "--check", "index")
    assert (refused.code, refused.out) == (2, "")
    assert "Did you mean indexes?" in refused.err
    assert all(name in program("doctor", "--check", "qqq").err for name in NAMES)
    assert program("doctor", "--check", "").code == 2


def test_the_checks_can_be_listed_without_a_database() -> None:
    nowhere = Program(None)
    listed = nowhere("doctor", "--list", "-o", "json")
    schemas.assert_valid(json.loads(listed.out), "checks")
    assert [row["check"] for row in listed.data] == NAMES
    assert nowhere("doctor", "--list", "--check", "access", "-o", "ids").lines == [
        "reading",
        "retrying",
        "excess",
    ]
    assert nowhere("doctor", "--list").lines[0].split() == ["CHECK", "GROUP", "QUESTION"]


def test_warnings_fail_only_with_strict(program: Program) -> None:
    assert program("doctor").code == 0
    assert program("doctor", "--strict").code == 4
    assert program("doctor", "--strict", "--check", "tables").code == 0


def test_a_failure_is_exit_4(sample_database: Database) -> None:
    with sample_database.connect(autocommit=True) as conn:
        conn.execute("ALTER TABLE cities RENAME TO towns")
    assert on(sample_database)("doctor").code == 4
    assert on(sample_database)("doctor", "--check", "pooler").code == 0


# --- when checks cannot be made ------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:1/none", "host=127.0.0.1 port=1 connect_timeout=2"]
)
def test_without_a_connection_there_is_still_a_whole_document(url: str) -> None:
    found = findings(Program(url))
    assert list(found) == NAMES
    assert found["configuration"]["level"] == "pass"
    assert found["connection"]["level"] == "fail"
    assert found["connection"]["summary"].startswith("Cannot connect to ")
    assert found["connection"]["remedy"].startswith("Check that the server runs")
    assert {found[name]["level"] for name in NAMES[2:]} == {"skipped"}


def test_a_check_that_was_chosen_does_not_hide_that_there_is_no_connection() -> None:
    found = findings(Program("postgresql://nobody@127.0.0.1:1/none"), "--check", "spent")
    levels = {name: each["level"] for name, each in found.items()}
    assert levels == {"connection": "fail", "spent": "skipped"}


def test_without_a_database_in_the_settings() -> None:
    found = findings(Program(None))
    assert list(found) == NAMES
    assert found["connection"]["summary"] == "No database is configured."
    assert "VENUE_OPS_DATABASE_URL" in found["connection"]["remedy"]


def test_settings_that_cannot_be_read_are_a_finding(program: Program, tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("oban_scheme = 'jobs'\n")
    found = findings(program, "--config", str(broken))
    assert list(found) == NAMES
    assert found["configuration"]["level"] == "fail"
    assert "there is no setting oban_scheme" in found["configuration"]["summary"]
    assert "Did you mean oban_schema?" in found["configuration"]["remedy"]
    assert {found[name]["level"] for name in NAMES[1:]} == {"skipped"}


def test_settings_with_warnings(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("database_url = 'postgresql://ops:s3cret-word@db/app'\n")
    file.chmod(0o644)
    found = finding(program, "configuration", "--config", str(file))
    assert found["level"] == "warn"
    assert any(str(file) in detail["text"] for detail in found["details"])


def test_what_takes_too_long_is_not_made_and_stops_nothing(sample_database: Database) -> None:
    with sample_database.connect(autocommit=True) as conn:
        conn.execute(
            """
            ALTER TABLE venues RENAME TO fast_venues; ALTER TABLE oban_jobs RENAME TO fast_jobs;
            CREATE VIEW venues AS
              SELECT * FROM fast_venues WHERE pg_sleep(1) IS NOT NULL OFFSET 0;
            CREATE VIEW oban_jobs AS
              SELECT * FROM fast_jobs WHERE pg_sleep(1) IS NOT NULL OFFSET 0
            """
        )
    slow = on(sample_database)
    found = findings(slow, "--statement-timeout", "100ms")
    assert slow("doctor", "--statement-timeout", "100ms", "--strict").code == 4
    assert list(found) == NAMES
    late = {name for name, each in found.items() if each["level"] == "skipped"}
    assert late >= {"workers", "queues", "spent", "malformed", "shared-urls"}
    assert not late & {"tables", "columns", "statistics", "reading", "excess"}
    assert found["spent"]["summary"] == "Not finished within 0.1 s."
    assert found["spent"]["remedy"].endswith("--statement-timeout 5m --check spent")
    quick = ("doctor", "--check", "spent", "--statement-timeout", "50ms")
    assert slow(*quick).code == 4  # it was asked for by name
    assert slow(*quick).err == "0 passed, 0 warnings, 0 failed, 1 not made.\n"


def test_a_role_that_may_read_nothing(limited_role: Callable[..., Program]) -> None:
    found = findings(limited_role())
    assert list(found) == NAMES
    assert found["reading"]["level"] == "fail"
    assert found["tables"]["level"] == found["columns"]["level"] == "pass"
    skipped = {name: each for name, each in found.items() if each["level"] == "skipped"}
    assert {(each["summary"], each["remedy"]) for each in skipped.values()} == {
        ("The role may not read oban_jobs: see the check reading.", None),
        ("The role may not read venues: see the check reading.", None),
    }
    assert set(skipped) == {check.name for check in checks.READS}
    assert limited_role()("doctor").code == 4
    assert limited_role()("doctor", "--check", "spent").code == 4


def test_a_right_that_is_missing_elsewhere_is_told_where_it_is_missed(
    limited_role: Callable[..., Program], owner: psycopg.Connection[Any]
) -> None:
    """The tables may be read, a function behind one of them may not be called."""
    program = limited_role(*TABLES)
    role = finding(program, "connection")["summary"].split(" as ")[1].rstrip(".")
    owner.execute(
        """
        CREATE FUNCTION mine() RETURNS boolean LANGUAGE sql VOLATILE AS 'SELECT true';
        REVOKE EXECUTE ON FUNCTION mine FROM public;
        ALTER TABLE venues RENAME TO hidden;
        CREATE VIEW venues AS SELECT * FROM hidden WHERE mine()
        """
    )
    as_owner(owner, f"GRANT SELECT ON venues TO {role}")
    found = findings(program)
    assert found["reading"]["level"] == "pass"
    assert found["malformed"]["level"] == "skipped"
    assert "permission denied for function mine" in found["malformed"]["summary"]


def test_a_check_with_a_fault_of_its_own(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Workers) -> Finding:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(workers, "workers", broken)
    found = findings(program)
    assert list(found) == NAMES
    assert found["workers"]["level"] == "fail"
    assert "ZeroDivisionError: by nothing" in found["workers"]["summary"]
    assert found["queues"]["level"] == "pass"


def test_a_connection_that_is_lost_on_the_way(sample_database: Database) -> None:
    """The check that met it says so; what cannot be asked any more is not made."""
    with sample_database.connect(autocommit=True) as conn:
        conn.execute(
            """
            CREATE FUNCTION gone() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
              PERFORM pg_terminate_backend(pg_backend_pid());
              RETURN true;
            END $$;
            ALTER TABLE venues RENAME TO hidden;
            CREATE VIEW venues AS SELECT * FROM hidden WHERE gone()
            """
        )
    found = findings(on(sample_database))
    assert list(found) == NAMES
    assert found["malformed"]["level"] == "skipped"
    assert "connection" in found["malformed"]["summary"]
    assert found["workers"]["level"] == "pass"


def test_columns_choose_among_the_rows_and_not_in_the_report(program: Program) -> None:
    rows = program("doctor", "-o", "csv", "--columns", "level,check").lines
    assert rows[:2] == ["level,check", "pass,configuration"]
    refused = program("doctor", "--columns", "level")
    assert refused.code == 2
    assert "json, ndjson, csv, tsv" in refused.err


def test_the_clock_of_this_machine(program: Program) -> None:
    behind = finding(program, "clock")
    assert behind["level"] == "warn"
    assert "behind the server" in behind["summary"]
    assert finding(replace(program, clock=lambda: datetime.now(UTC)), "clock")["level"] == "pass"
    ahead = replace(program, clock=lambda: datetime(2999, 1, 1, tzinfo=UTC))
    assert "ahead of the server" in finding(ahead, "clock")["summary"]


def test_select_is_all_that_it_needs(limited_role: Callable[..., Program]) -> None:
    found = findings(limited_role(*TABLES))
    assert {each["level"] for each in found.values()} == {"pass", "warn"}
    assert found["retrying"]["summary"].startswith("Read only: ")
    assert found["excess"]["level"] == "pass"
