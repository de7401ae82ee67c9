"""What the database answers to a plan that is enqueued, and the plan that comes of it (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from venue_ops.core.planning.models import Blocker, Item, Reason, VenuePlan


@dataclass(frozen=True, slots=True)
class Wanted:
    """The images of some plans in one order; their places in it, from 1, are their numbers."""

    items: tuple[Item, ...]

    @classmethod
    def of(cls, plans: Iterable[VenuePlan]) -> Wanted:
        """All that are taken."""
        return cls(tuple(item for plan in plans for item in plan.taken))


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one venue: its job, or why it has none.

    `chosen` are the numbers of the wanted images that the job means; the others changed.
    """

    venue_id: int
    job_id: int | None
    reason: Reason | None
    chosen: frozenset[int]
    blocker: Blocker | None


def looked(
    plans: Sequence[VenuePlan], wanted: Wanted, answers: Mapping[int, Answer]
) -> Iterator[VenuePlan]:
    """The plans less what cannot be enqueued, with the reason."""
    numbers = {item: number for number, item in enumerate(wanted.items, start=1)}
    for plan in plans:
        answer = answers.get(plan.venue_id)
        if answer is None:
            yield plan
            continue
        items = tuple(
            _looked(item, answer, numbers[item]) if item.is_taken else item for item in plan.items
        )
        yield replace(plan, items=items, blocker=answer.blocker or plan.blocker)


def _looked(item: Item, answer: Answer, number: int) -> Item:
    if answer.reason is not None:
        return replace(item, reason=answer.reason, blocker=answer.blocker)
    return item if number in answer.chosen else replace(item, reason=Reason.CHANGED)
