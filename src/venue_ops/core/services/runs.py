"""What stands out: providers of which every try since some time failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from venue_ops.core.db.questions import ImageRuns, LatestAnswers
from venue_ops.core.figures import FiguresQuery, ImageRun, as_text, before
from venue_ops.core.runs import Answer, AnswerRun, AnswerTotal, answer_runs, answer_totals
from venue_ops.core.services.figure_questions import (
    image_filters,
    job_filters,
    parameters,
    path_of,
)
from venue_ops.core.services.source import Source

NEWEST_JOBS = 5000
"""Enrichments whose answers are read: enough for days, and at most a tenth of a second."""

LEAST_IMAGES, LEAST_VENUES = 3, 2
"""Failed images, and their venues, without a success since: one bad venue is no outage."""

MOST_RUNS = 100
LONGER = (timedelta(hours=1), timedelta(days=1), timedelta(days=8), None)
"""How far back from the newest failure a provider's last success is looked for; None: all."""
LONGER_BUDGET = timedelta(milliseconds=500)
"""What looking further back than the first hour may take in all."""

_BEGINNING = datetime(1, 1, 1)  # noqa: DTZ001 - as the application's columns are


def answers(
    source: Source, query: FiguresQuery, *, small_cities: bool
) -> tuple[tuple[AnswerTotal, ...], tuple[AnswerRun, ...]]:
    """What providers answered to the newest jobs: the errors, and the runs of them."""
    asked = LatestAnswers(
        oban_schema=source.oban_schema,
        filters=job_filters(query),
        city_path=path_of(small_cities=small_cities),
    )
    rows = source.database.ask(asked, {**parameters(source, query), "limit": NEWEST_JOBS})
    found = [Answer(**row) for row in rows]
    return answer_totals(found, source.now().astimezone(UTC).date()), answer_runs(found)


def image_runs(
    source: Source, query: FiguresQuery, *, known: frozenset[str], newest: str | None
) -> tuple[ImageRun, ...]:
    """The failures of each provider since its last success, if they are many.

    `known` are the providers with failures, `newest` is the last of them. Looked for further and
    further back, until every one of them was seen to succeed, or nothing is left, or it takes
    too long.
    """
    if newest is None or not known:
        return ()
    found: list[dict[str, Any]] = []
    complete = False
    began = source.now()
    for place, start in enumerate(_starts(source, query, newest)):
        rows = _ask(source, query, start, _left(source, began) if place else None)
        if rows is None:
            break
        found, complete = rows, start == _BEGINNING
        if known <= {row["provider"] for row in rows if row["success"] is not None}:
            break
    return tuple(_standing_out(found, complete=complete))


def _starts(source: Source, query: FiguresQuery, newest: str) -> Iterator[datetime]:
    if query.since is not None:
        yield query.since.astimezone(UTC).replace(tzinfo=None)
        return
    latest = min(newest, as_text(source.now().astimezone(UTC)))
    for back in LONGER:
        start = _BEGINNING if back is None else before(latest, back)
        if start is not None:
            yield start


def _left(source: Source, began: datetime) -> timedelta:
    return LONGER_BUDGET - (source.now() - began)


def _ask(
    source: Source, query: FiguresQuery, start: datetime, within: timedelta | None
) -> list[dict[str, Any]] | None:
    asked = ImageRuns(oban_schema=source.oban_schema, filters=image_filters(query))
    bound = {
        **parameters(source, query),
        "changed_since": start,
        "from_text": as_text(start),
        "limit": MOST_RUNS,
    }
    if within is None:
        return [dict(row) for row in source.database.ask(asked, bound)]
    if within <= timedelta(0):
        return None
    rows = source.database.ask_if_quick(asked, bound, within)
    return None if rows is None else [dict(row) for row in rows]


def _standing_out(rows: list[dict[str, Any]], *, complete: bool) -> Iterator[ImageRun]:
    images: dict[str, int] = defaultdict(int)
    for row in rows:
        images[row["provider"]] += row["images"] or 0
    for row in rows:
        if not row["images"] or row["venues_in_all"] < LEAST_VENUES:
            continue
        if images[row["provider"]] < LEAST_IMAGES:
            continue
        yield ImageRun(
            provider=row["provider"],
            error_type=row["error_type"],
            status_code=row["status_code"],
            host=row["host"],
            key_fingerprint=row["key_fingerprint"],
            images=row["images"],
            venues=row["venues"],
            since=row["since"],
            newest=row["newest"],
            last_success=row["success"],
            is_complete=complete or row["success"] is not None,
        )
