"""The checks of what the role may do; what is suggested works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
from tests.cli.doctor import as_owner, finding, findings, run_suggested, subjects
from tests.cli.program import TABLES, Program
from tests.cli.test_roles import Roles
from tests.databases import Database


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
    made.run("To retry")
    try:
        reader, writer = made.program("reader"), made.program("writer")
        for program in (reader, writer):
            found = findings(program, "--check", "access")
            assert {each["level"] for each in found.values()} == {"pass"}
        told = finding(reader, "retrying")
        assert told["summary"] == (
            "Read only: this role may look, not retry."
            " To retry it lacks UPDATE (venue_images, updated_at) on venues."
        )
        assert [d["text"].partition(":")[0] for d in told["details"]] == ["no"] * 3
        told = finding(writer, "retrying")
        assert told["summary"] == "This role may retry."
        assert [d["text"].partition(":")[0] for d in told["details"]] == ["yes", "no", "no"]
        made.run("To enqueue")
        assert [d["text"] for d in finding(writer, "retrying")["details"]] == ["yes"] * 3
        with sample_database.connect(autocommit=True) as conn:
            take = f"REVOKE USAGE ON SEQUENCE oban_jobs_id_seq FROM {made.name}_writer"
            as_owner(conn, take)
            told = finding(writer, "retrying")
            assert told["summary"] == "This role may retry."
            assert told["details"][1]["text"] == "no: it lacks USAGE of the sequence of ids"
            as_owner(conn, f"REVOKE UPDATE (updated_at) ON venues FROM {made.name}_writer")
            told = finding(writer, "retrying")
            assert told["summary"].endswith("To retry it lacks UPDATE (updated_at) on venues.")
            as_owner(conn, f"GRANT UPDATE (updated_at) ON venues TO {made.name}_writer")
            setting = "SET default_transaction_read_only = on"
            as_owner(conn, f"ALTER ROLE {made.name}_writer {setting}")
            told = finding(writer, "retrying")
            assert "default_transaction_read_only is on" in told["summary"]
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
