"""The figures: what is quick at any size at once, totals over everything within a budget."""

from __future__ import annotations

from dataclasses import replace

from venue_ops.core.classification.images import error_class
from venue_ops.core.db.questions import (
    FailureTotals,
    JobFigures,
    VenueFigures,
)
from venue_ops.core.enums import JobKind, Outcome, Retryability, VenueOutcome
from venue_ops.core.figures import (
    FailureTotal,
    Figures,
    FiguresQuery,
    JobFigure,
    VenueFigure,
)
from venue_ops.core.models import ImageCounts
from venue_ops.core.services.figure_questions import (
    ask_within_budget,
    image_filters,
    job_filters,
    parameters,
    path_of,
)
from venue_ops.core.services.runs import answers, image_runs
from venue_ops.core.services.source import Source
from venue_ops.core.vocabulary import PROVIDER_ABSENT


def figures(source: Source, query: FiguresQuery, *, small_cities: bool, count: bool) -> Figures:
    """All figures; with `count` the totals over everything are waited for."""
    failures = failure_totals(source, query)
    answered, answer_runs = answers(source, query, small_cities=small_cities)
    return Figures(
        failures=failures,
        image_runs=image_runs(source, query, known=_failing(failures), newest=_newest(failures)),
        answer_runs=answer_runs,
        answers=answered,
        venues=_venues(source, query, count=count),
        jobs=_jobs(source, query, small_cities=small_cities, count=count),
    )


def failure_totals(source: Source, query: FiguresQuery) -> tuple[FailureTotal, ...]:
    """Failed images by provider, error type and class, most first."""
    asked = FailureTotals(oban_schema=source.oban_schema, filters=image_filters(query))
    rows = source.database.ask(asked, parameters(source, query))
    found = [
        FailureTotal(
            provider=row["provider"],
            error_type=row["error_type"],
            retryability=(
                Retryability.PERMANENT if row["given_up"] else error_class(row["error_type"])
            ),
            failed=row["failed"],
            permanently_failed=row["failed"] if row["given_up"] else 0,
            retryable=row["retryable"],
            oldest=row["oldest"],
            newest=row["newest"],
        )
        for row in rows
    ]
    return tuple(sorted(_merged(found), key=lambda row: (-row.failed, *_identity(row))))


def _merged(rows: list[FailureTotal]) -> list[FailureTotal]:
    """Images given up and images of a permanent error are of one class, so of one row."""
    merged: dict[tuple[str, str, str], FailureTotal] = {}
    for row in rows:
        other = merged.get(_identity(row))
        merged[_identity(row)] = row if other is None else _sum(other, row)
    return list(merged.values())


def _identity(row: FailureTotal) -> tuple[str, str, str]:
    return row.provider, row.error_type, row.retryability


def _sum(one: FailureTotal, other: FailureTotal) -> FailureTotal:
    return replace(
        one,
        failed=one.failed + other.failed,
        permanently_failed=one.permanently_failed + other.permanently_failed,
        retryable=one.retryable + other.retryable,
        oldest=min(filter(None, (one.oldest, other.oldest)), default=None),
        newest=max(filter(None, (one.newest, other.newest)), default=None),
    )


def _failing(failures: tuple[FailureTotal, ...]) -> frozenset[str]:
    return frozenset(row.provider for row in failures if row.newest) - {PROVIDER_ABSENT}


def _newest(failures: tuple[FailureTotal, ...]) -> str | None:
    return max((row.newest for row in failures if row.newest), default=None)


def _venues(source: Source, query: FiguresQuery, *, count: bool) -> tuple[VenueFigure, ...] | None:
    asked = VenueFigures(oban_schema=source.oban_schema, filters=image_filters(query))
    rows = ask_within_budget(source, asked, parameters(source, query), count=count)
    if rows is None:
        return None
    names = ImageCounts.__dataclass_fields__
    found = {
        VenueOutcome(row["outcome"]): VenueFigure(
            VenueOutcome(row["outcome"]),
            row["venues"],
            ImageCounts(**{name: row[name] for name in names}),
        )
        for row in rows
    }
    return tuple(found[outcome] for outcome in VenueOutcome if outcome in found)


def _jobs(
    source: Source, query: FiguresQuery, *, small_cities: bool, count: bool
) -> tuple[JobFigure, ...] | None:
    asked = JobFigures(
        oban_schema=source.oban_schema,
        filters=job_filters(query),
        city_path=path_of(small_cities=small_cities),
    )
    rows = ask_within_budget(source, asked, parameters(source, query), count=count)
    if rows is None:
        return None
    found = [
        JobFigure(
            kind=JobKind(row["kind"]),
            state=row["state"],
            outcome=Outcome(row["outcome"]),
            jobs=row["jobs"],
            cost_usd=row["cost_usd"],
        )
        for row in rows
    ]
    kinds = list(JobKind)
    return tuple(
        sorted(found, key=lambda row: (kinds.index(row.kind), -row.jobs, row.state, row.outcome))
    )
