"""What the questions about figures have in common: filters, parameters, the budget of totals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any

from venue_ops.core.db.questions import CityPath, FigureFilter, JobFilter, Question
from venue_ops.core.figures import FiguresQuery, as_text
from venue_ops.core.services.source import Source, naive_utc

TOTAL_BUDGET = timedelta(milliseconds=150)
"""How long a total that nobody asked for may take."""


def image_filters(query: FiguresQuery) -> tuple[FigureFilter, ...]:
    """Which filters a query has, always in the same order: they are part of a cache key."""
    present = {
        FigureFilter.CITY: query.cities,
        FigureFilter.PROVIDER: query.providers,
        FigureFilter.SINCE: query.since,
        FigureFilter.UNTIL: query.until,
    }
    return tuple(name for name, value in present.items() if value)


def job_filters(query: FiguresQuery) -> tuple[JobFilter, ...]:
    """The same for jobs."""
    return tuple(JobFilter(str(name)) for name in image_filters(query))


def parameters(source: Source, query: FiguresQuery) -> dict[str, Any]:
    """What the statements about figures bind."""
    bound: dict[str, Any] = {
        **source.common_parameters(),
        "city_ids": list(query.cities),
        "providers": list(query.providers),
    }
    for name, moment in (("since", query.since), ("until", query.until)):
        if moment is not None:
            bound[name] = naive_utc(moment)
            bound[f"{name}_text"] = as_text(moment.astimezone(UTC))
    return bound


def path_of(*, small_cities: bool) -> CityPath:
    """How the jobs of the cities are found."""
    return CityPath.FROM_VENUES if small_cities else CityPath.FROM_JOBS


def ask_within_budget(
    source: Source, question: Question, bound: dict[str, Any], *, count: bool
) -> Sequence[Any] | None:
    """The rows of a total; None where nobody asked for it and it did not come soon."""
    if count:
        return source.database.ask(question, bound)
    return source.database.ask_if_quick(question, bound, TOTAL_BUDGET)
