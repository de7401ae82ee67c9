"""What the database answers to a plan that is enqueued, and what comes of the plan (pure).

Images go there and come back by number: from 1, in the order of the plans.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count

from venue_ops.core.planning.models import Blocker, Item, Reason, Seen, VenuePlan


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one venue: its job, or why it has none.

    `chosen` are the numbers of the images that the job means; the others changed. `seen` is for
    a later insert.
    """

    venue_id: int
    job_id: int | None
    reason: Reason | None
    chosen: frozenset[int]
    blocker: Blocker | None
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class Inserted:
    """What became of one plan: its job and the images that it means; the images that are left.

    Those changed since they were planned, or there is a reason or a blocker for them all.
    """

    plan: VenuePlan
    job_id: int | None
    items: tuple[Item, ...]
    left: tuple[Item, ...] = ()
    reason: Reason | None = None
    blocker: Blocker | None = None


def numbered(plans: Iterable[VenuePlan]) -> Iterator[tuple[VenuePlan, Mapping[int, Item]]]:
    """Each plan with the images that it takes, by their numbers."""
    numbers = count(1)
    for plan in plans:
        yield plan, {number: item for item, number in zip(plan.taken, numbers, strict=False)}


def looked(plans: Iterable[VenuePlan], answers: Mapping[int, Answer]) -> Iterator[VenuePlan]:
    """The plans less what cannot be enqueued, with the reason."""
    for plan, taken in numbered(plans):
        answer = answers.get(plan.venue_id)
        if answer is None:
            yield plan
            continue
        if answer.reason is None and len(answer.chosen) == len(taken):
            yield replace(plan, seen=answer.seen)
            continue
        numbers = iter(taken)
        items = tuple(
            _looked(item, answer, next(numbers)) if item.is_taken else item for item in plan.items
        )
        yield replace(plan, items=items, blocker=answer.blocker or plan.blocker, seen=answer.seen)


def _looked(item: Item, answer: Answer, number: int) -> Item:
    if answer.reason is not None:
        return replace(item, reason=answer.reason, blocker=answer.blocker)
    return item if number in answer.chosen else replace(item, reason=Reason.CHANGED)


def inserted(plans: Iterable[VenuePlan], answers: Mapping[int, Answer]) -> Iterator[Inserted]:
    """What became of each plan."""
    for plan, taken in numbered(plans):
        if not taken:
            yield Inserted(plan, None, ())
            continue
        answer = answers[plan.venue_id]
        meant = answer.chosen if answer.job_id is not None else frozenset[int]()
        yield Inserted(
            plan,
            answer.job_id,
            tuple(item for number, item in taken.items() if number in meant),
            tuple(item for number, item in taken.items() if number not in meant),
            answer.reason,
            answer.blocker,
        )
