"""One job with all that is written in it, and the jobs a backfill started."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select, true

from venue_ops.core.db.expressions.children import children_of
from venue_ops.core.db.questions import JobById, JobChildren
from venue_ops.core.db.schema import oban_tables
from venue_ops.core.db.statements.jobs import rows_of
from venue_ops.core.db.statements.parameters import one_id


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
