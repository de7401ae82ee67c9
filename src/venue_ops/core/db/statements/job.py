"""One job with all that is written in it, the jobs a backfill started, and jobs by id."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Select, select, true

from venue_ops.core.db.expressions.children import children_of
from venue_ops.core.db.expressions.values import items_of
from venue_ops.core.db.questions import JobById, JobChildren, JobIds, JobsByIds
from venue_ops.core.db.schema import oban_tables
from venue_ops.core.db.statements.job_filters import conditions
from venue_ops.core.db.statements.jobs import rows_of
from venue_ops.core.db.statements.parameters import many_ids, one_id, one_number


def by_id(question: JobById) -> Select[Any]:
    """Binds `job_id`; what a row shows, and the whole of meta and errors besides."""
    oban = oban_tables(question.oban_schema)
    whole = oban.jobs.alias("whole")
    chosen = select(whole.c.id).where(whole.c.id == one_id("job_id")).cte("chosen")
    rows = rows_of(chosen, oban)
    return rows.add_columns(
        whole.c.meta.label("whole_meta"),
        whole.c.errors,
        whole.c.tags,
        whole.c.priority,
        whole.c.attempted_by,
    ).join(whole, whole.c.id == chosen.c.id)


def children(question: JobChildren) -> Select[Any]:
    """Binds `job_id` (a backfill); its enrichments as rows, in the order they were inserted."""
    oban = oban_tables(question.oban_schema)
    parent = oban.jobs.alias("parent")
    started = children_of(parent, oban.jobs)
    chosen = (
        select(started.c.id)
        .select_from(parent.join(started, true()))
        .where(parent.c.id == one_id("job_id"))
        .cte("chosen")
    )
    return rows_of(chosen, oban).order_by(chosen.c.id)


def ids(question: JobIds) -> Select[Any]:
    """Binds the parameters of its filters, the workers of each kind, and `limit` if limited."""
    oban = oban_tables(question.oban_schema)
    job = oban.jobs.alias("job")
    found = (
        select(job.c.id)
        .where(*conditions(job, oban, question.kinds, question.filters, question.city_path))
        .order_by(job.c.id.desc())
    )
    return found.limit(one_number("limit")) if question.limited else found


def by_ids(question: JobsByIds) -> Select[Any]:
    """Binds `job_ids`; those that are there, by id."""
    oban = oban_tables(question.oban_schema)
    wanted = items_of(many_ids("job_ids"), "wanted", BigInteger)
    chosen = select(wanted.c.item.label("id")).cte("chosen")
    return rows_of(chosen, oban).order_by(chosen.c.id)
