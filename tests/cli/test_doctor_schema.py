"""The checks of tables and rights, each made to pass and to fail; what is suggested works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.cli.doctor import finding, findings, subjects
from tests.cli.program import TABLES, Program, on
from tests.cli.test_roles import Roles
from tests.databases import Database, Databases

from venue_ops.core.doctor import indexes
from venue_ops.demo.schema import OBAN_VERSIONS, Layout


@pytest.fixture
def owner(sample_database: Database) -> Iterator[psycopg.Connection[Any]]:
    """Whoever looks after the database."""
    with sample_database.connect(autocommit=True) as conn:
        yield conn


@pytest.fixture
def sample(sample_database: Database) -> Program:
    """The program on the sample that `owner` changes."""
    return on(sample_database)


def as_owner(owner: psycopg.Connection[Any], statement: Any) -> None:
    """Run a statement that the test made up."""
    owner.execute(sql.SQL(statement))


def run_suggested(owner: psycopg.Connection[Any], text: str) -> None:
    """What doctor suggests, as an administrator would paste it."""
    for statement in text.split("; "):
        as_owner(owner, statement)


# --- tables and columns ------------------------------------------------------------------------


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


# --- Oban ---------------------------------------------------------------------------------------


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


# --- indexes and statistics ---------------------------------------------------------------------


def test_indexes_that_are_missing_are_back_after_the_statement(
    sample: Program, owner: psycopg.Connection[Any]
) -> None:
    assert finding(sample, "indexes")["level"] == "pass"
    owner.execute(
        "DROP INDEX oban_jobs_args_index, venues_venue_images_index, venues_city_lookup_idx,"
        " venues_city_image_queries_idx"
    )
    found = finding(sample, "indexes")
    assert found["level"] == "warn"
    assert subjects(found) == [
        "oban_jobs (args)",
        "venues (city_id, id)",
        "venues (venue_images)",
    ]
    run_suggested(owner, found["sql"])
    assert finding(sample, "indexes")["level"] == "pass"


def test_an_index_that_is_not_valid_is_rebuilt(
    sample: Program, owner: psycopg.Connection[Any]
) -> None:
    """As CREATE INDEX CONCURRENTLY leaves it when it fails."""
    owner.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'oban_jobs_args_index'::regclass"
    )
    found = finding(sample, "indexes")
    assert found["level"] == "warn"
    assert subjects(found) == ["oban_jobs (args)", "oban_jobs_args_index"]
    assert found["sql"] == 'REINDEX INDEX CONCURRENTLY public."oban_jobs_args_index"'
    run_suggested(owner, found["sql"])
    assert finding(sample, "indexes")["level"] == "pass"


def test_tables_that_nobody_analyzed(databases: Databases) -> None:
    with databases.copy_of(databases.empty(Layout())) as database:
        assert finding(on(database), "statistics")["level"] == "pass"
        with database.connect(autocommit=True) as conn:
            conn.execute("INSERT INTO oban_jobs (worker) VALUES ('A.B')")
            conn.execute("SELECT pg_stat_force_next_flush()")
        found = finding(on(database), "statistics")
        assert (found["level"], subjects(found)) == ("warn", ["oban_jobs"])
        assert found["sql"] == "ANALYZE public.oban_jobs"
        with database.connect(autocommit=True) as conn:
            run_suggested(conn, found["sql"])
        assert finding(on(database), "statistics")["level"] == "pass"


def test_rows_that_changed_since(sample: Program, owner: psycopg.Connection[Any]) -> None:
    assert finding(sample, "statistics")["level"] == "pass"
    owner.execute(
        "INSERT INTO oban_jobs (worker) SELECT 'Other' FROM generate_series(1, 12000);"
        "DELETE FROM oban_jobs WHERE worker = 'Other';"
        "SELECT pg_stat_force_next_flush()"
    )
    found = finding(sample, "statistics")
    assert (found["level"], set(subjects(found))) == ("warn", {"oban_jobs"})
    assert found["sql"] == "VACUUM (ANALYZE) public.oban_jobs"


def test_the_optional_index_is_suggested_with_its_price_and_never_made(
    sample: Program, owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Not worth it with 46 image jobs" in finding(sample, "worker-index")["summary"]
    monkeypatch.setattr(indexes, "WORTHWHILE", 40)
    found = finding(sample, "worker-index")
    assert found["level"] == "pass"
    assert "about 1 MiB" in found["summary"]
    assert finding(sample, "worker-index") == found
    run_suggested(owner, found["sql"])
    assert finding(sample, "worker-index")["summary"].endswith("is there.")


# --- rights -------------------------------------------------------------------------------------


def test_what_a_role_may_not_read_is_granted_by_the_statement(
    limited_role: Callable[..., Program], owner: psycopg.Connection[Any]
) -> None:
    program = limited_role("oban_jobs", "cities")
    found = finding(program, "reading")
    assert (found["level"], subjects(found)) == ("fail", ["venues", "countries"])
    run_suggested(owner, found["sql"])
    assert finding(program, "reading")["level"] == "pass"
    assert program("venues").code == 0


def test_a_role_that_may_read_some_columns_only(
    limited_role: Callable[..., Program], owner: psycopg.Connection[Any]
) -> None:
    """All those that are read are enough; without one of them it is said which."""
    program = limited_role("oban_jobs", "cities", "countries")
    role = finding(program, "connection")["summary"].split(" as ")[1].rstrip(".")
    read = "id, name, slug, address, venue_type, city_id, provider_ids, venue_images, inserted_at"
    as_owner(owner, f"GRANT SELECT ({read}, updated_at) ON venues TO {role}")
    found = finding(program, "reading")
    assert found["level"] == "fail"
    assert found["details"][0]["text"] == "no SELECT on image_enrichment_metadata"
    as_owner(owner, f"GRANT SELECT (image_enrichment_metadata) ON venues TO {role}")
    assert finding(program, "reading")["level"] == "pass"
    assert program("show", "venue", "noce-krk").code == 0


def test_a_schema_that_a_role_may_not_use(
    empty_database: Callable[..., Database], limited_role: Callable[..., Program]
) -> None:
    database = empty_database(oban_schema="jobs")
    limited = limited_role()
    role = finding(limited, "connection")["summary"].split(" as ")[1].rstrip(".")
    login, _, _ = limited.url.partition("@") if limited.url else ("", "", "")
    program = replace(limited, url=f"{login}@{database.url.partition('@')[2]}")
    with database.connect(autocommit=True) as conn:
        tables = ["jobs.oban_jobs", "venues", "cities", "countries"]
        grant = f"GRANT SELECT ON {', '.join(tables)} TO {role}"
        as_owner(conn, grant)
        found = findings(program, "--oban-schema", "jobs")
        assert found["reading"]["level"] == "fail"
        assert found["reading"]["details"][0]["text"] == "no USAGE on schema jobs"
        assert 'GRANT USAGE ON SCHEMA "jobs" TO ' in found["reading"]["sql"]
        run_suggested(conn, found["reading"]["sql"])
        assert finding(program, "reading", "--oban-schema", "jobs")["level"] == "pass"
        as_owner(conn, f"DROP OWNED BY {role}")


def test_policies_that_hide_rows(
    limited_role: Callable[..., Program], owner: psycopg.Connection[Any]
) -> None:
    """Every list would be blank, and nothing would say why."""
    program = limited_role(*TABLES)
    owner.execute("ALTER TABLE venues ENABLE ROW LEVEL SECURITY")
    found = finding(program, "reading")
    assert (found["level"], subjects(found)) == ("warn", ["venues"])
    assert program("venues", "-o", "ids").out == ""


def test_roles_as_the_documentation_makes_them(sample_database: Database) -> None:
    made = Roles(sample_database)
    made.run("To look")
    made.run("To repair, later")
    try:
        reader, writer = made.program("reader"), made.program("writer")
        for program in (reader, writer):
            found = findings(program, "--check", "access")
            assert {each["level"] for each in found.values()} == {"pass"}
        assert [d["text"] for d in finding(reader, "retrying")["details"]] == ["no"] * 3
        assert [d["text"] for d in finding(writer, "retrying")["details"]] == ["yes"] * 3
        assert finding(writer, "retrying")["summary"].startswith("This role may also retry.")
        with sample_database.connect(autocommit=True) as conn:
            take = f"REVOKE USAGE ON SEQUENCE oban_jobs_id_seq FROM {made.name}_writer"
            as_owner(conn, take)
            assert "but not enqueue a retry" in finding(writer, "retrying")["summary"]
            more = f"GRANT DELETE, UPDATE (slug) ON venues TO {made.name}_reader"
            as_owner(conn, more)
        excess = finding(reader, "excess")
        assert excess["level"] == "warn"
        assert excess["details"][0]["text"] == "this role may DELETE, UPDATE of slug"
    finally:
        made.run("To take it away")


def test_a_superuser_and_an_owner(
    sample: Program, limited_role: Callable[..., Program], owner: psycopg.Connection[Any]
) -> None:
    assert finding(sample, "excess")["summary"].endswith("is a superuser.")
    program = limited_role(*TABLES)
    assert finding(program, "excess")["level"] == "pass"
    role = finding(program, "connection")["summary"].split(" as ")[1].rstrip(".")
    as_owner(owner, f"ALTER TABLE cities OWNER TO {role}")
    found = finding(program, "excess")
    assert found["details"][0]["text"] == "belongs to this role, which may drop it"
    owner.execute("ALTER TABLE cities OWNER TO CURRENT_USER")
