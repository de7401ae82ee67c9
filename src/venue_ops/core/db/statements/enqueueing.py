"""The only statement that inserts job rows: retries, one row a venue.

All of it is decided in one snapshot: which images have failed still and where they stand among
the failed ones, whether the application could save the venue, and whether a job stands in the
way. Those are found once, as a set: asked for each venue it takes sixty times as long.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    insert,
    select,
    true,
)
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import JSONB

from venue_ops.core.db.expressions.enqueueing import savable_counts
from venue_ops.core.db.expressions.values import (
    Json,
    json_lit,
    lit,
    once,
    text_at,
)
from venue_ops.core.db.questions import Enqueue
from venue_ops.core.db.schema import ObanTables, oban_tables, venues
from venue_ops.core.db.statements.enqueueable import (
    chosen_images,
    refusals,
    unfinished_jobs,
    wanted_images,
)
from venue_ops.core.db.statements.parameters import many_texts, one_moment, one_text
from venue_ops.core.enums import Engine
from venue_ops.core.planning import Reason


def enqueue(question: Enqueue) -> Select[Any]:
    """Binds `wanted`, the images as JSON: number, venue_id, provider, url, retries, name.

    Binds `run_tag`, `touched_since`, `enrichment_queue` and the workers of each kind, and to insert
    also `queue`, `worker`, `tags`, `priority`, `options`, `now`, `channel`. A row a venue: its job,
    or why it has none, and in `chosen` the images that are meant by the job, by their numbers.
    """
    tables = oban_tables(question.oban_schema)
    wanted = wanted_images()
    asked = select(wanted.c.venue_id).distinct().cte("asked")
    answer = _answers(question, tables, wanted, asked)
    columns = (
        answer.c.venue_id,
        answer.c.reason,
        answer.c.chosen,
        answer.c.blocker_id,
        answer.c.blocker_worker,
        answer.c.blocker_state,
        answer.c.blocker_since,
    )
    if question.looks:
        return select(*columns, sql("NULL", BigInteger).label("job_id")).order_by(answer.c.venue_id)
    inserted = _inserted(question, tables, answer)
    woken = select(func.count(_notified())).select_from(select(inserted.c.id).limit(1).subquery())
    return (
        select(*columns, inserted.c.id.label("job_id"), woken.scalar_subquery().label("woken"))
        .select_from(answer.outerjoin(inserted, inserted.c.venue_id == answer.c.venue_id))
        .order_by(answer.c.venue_id)
    )


def _answers(question: Enqueue, tables: ObanTables, wanted: CTE, asked: CTE) -> CTE:
    chosen = chosen_images(question, wanted, asked)
    standing = unfinished_jobs(question, tables)
    venue = venues.alias("venue")
    reasons: list[tuple[ColumnElement[bool], ColumnElement[str]]] = [
        (standing.c.venue_id.is_not(None), lit(Reason.JOB_UNFINISHED)),
        (chosen.c.venue_id.is_(None), lit(Reason.CHANGED)),
    ]
    found = (
        asked.outerjoin(chosen, chosen.c.venue_id == asked.c.venue_id)
        .outerjoin(standing, standing.c.venue_id == asked.c.venue_id)
        .outerjoin(venue, venue.c.id == asked.c.venue_id)
    )
    if question.engine is Engine.APP:
        counted = once(savable_counts(venue.c.venue_images), "counts", venue)
        found = found.join(counted, true())
        reasons += refusals(venue, counted.c.counts, chosen.c.numbers)
    return (
        select(
            asked.c.venue_id,
            chosen.c.indexes,
            *([chosen.c.names] if question.engine is Engine.PYTHON else []),
            chosen.c.numbers.label("chosen"),
            standing.c.id.label("blocker_id"),
            standing.c.worker.label("blocker_worker"),
            standing.c.state.label("blocker_state"),
            standing.c.since.label("blocker_since"),
            case(*reasons).label("reason"),
        )
        .select_from(found)
        .cte("answer")
    )


def _inserted(question: Enqueue, tables: ObanTables, answer: CTE) -> CTE:
    args: Json = func.jsonb_build_object(
        lit("venue_id"), answer.c.venue_id, lit("image_indexes"), answer.c.indexes
    )
    if question.engine is Engine.PYTHON:
        images = func.jsonb_build_object(lit("images"), answer.c.names)
        for each in (images, cast(one_text("options"), JSONB)):
            args = args.op("||", return_type=JSONB())(each)
    now = one_moment("now")
    jobs = tables.jobs
    rows = (
        select(
            cast(lit("available"), tables.state),
            one_text("queue"),
            one_text("worker"),
            args,
            json_lit("{}"),
            many_texts("tags"),
            sql("1"),
            bindparam("priority", type_=Integer),
            now,
        )
        .where(answer.c.reason.is_(None))
        .order_by(answer.c.venue_id)
    )
    venue_id = text_at(jobs.c.args, "venue_id")
    names = ["state", "queue", "worker", "args", "meta", "tags", "max_attempts", "priority"]
    return (
        insert(jobs)
        .from_select([*names, "scheduled_at"], rows)
        .returning(jobs.c.id, cast(venue_id, BigInteger).label("venue_id"))
        .cte("inserted")
    )


def _notified() -> ColumnElement[Any]:
    """Wakes whoever listens for new rows of the queue, as Oban itself does."""
    payload = func.json_build_object(lit("queue"), one_text("queue"))
    return func.pg_notify(one_text("channel"), cast(payload, Text))
