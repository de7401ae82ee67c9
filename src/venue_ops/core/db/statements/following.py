"""Jobs that are followed to their end, and the states that a job can have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Select,
    Text,
    cast,
    func,
    null,
    or_,
    select,
)
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import JSONB

from venue_ops.core.db.expressions.values import (
    at,
    items_of,
    lit,
    string_at,
)
from venue_ops.core.db.questions import EndedJobs, JobStates
from venue_ops.core.db.schema import oban_tables
from venue_ops.core.db.statements.parameters import many_ids
from venue_ops.core.vocabulary import FINISHED


def states(question: JobStates) -> Select[Any]:
    """Binds nothing."""
    state = oban_tables(question.oban_schema).state
    return select(cast(func.enum_range(cast(null(), state)), ARRAY(Text)).label("states"))


def ended(question: EndedJobs) -> Select[Any]:
    """Binds `job_ids`; `error` is what the last attempt left, NULL where it left none."""
    wanted = items_of(many_ids("job_ids"), "wanted", BigInteger)
    job = oban_tables(question.oban_schema).jobs.alias("job")
    last = items_of(job.c.errors, "attempts", JSONB)
    error = (
        select(func.coalesce(string_at(last.c.item, "error"), lit("")))
        .select_from(last)
        .where(at(last.c.item, "attempt") == func.to_jsonb(job.c.attempt))
        .limit(sql("1"))
        .scalar_subquery()
    )
    state = cast(job.c.state, Text)
    return (
        select(
            wanted.c.item.label("id"),
            state.label("state"),
            job.c.attempted_at,
            error.label("error"),
        )
        .select_from(wanted.outerjoin(job, job.c.id == wanted.c.item))
        .where(or_(job.c.id.is_(None), state.in_([lit(word) for word in FINISHED])))
    )
