"""The only statements that insert job rows: retries, one row a venue.

All of it is decided in one snapshot: which images have failed still and where they stand among
the failed ones, whether the application could save the venue, and whether a job stands in the
way. Those are found once, as a set: asked for each venue it takes sixty times as long.

What stands in the venue's own row was decided when the plan was looked at. As long as the row is
of the version that was seen then, it need not be read again: that takes a third of the time.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    Text,
    bindparam,
    case,
    cast,
    column,
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
from venue_ops.core.db.questions import Enqueue, EnqueueSeen
from venue_ops.core.db.schema import ObanTables, oban_tables, venues
from venue_ops.core.db.statements.enqueueable import (
    Tid,
    Xid,
    chosen_images,
    refusals,
    unfinished_jobs,
    version_of,
    wanted_images,
)
from venue_ops.core.db.statements.parameters import many_texts, one_moment, one_text
from venue_ops.core.enums import Engine
from venue_ops.core.planning import Reason


def enqueue(question: Enqueue) -> Select[Any]:
    """Binds `wanted`, the images as JSON: number, venue_id, provider, url, retries, name.

    Binds `run_tag`, `touched_since`, `enrichment_queue`, `options` and the workers of each kind,
    and to insert also `queue`, `worker`, `tags`, `priority`, `now`, `channel`. A row a venue: its
    job, or why it has none, and in `chosen` the images that are meant by the job, by their
    numbers; `xmin`, `ctid` and `args` are for `enqueue_seen`.
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
        seen = [cast(each, Text).label(each.name) for each in (answer.c.xmin, answer.c.ctid)]
        args = cast(answer.c.args, Text).label("args")
        return select(*columns, *seen, args, sql("NULL", BigInteger).label("job_id"))
    may = select(answer.c.venue_id, answer.c.args).where(answer.c.reason.is_(None))
    inserted = _inserted(tables, may.cte("may"))
    return select(
        *columns,
        *(sql("NULL", Text).label(name) for name in ("xmin", "ctid", "args")),
        inserted.c.id.label("job_id"),
        _woken(inserted).label("woken"),
    ).select_from(answer.outerjoin(inserted, inserted.c.venue_id == answer.c.venue_id))


def enqueue_seen(question: EnqueueSeen) -> Select[Any]:
    """Binds `seen_ids` of venues, and for each what `enqueue` gave: `seen_xmins` and so on.

    Each is a text of many, ended by line feeds, which none of them holds. Binds `run_tag`,
    `touched_since`, `enrichment_queue` and the workers of each kind, `queue`, `worker`, `tags`,
    `priority`, `now`, `channel`. One row: `venue_ids` and `job_ids`, in one order.
    """
    tables = oban_tables(question.oban_schema)
    seen = func.unnest(
        cast(_many("seen_ids"), ARRAY(BigInteger)),
        cast(_many("seen_xmins"), ARRAY(Xid)),
        cast(_many("seen_ctids"), ARRAY(Tid)),
        _many("seen_args"),
    ).table_valued(
        column("venue_id", BigInteger),
        column("xmin", Xid),
        column("ctid", Tid),
        column("args", Text),
    )
    seen = seen.render_derived(name="seen")
    standing = unfinished_jobs(question, tables)
    venue = venues.alias("venue")
    xmin, ctid = version_of(venue)
    may = (
        select(seen.c.venue_id, cast(seen.c.args, JSONB).label("args"))
        .select_from(seen.join(venue, venue.c.id == seen.c.venue_id))
        .where(
            xmin == seen.c.xmin,
            ctid == seen.c.ctid,
            # Hashed whatever the planner expects; of a join it may think that there are few.
            seen.c.venue_id.not_in(select(standing.c.venue_id)),
        )
    )
    inserted = _inserted(tables, may.cte("may"))
    return select(
        func.array_agg(inserted.c.venue_id).label("venue_ids"),
        func.array_agg(inserted.c.id).label("job_ids"),
        _woken(inserted).label("woken"),
    ).select_from(inserted)


def _many(name: str) -> ColumnElement[Any]:
    """Told apart by the server: as an array, or as JSON, they take both sides longer."""
    return func.string_to_array(one_text(name), sql("E'\\n'"), type_=ARRAY(Text))


def _answers(question: Enqueue, tables: ObanTables, wanted: CTE, asked: CTE) -> CTE:
    chosen = chosen_images(question, wanted, asked)
    standing = unfinished_jobs(question, tables)
    venue = venues.alias("venue")
    version = version_of(venue)
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
            *(each.label(name) for each, name in zip(version, ("xmin", "ctid"), strict=True)),
            _args(question.engine, asked, chosen).label("args"),
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


def _args(engine: Engine, asked: CTE, chosen: CTE) -> Json:
    args: Json = func.jsonb_build_object(
        lit("venue_id"), asked.c.venue_id, lit("image_indexes"), chosen.c.indexes
    )
    if engine is Engine.PYTHON:
        images = func.jsonb_build_object(lit("images"), chosen.c.names)
        for each in (images, cast(one_text("options"), JSONB)):
            args = args.op("||", return_type=JSONB())(each)
    return args


def _inserted(tables: ObanTables, may: CTE) -> CTE:
    """A job for each venue that may have one, with its args."""
    jobs = tables.jobs
    rows = select(
        cast(lit("available"), tables.state),
        one_text("queue"),
        one_text("worker"),
        may.c.args,
        json_lit("{}"),
        many_texts("tags"),
        sql("1"),
        bindparam("priority", type_=Integer),
        one_moment("now"),
    ).order_by(may.c.venue_id)
    venue_id = text_at(jobs.c.args, "venue_id")
    names = ["state", "queue", "worker", "args", "meta", "tags", "max_attempts", "priority"]
    return (
        insert(jobs)
        .from_select([*names, "scheduled_at"], rows)
        .returning(jobs.c.id, cast(venue_id, BigInteger).label("venue_id"))
        .cte("inserted")
    )


def _woken(inserted: CTE) -> ScalarSelect[Any]:
    """Wakes whoever listens for new rows of the queue, once, as Oban itself does."""
    payload = func.json_build_object(lit("queue"), one_text("queue"))
    notified = func.pg_notify(one_text("channel"), cast(payload, Text))
    first = select(inserted.c.id).limit(1).subquery()
    return select(func.count(notified)).select_from(first).scalar_subquery()
