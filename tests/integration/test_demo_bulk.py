"""The generated data: the same from the same seed, and awkward exactly where it says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests.databases import NOW, Database, Databases

from venue_ops.demo.bulk import load_bulk
from venue_ops.demo.schema import Layout

WORKERS = "EventasaurusDiscovery.VenueImages"
ENRICHMENT = f"{WORKERS}.EnrichmentJob"


def one(database: Database, query: str) -> Any:
    with database.connect() as conn:
        row = conn.execute(query).fetchone()
    assert row is not None
    return row[0] if len(row) == 1 else row


def fingerprint(database: Database) -> list[Any]:
    tables = ("countries", "cities", "venue_data_providers", "venues", "oban_jobs")
    query = "SELECT sum(hashtextextended(t::text, 0)::numeric) FROM {} t"
    return [one(database, query.format(table)) for table in tables]


def generated(databases: Databases, key: str, **options: Any) -> Database:
    arguments = {"venues": 300, "jobs": 700, "cities": 6, "seed": 1, "poison": False} | options

    def load(database: Database) -> None:
        with database.connect() as conn:
            load_bulk(conn, now=NOW, **arguments)

    return databases.once(f"bulk_{key}", load)


def test_as_many_rows_as_asked_for(generated_database: Database) -> None:
    assert one(generated_database, "SELECT count(*), max(id) FROM venues") == (3_000, 3_000)
    assert one(generated_database, "SELECT count(*), max(id) FROM oban_jobs") == (10_000, 10_000)
    assert one(generated_database, "SELECT count(*) FROM cities") == 40


def test_the_same_arguments_give_the_same_rows(databases: Databases) -> None:
    first, again = generated(databases, "first"), generated(databases, "again")
    other = generated(databases, "other", seed=2)
    assert fingerprint(first) == fingerprint(again)
    assert fingerprint(first)[3:] != fingerprint(other)[3:]


def test_nothing_temporary_is_left(databases: Databases) -> None:
    """A second load through the same connection, into another database's tables, works too."""
    database = generated(databases, "clean")
    with database.connect() as conn:
        conn.execute("DROP SCHEMA public CASCADE")
        conn.execute("CREATE SCHEMA public")
        arguments = {"venues": 50, "jobs": 100, "cities": 5, "seed": 3, "poison": True}
        load_bulk(conn, now=NOW, **arguments)  # type: ignore[arg-type]
        query = "SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()"
        assert conn.execute(query).fetchone() == (0,)
        conn.rollback()


def test_awkward_venues_are_found_by_their_id(generated_database: Database) -> None:
    images = "SELECT count(*) FROM venues WHERE mod(id, 50) = {} AND {}"
    for kind, condition in (
        (0, "venue_images IS NULL"),
        (1, "NOT venue_images @? '$[*] ? (@.type() == \"object\" && @.url != null)'"),
        (2, "venue_images @> '[null]' AND venue_images @> '[\"text\"]'"),
        (3, 'venue_images @> \'[{"upload_status": "processing"}]\''),
        (4, 'venue_images @> \'[{"provider": "here"}]\''),
        (5, 'venue_images @> \'[{"error_details": "text"}]\''),
        (6, "image_enrichment_metadata IS NULL OR image_enrichment_metadata = '[]'"),
        (8, 'venue_images @> \'[{"retry_count": "2"}]\''),
        (9, "jsonb_typeof(venue_images) <> 'array'"),
    ):
        assert one(generated_database, images.format(kind, f"({condition})")) == 60, kind
    names = one(generated_database, "SELECT array_agg(name) FROM venues WHERE mod(id, 50) = 7")
    assert len(set(names)) == 10
    assert {"=1+1", "two\nlines", "\x1b[31mred"} < set(names)


def test_awkward_jobs_are_there(generated_database: Database) -> None:
    for condition in (
        "jsonb_typeof(args -> 'venue_id') = 'string'",
        "args ->> 'venue_id' = 'abc'",
        "jsonb_typeof(args -> 'venue_id') = 'null'",
        "args -> 'venue_id' > to_jsonb(3000) AND jsonb_typeof(args -> 'venue_id') = 'number'",
        "meta IS NULL",
        "jsonb_typeof(meta) = 'array'",
        "meta ->> 'status' = 'skipped' AND cardinality(errors) > 0",
        "meta ? 'images_found' AND NOT meta ? 'images_uploaded'",
        "state = 'discarded' AND cardinality(errors) < attempt",
        "'null' = ANY (errors)",
    ):
        query = f"SELECT count(*) FROM oban_jobs WHERE worker = '{ENRICHMENT}' AND {condition}"
        assert one(generated_database, query) > 0, condition


def test_every_kind_and_state_is_there(generated_database: Database) -> None:
    query = "SELECT count(DISTINCT state), count(DISTINCT worker) FROM oban_jobs"
    assert one(generated_database, query) == (7, 8)
    others = f"SELECT avg((worker NOT LIKE '{WORKERS}.%Job')::int) FROM oban_jobs"
    assert 0.75 < one(generated_database, others) < 0.9


def test_children_follow_their_parent(generated_database: Database) -> None:
    """As the link is told: venue, providers and time. Pruned ones are missing, none is extra."""
    query = f"""
        SELECT p.id, (p.meta ->> 'jobs_spawned')::int, count(c.id)
        FROM oban_jobs p LEFT JOIN oban_jobs c
          ON c.worker = '{ENRICHMENT}' AND p.meta -> 'venue_ids' @> (c.args -> 'venue_id')
         AND c.args -> 'providers' = p.meta -> 'providers'
         AND c.inserted_at BETWEEN p.attempted_at AND p.completed_at
        WHERE p.worker = '{WORKERS}.BackfillOrchestratorJob'
          AND jsonb_typeof(p.meta -> 'venue_ids') = 'array'
        GROUP BY p.id
    """
    with generated_database.connect() as conn:
        parents = conn.execute(query).fetchall()
    assert len(parents) > 20
    assert all(found <= spawned for _, spawned, found in parents)
    complete = sum(found == spawned for _, spawned, found in parents)
    assert len(parents) * 0.6 < complete < len(parents)


def test_without_poison_the_index_is_there(databases: Databases) -> None:
    query = "SELECT count(*) FROM pg_indexes WHERE indexname = 'venues_without_images_idx'"
    assert one(generated(databases, "first"), query) == 1
    assert one(generated(databases, "poison", poison=True), query) == 0


def test_times_agree_with_states(generated_database: Database) -> None:
    query = """
        SELECT count(*) FROM oban_jobs
        WHERE (state = 'completed') <> (completed_at IS NOT NULL)
           OR (state = 'discarded') <> (discarded_at IS NOT NULL)
           OR (state = 'cancelled') <> (cancelled_at IS NOT NULL)
           OR attempted_at < inserted_at
    """
    assert one(generated_database, query) == 0
    oldest = one(generated_database, "SELECT min(inserted_at) FROM oban_jobs")
    assert NOW.replace(tzinfo=None) - oldest <= timedelta(days=30)


def test_another_layout(databases: Databases) -> None:
    layout = Layout("jobs", 14, alternate_names=False)
    database = generated(databases, "layout", layout=layout)
    assert one(database, "SELECT count(*) FROM jobs.oban_jobs") == 700


def test_new_rows_go_on_behind_the_generated_ones(databases: Databases) -> None:
    with (
        databases.copy_of(generated(databases, "first")) as database,
        database.connect() as conn,
    ):
        statement = "INSERT INTO oban_jobs (worker) VALUES ('W') RETURNING id"
        assert conn.execute(statement).fetchone() == (701,)


def test_too_few_cities(generated_database: Database) -> None:
    with generated_database.connect() as conn, pytest.raises(ValueError, match="cities"):
        load_bulk(conn, venues=1, jobs=1, cities=4, seed=1, now=NOW, poison=False)


def test_shared_data_cannot_be_written(generated_database: Database) -> None:
    with (
        generated_database.connect() as conn,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        conn.execute("DELETE FROM oban_jobs")
