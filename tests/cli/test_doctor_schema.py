"""The checks of tables, columns and Oban's migration, each made to pass and to fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from tests.cli.doctor import as_owner, finding, findings, subjects
from tests.cli.program import Program, on
from tests.databases import Database

from venue_ops.demo.schema import OBAN_VERSIONS


def test_all_tables(sample: Program) -> None:
    found = finding(sample, "tables")
    assert found["level"] == "pass"
    assert subjects(found) == ["oban_jobs", "venues", "cities", "countries"]


def test_the_table_of_providers_is_not_needed(
    sample: Program, owner: psycopg.Connection[Any]
) -> None:
    owner.execute("DROP TABLE venue_data_providers")
    found = finding(sample, "tables")
    assert found["level"] == "pass"
    assert "no venue_data_providers" in found["summary"]


def test_oban_in_another_schema_is_named_with_its_flag(
    empty_database: Callable[..., Database],
) -> None:
    program = on(empty_database(oban_schema="jobs"))
    found = finding(program, "tables")
    assert found["level"] == "fail"
    assert found["details"][0]["text"] == "found in schema jobs"
    assert "--oban-schema jobs" in found["remedy"]
    assert finding(program, "tables", "--oban-schema", "jobs")["level"] == "pass"


def test_a_table_in_a_schema_that_is_not_looked_into(
    sample: Program, owner: psycopg.Connection[Any]
) -> None:
    owner.execute("CREATE SCHEMA app; ALTER TABLE venues SET SCHEMA app")
    found = finding(sample, "tables")
    assert (found["level"], subjects(found)) == ("fail", ["venues"])
    assert "schema app on the role's search_path" in found["remedy"]


def test_a_database_of_something_else(empty_database: Callable[..., Database]) -> None:
    database = empty_database()
    with database.connect(autocommit=True) as conn:
        conn.execute("DROP TABLE oban_jobs, venues, cities, countries, venue_data_providers")
    found = findings(on(database))
    assert found["tables"]["level"] == "fail"
    assert found["tables"]["remedy"] == "Check that the URL names the application's database."
    about_tables = ("columns", "oban", "indexes", "statistics", "reading", "spent", "malformed")
    assert {found[name]["level"] for name in about_tables} == {"skipped"}
    assert found["spent"]["summary"] == "Needs the table oban_jobs, which is not there."
    assert on(database)("doctor", "--check", "spent").code == 4  # not "no such job is there"


def test_columns_that_are_missing_or_of_another_type(
    sample: Program, owner: psycopg.Connection[Any]
) -> None:
    assert finding(sample, "columns")["level"] == "pass"
    owner.execute(
        "ALTER TABLE oban_jobs DROP COLUMN meta CASCADE;"
        "ALTER TABLE venues ALTER COLUMN updated_at TYPE timestamptz;"
        "ALTER TABLE cities ALTER COLUMN name TYPE text, ALTER COLUMN id TYPE integer"
    )
    found = finding(sample, "columns")
    assert found["level"] == "fail"
    assert subjects(found) == ["oban_jobs.meta", "venues.updated_at"]
    assert "timestamp with time zone, not timestamp without" in found["details"][1]["text"]


@pytest.mark.parametrize("version", OBAN_VERSIONS)
@pytest.mark.parametrize("schema", ["public", "50%(now)s :x"])
def test_every_migration_of_oban_in_any_schema(
    empty_database: Callable[..., Database], version: int, schema: str
) -> None:
    database = empty_database(oban_version=version, oban_schema=schema)
    found = findings(on(database), "--oban-schema", schema)
    assert found["oban"]["level"] == "pass"
    assert f"migration {version}." in found["oban"]["summary"]
    assert {each["level"] for each in found.values()} == {"pass", "warn"}


def test_suspended_before_its_migration_and_states_of_tomorrow(
    empty_database: Callable[..., Database],
) -> None:
    database = empty_database(oban_version=12, extra_states=("suspended", "dreaming"))
    found = finding(on(database), "oban")
    assert found["level"] == "pass"
    assert "suspended of a later one" in found["summary"]
    assert subjects(found) == ["states", "dreaming"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("COMMENT ON TABLE oban_jobs IS NULL", "does not say which migration"),
        ("COMMENT ON TABLE oban_jobs IS 'jobs'", "does not say which migration"),
        ("COMMENT ON TABLE oban_jobs IS '9'", "at migration 9; venue-ops knows 11 to 14"),
        ("COMMENT ON TABLE oban_jobs IS '14'", "says migration 14, but the state suspended"),
        ("DROP INDEX oban_jobs_state_cancelled_at_index", "(state, cancelled_at) is missing"),
    ],
)
def test_a_comment_that_does_not_say_what_is_there(
    empty_database: Callable[..., Database], change: str, said: str
) -> None:
    database = empty_database(oban_version=13)
    with database.connect(autocommit=True) as conn:
        as_owner(conn, change)
    found = finding(on(database), "oban")
    assert found["level"] == "warn"
    assert said in found["summary"]


def test_a_migration_of_tomorrow(empty_database: Callable[..., Database]) -> None:
    database = empty_database(oban_version=14)
    with database.connect(autocommit=True) as conn:
        conn.execute("COMMENT ON TABLE oban_jobs IS '15'")
    found = finding(on(database), "oban")
    assert found["level"] == "pass"
    assert "newer than this version knows" in found["summary"]


def test_states_that_are_missing(sample: Program, owner: psycopg.Connection[Any]) -> None:
    owner.execute("ALTER TYPE oban_job_state RENAME VALUE 'cancelled' TO 'canceled'")
    found = finding(sample, "oban")
    assert found["level"] == "fail"
    assert "lacks cancelled" in found["summary"]
