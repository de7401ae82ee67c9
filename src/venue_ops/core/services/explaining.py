"""Explanations of a job, a venue or an image."""

from __future__ import annotations

from venue_ops.core.explaining import Explanation, explain_image, explain_job, explain_venue
from venue_ops.core.planning import Blocker, Grain, Policy, VenuePlan
from venue_ops.core.references import ImageReference
from venue_ops.core.retry.rows import Rows
from venue_ops.core.services.details import image_detail, job_detail, venue_detail
from venue_ops.core.services.plans import Scope, image_scope, plans
from venue_ops.core.services.source import Source


def image(source: Source, rows: Rows, typed: str) -> Explanation:
    """Of one image. Raises UsageError and NotFoundError."""
    detail = image_detail(source, ImageReference.parse(typed))
    plan = _plan(source, rows, image_scope(source, [typed]))
    assert plan is not None  # the scope names an image that is there  # noqa: S101
    return explain_image(plan.items[0], detail.image, plan.blocker)


def venue(source: Source, rows: Rows, typed: str) -> Explanation:
    """Of one venue. Raises NotFoundError."""
    detail = venue_detail(source, typed)
    plan = _plan(source, rows, _only(detail.id))
    plan = plan or VenuePlan(detail.id, detail.slug, detail.name, ())
    return explain_venue(detail, plan, _blocker(source, rows, detail.id))


def job(source: Source, rows: Rows, job_id: int) -> Explanation:
    """Of one job. Raises NotFoundError."""
    detail = job_detail(source, job_id)
    named = detail.operation.venue
    if named is None or named.id is None or named.slug is None:
        return explain_job(detail, None, None)
    plan = _plan(source, rows, _only(named.id))
    return explain_job(detail, plan, _blocker(source, rows, named.id))


def _blocker(source: Source, rows: Rows, venue_id: int) -> Blocker | None:
    """Asked for apart: a plan that takes nothing does not look for it."""
    return rows.blockers([venue_id], source.now()).get(venue_id)


def _only(venue_id: int) -> Scope:
    """By id: a slug can be the number of another venue."""
    return Scope(Grain.VENUE, "", venues=(venue_id,))


def _plan(source: Source, rows: Rows, scope: Scope) -> VenuePlan | None:
    policy = Policy(max_retries=source.max_retries)
    return next(plans(source, rows, scope, policy), None)
