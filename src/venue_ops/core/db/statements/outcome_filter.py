"""The filter by outcome, and the short cuts for outcomes that few jobs can have.

Whether a backfill is still running is known only by rolling up its children, which costs
milliseconds a backfill. Of outcomes that follow from a job's state alone or from a child's, most
jobs can be ruled out first. The short cuts depend on the values bound to `outcomes`; they are
there when the statement is planned, and the planner drops the branches that cannot matter.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    Boolean,
    ColumnElement,
    FromClause,
    Interval,
    Text,
    and_,
    case,
    cast,
    func,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import array

from venue_ops.core.db.expressions.children import SLACK, children_outcome
from venue_ops.core.db.expressions.jobs import JobColumns, is_kind
from venue_ops.core.db.expressions.outcomes import job_outcome
from venue_ops.core.db.expressions.values import is_one_of, lit
from venue_ops.core.db.schema import ObanTables
from venue_ops.core.db.statements.parameters import many_texts
from venue_ops.core.models import JobKind, Outcome
from venue_ops.core.vocabulary import COMPLETED, DISCARDED, STATE_OUTCOMES, UNFINISHED

_BY_STATE = (*UNFINISHED, Outcome.CANCELLED)
"""Outcomes of a state other than completed and discarded, or of a backfill with such a child."""

_TICK = literal_column("interval '1 microsecond'", Interval)


def has_outcome(job: FromClause, oban: ObanTables) -> ColumnElement[bool]:
    """Whether a job came to one of the bound `outcomes`."""
    outcome = job_outcome(JobColumns.of(job), children_outcome(job, oban.jobs))
    moments = _moments_of_children(oban)
    few = job.c.id == func.any(func.array(_that_may_run(oban, moments)))
    return and_(
        or_(not_(_only(Outcome.RUNNING)), few),
        or_(not_(_only(*_BY_STATE)), _may_be(job, moments)),
        outcome == func.any(many_texts("outcomes")),
    )


def _only(*outcomes: Outcome) -> ColumnElement[bool]:
    """Whether nothing but these was asked for: known when the statement is planned."""
    words = literal_column("'{" + ",".join(outcomes) + "}'::text[]", ARRAY(Text))
    return many_texts("outcomes").op("<@", return_type=Boolean())(words)


def _asked(outcome: Outcome) -> ColumnElement[bool]:
    return lit(outcome) == func.any(many_texts("outcomes"))


def _may_be(job: FromClause, moments: CTE) -> ColumnElement[bool]:
    """Implied by every outcome of `_BY_STATE`."""
    finished = is_one_of(cast(job.c.state, Text), (COMPLETED, DISCARDED))
    return or_(
        not_(finished),
        and_(is_kind(job.c.worker, JobKind.BACKFILL), _has_child_at(job, moments)),
    )


def _that_may_run(oban: ObanTables, moments: CTE) -> Any:
    """The ids of all jobs that can be running: executing, or a backfill with such children.

    Both from an index: Oban's on the state, and the one on meta, where a backfill that started
    other jobs has written their venues.
    """
    executing = oban.jobs.alias("executing")
    parent = oban.jobs.alias("may_run")
    running = [state for state, outcome in STATE_OUTCOMES.items() if outcome is Outcome.RUNNING]
    started = parent.c.meta.op("?", return_type=Boolean())(lit("venue_ids"))
    return (
        select(executing.c.id)
        .where(executing.c.state == func.any(_states(oban, *running)))
        .union_all(
            select(parent.c.id).where(
                started,
                is_kind(parent.c.worker, JobKind.BACKFILL),
                _has_child_at(parent, moments),
            )
        )
        .scalar_subquery()
    )


def _moments_of_children(oban: ObanTables) -> CTE:
    """When the enrichments were inserted whose state can decide: one sorted array."""
    child = oban.jobs.alias("deciding_child")
    words = {
        asked: [word for word, outcome in STATE_OUTCOMES.items() if outcome in outcomes]
        for asked, outcomes in (
            (Outcome.RUNNING, UNFINISHED),
            (Outcome.CANCELLED, (Outcome.CANCELLED,)),
        )
    }
    deciding = [case((_asked(asked), _states(oban, *words[asked]))) for asked in words]
    sorted_moments = (
        select(child.c.inserted_at)
        .where(
            or_(*(child.c.state == func.any(states) for states in deciding)),
            is_kind(child.c.worker, JobKind.ENRICHMENT),
        )
        .order_by(child.c.inserted_at)
        .scalar_subquery()
    )
    moments = select(func.array(sorted_moments).label("sorted"))
    return moments.cte("moments").prefix_with("MATERIALIZED")


def _has_child_at(parent: FromClause, moments: CTE) -> ColumnElement[bool]:
    """Whether any of the moments lies within the parent's run: two binary searches."""
    inserted = select(moments.c.sorted).scalar_subquery()
    until = func.width_bucket(parent.c.completed_at + SLACK, inserted)
    before = func.width_bucket(parent.c.attempted_at - SLACK - _TICK, inserted)
    return until > before


def _states(oban: ObanTables, *words: str) -> ColumnElement[Any]:
    """The states of these names as an array of the enum; NULL for one that this database lacks.

    Such a state cannot even be named, hence the way through the enum's own list. The planner
    works this expression out beforehand and so knows how few jobs there are of each state; a cast
    of the list to text[] it would not, and might read the whole table.
    """
    known = func.enum_range(cast(literal_column("NULL"), oban.state), type_=ARRAY(oban.state))
    comma = lit(",")
    labels = func.string_to_array(func.array_to_string(known, comma), comma)
    return array([known[func.array_position(labels, lit(word))] for word in words])
