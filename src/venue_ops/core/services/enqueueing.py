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
from venue_ops.core.db.questions import Enqueue, JobStates
from venue_ops.core.enums import Engine
from venue_ops.core.planning import Blocker, Reason, VenuePlan
from venue_ops.core.planning.enqueueing import Answer, Wanted, looked
from venue_ops.core.retry.standing import name_of_id
from venue_ops.core.services.source import Source, naive_utc
from venue_ops.core.vocabulary import FINISHED

LOOKED_AT = 5_000
"""Venues in one look, which takes the unfinished jobs once."""

AT_ONCE = 10_000
"""Venues in one transaction: its images are a few megabytes, and it holds the lock for less than
a second."""


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
            wanted = Wanted.of(some)
            yield from looked(some, wanted, self._answers(wanted, looks=True))

    def insert(self, plans: Sequence[VenuePlan]) -> tuple[Wanted, dict[int, Answer]]:
        """A job for each venue that may have one, in one transaction; all of them or none."""
        wanted = Wanted.of(plans)
        return wanted, self._answers(wanted, looks=False)

    def _answers(self, wanted: Wanted, *, looks: bool) -> dict[int, Answer]:
        if not wanted.items:
            return {}
        question = Enqueue(self.source.oban_schema, self.rows.engine, self._unfinished, looks)
        asked = {
            **self.source.common_parameters(),
            "enrichment_queue": self.enrichment_queue,
            "touched_since": naive_utc(self.source.now() - self.settle),
            "run_tag": self.rows.run_tag,
            "wanted": json.dumps(
                [
                    {
                        "number": number,
                        "venue_id": item.venue_id,
                        "provider": item.source.provider,
                        "url": item.source.url,
                        "retries": item.retries,
                        "name": name_of_id(item.id or ""),
                    }
                    for number, item in enumerate(wanted.items, start=1)
                ],
                ensure_ascii=False,
            ),
        }
        if looks:
            found = self.source.database.ask(question, asked)
        else:
            found = self.source.database.tell(question, {**asked, **self._row()}, lock=LOCK)
        return {row["venue_id"]: _answer(row) for row in found}

    def _row(self) -> dict[str, Any]:
        rows = self.rows
        return {
            "queue": rows.queue,
            "worker": rows.worker,
            "tags": list(rows.tags),
            "priority": rows.priority,
            "options": json.dumps(rows.options),
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
    return Answer(row["venue_id"], row["job_id"], reason, frozenset(row["chosen"] or ()), blocker)
