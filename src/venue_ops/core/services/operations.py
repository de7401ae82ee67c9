"""The one list: every backfill, enrichment and retry, filtered, ordered, paged by SQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from venue_ops.core.classification.values import ascii_lower
from venue_ops.core.db import rows
from venue_ops.core.db.questions import (
    CityPath,
    JobFilter,
    JobsPage,
    JobsTotal,
    KnownStates,
)
from venue_ops.core.models import Operation
from venue_ops.core.queries import JobCursor, JobOrder, JobQuery
from venue_ops.core.services.source import Source, naive_utc

TOTAL_BUDGET = timedelta(milliseconds=150)
"""How long an unasked-for total may hold up the end of a listing."""


@dataclass(frozen=True, slots=True)
class OperationPage:
    """One page; `next` continues it, and is None on the last."""

    operations: tuple[Operation, ...]
    next: JobCursor | None


def operations_page(
    source: Source, query: JobQuery, *, small_cities: bool = False
) -> OperationPage:
    """The page a query asks for. One row more is read, to know whether there is another."""
    asked = _question(source, query, small_cities)
    parameters = {**parameters_of(source, query), "limit": query.limit + 1}
    now = source.now()
    found = [rows.operation(row, now=now) for row in source.database.ask(asked, parameters)]
    shown = tuple(found[: query.limit])
    more = len(found) > query.limit
    return OperationPage(shown, next=cursor_after(shown[-1], query.order) if more else None)


def all_operations(
    source: Source, query: JobQuery, *, small_cities: bool = False
) -> Iterator[Operation]:
    """Every operation that matches, one by one, in constant memory (`limit` is not read)."""
    asked = _question(source, replace(query, limit=0), small_cities)
    now = source.now()
    for row in source.database.stream(asked, parameters_of(source, query)):
        yield rows.operation(row, now=now)


def total_operations(
    source: Source,
    query: JobQuery,
    *,
    small_cities: bool = False,
    within: timedelta | None = None,
) -> int | None:
    """How many match, on all pages; None where `within` was not enough to tell."""
    asked = JobsTotal(
        oban_schema=source.oban_schema,
        kinds=query.kinds,
        filters=filters_of(query.everything()),
        city_path=city_path(small_cities),
    )
    parameters = parameters_of(source, query)
    if within is None:
        return int(source.database.ask(asked, parameters)[0]["total"])
    found = source.database.ask_if_quick(asked, parameters, within)
    return None if found is None else int(found[0]["total"])


def known_states(source: Source) -> tuple[str, ...]:
    """The job states of this database's enum, in its order."""
    found = source.database.ask(
        KnownStates(oban_schema=source.oban_schema), {"schema": source.oban_schema}
    )
    return tuple(row["state"] for row in found)


def cursor_after(operation: Operation, order: JobOrder) -> JobCursor:
    """What continues a listing behind this operation."""
    match order:
        case JobOrder.ID:
            return JobCursor(operation.id)
        case JobOrder.ACTIVITY:
            return JobCursor(operation.id, at=operation.times.last_change)


def _question(source: Source, query: JobQuery, small_cities: bool) -> JobsPage:
    return JobsPage(
        oban_schema=source.oban_schema,
        kinds=query.kinds,
        filters=filters_of(query),
        city_path=city_path(small_cities),
        order=query.order,
        limited=query.limit > 0,
    )


def city_path(small_cities: bool) -> CityPath:
    """How the jobs of the cities of a query are found."""
    return CityPath.FROM_VENUES if small_cities else CityPath.FROM_JOBS


def filters_of(query: JobQuery) -> tuple[JobFilter, ...]:
    """Which filters a query has, always in the same order: they are part of a cache key."""
    present = {
        JobFilter.CITY: query.cities,
        JobFilter.VENUE: query.venues,
        JobFilter.STATUS: query.outcomes,
        JobFilter.STATE: query.states,
        JobFilter.PROVIDER: query.providers,
        JobFilter.ERROR: query.errors,
        JobFilter.WORKER: query.workers,
        JobFilter.SINCE: query.since,
        JobFilter.UNTIL: query.until,
        JobFilter.AFTER: query.after,
    }
    return tuple(name for name, value in present.items() if value)


def parameters_of(source: Source, query: JobQuery) -> dict[str, Any]:
    """What a statement about operations binds."""
    bound: dict[str, Any] = {
        **source.common_parameters(),
        "city_ids": list(query.cities),
        "venue_ids": list(query.venues),
        "outcomes": [str(outcome) for outcome in query.outcomes],
        "states": list(query.states),
        "providers": list(query.providers),
        "errors": needles(query.errors),
        "errors_as_json": [json.dumps(n, ensure_ascii=False)[1:-1] for n in needles(query.errors)],
        "workers": list(query.workers),
    }
    if query.since is not None:
        bound["since"] = naive_utc(query.since)
    if query.until is not None:
        bound["until"] = naive_utc(query.until)
    if query.after is not None:
        bound["after_id"] = query.after.id
        if query.after.at is not None:
            bound["after_at"] = naive_utc(query.after.at)
    return bound


def needles(texts: Iterable[str]) -> list[str]:
    """Texts to search for, in the spelling that the statements compare with."""
    return [ascii_lower(text) for text in texts]
