"""The only statement that has jobs run again, by Oban's own rule.

All of it is decided in one snapshot, as a set. What a node does to a row meanwhile is seen by the
UPDATE itself: it takes a row in the state and at the attempt that were looked at, and no other.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    null,
    select,
    update,
)
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import JSONB

from venue_ops.core.db.expressions.rerunning import venues_to_bill
from venue_ops.core.db.expressions.values import json_lit, lit, type_of
from venue_ops.core.db.questions import Rerun
from venue_ops.core.db.schema import ObanTables, oban_tables
from venue_ops.core.db.statements.parameters import one_moment, one_number, one_text
from venue_ops.core.db.statements.rerunnable import (
    at_work,
    candidates,
    in_the_way,
    places_at_work,
    places_of_candidates,
    run_since,
    venues_of,
    with_images,
)
from venue_ops.core.models import JobKind, JobScope
from venue_ops.core.planning.jobs import JobReason


def rerun(question: Rerun) -> Select[Any]:
    """Binds `job_ids`, `image_venues` (whose jobs are left), `respawn` (the venues that a backfill
    may bill), `passed_over` (whether jobs that a newer one did the work of are), `begun_since`,
    `checked_since`, `checked_with_images_since`, `enrichment_queue` and the workers of each kind;
    to change anything also `now` and `channel`.

    A row for each job that is there: why it is left out, or `reason` NULL and whether it is
    `rerun`; its `queue`; how many `venues` it asks for, NULL where nobody knows.
    """
    tables = oban_tables(question.oban_schema)
    answer = _answers(question, tables)
    columns = [column for column in answer.c if column.name not in ("attempt", "scope")]
    if question.looks:
        return select(*columns, sql("false").label("rerun")).order_by(answer.c.id)
    updated = _updated(question, tables, answer)
    queue = select(updated.c.queue).distinct().subquery("queue")
    payload = func.json_build_object(lit("queue"), queue.c.queue)
    woken = select(
        func.count(func.pg_notify(one_text("channel"), cast(payload, Text)))
    ).select_from(queue)
    return (
        select(
            *columns,
            updated.c.id.is_not(None).label("rerun"),
            woken.scalar_subquery().label("woken"),
        )
        .select_from(answer.outerjoin(updated, updated.c.id == answer.c.id))
        .order_by(answer.c.id)
    )


def _answers(question: Rerun, tables: ObanTables) -> CTE:
    candidate = candidates(tables)
    place = places_of_candidates(candidate)
    there, first = venues_of(candidate, place), with_images(place)
    later = run_since(candidate, place, tables)
    blocker = in_the_way(place, places_at_work(at_work(question, tables)), tables)
    is_backfill = candidate.c.kind == lit(JobKind.BACKFILL)
    looked = (
        select(
            candidate.c.id,
            candidate.c.state,
            candidate.c.queue,
            candidate.c.attempt,
            candidate.c.kind,
            candidate.c.scope,
            candidate.c.may_run,
            case(
                (is_backfill, venues_to_bill(candidate.c.args)),
                (
                    and_(
                        candidate.c.kind == lit(JobKind.ENRICHMENT),
                        candidate.c.scope != lit(JobScope.DAILY),
                    ),
                    func.coalesce(there.c.venues, sql("0")),
                ),
            ).label("venues"),
            func.coalesce(there.c.would_skip, sql("false")).label("would_skip"),
            blocker.c.id.label("blocker_id"),
            blocker.c.worker.label("blocker_worker"),
            blocker.c.state.label("blocker_state"),
            blocker.c.since.label("blocker_since"),
            first.c.id.is_not(None).label("images_first"),
            later.c.id.label("later_id"),
        )
        .select_from(
            candidate.outerjoin(there, there.c.id == candidate.c.id)
            .outerjoin(blocker, blocker.c.candidate_id == candidate.c.id)
            .outerjoin(first, first.c.id == candidate.c.id)
            .outerjoin(later, later.c.candidate_id == candidate.c.id)
        )
        .cte("looked")
        .prefix_with("MATERIALIZED")
    )
    alone = select(*looked.c, _reason(looked).label("alone")).cte("alone")
    newer = _newer(alone, place)
    reason = func.coalesce(
        alone.c.alone, case((newer.c.newer_id.is_not(None), lit(JobReason.NEWER_CHOSEN)))
    )
    own = [
        column
        for column in alone.c
        if column.name not in ("may_run", "images_first", "later_id", "alone")
    ]
    return (
        select(
            *own,
            func.coalesce(alone.c.later_id, newer.c.newer_id).label("newer_id"),
            reason.label("reason"),
        )
        .select_from(alone.outerjoin(newer, newer.c.id == alone.c.id))
        .cte("answer")
        .prefix_with("MATERIALIZED")
    )


def _reason(job: CTE) -> ColumnElement[Any]:
    """Why a job is left out, whatever else was chosen; the first that holds."""
    kind, daily = job.c.kind, job.c.scope == lit(JobScope.DAILY)
    is_backfill = kind == lit(JobKind.BACKFILL)
    return case(
        (kind == lit(JobKind.RETRY), lit(JobReason.RETRY_ROW)),
        (kind == lit(JobKind.CLEANUP), lit(JobReason.CLEANUP_ROW)),
        (kind == lit(JobKind.OTHER), lit(JobReason.OTHER_WORKER)),
        (job.c.state == lit("executing"), lit(JobReason.EXECUTING)),
        (job.c.may_run, lit(JobReason.MAY_RUN)),
        (job.c.state == lit("available"), lit(JobReason.WAITING)),
        (and_(~daily, job.c.venues == sql("0")), lit(JobReason.NO_VENUES)),
        (job.c.blocker_id.is_not(None), lit(JobReason.JOB_UNFINISHED)),
        (
            and_(is_backfill, job.c.venues.is_distinct_from(one_number("respawn"))),
            lit(JobReason.NOT_RESPAWNED),
        ),
        (job.c.images_first, lit(JobReason.IMAGES_FIRST)),
        (job.c.later_id.is_not(None), lit(JobReason.RUN_SINCE)),
    )


def _newer(alone: CTE, place: CTE) -> CTE:
    """By job a newer chosen one that may run again at one of its places.

    By a window: how many places there are is not known to the planner, which would join the newest
    of each by a loop in a loop.
    """
    newest = func.max(place.c.id).filter(alone.c.alone.is_(None)).over(partition_by=place.c.place)
    ranked = (
        select(place.c.id, newest.label("newest"))
        .select_from(place.join(alone, alone.c.id == place.c.id))
        .subquery("ranked")
    )
    return (
        select(ranked.c.id, func.max(ranked.c.newest).label("newer_id"))
        .where(ranked.c.newest > ranked.c.id)
        .group_by(ranked.c.id)
        .cte("newer")
    )


def _updated(question: Rerun, tables: ObanTables, answer: CTE) -> CTE:
    jobs = tables.jobs
    never = cast(null(), DateTime)
    values: dict[str, Any] = {
        "state": cast(lit("available"), tables.state),
        "max_attempts": func.greatest(jobs.c.max_attempts, jobs.c.attempt + sql("1")),
        "scheduled_at": one_moment("now"),
        "completed_at": never,
        "cancelled_at": never,
        "discarded_at": never,
    }
    if question.fresh:
        is_of_one = and_(
            answer.c.kind == lit(JobKind.ENRICHMENT),
            answer.c.scope == lit(JobScope.VENUE),
            type_of(jobs.c.args) == lit("object"),
        )
        forced = jobs.c.args.op("||", return_type=JSONB())(json_lit('{"force": true}'))
        values["args"] = case((is_of_one, forced), else_=jobs.c.args)
    return (
        update(jobs)
        .values(values)
        .where(
            jobs.c.id == answer.c.id,
            answer.c.reason.is_(None),
            cast(jobs.c.state, Text) == answer.c.state,
            jobs.c.attempt == answer.c.attempt,
        )
        .returning(jobs.c.id, jobs.c.queue)
        .cte("updated")
    )
