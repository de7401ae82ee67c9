"""Every venue that matches, by id, with what its images have come to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, case, func, true

from venue_ops.core.db.expressions.images import (
    Count,
    bad,
    count_at,
    error_type,
    failures_by,
    image_counts,
    outcome_counts,
    provider_name,
    venue_outcome,
)
from venue_ops.core.db.expressions.values import json_lit, once, string_at
from venue_ops.core.db.questions import VenuesExport
from venue_ops.core.db.schema import cities, countries, venues
from venue_ops.core.db.statements.exports.common import PLACES, Columns, chosen, iso, with_places
from venue_ops.core.db.statements.parameters import one_number
from venue_ops.core.db.statements.venues import matching_ids

_KNOWN = (Count.UPLOADED, Count.SKIPPED_DEV, Count.FAILED, Count.PERMANENTLY_FAILED)


def rows(question: VenuesExport) -> Select[Any]:
    """Binds the parameters of its filters and `max_retries`."""
    matching = matching_ids(question)
    venue = venues.alias("shown")
    counts = once(image_counts(venue.c.venue_images, one_number("max_retries")), "counts", venue)
    outcome = once(outcome_counts(venue.c.venue_images), "outcome", venue)
    source: FromClause = matching.join(venue, venue.c.id == matching.c.id)
    if any(name.startswith("images_") for name in question.columns):
        source = source.join(counts, true())
    if {"outcome", "errors", "failed_providers"} & set(question.columns):
        source = source.join(outcome, true())
    if PLACES & set(question.columns):
        source = with_places(source, venue.c.city_id)
    columns = _columns(venue, counts.c.counts, outcome.c.outcome)
    return chosen(columns, question.columns).select_from(source).order_by(venue.c.id)


def _columns(venue: FromClause, counts: ColumnElement[Any], outcome: ColumnElement[Any]) -> Columns:
    def count(place: Count) -> Callable[[], ColumnElement[Any]]:
        return lambda: count_at(counts, place)

    def failures(key: Any) -> ColumnElement[Any]:
        found = case((bad(outcome) > 0, failures_by(venue.c.venue_images, key)))
        return func.coalesce(found, json_lit("{}"))

    def other() -> ColumnElement[Any]:
        total = count_at(counts, Count.TOTAL)
        for known in _KNOWN:
            total = total - count_at(counts, known)
        return total

    return {
        "id": lambda: venue.c.id,
        "slug": lambda: venue.c.slug,
        "name": lambda: venue.c.name,
        "city_id": lambda: venue.c.city_id,
        "city": lambda: cities.c.slug,
        "country": lambda: countries.c.code,
        "outcome": lambda: venue_outcome(venue.c.venue_images, outcome),
        "images_total": count(Count.TOTAL),
        "images_uploaded": count(Count.UPLOADED),
        "images_failed": lambda: (
            count_at(counts, Count.FAILED) + count_at(counts, Count.PERMANENTLY_FAILED)
        ),
        "images_permanently_failed": count(Count.PERMANENTLY_FAILED),
        "images_skipped_dev": count(Count.SKIPPED_DEV),
        "images_other": other,
        "images_transient": count(Count.TRANSIENT),
        "images_retryable": count(Count.RETRYABLE),
        "errors": lambda: failures(error_type),
        "failed_providers": lambda: failures(provider_name),
        "updated_at": lambda: iso(venue.c.updated_at),
        "last_checked_at": lambda: string_at(venue.c.image_enrichment_metadata, "last_checked_at"),
    }
