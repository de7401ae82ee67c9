"""The figures of one city, one provider, one day each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    cast,
    func,
    literal_column,
    select,
    true,
)

from venue_ops.core.db.expressions.attempts import tried_at
from venue_ops.core.db.expressions.images import (
    failed_images_of,
    has_status,
    holds_failed,
    images_of,
    is_retryable,
    is_transient,
)
from venue_ops.core.db.expressions.values import Json, lit, number_at, string_at
from venue_ops.core.db.questions import FinishedJobs, GroupedFailures, GroupedImages
from venue_ops.core.db.schema import cities, countries, oban_tables, venues
from venue_ops.core.db.statements.figure_filters import of_image
from venue_ops.core.db.statements.job_filters import conditions
from venue_ops.core.db.statements.parameters import one_number
from venue_ops.core.enums import GroupBy
from venue_ops.core.models import UploadStatus
from venue_ops.core.queries import DEFAULT_KINDS
from venue_ops.core.vocabulary import PROVIDER_ABSENT

_DAY = literal_column("10", Integer)


def failures(question: GroupedFailures) -> Select[Any]:
    """Binds the parameters of its filters and `max_retries`; most failed first."""
    venue = venues.alias("venue")
    images = failed_images_of(venue.c.venue_images)
    image = images.c.value
    key = None if question.by is GroupBy.CITY else _key(question.by, venue, image)
    counts = (
        func.count().label("failed"),
        func.count()
        .filter(has_status(image, UploadStatus.PERMANENTLY_FAILED))
        .label("permanently_failed"),
        func.count().filter(is_transient(image)).label("transient"),
        func.count().filter(is_retryable(image, one_number("max_retries"))).label("retryable"),
        func.max(tried_at(image)).label("newest"),
    )
    # Venue by venue: grouped by (venue, key) in one go, the planner expects millions of groups,
    # and walks all venues in the order of their id instead of asking the index. The test of the
    # id says nothing; without it a cache (Memoize) would be keyed on the images.
    its = select(*counts) if key is None else select(key.label("key"), *counts).group_by(key)
    counted = (
        its.select_from(images)
        .where(venue.c.id.is_not(None), *of_image(venue, image, question.filters))
        .having(func.count() > literal_column("0"))
        .correlate(venue)
        .lateral("counted")
    )
    group = (venue.c.city_id if key is None else counted.c.key).label("key")
    numbers = ("failed", "permanently_failed", "transient", "retryable")
    grouped = (
        select(
            group,
            *(cast(func.sum(counted.c[name]), BigInteger).label(name) for name in numbers),
            func.count().label("venues"),
            func.max(counted.c.newest).label("newest"),
        )
        .select_from(venue.join(counted, true()))
        .where(holds_failed(venue.c.venue_images))
        .group_by(group)
        .subquery("grouped")
    )
    return _placed(grouped, question.by).order_by(grouped.c.failed.desc(), grouped.c.key)


def images(question: GroupedImages) -> Select[Any]:
    """Binds the parameters of its filters; all images and the uploaded ones, in no order."""
    venue = venues.alias("venue")
    elements = images_of(venue.c.venue_images)
    image = elements.c.value
    key = _key(question.by, venue, image).label("key")
    grouped = (
        select(
            key,
            func.count().label("images"),
            func.count().filter(has_status(image, UploadStatus.UPLOADED)).label("uploaded"),
        )
        .select_from(venue.join(elements, true()))
        .where(*of_image(venue, image, question.filters))
        .group_by(key)
        .subquery("grouped")
    )
    return _placed(grouped, question.by)


def finished_jobs(question: FinishedJobs) -> Select[Any]:
    """Binds the parameters of its filters; jobs by the day (UTC) they ended, and their cost."""
    oban = oban_tables(question.oban_schema)
    job = oban.jobs.alias("job")
    ended = func.coalesce(job.c.completed_at, job.c.discarded_at, job.c.cancelled_at)
    day = func.to_char(ended, lit("YYYY-MM-DD")).label("key")
    state = cast(job.c.state, Text)
    return (
        select(
            day,
            *(
                func.count().filter(state == lit(word)).label(f"jobs_{word}")
                for word in ("completed", "discarded", "cancelled")
            ),
            func.sum(number_at(job.c.meta, "total_cost_usd")).label("cost_usd"),
        )
        .where(
            ended.is_not(None),
            *conditions(job, oban, DEFAULT_KINDS, question.filters, question.city_path),
        )
        .group_by(day)
    )


def _key(by: GroupBy, venue: FromClause, image: Json) -> ColumnElement[Any]:
    match by:
        case GroupBy.CITY:
            return venue.c.city_id
        case GroupBy.PROVIDER:
            return func.coalesce(string_at(image, "provider"), lit(PROVIDER_ABSENT))
        case GroupBy.DAY:
            return func.left(tried_at(image), _DAY)


def _placed(grouped: FromClause, by: GroupBy) -> Select[Any]:
    """The groups, and of a city what it is called."""
    if by is not GroupBy.CITY:
        return select(*grouped.c)
    return select(
        *grouped.c,
        cities.c.id.label("city_id"),
        cities.c.slug.label("city_slug"),
        cities.c.name.label("city_name"),
        countries.c.code.label("country_code"),
    ).select_from(
        grouped.outerjoin(cities, cities.c.id == grouped.c.key).outerjoin(
            countries, countries.c.id == cities.c.country_id
        )
    )
