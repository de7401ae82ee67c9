"""Retries as job rows: what can be enqueued, and enqueueing it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import islice
from typing import Any

from venue_ops.core.db.locks import LOCK
from venue_ops.core.db.questions import Enqueue, EnqueueSeen, JobStates
from venue_ops.core.enums import Engine
from venue_ops.core.planning import Blocker, Reason, VenuePlan
from venue_ops.core.planning.enqueueing import Answer, Inserted, inserted, looked, numbered
from venue_ops.core.planning.models import Seen
from venue_ops.core.retry.standing import name_of_id
from venue_ops.core.services.source import Source, naive_utc
from venue_ops.core.vocabulary import FINISHED

LOOKED_AT = 5_000
"""Venues in one look, which takes the unfinished jobs once."""

AT_ONCE = 20_000
"""Venues in one transaction: what is sent is a few megabytes, and it holds the lock for some half a
second, or somewhat more than one where all of them were written since they were looked at."""


@dataclass(frozen=True, slots=True)
class JobRows:
    """The rows that are inserted. A queue's smaller priorities come first, 0 to 3.

    `forced`, and `max_retries` where it is another limit than that of the settings, are for
    Python; the application's job knows neither.
    """

    engine: Engine
    queue: str
    worker: str
    priority: int
    run_id: str
    forced: bool = False
    max_retries: int | None = None

    @property
    def tags(self) -> tuple[str, ...]:
        """What tells them from the application's own."""
        return "venue-ops", self.run_tag

    @property
    def options(self) -> dict[str, Any]:
        """What their args say besides the images."""
        forced = {"force": True} if self.forced else {}
        return forced if self.max_retries is None else {**forced, "max_retries": self.max_retries}

    @property
    def run_tag(self) -> str:
        """What tells the rows of one run from all others."""
        return f"run-{self.run_id}"


@dataclass(frozen=True)
class Enqueueing:
    """Enqueues plans into one database; `enrichment_queue` is the application's.

    `settle`: a job that was begun more recently than that may be at work though it is discarded.
    """

    source: Source
    enrichment_queue: str
    rows: JobRows
    at_once: int = field(default=AT_ONCE)
    settle: timedelta = timedelta(minutes=2)

    def look(self, plans: Iterable[VenuePlan]) -> Iterator[VenuePlan]:
        """The plans less what could not be enqueued now, with the reason."""
        for some in batches(plans, LOOKED_AT):
            yield from looked(some, self._answers(some, looks=True))

    def insert(self, plans: Sequence[VenuePlan]) -> Iterator[Sequence[Inserted]]:
        """A job for each venue that may have one, and what became of each plan.

        Those that were looked at, and whose venues are as they were, come first, then all others:
        each in a transaction of its own, whose rows are there when it yields. Raises DatabaseError.
        """
        jobs = self._insert_seen([plan for plan in plans if plan.seen])
        if jobs:
            yield [
                Inserted(plan, jobs[plan.venue_id], plan.taken)
                for plan in plans
                if plan.venue_id in jobs
            ]
        others = [plan for plan in plans if plan.venue_id not in jobs]
        if others:
            yield list(inserted(others, self._answers(others, looks=False)))

    def _insert_seen(self, plans: Sequence[VenuePlan]) -> dict[int, int]:
        """The jobs by venue."""
        if not plans:
            return {}
        seen = [plan.seen for plan in plans if plan.seen is not None]
        each = {
            "seen_ids": [str(plan.venue_id) for plan in plans],
            "seen_xmins": [of.xmin for of in seen],
            "seen_ctids": [of.ctid for of in seen],
            "seen_args": [of.args for of in seen],
        }
        question = EnqueueSeen(self.source.oban_schema, self._unfinished)
        many = {name: "\n".join(words) for name, words in each.items()}
        (row,) = self.source.database.tell(
            question, {**self._asked(), **self._row(), **many}, lock=LOCK
        )
        return dict(zip(row["venue_ids"] or (), row["job_ids"] or (), strict=True))

    def _answers(self, plans: Sequence[VenuePlan], *, looks: bool) -> dict[int, Answer]:
        wanted = [
            {
                "number": number,
                "venue_id": item.venue_id,
                "provider": item.source.provider,
                "url": item.source.url,
                "retries": item.retries,
                "name": name_of_id(item.id or ""),
            }
            for _, taken in numbered(plans)
            for number, item in taken.items()
        ]
        if not wanted:
            return {}
        question = Enqueue(self.source.oban_schema, self.rows.engine, self._unfinished, looks)
        asked = {**self._asked(), "wanted": json.dumps(wanted, ensure_ascii=False)}
        if looks:
            found = self.source.database.ask(question, asked)
        else:
            found = self.source.database.tell(question, {**asked, **self._row()}, lock=LOCK)
        return {row["venue_id"]: _answer(row) for row in found}

    def _asked(self) -> dict[str, Any]:
        return {
            **self.source.common_parameters(),
            "enrichment_queue": self.enrichment_queue,
            "touched_since": naive_utc(self.source.now() - self.settle),
            "run_tag": self.rows.run_tag,
            "options": json.dumps(self.rows.options),
        }

    def _row(self) -> dict[str, Any]:
        rows = self.rows
        return {
            "queue": rows.queue,
            "worker": rows.worker,
            "tags": list(rows.tags),
            "priority": rows.priority,
            "now": naive_utc(self.source.now()),
            "channel": f"{self.source.oban_schema}.oban_insert",
        }

    @cached_property
    def _unfinished(self) -> tuple[str, ...]:
        """Those of this database's states that may still lead to a write."""
        (row,) = self.source.database.ask(JobStates(self.source.oban_schema), {})
        return tuple(state for state in row["states"] if state not in FINISHED)


def batches(plans: Iterable[VenuePlan], size: int) -> Iterator[Sequence[VenuePlan]]:
    """The plans, some at a time."""
    each = iter(plans)
    while some := tuple(islice(each, size)):
        yield some


def _answer(row: Any) -> Answer:
    reason = None if row["reason"] is None else Reason(row["reason"])
    blocker = (
        Blocker(
            Reason.JOB_UNFINISHED,
            row["blocker_id"],
            row["blocker_worker"],
            row["blocker_state"],
            row["blocker_since"],
        )
        if reason is Reason.JOB_UNFINISHED
        else None
    )
    is_free = reason is None and row["xmin"] is not None
    return Answer(
        row["venue_id"],
        row["job_id"],
        reason,
        frozenset(row["chosen"] or ()),
        blocker,
        Seen(row["xmin"], row["ctid"], row["args"]) if is_free else None,
    )
