"""Rows of any shape, written to the tables, and every command asked for them."""

from __future__ import annotations

import json
from typing import Any

import psycopg
from tests.cli import exports, schemas
from tests.cli.doctor import findings
from tests.cli.program import Program
from tests.strategies import to_json

MISSING = None


def insert_job(conn: psycopg.Connection[Any], number: int, job: dict[str, Any]) -> None:
    conn.execute(
        "INSERT INTO oban_jobs (id, worker, state, args, meta, errors, attempt, attempted_at)"
        " VALUES (%s, %s, %s, %s, %s, %s::jsonb[], 1, '2025-10-24 12:00')",
        [
            number,
            job["worker"],
            job["state"],
            to_json(job["args"]),
            None if job["meta"] is MISSING else to_json(job["meta"]),
            [to_json(error) for error in job["errors"] or []],
        ],
    )


def insert_venue(conn: psycopg.Connection[Any], number: int, venue: dict[str, Any]) -> None:
    columns = ("venue_images", "image_enrichment_metadata", "provider_ids")
    values = [None if venue[name] is MISSING else to_json(venue[name]) for name in columns]
    conn.execute(
        f"INSERT INTO venues (id, name, slug, city_id, latitude, longitude, inserted_at,"
        f" updated_at, {', '.join(columns)})"
        " VALUES (%s, %s, %s, 1, 0, 0, now(), now(), %s, %s, %s)",
        [number, f"Venue {number}", f"venue-{number}", *values],
    )


def slugs_of(venues: Any) -> list[str]:
    return [f"venue-{number}" for number in range(1, len(venues) + 1)]


def check_exports(program: Program, slugs: list[str]) -> None:
    """All rows, each as a listing has it, and every record of the CSV complete."""
    operations = exports.listed(program, "list", "-k", "all", "-n", "0")[::-1]
    exported = exports.ndjson(program, "operations", "-k", "all")
    assert not exports.differences(operations, exported)
    venues = exports.listed(program, "venues", "-n", "0", "--order", "id")
    assert not exports.differences(venues, exports.ndjson(program, "venues"))
    images = list(exports.images_shown(program, slugs))
    assert not exports.differences(images, exports.ndjson(program, "images"))
    for what, rows in (("operations", operations), ("venues", venues), ("images", images)):
        kinds = ("-k", "all") if what == "operations" else ()
        records = exports.records(program, what, *kinds)
        assert [None not in record and None not in record.values() for record in records] == [
            True for _ in rows
        ]


def check_list(
    program: Program, argv: tuple[str, ...], rows: list[str], key: str, fmt: str = "table"
) -> None:
    """All rows in their order as JSON that fits the schema, and as many in another format."""
    whole = json.loads(run(program, *argv, "-o", "json"))
    schemas.assert_list(whole, argv[0])
    assert [str(row[key]) for row in whole["data"]] == rows
    if fmt != "json":
        header = fmt in {"table", "wide", "csv", "tsv"}
        assert len(run(program, *argv, "-o", fmt).split("\n")) == len(rows) + header + 1


def check_document(program: Program, what: str, reference: str) -> dict[str, Any]:
    whole = json.loads(run(program, "show", what, reference, "-o", "json"))
    schemas.assert_document(whole, what)
    assert run(program, "show", what, reference, "-o", "wide")
    found: dict[str, Any] = whole["data"]
    return found


def check_figures(program: Program) -> dict[str, Any]:
    """The document, and every way to group it; each failed image is in one city and provider."""
    whole = json.loads(run(program, "stats", "--count", "-o", "json"))
    schemas.assert_document(whole, "figures")
    assert run(program, "stats", "--count", "-o", "wide")
    for by in ("city", "provider", "day"):
        listed = json.loads(run(program, "stats", "--by", by, "--count", "-n", "0", "-o", "json"))
        schemas.assert_list(listed, "stats")
        if by != "day":
            in_all = whole["data"]["failed"]["images"]
            assert sum(row["failed"] for row in listed["data"]) == in_all
    found: dict[str, Any] = whole["data"]
    return found


def check_doctor(program: Program) -> None:
    """Whatever stands in the rows: every check about them can be made."""
    levels = {name: each["level"] for name, each in findings(program).items()}
    assert "skipped" not in levels.values()
    assert program("doctor", "-o", "wide").code in {0, 4}


def run(program: Program, *argv: str) -> str:
    result = program(*argv)
    assert result.code == 0, result.err
    return result.out
