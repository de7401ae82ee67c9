"""Venues by what their images have come to today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from venue_ops.core.db import rows
from venue_ops.core.db.questions import VenueFilter, VenuesPage, VenuesTotal
from venue_ops.core.models import VenueSummary
from venue_ops.core.queries import VenueCursor, VenueOrder, VenueQuery
from venue_ops.core.services.operations import needles
from venue_ops.core.services.source import Source, naive_utc


@dataclass(frozen=True, slots=True)
class VenuePage:
    """One page; `next` continues it, and is None on the last."""

    venues: tuple[VenueSummary, ...]
    next: VenueCursor | None


def venues_page(source: Source, query: VenueQuery) -> VenuePage:
    """The page a query asks for."""
    parameters = {**parameters_of(source, query), "limit": query.limit + 1}
    found = [
        rows.venue_summary(row) for row in source.database.ask(_question(source, query), parameters)
    ]
    shown = tuple(found[: query.limit])
    more = len(found) > query.limit
    return VenuePage(shown, next=cursor_after(shown[-1], query.order) if more else None)


def all_venues(source: Source, query: VenueQuery) -> Iterator[VenueSummary]:
    """Every venue that matches, one by one, in constant memory (`limit` is not read)."""
    asked = _question(source, replace(query, limit=0))
    for row in source.database.stream(asked, parameters_of(source, query)):
        yield rows.venue_summary(row)


def total_venues(
    source: Source, query: VenueQuery, *, within: timedelta | None = None
) -> int | None:
    """How many match, on all pages; None where `within` was not enough to tell."""
    asked = VenuesTotal(
        oban_schema=source.oban_schema,
        outcomes=query.outcomes,
        filters=filters_of(query.everything()),
    )
    parameters = parameters_of(source, query)
    if within is None:
        return int(source.database.ask(asked, parameters)[0]["total"])
    found = source.database.ask_if_quick(asked, parameters, within)
    return None if found is None else int(found[0]["total"])


def cursor_after(venue: VenueSummary, order: VenueOrder) -> VenueCursor:
    """What continues a listing behind this venue."""
    match order:
        case VenueOrder.ID:
            return VenueCursor(venue.id)
        case VenueOrder.FAILED:
            return VenueCursor(venue.id, failed=venue.images.bad)


def _question(source: Source, query: VenueQuery) -> VenuesPage:
    return VenuesPage(
        oban_schema=source.oban_schema,
        outcomes=query.outcomes,
        filters=filters_of(query),
        order=query.order,
        limited=query.limit > 0,
    )


def filters_of(query: VenueQuery) -> tuple[VenueFilter, ...]:
    """Which filters a query has, always in the same order: they are part of a cache key."""
    present = {
        VenueFilter.CITY: query.cities,
        VenueFilter.VENUE: query.venues,
        VenueFilter.PROVIDER: query.providers,
        VenueFilter.ERROR: query.errors,
        VenueFilter.MIN_FAILED: query.min_failed,
        VenueFilter.SINCE: query.since,
        VenueFilter.UNTIL: query.until,
        VenueFilter.AFTER: query.after,
    }
    return tuple(name for name, value in present.items() if value)


def parameters_of(source: Source, query: VenueQuery) -> dict[str, Any]:
    """What a statement about venues binds."""
    bound: dict[str, Any] = {
        **source.common_parameters(),
        "city_ids": list(query.cities),
        "venue_ids": list(query.venues),
        "providers": list(query.providers),
        "errors": needles(query.errors),
        "min_failed": query.min_failed,
    }
    if query.since is not None:
        bound["since"] = naive_utc(query.since)
    if query.until is not None:
        bound["until"] = naive_utc(query.until)
    if query.after is not None:
        bound["after_id"] = query.after.id
        bound["after_failed"] = query.after.failed
    return bound
