"""What a job row asks of `venue-ops worker` (pure).

`--enqueue --engine python` writes `{"venue_id": 1, "images": {"gp-848af5ab31": 1}, "force": true}`:
the images by the end of their ids, with the retries that each had had by then; `max_retries` where
another limit was given. Rows are written by whoever may insert them, so any JSON can stand there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from venue_ops.core.classification.values import elements, member, whole
from venue_ops.core.models import Json, Retryability
from venue_ops.core.planning.decisions import plan_venue
from venue_ops.core.planning.models import Item, Policy, Reason, Venue, VenuePlan

_MOST_IMAGES = 10_000


@dataclass(frozen=True, slots=True)
class JobArgs:
    """One venue, and of its images those that are meant, with the retries they had had."""

    venue_id: int
    images: Mapping[str, int]
    force: bool = False
    max_retries: int | None = None


def job_args(args: Json) -> JobArgs | str:
    """What is asked, or a sentence that says why it cannot be."""
    if not isinstance(args, Mapping):
        return "Its args are no object."
    venue_id = whole(args, "venue_id")
    if venue_id is None:
        return "Its args name no venue by a number (venue_id)."
    images = member(args, "images")
    if not isinstance(images, Mapping) or not images:
        return "Its args name no images with their retries (images)."
    if len(images) > _MOST_IMAGES:
        return f"Its args name more than {_MOST_IMAGES:,} images."
    retries = {name: whole(images, name) for name in images}
    if any(count is None for count in retries.values()):
        return "Its args give retries of an image that are no whole number (images)."
    force = args.get("force", False)
    if not isinstance(force, bool):
        return "Its args say neither yes nor no to force."
    limit = whole(args, "max_retries")
    if limit is None and args.get("max_retries") is not None:
        return "Its args give a limit of retries that is no whole number (max_retries)."
    return JobArgs(venue_id, {k: v for k, v in retries.items() if v is not None}, force, limit)


def run_of(tags: Json, job_id: int) -> str:
    """The run that inserted the row, as its tags say; else the job itself."""
    for tag in elements(tags):
        if isinstance(tag, str) and tag.startswith("run-") and len(tag) > len("run-"):
            return tag.removeprefix("run-")
    return f"job-{job_id}"


def policy_of_job(asked: JobArgs, max_retries: int) -> Policy:
    """Takes whatever is named, of any class: who enqueued it has chosen.

    An image whose retries are spent by now is tried once: it was taken then.
    """
    given = max_retries if asked.max_retries is None else asked.max_retries
    limit = max(given, *(count + 1 for count in asked.images.values()))
    return Policy(classes=frozenset(Retryability), max_retries=limit, force=asked.force)


def plan_job(
    venue: Venue, images: Iterable[Json], asked: JobArgs, policy: Policy
) -> tuple[VenuePlan, frozenset[str]]:
    """The plan for the images that are named, and the names that no image of the venue has.

    One that was tried since, or is failed no more, is in the plan and not taken.
    """
    whole_plan = plan_venue(venue, list(enumerate(images, start=1)), policy)
    named: dict[str, Item] = {}
    for item in whole_plan.items:
        name = (item.id or "").rpartition("/")[2]
        if name in asked.images and (name not in named or item.is_taken):
            named[name] = _as_asked(item, asked.images[name])
    plan = replace(whole_plan, items=tuple(named.values()))
    return plan, frozenset(asked.images) - frozenset(named)


def _as_asked(item: Item, retries: int) -> Item:
    if item.is_taken and item.retries != retries:
        return replace(item, reason=Reason.CHANGED)
    return item
