"""The statements of `venue-ops worker` on Oban's table, all of one queue and of our own workers.

Moments are the server's: what Oban writes into the rows is, and ages are differences of those.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Float,
    FromClause,
    Select,
    Text,
    Update,
    bindparam,
    cast,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import JSONB

from venue_ops.core.db.expressions.values import lit
from venue_ops.core.db.questions import (
    FetchJobs,
    ForeignJobs,
    JobsToBegin,
    RescueJobs,
    ReturnJob,
    StageJobs,
)
from venue_ops.core.db.schema import ObanTables, oban_tables
from venue_ops.core.db.statements.parameters import (
    many_texts,
    one_id,
    one_moment,
    one_number,
    one_text,
)

_NOW: ColumnElement[Any] = func.timezone(lit("UTC"), func.now())
_FETCHED = (
    *("id", "state", "queue", "worker", "attempt", "max_attempts", "priority", "args", "meta"),
    *("errors", "tags", "attempted_by", "inserted_at", "attempted_at", "cancelled_at"),
    *("completed_at", "discarded_at", "scheduled_at"),
)
"""What oban makes a job from."""


def fetch(question: FetchJobs) -> Update:
    """Binds `queue`, `workers`, `demand`, `attempted_by`; the rows that are ours from now on.

    As oban's own, but for jobs of `workers` alone, and with the attempts looked at before the
    limit: rows without any left would be picked each time and never run, and hold all others up.
    """
    tables = oban_tables(question.oban_schema)
    job = tables.jobs.alias("job")
    free = (
        select(job.c.id)
        .where(
            job.c.state == _state(tables, "available"),
            *_ours(job),
            job.c.attempt < job.c.max_attempts,
        )
        .order_by(job.c.priority, job.c.scheduled_at, job.c.id)
        .limit(one_number("demand"))
        .with_for_update(skip_locked=True)
        .cte("free")
    )
    jobs = tables.jobs
    return (
        update(jobs)
        .where(jobs.c.id == free.c.id)
        .values(
            state=_state(tables, "executing"),
            attempt=jobs.c.attempt + sql("1"),
            attempted_at=_NOW,
            attempted_by=bindparam("attempted_by", type_=ARRAY(Text)),
        )
        .returning(*(jobs.c[name] for name in _FETCHED))
    )


def stage(question: StageJobs) -> Select[Any]:
    """Binds `queue`, `workers`, `limit`; how many were woken, and whether any is to be fetched.

    As oban's own, but for jobs of `workers` alone.
    """
    tables = oban_tables(question.oban_schema)
    job = tables.jobs.alias("job")
    due = (
        select(job.c.id)
        .where(
            job.c.state.in_([_state(tables, word) for word in ("scheduled", "retryable")]),
            *_ours(job),
            job.c.scheduled_at <= _NOW,
        )
        .order_by(job.c.scheduled_at, job.c.id)
        .limit(one_number("limit"))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    jobs = tables.jobs
    staged = (
        update(jobs)
        .where(jobs.c.id == due.c.id)
        .values(state=_state(tables, "available"))
        .returning(jobs.c.id)
        .cte("staged")
    )
    waiting = exists().where(
        job.c.state == _state(tables, "available"),
        *_ours(job),
        job.c.attempt < job.c.max_attempts,
    )
    woken = select(func.count()).select_from(staged).scalar_subquery()
    return select(woken.label("staged"), or_(woken > sql("0"), waiting).label("is_there"))


def give_back(question: ReturnJob) -> Update:
    """Binds `job_id`, `attempt` and `attempted_at`, which are those of our attempt; `seconds` until
    it is due, and `meta`, which is laid over its own.

    As oban's own snooze, whose attempt does not count, but for a row that is discarded: one that
    somebody retried since has another attempt, and is left alone.
    """
    tables = oban_tables(question.oban_schema)
    jobs = tables.jobs
    return (
        update(jobs)
        .where(
            jobs.c.id == one_id("job_id"),
            jobs.c.state == _state(tables, "discarded"),
            jobs.c.attempt == one_number("attempt"),
            jobs.c.attempted_at == one_moment("attempted_at"),
        )
        .values(
            state=_state(tables, "scheduled"),
            attempt=jobs.c.attempt - sql("1"),
            discarded_at=sql("NULL"),
            scheduled_at=_NOW + _seconds(),
            meta=cast(jobs.c.meta, JSONB).op("||")(bindparam("meta", type_=JSONB)),
        )
        .returning(jobs.c.id)
    )


def rescue(question: RescueJobs) -> Update:
    """Binds `queue`, `workers`, `seconds`: the age of an attempt that nobody is at any more.

    No lock is taken: two that do it at once wait for each other at the row, and the second finds
    it rescued. As Oban does it, an attempt is added, or the row would be fetched by nobody.
    """
    tables = oban_tables(question.oban_schema)
    jobs = tables.jobs
    begun = func.coalesce(jobs.c.attempted_at, jobs.c.scheduled_at)
    return (
        update(jobs)
        .where(jobs.c.state == _state(tables, "executing"), *_ours(jobs), begun < _NOW - _seconds())
        .values(
            state=_state(tables, "available"),
            max_attempts=func.greatest(jobs.c.max_attempts, jobs.c.attempt + sql("1")),
            scheduled_at=_NOW,
        )
        .returning(jobs.c.id)
    )


def foreign(question: ForeignJobs) -> Select[Any]:
    """Binds `queue` and `workers`."""
    tables = oban_tables(question.oban_schema)
    job = tables.jobs.alias("job")
    return (
        select(job.c.worker, func.count().label("jobs"), func.min(job.c.id).label("first"))
        .where(
            job.c.state.in_([_state(tables, word) for word in question.unfinished]),
            job.c.queue == one_text("queue"),
            job.c.worker != func.all(many_texts("workers")),
        )
        .group_by(job.c.worker)
        .order_by(job.c.worker)
    )


def to_begin(question: JobsToBegin) -> Select[Any]:
    """Binds `queue` and `workers`; one row. Jobs without an attempt left are never begun."""
    tables = oban_tables(question.oban_schema)
    job = tables.jobs.alias("job")
    states = ("available", "scheduled", "retryable")
    return select(func.count().label("jobs")).where(
        job.c.state.in_([_state(tables, word) for word in states]),
        *_ours(job),
        job.c.attempt < job.c.max_attempts,
    )


def _ours(job: FromClause) -> tuple[ColumnElement[bool], ...]:
    return (job.c.queue == one_text("queue"), job.c.worker == func.any(many_texts("workers")))


def _seconds() -> ColumnElement[Any]:
    return func.make_interval(*(sql("0") for _ in range(6)), bindparam("seconds", type_=Float))


def _state(tables: ObanTables, word: str) -> ColumnElement[Any]:
    return cast(lit(word), tables.state)
