"""Rows of any shape, written to the tables, and every command asked for them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import Any

import psycopg
from tests.cli import exports, schemas
from tests.cli.doctor import findings
from tests.cli.program import Program
from tests.strategies import to_json

from venue_ops.context import Session
from venue_ops.core.net.imagekit import label_of
from venue_ops.core.retry.journal import Journal
from venue_ops.core.retry.standing import Entry
from venue_ops.demo.imagekit_server import DEMO_KEY

MISSING = None
BAD = ("failed", "permanently_failed")
URL = "https://ik.test/a/b.jpg"


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


def check_plans(program: Program, venues: Any, fmt: str) -> None:
    """Every failed image is planned once, whoever would retry it."""
    for way in ((), ("--enqueue",), ("--enqueue", "--engine", "python")):
        _check_plan(program, venues, fmt, ("sweep", "--dry-run", "--force", *way))


def _check_plan(program: Program, venues: Any, fmt: str, plan: tuple[str, ...]) -> None:
    whole = json.loads(run(program, *plan, "-o", "json"))
    schemas.assert_list(whole, "plan")
    failed = [
        (number, place)
        for number, venue in enumerate(venues, 1)
        for place, image in enumerate(images_of(venue), 1)
        if isinstance(image, dict) and image.get("upload_status") in BAD
    ]
    assert [(row["venue_id"], row["place"]) for row in whole["data"]] == failed
    taken = sum(row["taken"] for row in whole["data"])
    assert len(run(program, *plan, "-o", "ids").splitlines()) == taken
    if fmt not in {"json", "ids"}:
        lines = run(program, *plan, "-o", fmt).split("\n")
        assert len(lines) == len(failed) + (fmt != "ndjson") + 1


def check_explanations(program: Program, jobs: int, venues: Any) -> None:
    """Every job, every venue and every element of its images."""
    explained: list[tuple[str, str]] = [("job", str(n)) for n in range(1, jobs + 1)]
    for number, venue in enumerate(venues, 1):
        explained.append(("venue", f"venue-{number}"))
        places = range(1, len(images_of(venue)) + 1)
        explained += [("image", f"venue-{number}/#{place}") for place in places]
    for what, reference in explained:
        whole = json.loads(run(program, "explain", what, reference, "-o", "json"))
        schemas.assert_valid(whole, "explanation")


def check_reconciling(program: Program) -> None:
    """A journal of every image that failed: what is written again is that, and nothing else."""
    program = replace(program, env={**program.env, "IMAGEKIT_PRIVATE_KEY": DEMO_KEY})
    session = Session(env=program.environment(), clock=program.clock)
    shutil.rmtree(session.state.root, ignore_errors=True)
    session.state.make()
    journal = Journal(session.state.journal)
    planned = json.loads(run(program, "sweep", "--dry-run", "--force", "-o", "json"))["data"]
    for row in planned:
        if row["id"] is not None:
            journal.append(
                Entry(
                    at="2025-10-24T12:00:00Z",
                    run="run",
                    venue_id=row["venue_id"],
                    image=row["id"],
                    url=URL,
                    path="/a/b.jpg",
                    store=label_of("/venues"),
                    root="/venues",
                )
            )
    before = whole_images(program)
    done = program("reconcile", "--all", "-o", "json")
    assert done.code in {0, 5}, done.err
    schemas.assert_list(json.loads(done.out), "reconciliations")
    for (old,), (new,) in zip(before, whole_images(program), strict=True):
        if old != new:
            assert len(old) == len(new)
            changed = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
            assert all(a["upload_status"] in BAD for a, _ in changed)
            assert all((b["upload_status"], b["url"]) == ("uploaded", URL) for _, b in changed)
    session.close()
    assert sum(row["found"] == "repaired" for row in done.data) <= len(planned)


def whole_images(program: Program) -> list[tuple[Any, ...]]:
    with psycopg.connect(program.url or "") as conn:
        return conn.execute("SELECT venue_images FROM venues ORDER BY id").fetchall()


def images_of(venue: dict[str, Any]) -> list[Any]:
    images = venue["venue_images"]
    return images if isinstance(images, list) else []


def run(program: Program, *argv: str) -> str:
    result = program(*argv)
    assert result.code == 0, result.err
    return result.out
