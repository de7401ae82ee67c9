"""The children of all backfills at once: the same rule as `children.children_of`.

That one looks a backfill's venues up one by one, which is right for a page. To roll up every
backfill of a table it is quicker to join all enrichments with all venues that any backfill
started a job for.
"""

from __future__ import annotations

from sqlalchemy import CTE, and_, func, or_, select, true
from sqlalchemy import Table as SqlTable

from venue_ops.core.db.expressions.children import SLACK, providers_of, spawn_limit
from venue_ops.core.db.expressions.jobs import JobColumns, is_kind
from venue_ops.core.db.expressions.outcomes import fans_out, venue_enrichment_outcome
from venue_ops.core.db.expressions.values import at, elements_of, json_id
from venue_ops.core.models import JobKind


def all_tallies(jobs: SqlTable) -> CTE:
    """(parent_id, tally) of every fanned-out backfill that has a child left."""
    parent = jobs.alias("parent")
    items = elements_of(at(parent.c.meta, "venue_ids"), "spawned")
    spawned = (
        select(
            parent.c.id.label("parent_id"),
            json_id(items.c.value).label("venue_id"),
            (parent.c.attempted_at - SLACK).label("earliest"),
            (parent.c.completed_at + SLACK).label("latest"),
            providers_of(parent.c.args).label("providers"),
            spawn_limit(parent.c.meta).label("most"),
        )
        .distinct()
        .select_from(parent.join(items, true()))
        .where(fans_out(JobColumns.of(parent)), json_id(items.c.value).is_not(None))
        .cte("spawned_by_all")
        .prefix_with("MATERIALIZED")
    )
    enrichment = jobs.alias("enrichment")
    started = (
        select(
            enrichment.c.id,
            enrichment.c.inserted_at,
            json_id(at(enrichment.c.args, "venue_id")).label("venue_id"),
            providers_of(enrichment.c.args).label("providers"),
        )
        .where(is_kind(enrichment.c.worker, JobKind.ENRICHMENT))
        .cte("started")
        .prefix_with("MATERIALIZED")
    )
    place = func.row_number().over(partition_by=spawned.c.parent_id, order_by=started.c.id)
    found = (
        select(spawned.c.parent_id, spawned.c.most, started.c.id, place.label("place"))
        .select_from(
            spawned.join(
                started,
                and_(
                    started.c.venue_id == spawned.c.venue_id,
                    started.c.id > spawned.c.parent_id,
                    started.c.inserted_at >= spawned.c.earliest,
                    started.c.inserted_at <= spawned.c.latest,
                    started.c.providers == spawned.c.providers,
                ),
            )
        )
        .cte("found_children")
        .prefix_with("MATERIALIZED")
    )
    child = jobs.alias("child_of_any")
    decided = (
        select(found.c.parent_id, venue_enrichment_outcome(JobColumns.of(child)).label("outcome"))
        .select_from(found.join(child, child.c.id == found.c.id))
        .where(or_(found.c.most.is_(None), found.c.place <= found.c.most))
        .subquery("decided_children")
    )
    counted = (
        select(decided.c.parent_id, decided.c.outcome, func.count().label("n"))
        .group_by(decided.c.parent_id, decided.c.outcome)
        .subquery("counted_children")
    )
    return (
        select(
            counted.c.parent_id,
            func.jsonb_object_agg(counted.c.outcome, counted.c.n).label("tally"),
        )
        .group_by(counted.c.parent_id)
        .cte("tallies")
    )
