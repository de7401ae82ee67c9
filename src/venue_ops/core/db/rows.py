"""Rows of the database to values of the domain: converted once, here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from venue_ops.core.classification.jobs import job_providers
from venue_ops.core.classification.values import has_member, member, number_at, string_at, whole
from venue_ops.core.classification.wording import error_in_few_words, skip_reason
from venue_ops.core.models import (
    City,
    ImageCounts,
    ImageTally,
    JobKind,
    JobScope,
    JobTimes,
    Json,
    Operation,
    Outcome,
    VenueOutcome,
    VenueRef,
    VenueSummary,
    VenueTally,
)

Row = Mapping[str, Any]


def city(row: Row) -> City | None:
    """The city columns of a row; None where the job or venue has none."""
    if row["city_id"] is None:
        return None
    return City(row["city_id"], row["city_slug"], row["city_name"], row["country_code"])


def times(row: Row) -> JobTimes:
    """The moments of a job's life."""
    return JobTimes(
        inserted_at=row["inserted_at"],
        scheduled_at=row["scheduled_at"],
        attempted_at=row["attempted_at"],
        completed_at=row["completed_at"],
        cancelled_at=row["cancelled_at"],
        discarded_at=row["discarded_at"],
    )


def image_tally(meta: Json) -> ImageTally:
    """What an enrichment counted; legacy meta has `images_found` alone."""
    found = whole(meta, "images_discovered")
    return ImageTally(
        found=found if found is not None else whole(meta, "images_found"),
        uploaded=whole(meta, "images_uploaded"),
        failed=whole(meta, "images_failed"),
    )


def venue_tally(scope: JobScope | None, meta: Json, tally: Json) -> VenueTally | None:
    """What a backfill, a batch or a daily run covers; None for a single venue."""
    if scope is None or scope is JobScope.VENUE:
        return None
    return VenueTally(
        total=whole(meta, "total_venues"),
        enriched=whole(meta, "enriched"),
        skipped=whole(meta, "skipped"),
        failed=whole(meta, "failed"),
        spawned=whole(meta, "jobs_spawned"),
        outcomes=(
            {name: whole(tally, name) or 0 for name in tally}
            if isinstance(tally, Mapping)
            else None
        ),
    )


def venue_ref(row: Row, scope: JobScope | None) -> VenueRef | None:
    """The venue a job names, be it gone or junk; None where it names none."""
    args = row["args"]
    if scope is JobScope.CITY or not has_member(args, "venue_id"):
        return None
    name = row["venue_name"]
    if name is None:
        name = string_at(member(row["meta"], "venue_context"), "venue_name")
    raw = None if row["venue_id"] is not None else _as_json(member(args, "venue_id"))
    return VenueRef(id=row["venue_id"], slug=row["venue_slug"], name=name, raw=raw)


def _as_json(value: Json) -> str:
    """Junk as it is stored; a string without its quotes."""
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def duration(moments: JobTimes, state: str, now: datetime) -> timedelta | None:
    """How long the last attempt took, or is taking; None if there was none."""
    started = moments.attempted_at
    if started is None:
        return None
    ended = now if state == "executing" else moments.ended_at
    return max(ended - started, timedelta(0)) if ended is not None else None


def operation(row: Row, *, now: datetime) -> Operation:
    """A row of `statements.jobs` as an Operation."""
    scope = JobScope(row["scope"]) if row["scope"] else None
    outcome, meta, moments = Outcome(row["outcome"]), row["meta"], times(row)
    return Operation(
        id=row["id"],
        kind=JobKind(row["kind"]),
        scope=scope,
        worker=row["worker"],
        queue=row["queue"],
        state=row["state"],
        times=moments,
        outcome=outcome,
        outcome_now=VenueOutcome(row["outcome_now"]) if row["outcome_now"] else None,
        city=city(row),
        venue=venue_ref(row, scope),
        providers=job_providers(row["args"], meta),
        images=image_tally(meta),
        venues=venue_tally(scope, meta, row["tally"]),
        error=error_in_few_words(outcome, meta, row["last_error"]),
        skip_reason=skip_reason(outcome, meta),
        attempt=row["attempt"],
        max_attempts=row["max_attempts"],
        duration=duration(moments, row["state"], now),
        cost_usd=number_at(meta, "total_cost_usd"),
    )


def venue_summary(row: Row) -> VenueSummary:
    """A row of `statements.venues` as a VenueSummary."""
    return VenueSummary(
        id=row["id"],
        slug=row["slug"],
        name=row["name"],
        city=city(row),
        outcome=VenueOutcome(row["outcome"]),
        images=ImageCounts(*row["counts"]),
        errors=dict(row["errors"] or {}),
        failed_providers=dict(row["failed_providers"] or {}),
        updated_at=row["updated_at"],
        last_checked_at=row["last_checked_at"],
    )
