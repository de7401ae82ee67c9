"""Doctor while another session lets nobody read a table: what it says, and of whom."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.cli.doctor import as_owner, finding, findings
from tests.cli.program import TABLES, Program, on
from tests.databases import Database

from venue_ops.core.doctor import checks
from venue_ops.core.doctor.findings import Group

QUICK = ("--statement-timeout", "200ms")
OF_THE_CATALOGS = {
    check.name
    for check in checks.CHECKS
    if check.group in {Group.SETUP, Group.SCHEMA, Group.ACCESS} and check not in checks.READS
}
OF_ROWS = {check.name for check in checks.READS}


@pytest.fixture
def holder(sample_database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A session that may lock tables, as a migration does."""
    with sample_database.connect() as conn:
        yield conn


def lock(holder: psycopg.Connection[Any], *tables: str) -> None:
    """Keep everybody else from reading them until the transaction ends."""
    names = sql.SQL(", ").join(map(sql.Identifier, tables))
    holder.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))


def test_what_the_catalogs_tell_is_told_all_the_same(
    sample: Program, holder: psycopg.Connection[Any]
) -> None:
    before = findings(sample)
    lock(holder, *TABLES)
    found = findings(sample, *QUICK)
    assert {name for name, each in found.items() if each["level"] == "skipped"} == OF_ROWS
    for name in OF_THE_CATALOGS - {"configuration"}:
        assert found[name] == before[name], name


@pytest.mark.parametrize("table", ["oban_jobs", "venues"])
def test_the_table_and_who_locked_it_are_named(
    sample: Program, holder: psycopg.Connection[Any], table: str
) -> None:
    lock(holder, table)
    found = findings(sample, *QUICK)
    first, *others = [
        found[check.name] for check in checks.CHECKS if checks.READS.get(check) == table
    ]
    user = holder.info.user
    who = f"Table {table} is locked by another session"
    assert first["summary"] == f"{who} (process {holder.info.backend_pid}, role {user})."
    assert f"process {holder.info.backend_pid} does" in first["remedy"]
    assert others
    for each in others:
        assert each["summary"].startswith(who)
        assert each["summary"].endswith(", as above.")
        assert each["remedy"] is None
    rest = [found[check.name] for check, other in checks.READS.items() if other != table]
    assert "skipped" not in {each["level"] for each in rest}


def test_one_check_by_its_name_cannot_be_made(
    sample: Program, holder: psycopg.Connection[Any]
) -> None:
    lock(holder, "oban_jobs")
    assert finding(sample, "spent", *QUICK)["summary"].startswith("Table oban_jobs is locked")
    assert sample("doctor", "--check", "spent", *QUICK).code == 4
    holder.rollback()
    assert finding(sample, "spent", *QUICK)["level"] == "pass"


def test_a_session_that_waits_for_its_lock_keeps_others_waiting_too(
    sample: Program, holder: psycopg.Connection[Any], sample_database: Database
) -> None:
    """Behind a long report, say: nothing is locked yet, and no new reader gets in."""
    holder.execute("SELECT 1 FROM oban_jobs LIMIT 1")
    with sample_database.connect() as waiting, sample_database.connect(autocommit=True) as watcher:
        thread = threading.Thread(target=lock, args=(waiting, "oban_jobs"))
        thread.start()
        try:
            pid = waiting.info.backend_pid
            while (
                watcher.execute(
                    "SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", [pid]
                ).fetchone()
                is None
            ):
                pass
            found = finding(sample, "spent", *QUICK)
        finally:
            holder.rollback()
            thread.join()
    assert found["level"] == "skipped"
    assert found["summary"] == (
        f"Another session (process {pid}, role {holder.info.user}) waits to lock table oban_jobs,"
        " and all others behind it."
    )


def test_a_role_with_a_patience_of_its_own_and_few_rights(
    limited_role: Callable[..., Program],
    owner: psycopg.Connection[Any],
    holder: psycopg.Connection[Any],
    sample_database: Database,
) -> None:
    """Process and role are no secret to anybody."""
    program = limited_role(*TABLES)
    name = f"limited_{conninfo_to_dict(sample_database.conninfo)['dbname']}"
    as_owner(owner, f"ALTER ROLE {name} SET lock_timeout = '50ms'")
    lock(holder, "oban_jobs")
    found = finding(program, "spent")
    assert found["summary"] == (
        f"Table oban_jobs is locked by another session (process {holder.info.backend_pid},"
        f" role {holder.info.user})."
    )


def test_a_lock_in_another_database_or_schema_is_no_reason(
    sample: Program, holder: psycopg.Connection[Any], owner: psycopg.Connection[Any]
) -> None:
    owner.execute("CREATE SCHEMA other; CREATE TABLE other.oban_jobs (id int)")
    holder.execute("LOCK TABLE other.oban_jobs IN ACCESS EXCLUSIVE MODE")
    assert finding(sample, "spent", *QUICK)["level"] == "pass"


def test_the_program_reads_on_the_moment_the_lock_is_gone(sample_database: Database) -> None:
    """A migration that takes a moment is waited for and not reported."""
    holder = sample_database.connect()
    lock(holder, "oban_jobs")
    release = threading.Timer(0.5, holder.close)
    release.start()
    try:
        assert finding(on(sample_database), "spent")["level"] == "pass"
    finally:
        release.join()
