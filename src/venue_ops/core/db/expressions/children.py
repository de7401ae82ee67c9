"""The enrichments that a backfill started, found without a parent id.

A new-shape backfill writes which venues it started jobs for and how many. Its children are
the enrichment jobs of those venues with the same providers, inserted while it ran (with
some slack: two clocks), the earliest `jobs_spawned` of them. They are found through the GIN
index on args, one look-up a venue, and are always younger than their backfill.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    FromClause,
    Interval,
    ScalarSelect,
    Text,
    and_,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy import Table as SqlTable

from venue_ops.core.db.expressions import paths
from venue_ops.core.db.expressions.jobs import ZERO, JobColumns, is_kind
from venue_ops.core.db.expressions.outcomes import venue_enrichment_outcome
from venue_ops.core.db.expressions.values import (
    Json,
    any_name,
    at,
    elements_of,
    json_id,
    json_lit,
    lit,
    number_at,
    once,
)
from venue_ops.core.models import JobKind, Outcome
from venue_ops.core.vocabulary import CHILD_SLACK_SECONDS, CHILDREN_RANKED, UNFINISHED

SLACK = literal_column(f"interval '{CHILD_SLACK_SECONDS} seconds'", Interval)


def providers_of(args: Json) -> Json:
    """The providers of args, in one spelling: none, null and [] mean all of them."""
    single = at(args, "provider")
    many = at(args, "providers")
    return case(
        (func.jsonb_typeof(many) == lit("array"), many),
        (func.jsonb_typeof(single) == lit("string"), func.jsonb_build_array(single)),
        else_=json_lit("[]"),
    )


def spawn_limit(meta: Json) -> ColumnElement[Any]:
    """How many children a backfill says it has; NULL where it does not say."""
    number = number_at(meta, "jobs_spawned")
    most = cast(func.least(number, literal_column("1000000")), BigInteger)
    return case((number >= ZERO, most))


def children_of(parent: FromClause, jobs: SqlTable) -> Any:
    """The ids and outcomes of a backfill's children: a lateral subquery (id, outcome)."""
    jobs_of_venue = jobs.alias("jobs_of_venue")
    items = elements_of(at(parent.c.meta, "venue_ids"), "spawned")
    value = items.c.value
    named = (
        select(json_id(value).label("venue_id"))
        .distinct()
        .select_from(items)
        .where(json_id(value).is_not(None))
        .correlate(parent)
        .subquery("spawned_venues")
    )
    path = paths.quickest("venue_id", named.c.venue_id).label("path")
    spawned = (
        select(named.c.venue_id, path)
        .offset(literal_column("0"))
        .correlate(parent)
        .lateral("spawned_paths")
    )
    # Fenced (OFFSET 0): given the chance to see `id > parent.id`, the planner walks the
    # primary key from the parent to the end of the table instead of asking the GIN index.
    child = (
        select(jobs_of_venue)
        .where(paths.matches(jobs_of_venue.c.args, spawned.c.path))
        .offset(literal_column("0"))
        .correlate(spawned)
        .lateral("child")
    )
    return (
        select(child.c.id, venue_enrichment_outcome(JobColumns.of(child)).label("outcome"))
        .select_from(spawned.join(child, true()))
        .where(
            is_kind(child.c.worker, JobKind.ENRICHMENT),
            json_id(at(child.c.args, "venue_id")) == spawned.c.venue_id,
            child.c.id > parent.c.id,
            child.c.inserted_at >= parent.c.attempted_at - SLACK,
            child.c.inserted_at <= parent.c.completed_at + SLACK,
            providers_of(child.c.args) == providers_of(parent.c.args),
        )
        .order_by(child.c.id)
        .limit(spawn_limit(parent.c.meta))
        .correlate(parent)
        .lateral("children")
    )


def children_tally(parent: FromClause, jobs: SqlTable) -> ScalarSelect[Any]:
    """How many children came to what, as jsonb {outcome: n}; NULL when none is left."""
    children = children_of(parent, jobs)
    counted = (
        select(children.c.outcome, func.count().label("n"))
        .select_from(children)
        .group_by(children.c.outcome)
        .correlate(parent)
        .lateral("tally")
    )
    return (
        select(func.jsonb_object_agg(counted.c.outcome, counted.c.n))
        .select_from(counted)
        .correlate(parent)
        .scalar_subquery()
    )


def outcome_of_tally(tally: Json) -> ColumnElement[str]:
    """The twin of `classification.jobs.children_outcome`, over a tally; never NULL."""

    def any_of(*outcomes: Outcome) -> ColumnElement[bool]:
        words = literal_column("'{" + ",".join(outcomes) + "}'::text[]", ARRAY(Text))
        return any_name(tally, words)

    good = any_of(Outcome.SUCCESS, Outcome.PARTIAL)
    bad = any_of(Outcome.FAILED, Outcome.PARTIAL, Outcome.CANCELLED)
    return case(
        (any_of(*UNFINISHED), lit(Outcome.RUNNING)),
        (and_(good, bad), lit(Outcome.PARTIAL)),
        *((any_of(outcome), lit(outcome)) for outcome in CHILDREN_RANKED),
        else_=lit(Outcome.UNKNOWN),
    )


def children_outcome(parent: FromClause, jobs: SqlTable) -> ScalarSelect[Any]:
    """The outcome of a fanned-out backfill, from the children that are still there."""
    tally = once(children_tally(parent, jobs), "tally", parent)
    return (
        select(outcome_of_tally(tally.c.tally))
        .select_from(tally)
        .correlate(parent)
        .scalar_subquery()
    )
