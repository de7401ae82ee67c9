"""Loads the sample data: the situation that the project starts from, to the number.

What it tells is in `sample_story` (the 36 image jobs), `sample_venues` (what stands in the
venues today) and `sample_surroundings` (everything else in the queue).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from venue_ops.demo.sample_metadata import enrichment_metadata
from venue_ops.demo.sample_places import CITIES, COUNTRIES, PROVIDERS
from venue_ops.demo.sample_rows import Clock, Job, Place, Provider
from venue_ops.demo.sample_story import image_jobs
from venue_ops.demo.sample_surroundings import other_jobs
from venue_ops.demo.sample_venues import venues

FIRST_JOB_ID = 101

_CITY_COLUMNS = (
    *("id", "name", "slug", "country_id", "latitude", "longitude", "discovery_enabled"),
    *("inserted_at", "updated_at"),
)
_PROVIDER_COLUMNS = (
    *("id", "name", "is_active", "metadata", "capabilities", "priorities"),
    *("inserted_at", "updated_at"),
)
_VENUE_COLUMNS = (
    *("id", "name", "normalized_name", "slug", "address", "city_id", "latitude", "longitude"),
    *("venue_type", "source", "metadata", "provider_ids", "venue_images"),
    *("image_enrichment_metadata", "inserted_at", "updated_at"),
)
_JOB_COLUMNS = (
    *("id", "worker", "queue", "state", "args", "meta", "errors", "attempt", "max_attempts"),
    *("priority", "inserted_at", "scheduled_at", "attempted_at", "completed_at"),
    *("discarded_at", "cancelled_at", "attempted_by"),
)


def load_sample(
    conn: psycopg.Connection[Any], *, now: datetime, oban_schema: str = "public"
) -> None:
    """Fill empty tables of `create_schema` in the caller's transaction.

    Every time in the data lies relative to `now` (aware): the newest job minutes before it,
    the oldest two weeks. The same `now` gives the same rows and ids.
    """
    clock = Clock(now)
    _load_places(conn, clock)
    _load_venues(conn, clock)
    _load_jobs(conn, clock, oban_schema)


def _load_places(conn: psycopg.Connection[Any], clock: Clock) -> None:
    made = _stored(clock.ago(days=500))
    _insert(
        conn,
        "countries",
        ("id", "name", "code", "slug", "inserted_at", "updated_at"),
        [(c.id, c.name, c.code, c.slug, made, made) for c in COUNTRIES],
    )
    cities = [
        (c.id, c.name, c.slug, c.country_id, c.latitude, c.longitude, True, made, made)
        for c in CITIES
    ]
    _insert(conn, "cities", _CITY_COLUMNS, cities)
    if _has_alternate_names(conn):
        statement = "UPDATE cities SET alternate_names = %s WHERE id = %s"
        with conn.cursor() as cursor:
            cursor.executemany(statement, [(list(c.alternate_names), c.id) for c in CITIES])
    providers = [(p.id, p.name, True, *_provider_json(p), made, made) for p in PROVIDERS]
    _insert(conn, "venue_data_providers", _PROVIDER_COLUMNS, providers)


def _provider_json(provider: Provider) -> tuple[Jsonb, Jsonb, Jsonb]:
    """The columns metadata, capabilities and priorities."""
    limits = {"per_second": provider.per_second, "per_minute": provider.per_second * 60}
    metadata: dict[str, object] = {"rate_limits": limits, "timeout_ms": 5000}
    if provider.cost_per_image is not None:
        metadata["cost_per_image"] = provider.cost_per_image
    photos = provider.images is not None
    priorities = {"geocoding": provider.id} | ({"images": provider.images} if photos else {})
    return Jsonb(metadata), Jsonb({"geocoding": True, "images": photos}), Jsonb(priorities)


def _load_venues(conn: psycopg.Connection[Any], clock: Clock) -> None:
    made = clock.ago(days=200)
    rows = []
    for venue in venues(clock):
        touched = venue.runs[-1].at if venue.runs else made
        images = None if venue.images is None else Jsonb(list(venue.images))
        metadata = Jsonb(enrichment_metadata(venue))
        times = (_stored(made, whole=True), _stored(touched, whole=True))
        rows.append((*_place_columns(venue.place), images, metadata, *times))
    _insert(conn, "venues", _VENUE_COLUMNS, rows)


def _place_columns(place: Place) -> tuple[object, ...]:
    return (
        place.id,
        place.name,
        place.slug.replace("-", " "),
        place.slug,
        place.address or None,
        place.city_id,
        place.latitude,
        place.longitude,
        place.venue_type,
        "user",
        Jsonb({}),
        Jsonb(dict(place.provider_ids)),
    )


def _load_jobs(conn: psycopg.Connection[Any], clock: Clock, schema: str) -> None:
    suspended = "suspended" in _job_states(conn, schema)
    jobs = [*image_jobs(clock), *other_jobs(clock, suspended=suspended)]
    jobs.sort(key=lambda job: job.inserted_at)
    rows = [_job_columns(job_id, job) for job_id, job in enumerate(jobs, FIRST_JOB_ID)]
    _insert(conn, "oban_jobs", _JOB_COLUMNS, rows, schema=schema)


def _job_columns(job_id: int, job: Job) -> tuple[object, ...]:
    return (
        job_id,
        job.worker,
        job.queue,
        job.state,
        Jsonb(job.args),
        Jsonb(job.meta),
        [Jsonb(each) for each in job.errors],
        job.attempt,
        job.max_attempts,
        job.priority,
        _stored(job.inserted_at),
        _stored(job.scheduled_at or job.inserted_at),
        *map(_stored, (job.attempted_at, job.completed_at, job.discarded_at, job.cancelled_at)),
        ["eventasaurus@demo", "5f0c1c52-0000-4000-8000-000000000001"] if job.attempt else None,
    )


def _insert(
    conn: psycopg.Connection[Any],
    table: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    schema: str = "public",
) -> None:
    """Insert rows with given ids, and let the sequence go on behind them."""
    target = sql.Identifier(schema, table)
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        target,
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(sql.Placeholder() * len(columns)),
    )
    with conn.cursor() as cursor:
        cursor.executemany(statement, rows)
    following = sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), (SELECT max(id) FROM {}))")
    conn.execute(following.format(sql.Literal(target.as_string(conn)), target))


def _stored(moment: datetime | None, *, whole: bool = False) -> datetime | None:
    """As the columns hold it: UTC without zone, `whole` for those with whole seconds."""
    if moment is None:
        return None
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    return plain.replace(microsecond=0) if whole else plain


def _has_alternate_names(conn: psycopg.Connection[Any]) -> bool:
    query = (
        "SELECT 1 FROM pg_attribute"
        " WHERE attrelid = 'cities'::regclass AND attname = 'alternate_names'"
    )
    return conn.execute(query).fetchone() is not None


def _job_states(conn: psycopg.Connection[Any], schema: str) -> set[str]:
    """From pg_enum: the version in the table's comment does not tell which states exist."""
    query = (
        "SELECT enumlabel FROM pg_enum JOIN pg_type t ON t.oid = enumtypid"
        " WHERE t.typname = 'oban_job_state' AND t.typnamespace = %s::regnamespace"
    )
    quoted = sql.Identifier(schema).as_string(conn)
    return {str(label) for (label,) in conn.execute(query, [quoted]).fetchall()}
