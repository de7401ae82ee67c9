"""The figures over everything: what fails, what the venues and the jobs have come to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
)

from venue_ops.core.db.expressions.attempts import tried_at
from venue_ops.core.db.expressions.children import outcome_of_tally
from venue_ops.core.db.expressions.images import (
    Count,
    count_at,
    failed_images_of,
    holds_failed,
    image_counts,
    is_malformed,
    is_retryable,
)
from venue_ops.core.db.expressions.jobs import JobColumns, job_kind
from venue_ops.core.db.expressions.outcomes import job_outcome
from venue_ops.core.db.expressions.rollups import all_tallies
from venue_ops.core.db.expressions.values import Json, at, lit, number_at, string, text_at
from venue_ops.core.db.questions import FailureTotals, FigureFilter, JobFigures, VenueFigures
from venue_ops.core.db.schema import oban_tables, venues
from venue_ops.core.db.statements.figure_filters import in_cities, of_image
from venue_ops.core.db.statements.job_filters import conditions
from venue_ops.core.db.statements.parameters import one_moment, one_number
from venue_ops.core.db.statements.venues import of_provider
from venue_ops.core.models import UploadStatus, VenueOutcome
from venue_ops.core.queries import DEFAULT_KINDS
from venue_ops.core.vocabulary import ERROR_TYPE_ABSENT, PROVIDER_ABSENT

NONE = literal_column("0", Integer)


def failure_totals(question: FailureTotals) -> Select[*tuple[Any, ...]]:
    """Binds the parameters of its filters and `max_retries`; one row a provider, type and status.

    Grouped by the raw jsonb first, by all workers of a parallel scan; only the few groups are
    then made text with the care that values of any type want.
    """
    venue = venues.alias("venue")
    images = failed_images_of(venue.c.venue_images)
    image = images.c.value
    raw = {
        "provider": at(image, "provider"),
        "error_type": at(at(image, "error_details"), "error_type"),
        "status": text_at(image, "upload_status"),
    }
    tried = tried_at(image)
    counted = (
        select(
            *(expression.label(name) for name, expression in raw.items()),
            func.count().label("failed"),
            func.count().filter(is_retryable(image, one_number("max_retries"))).label("retryable"),
            func.min(tried).label("oldest"),
            func.max(tried).label("newest"),
        )
        .select_from(venue.join(images, true()))
        .where(holds_failed(venue.c.venue_images), *of_image(venue, image, question.filters))
        .group_by(*raw.values())
        .subquery("counted")
    )
    provider = func.coalesce(string(counted.c.provider), lit(PROVIDER_ABSENT)).label("provider")
    kind = func.coalesce(
        func.nullif(string(counted.c.error_type), lit("")), lit(ERROR_TYPE_ABSENT)
    ).label("error_type")
    given_up = (counted.c.status == lit(UploadStatus.PERMANENTLY_FAILED)).label("given_up")
    return select(
        provider,
        kind,
        given_up,
        _total(counted.c.failed).label("failed"),
        _total(counted.c.retryable).label("retryable"),
        func.min(counted.c.oldest).label("oldest"),
        func.max(counted.c.newest).label("newest"),
    ).group_by(provider, kind, given_up)


def venue_figures(question: VenueFigures) -> Select[*tuple[Any, ...]]:
    """Binds the parameters of its filters and `max_retries`; one row an outcome.

    Of one provider: the venues that have an image of it, by these images alone. The times are
    those of a venue's last change.
    """
    filters = question.filters
    venue = venues.alias("venue")
    of_it: Callable[[Json], ColumnElement[bool]] | None = (
        of_provider if FigureFilter.PROVIDER in filters else None
    )
    counted = (
        select(
            venue.c.venue_images,
            image_counts(venue.c.venue_images, one_number("max_retries"), of_it).label("counts"),
        )
        .where(*_of_venue(venue, filters))
        .offset(NONE)
        .subquery("counted")
    )
    outcome = _outcome(counted.c.venue_images, counted.c.counts).label("outcome")
    sums = [_total(count_at(counted.c.counts, place)).label(place.name.lower()) for place in Count]
    totals = select(outcome, func.count().label("venues"), *sums).group_by(outcome)
    return totals.where(count_at(counted.c.counts, Count.TOTAL) > NONE) if of_it else totals


def job_figures(question: JobFigures) -> Select[Any]:
    """Binds the parameters of its filters; one row a kind, state and outcome."""
    oban = oban_tables(question.oban_schema)
    job = oban.jobs.alias("job")
    tallies = all_tallies(oban.jobs)
    outcome = job_outcome(JobColumns.of(job), outcome_of_tally(tallies.c.tally))
    decided = (
        select(
            job_kind(job.c.worker).label("kind"),
            cast(job.c.state, Text).label("state"),
            outcome.label("outcome"),
            number_at(job.c.meta, "total_cost_usd").label("cost"),
        )
        .select_from(job.outerjoin(tallies, tallies.c.parent_id == job.c.id))
        .where(*conditions(job, oban, DEFAULT_KINDS, question.filters, question.city_path))
        .offset(NONE)
        .subquery("decided")
    )
    keys = (decided.c.kind, decided.c.state, decided.c.outcome)
    return select(
        *keys, func.count().label("jobs"), func.sum(decided.c.cost).label("cost_usd")
    ).group_by(*keys)


def _total(numbers: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(func.sum(numbers), BigInteger)


def _of_venue(venue: FromClause, filters: tuple[FigureFilter, ...]) -> list[ColumnElement[bool]]:
    asked = {
        FigureFilter.CITY: in_cities(venue),
        FigureFilter.SINCE: venue.c.updated_at >= one_moment("since"),
        FigureFilter.UNTIL: venue.c.updated_at < one_moment("until"),
    }
    return [condition for name, condition in asked.items() if name in filters]


def _outcome(venue_images: Json, counts: ColumnElement[Any]) -> ColumnElement[str]:
    """`venue_outcome` from `image_counts`; the images are looked at again only where none count."""
    good = count_at(counts, Count.UPLOADED) + count_at(counts, Count.SKIPPED_DEV)
    bad = count_at(counts, Count.FAILED) + count_at(counts, Count.PERMANENTLY_FAILED)
    malformed = and_(count_at(counts, Count.TOTAL) == NONE, is_malformed(venue_images).is_(true()))
    return case(
        (and_(bad > NONE, good > NONE), lit(VenueOutcome.PARTIAL)),
        (bad > NONE, lit(VenueOutcome.FAILED)),
        (good > NONE, lit(VenueOutcome.SUCCESS)),
        (malformed, lit(VenueOutcome.MALFORMED)),
        else_=lit(VenueOutcome.NO_IMAGES),
    )
