"""What is looked at before jobs run again: they themselves, where they work, who works there.

A job works at places: its venues by their ids, a backfill at its city (its id below zero), the
daily run at 0, which stands for whichever venues it finds.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Boolean,
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy import literal_column as sql

from venue_ops.core.db.expressions.jobs import JobColumns, is_kind, job_kind, job_scope
from venue_ops.core.db.expressions.outcomes import job_outcome
from venue_ops.core.db.expressions.rerunning import may_run_still, would_skip
from venue_ops.core.db.expressions.values import (
    at,
    elements_of,
    has_member,
    is_one_of,
    items_of,
    json_id,
    lit,
)
from venue_ops.core.db.questions import Rerun
from venue_ops.core.db.schema import ObanTables, venues
from venue_ops.core.db.statements.parameters import many_ids, one_text
from venue_ops.core.models import JobKind, JobScope, Outcome

_WORKED = (Outcome.SUCCESS, Outcome.PARTIAL, Outcome.NO_IMAGES)


def candidates(tables: ObanTables) -> CTE:
    """The jobs that were chosen, as far as they are there."""
    wanted = items_of(many_ids("job_ids"), "wanted", BigInteger)
    job = tables.jobs.alias("job")
    columns = JobColumns.of(job)
    return (
        select(
            job.c.id,
            columns.state.label("state"),
            job.c.worker,
            job.c.queue,
            job.c.attempt,
            job.c.args,
            job_kind(job.c.worker).label("kind"),
            job_scope(columns).label("scope"),
            may_run_still(job).label("may_run"),
        )
        .select_from(wanted.join(job, job.c.id == wanted.c.item))
        .cte("candidate")
        .prefix_with("MATERIALIZED")
    )


def at_work(question: Rerun, tables: ObanTables) -> CTE:
    """All jobs that may still write: the unfinished ones, and those that Lifeline gave up."""
    job = tables.jobs.alias("open_job")
    unfinished = job.c.state.in_([cast(lit(word), tables.state) for word in question.unfinished])
    given_up = and_(job.c.state == cast(lit("discarded"), tables.state), may_run_still(job))
    return (
        select(
            job.c.id,
            job.c.worker,
            job.c.queue,
            job.c.args,
        )
        .where(or_(unfinished, given_up))
        .cte("at_work")
        .prefix_with("MATERIALIZED")
    )


def places_of_candidates(candidate: CTE) -> CTE:
    """Where each chosen enrichment or backfill works."""
    kind, scope = candidate.c.kind, candidate.c.scope

    def of(which: JobKind, reach: JobScope) -> ColumnElement[bool]:
        return and_(kind == lit(which), scope == lit(reach))

    return _places(
        candidate,
        "place",
        alone=of(JobKind.ENRICHMENT, JobScope.VENUE),
        batch=of(JobKind.ENRICHMENT, JobScope.BATCH),
        daily=of(JobKind.ENRICHMENT, JobScope.DAILY),
        city=of(JobKind.BACKFILL, JobScope.CITY),
    )


def places_at_work(job: CTE) -> CTE:
    """Where somebody is at work: any worker of the enrichments' queue that names a venue."""
    return _places_of_jobs(job, "standing")


def _places_of_jobs(job: CTE, name: str) -> CTE:
    worker, args = job.c.worker, job.c.args
    at_venues = or_(
        job.c.queue == one_text("enrichment_queue"),
        is_kind(worker, JobKind.ENRICHMENT, JobKind.RETRY),
    )
    names_none = not_(or_(has_member(args, "venue_id"), has_member(args, "venue_ids")))
    return _places(
        job,
        name,
        alone=at_venues,
        batch=at_venues,
        daily=and_(is_kind(worker, JobKind.ENRICHMENT), names_none),
        city=is_kind(worker, JobKind.BACKFILL),
    )


def _places(
    job: CTE,
    name: str,
    *,
    alone: ColumnElement[bool],
    batch: ColumnElement[bool],
    daily: ColumnElement[bool],
    city: ColumnElement[bool],
) -> CTE:
    items = elements_of(at(job.c.args, "venue_ids"), f"{name}_batch")

    def found(place: ColumnElement[Any], source: FromClause, which: Any) -> Select[Any]:
        return select(job.c.id, place.label("place")).select_from(source).where(which)

    every = union_all(
        found(json_id(at(job.c.args, "venue_id")), job, alone),
        found(json_id(items.c.value), job.join(items, true()), batch),
        found(sql("0", BigInteger), job, daily),
        found(-json_id(at(job.c.args, "city_id")), job, city),
    ).subquery(f"{name}_all")
    return (
        select(every.c.id, every.c.place)
        .where(every.c.place.is_not(None))
        .distinct()
        .cte(name)
        .prefix_with("MATERIALIZED")
    )


def venues_of(candidate: CTE, place: CTE) -> CTE:
    """By job how many of its venues are there, and whether it would find its one venue fresh."""
    venue = venues.alias("venue")
    skips = and_(candidate.c.scope == lit(JobScope.VENUE), would_skip(candidate.c.args, venue))
    return (
        select(place.c.id, func.count().label("venues"), func.bool_or(skips).label("would_skip"))
        .select_from(
            place.join(venue, venue.c.id == place.c.place).join(
                candidate, candidate.c.id == place.c.id
            )
        )
        .group_by(place.c.id)
        .cte("there")
    )


def in_the_way(place: CTE, standing: CTE, tables: ObanTables) -> CTE:
    """By chosen job another one that may write to one of its places.

    By windows, and their rows by key: of neither does the planner know how many there are, and it
    would join them by a loop in a loop.
    """
    nobody = sql("NULL", BigInteger)
    every = union_all(
        select(place.c.id.label("chosen_id"), nobody.label("standing_id"), place.c.place),
        select(nobody, standing.c.id, standing.c.place),
    ).subquery("every")
    first = func.min(every.c.standing_id).over(partition_by=every.c.place)
    last = func.max(every.c.standing_id).over(partition_by=every.c.place)
    seen = select(
        every.c.chosen_id,
        case(
            (first != every.c.chosen_id, first), (last != every.c.chosen_id, last), else_=nobody
        ).label("other_id"),
    ).subquery("seen")
    other = (
        select(seen.c.chosen_id, func.min(seen.c.other_id).label("other_id"))
        .where(seen.c.other_id.is_not(None))
        .group_by(seen.c.chosen_id)
        .subquery("other")
    )
    job = tables.jobs.alias("other_job")
    return (
        select(
            other.c.chosen_id.label("candidate_id"),
            job.c.id,
            job.c.worker,
            cast(job.c.state, Text).label("state"),
            case(
                (job.c.state == cast(lit("available"), tables.state), job.c.scheduled_at),
                else_=func.coalesce(job.c.attempted_at, job.c.inserted_at),
            ).label("since"),
        )
        .select_from(other.join(job, job.c.id == other.c.other_id))
        .cte("in_the_way")
    )


def run_since(candidate: CTE, place: CTE, tables: ObanTables) -> CTE:
    """By chosen job the newest of the enrichments that did its work since, at each of its places.

    Binds `passed_over`: where it is false none is looked for. One that failed or skipped itself
    has done none, and of a batch that did a part nobody knows which. A venue that is gone needs
    no work.
    """
    done = _places_of_jobs(_completed(candidate, tables), "done")
    nobody = sql("NULL", BigInteger)
    venue = venues.alias("venue_at_place")
    every = union_all(
        select(place.c.id.label("chosen_id"), nobody.label("done_id"), place.c.place)
        .select_from(place.outerjoin(venue, venue.c.id == place.c.place))
        .where(or_(place.c.place <= sql("0"), venue.c.id.is_not(None))),
        select(nobody, done.c.id, done.c.place),
    ).subquery("chosen_or_done")
    newest = func.max(every.c.done_id).over(partition_by=every.c.place)
    seen = select(every.c.chosen_id, newest.label("newest")).subquery("newest_done")
    return (
        select(seen.c.chosen_id.label("candidate_id"), func.max(seen.c.newest).label("id"))
        .where(seen.c.chosen_id.is_not(None))
        .group_by(seen.c.chosen_id)
        .having(func.bool_and(func.coalesce(seen.c.newest, sql("0")) > seen.c.chosen_id))
        .cte("run_since")
    )


def _completed(candidate: CTE, tables: ObanTables) -> CTE:
    """Enrichments that did the work of all their places, newer than the oldest chosen job."""
    job = tables.jobs.alias("completed_job")
    outcome = job_outcome(JobColumns.of(job), sql("NULL", Text)).label("outcome")
    ended = (
        select(job.c.id, job.c.worker, job.c.queue, job.c.args, outcome)
        .where(
            bindparam("passed_over", type_=Boolean),
            job.c.id > select(func.min(candidate.c.id)).scalar_subquery(),
            job.c.state == cast(lit("completed"), tables.state),
            is_kind(job.c.worker, JobKind.ENRICHMENT),
        )
        .subquery("ended")
    )
    is_partial = ended.c.outcome == lit(Outcome.PARTIAL)
    return (
        select(ended.c.id, ended.c.worker, ended.c.queue, ended.c.args)
        .where(
            is_one_of(ended.c.outcome, _WORKED),
            not_(and_(is_partial, not_(has_member(ended.c.args, "venue_id")))),
        )
        .cte("completed")
    )


def with_images(place: CTE) -> CTE:
    """The chosen jobs of venues whose images are retried now. Binds `image_venues`."""
    wanted = items_of(many_ids("image_venues"), "with_images", BigInteger)
    return (
        select(place.c.id)
        .select_from(place.join(wanted, wanted.c.item == place.c.place))
        .distinct()
        .cte("images_first")
    )
