"""Venues and jobs to be explained, and what `explain` says of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from tests.cli.program import Program
from tests.databases import NOW

ENRICHMENT = "EventasaurusDiscovery.VenueImages.EnrichmentJob"
RETRY = "EventasaurusDiscovery.VenueImages.FailedUploadRetryWorker"
PARTIAL = "noce-krk"
FIRST = {
    "url": "https://photos.test/1.jpg",
    "provider": "foursquare",
    "upload_status": "failed",
    "error_details": {"error_type": "rate_limited", "status_code": 429, "message": "Too many"},
}


def insert_venue(
    owner: psycopg.Connection[Any], *images: Any, slug: str = "mine", instead: Any = None
) -> str:
    """A venue with these images, or with whatever stands for them."""
    whole = list(images) if instead is None else instead
    owner.execute(
        "INSERT INTO venues (id, name, slug, city_id, latitude, longitude, venue_images,"
        " inserted_at, updated_at) VALUES (5000, 'Mine', %s, 5, 0, 0, %s, now(), now())",
        [slug, Jsonb(whole)],
    )
    return slug


def insert_job(
    owner: psycopg.Connection[Any],
    worker: str = ENRICHMENT,
    ago: timedelta = timedelta(seconds=30),
    **more: Any,
) -> int:
    """A job of that venue."""
    values = {
        **{"state": "completed", "args": Jsonb({"venue_id": 5000}), "meta": None},
        **{"errors": [], "attempt": 1, "attempted_at": (NOW - ago).replace(tzinfo=None)},
        **more,
    }
    row = owner.execute(
        f"INSERT INTO oban_jobs (worker, queue, {', '.join(values)})"
        f" VALUES (%s, 'venue_enrichment', {', '.join(['%s'] * len(values))}) RETURNING id",
        [worker, *values.values()],
    ).fetchone()
    assert row
    return int(row[0])


def explained(program: Program, *argv: str | int) -> dict[str, Any]:
    done = program("explain", *argv, "-o", "json")
    assert (done.code, done.err) == (0, "")
    found: dict[str, Any] = done.data
    return found
