"""The figures of one city, provider or day each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from typing import Any

from venue_ops.core.db import rows
from venue_ops.core.db.questions import FinishedJobs, GroupedFailures, GroupedImages
from venue_ops.core.enums import GroupBy
from venue_ops.core.figures import FiguresQuery, GroupTotal
from venue_ops.core.services.figure_questions import (
    ask_within_budget,
    image_filters,
    job_filters,
    parameters,
    path_of,
)
from venue_ops.core.services.source import Source


@dataclass(frozen=True, slots=True)
class Grouped:
    """The rows shown, how many there are and how much failed in all, and whether totals came.

    `undated` are failed images that no day has, because no time is written in them, or none
    that a calendar has; `to_come` are those of days after today.
    """

    rows: tuple[GroupTotal, ...]
    total: int
    failed: int
    is_complete: bool
    undated: int = 0
    to_come: int = 0


def grouped(
    source: Source, query: FiguresQuery, by: GroupBy, *, limit: int, small_cities: bool, count: bool
) -> Grouped:
    """Most failed first; days in their order, without gaps, up to today. `limit` 0 is all.

    With `count` the groups in which nothing failed are listed as well.
    """
    failures = _failures(source, query, by)
    images = _images(source, query, by, count=count)
    jobs = _jobs(source, query, small_cities=small_cities, count=count) if _days(by) else {}
    found = {key: _filled(total, images, jobs, by) for key, total in failures.items()}
    if count and images is not None:
        for key, row in images.items():
            if key not in found:
                found[key] = _filled(_empty(row, by), images, jobs, by)
    undated = to_come = 0
    if by is GroupBy.DAY:
        last = _last_day(source, query)
        odd = [key for key in found if key is None or _date(key) is None]
        undated = sum(found.pop(key).failed for key in odd)
        late = [key for key in found if date.fromisoformat(key) > last]
        to_come = sum(found.pop(key).failed for key in late)
        chosen = _series(query, found, last, limit)
        shown = tuple(found.get(key) or _filled(_day(key), images, jobs, by) for key in chosen)
        total = len(shown) if not limit else max(len(shown), len(found))
    else:
        ranked = sorted(found.values(), key=lambda row: (-row.failed, row.key or ""))
        shown, total = tuple(ranked[:limit] if limit else ranked), len(ranked)
    complete = images is not None and jobs is not None
    failed_in_all = sum(row.failed for row in found.values()) + undated + to_come
    return Grouped(shown, total, failed_in_all, complete, undated, to_come)


def _days(by: GroupBy) -> bool:
    return by is GroupBy.DAY


def _failures(source: Source, query: FiguresQuery, by: GroupBy) -> dict[Any, GroupTotal]:
    asked = GroupedFailures(oban_schema=source.oban_schema, by=by, filters=image_filters(query))
    return {
        row["key"]: replace(
            _empty(row, by),
            failed=row["failed"],
            permanently_failed=row["permanently_failed"],
            transient=row["transient"],
            retryable=row["retryable"],
            venues=row["venues"],
            newest=row["newest"],
        )
        for row in source.database.ask(asked, parameters(source, query))
    }


def _images(
    source: Source, query: FiguresQuery, by: GroupBy, *, count: bool
) -> dict[Any, Any] | None:
    asked = GroupedImages(oban_schema=source.oban_schema, by=by, filters=image_filters(query))
    found = ask_within_budget(source, asked, parameters(source, query), count=count)
    return None if found is None else {row["key"]: row for row in found}


def _jobs(
    source: Source, query: FiguresQuery, *, small_cities: bool, count: bool
) -> dict[Any, Any] | None:
    asked = FinishedJobs(
        oban_schema=source.oban_schema,
        filters=job_filters(query),
        city_path=path_of(small_cities=small_cities),
    )
    found = ask_within_budget(source, asked, parameters(source, query), count=count)
    return None if found is None else {row["key"]: row for row in found}


def _empty(row: Mapping[str, Any], by: GroupBy) -> GroupTotal:
    city = rows.city(row) if by is GroupBy.CITY else None
    key = (city.ref if city else _id(row["key"])) if by is GroupBy.CITY else row["key"]
    return GroupTotal(key, city, 0, 0, 0, 0, 0, None)


def _id(city_id: int | None) -> str | None:
    """A city that is gone goes by its id."""
    return None if city_id is None else str(city_id)


def _day(key: str) -> GroupTotal:
    return GroupTotal(key, None, 0, 0, 0, 0, 0, None)


def _filled(
    total: GroupTotal,
    images: Mapping[Any, Any] | None,
    jobs: Mapping[Any, Any] | None,
    by: GroupBy,
) -> GroupTotal:
    key = (total.city.id if total.city else None) if by is GroupBy.CITY else total.key
    if images is not None:
        row = images.get(key, {})
        total = replace(total, images=row.get("images", 0), uploaded=row.get("uploaded", 0))
    if by is not GroupBy.DAY or jobs is None:
        return total
    ended = jobs.get(key, {})
    return replace(
        total,
        jobs_completed=ended.get("jobs_completed", 0),
        jobs_discarded=ended.get("jobs_discarded", 0),
        jobs_cancelled=ended.get("jobs_cancelled", 0),
        cost_usd=ended.get("cost_usd"),
    )


def _last_day(source: Source, query: FiguresQuery) -> date:
    """Today, or the last day before `until`."""
    if query.until is None:
        return source.now().astimezone(UTC).date()
    return (query.until.astimezone(UTC) - timedelta(microseconds=1)).date()


def _series(query: FiguresQuery, found: Iterable[str], last: date, limit: int) -> tuple[str, ...]:
    """The days to show: up to `last`, back to `since` or the first, at most `limit`."""
    known = map(date.fromisoformat, found)
    first = query.since.astimezone(UTC).date() if query.since else min(known, default=last)
    if limit:
        first = max(first, last - timedelta(days=limit - 1))
    return tuple((first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
