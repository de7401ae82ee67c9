"""The figures are those of a naive count, on generated data with poisonous rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.databases import Databases
from tests.figures_truth import Image, Truth
from tests.sources import source_of
from tests.truth import second_database

from venue_ops.core.enums import GroupBy
from venue_ops.core.figures import Figures, FiguresQuery, GroupTotal
from venue_ops.core.services.figures import failure_totals, figures
from venue_ops.core.services.grouped import grouped
from venue_ops.core.services.source import Source

LATER = datetime(2026, 1, 15, 12, tzinfo=UTC)
"""The present of the second generator's data."""


@dataclass
class Subject:
    """A database as the program sees it, and the truth about it."""

    source: Source
    truth: Truth

    def all(self) -> Figures:
        return figures(self.source, FiguresQuery(), small_cities=False, count=True)

    def grouped(self, by: GroupBy) -> tuple[GroupTotal, ...]:
        found = grouped(self.source, FiguresQuery(), by, limit=0, small_cities=False, count=True)
        assert found.is_complete
        return found.rows


@pytest.fixture(scope="module", params=["our generator", "second generator"])
def subject(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Subject]:
    ours = request.param == "our generator"
    database = databases.generated() if ours else replace(second_database(databases), now=LATER)
    with source_of(database) as source:
        yield Subject(source, Truth.read(database))


def asked(subject: Subject, query: FiguresQuery) -> set[Any]:
    return {
        (
            *(row.provider, row.error_type, str(row.retryability)),
            *(row.failed, row.permanently_failed, row.retryable, row.oldest, row.newest),
        )
        for row in failure_totals(subject.source, query)
    }


def test_failures(subject: Subject) -> None:
    truth = subject.truth.failures()
    assert asked(subject, FiguresQuery()) == truth
    assert len(truth) > 30


def test_failures_by_filter(subject: Subject) -> None:
    some = FiguresQuery(providers=("google_places", "here"))
    assert asked(subject, some) == subject.truth.failures(
        lambda image: image.provider in ("google_places", "here")
    )
    assert asked(subject, FiguresQuery(cities=(1, 3))) == subject.truth.failures(
        lambda image: image.city in (1, 3)
    )
    newest = max(image.at for image in subject.truth.images if image.at and image.is_failed)
    until = datetime.fromisoformat(newest).replace(tzinfo=UTC)
    since = until - timedelta(days=30)
    early, late = (each.strftime("%Y-%m-%dT%H:%M:%S") for each in (since, until))
    found = asked(subject, FiguresQuery(since=since, until=until))
    assert found == subject.truth.failures(lambda image: early <= (image.at or "") < late)
    assert found


def test_venues(subject: Subject) -> None:
    shown = subject.all().venues or ()
    found = {str(row.outcome): (row.venues, row.images.total) for row in shown}
    assert found == subject.truth.venue_figures()
    in_all = {name: sum(getattr(row.images, name) for row in shown) for name in ("bad", "uploaded")}
    images = subject.truth.images
    assert in_all["bad"] == sum(image.is_failed for image in images)
    assert in_all["uploaded"] == sum(image.status == "uploaded" for image in images)


def test_venues_of_a_provider(subject: Subject) -> None:
    query = FiguresQuery(providers=("foursquare",))
    found = figures(subject.source, query, small_cities=False, count=True).venues or ()
    its = [image for image in subject.truth.images if image.text("provider") == "foursquare"]
    assert sum(row.images.total for row in found) == len(its)
    assert sum(row.venues for row in found) == len({image.venue for image in its})


def test_jobs_and_their_cost(subject: Subject) -> None:
    shown = subject.all().jobs or ()
    found = {
        (str(row.kind), row.state, str(row.outcome)): (row.jobs, row.cost_usd or Decimal(0))
        for row in shown
    }
    assert found == subject.truth.job_figures()
    assert sum(cost for _, cost in found.values()) > 0


@pytest.mark.parametrize("by", GroupBy)
def test_groups(subject: Subject, by: GroupBy) -> None:
    def key(image: Image) -> Any:
        match by:
            case GroupBy.CITY:
                return image.city
            case GroupBy.PROVIDER:
                return image.provider
            case GroupBy.DAY:
                return image.at[:10] if image.at else None

    truth = subject.truth.groups(key)
    if by is GroupBy.DAY:
        truth = {day: row for day, row in truth.items() if day is not None}
    shown = {
        (row.city.id if row.city else None) if by is GroupBy.CITY else row.key: (
            *(row.failed, row.permanently_failed, row.retryable, row.transient, row.venues),
            *(row.newest, row.images, row.uploaded),
        )
        for row in subject.grouped(by)
    }
    empty = (0, 0, 0, 0, 0, None, 0, 0)
    assert {name: row for name, row in shown.items() if row != empty} == truth


def test_finished_jobs_of_a_day(subject: Subject) -> None:
    rows = subject.grouped(GroupBy.DAY)
    kinds = ("backfill", "enrichment", "retry")
    ended = Counter(
        job.completed_at.strftime("%Y-%m-%d")
        for job in subject.truth.jobs.jobs
        if job.kind in kinds and job.state == "completed" and job.completed_at
    )
    found = {row.key: row.jobs_completed for row in rows if row.jobs_completed}
    days = [row.key or "" for row in rows]
    assert found == {day: n for day, n in ended.items() if days[0] <= day <= days[-1]}
    assert len(found) > 5
    assert days == sorted(days)


def test_what_has_failed_since_the_last_success(subject: Subject) -> None:
    found = subject.all().image_runs
    totals: Counter[str] = Counter()
    for run in found:
        totals[run.provider] += run.images
    shown = {(r.provider, r.error_type, r.last_success, totals[r.provider]) for r in found}
    assert shown == subject.truth.image_runs()


def test_what_providers_answered(subject: Subject) -> None:
    errors: Counter[str] = Counter()
    good = Counter[str]()
    last: dict[str, int] = {}
    for number, (provider, reason, _) in enumerate(subject.truth.answers()):
        if reason is None:
            good[provider] += 1
            last[provider] = number
        else:
            errors[provider] += 1
    found: Counter[str] = Counter()
    for row in subject.all().answers:
        found[row.provider] += row.jobs
        assert row.good_since <= good[row.provider]
    assert found == errors
    assert len(errors) > 1
