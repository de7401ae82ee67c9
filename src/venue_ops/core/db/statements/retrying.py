"""What a retry needs to know of venues, of the jobs at them, and of providers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    true,
)
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from venue_ops.core.db.expressions.images import has_status, may_have_failed, placed_images_of
from venue_ops.core.db.expressions.jobs import is_kind
from venue_ops.core.db.expressions.values import Json, at, items_of, lit, number
from venue_ops.core.db.questions import (
    Blockers,
    DailyRun,
    FailingVenueIds,
    FailingVenues,
    ProviderTerms,
    VenueForRetry,
)
from venue_ops.core.db.schema import data_providers, oban_tables, venues
from venue_ops.core.db.statements.parameters import (
    many_ids,
    one_id,
    one_moment,
    one_number,
    one_text,
)
from venue_ops.core.models import JobKind
from venue_ops.core.vocabulary import BAD_UPLOADS, FINISHED


def failing_venues(question: FailingVenues) -> Select[Any]:
    """Binds `after_id` and `limit`, and `venue_ids` of named ones.

    `images` is an array of [place, element], the failed ones alone.
    """
    venue = venues.alias("venue")
    page = (
        select(venue.c.id, venue.c.slug, venue.c.name, venue.c.provider_ids, venue.c.venue_images)
        .where(
            may_have_failed(venue.c.venue_images),
            venue.c.id > one_id("after_id"),
            *([venue.c.id == func.any(many_ids("venue_ids"))] if question.named else []),
        )
        .order_by(venue.c.id)
        .limit(one_number("limit"))
        .subquery("page")
    )
    element = placed_images_of(page.c.venue_images)
    images = (
        select(
            func.jsonb_agg(
                aggregate_order_by(
                    func.jsonb_build_array(element.c.place, element.c.value), element.c.place
                )
            )
        )
        .select_from(element)
        .where(has_status(element.c.value, *BAD_UPLOADS))
        .scalar_subquery()
    )
    return select(
        page.c.id, page.c.slug, page.c.name, page.c.provider_ids, images.label("images")
    ).order_by(page.c.id)


def failing_venue_ids(_: FailingVenueIds) -> Select[Any]:
    """Binds `city_ids`; one row, its array `ids` NULL where there is none.

    Asked once for all: page by page the index would be asked each time for every failing venue
    that there is.
    """
    return select(func.array_agg(aggregate_order_by(venues.c.id, venues.c.id)).label("ids")).where(
        venues.c.city_id == func.any(many_ids("city_ids")), may_have_failed(venues.c.venue_images)
    )


def venue(_: VenueForRetry) -> Select[Any]:
    """Binds `venue_id`."""
    return select(
        venues.c.id, venues.c.slug, venues.c.name, venues.c.provider_ids, venues.c.venue_images
    ).where(venues.c.id == one_id("venue_id"))


def blockers(question: Blockers) -> Select[Any]:
    """Binds `venue_ids`, `touched_since`, `enrichment_queue` and the workers of each kind, and
    `besides`: a job that does not count, or NULL. Nor do those that yield to it.

    Jobs of one venue and batches that name it, by any worker of the queue; an unfinished one goes
    before one that is done. The daily run names no venue, so it is not found.
    """
    wanted = items_of(many_ids("venue_ids"), "wanted", BigInteger)
    jobs = oban_tables(question.oban_schema).jobs
    job = jobs.alias("job")
    state = cast(job.c.state, Text)
    unfinished = state.not_in([lit(word) for word in FINISHED])
    touched = func.greatest(
        job.c.attempted_at, job.c.completed_at, job.c.discarded_at, job.c.cancelled_at
    )
    found = (
        select(
            job.c.id,
            job.c.worker,
            state.label("state"),
            unfinished.label("is_unfinished"),
            func.coalesce(
                case((~unfinished, touched)), job.c.attempted_at, job.c.inserted_at
            ).label("since"),
        )
        .where(
            _names(job.c.args, wanted.c.item),
            or_(
                job.c.queue == one_text("enrichment_queue"),
                is_kind(job.c.worker, JobKind.ENRICHMENT, JobKind.RETRY),
            ),
            or_(unfinished, touched > one_moment("touched_since")),
            job.c.id.is_distinct_from(one_id("besides")),
            ~_yields(jobs, job, unfinished),
        )
        .order_by(unfinished.desc(), job.c.id)
        .limit(sql("1"))
        .lateral("found")
    )
    return select(wanted.c.item.label("venue_id"), found).select_from(wanted.join(found, true()))


def daily_run(question: DailyRun) -> Select[Any]:
    """Binds the workers of each kind.

    An enrichment that names no venue works through whichever it likes. `executing` alone, and by
    Oban's own index on the state.
    """
    job = oban_tables(question.oban_schema).jobs.alias("job")
    names = (at(job.c.args, "venue_id"), at(job.c.args, "venue_ids"))
    return (
        select(job.c.id, job.c.attempted_at)
        .where(
            job.c.state == sql("'executing'"),
            is_kind(job.c.worker, JobKind.ENRICHMENT),
            *(each.is_(None) for each in names),
        )
        .order_by(job.c.id)
        .limit(sql("1"))
    )


def provider_terms(_: ProviderTerms) -> Select[Any]:
    """Requests a second and US dollars an image; NULL where the application says nothing."""
    metadata = cast(data_providers.c.metadata, JSONB)
    return select(
        data_providers.c.name,
        number(at(at(metadata, "rate_limits"), "per_second")).label("per_second"),
        number(at(metadata, "cost_per_image")).label("cost_per_image"),
    ).order_by(data_providers.c.name)


def _yields(
    jobs: FromClause, job: FromClause, unfinished: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Whether a job waits for `besides`, by the same worker of the same queue, and not before it.

    Of two the smaller id goes first, or each would wait for the other until both are cancelled;
    only one that was executing before is let finish.
    """
    ours = jobs.alias("ours")
    is_before = and_(
        job.c.state == sql("'executing'"),
        func.coalesce(job.c.attempted_at < ours.c.attempted_at, true()),
    )
    return exists().where(
        ours.c.id == one_id("besides"),
        ours.c.queue == job.c.queue,
        ours.c.worker == job.c.worker,
        ours.c.id < job.c.id,
        unfinished,
        ~is_before,
    )


def _names(args: Json, venue_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether args name the venue, as a number or as its digits, alone or in a batch.

    Four look-ups in the GIN index on args.
    """
    spelled = (func.to_jsonb(venue_id), func.to_jsonb(cast(venue_id, Text)))
    one = (func.jsonb_build_object(lit("venue_id"), each) for each in spelled)
    batch = (
        func.jsonb_build_object(lit("venue_ids"), func.jsonb_build_array(each)) for each in spelled
    )
    return or_(*(args.op("@>", return_type=Boolean())(each) for each in (*one, *batch)))
