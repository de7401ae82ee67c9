"""A run whose images are retried by somebody else: job rows inserted, and followed to their end."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from venue_ops.core.db.questions import EndedJobs
from venue_ops.core.planning import Item, VenuePlan
from venue_ops.core.planning.enqueueing import Inserted
from venue_ops.core.planning.words import REASONS
from venue_ops.core.retry.following import (
    GONE,
    Followed,
    JobEnd,
    are_done,
    may_run_still,
    outcome_of,
)
from venue_ops.core.retry.outcomes import Outcome, Result, Stop, Summary
from venue_ops.core.retry.rows import Rows
from venue_ops.core.retry.run import Budget
from venue_ops.core.retry.state import StateFolder
from venue_ops.core.services.enqueueing import Enqueueing, batches

FIRST_LOOK, LONGEST_PAUSE = 0.2, 2.0
"""Seconds between two looks at the rows: a few at first, for a job of one image takes no more."""


@dataclass(frozen=True, slots=True)
class JobRun:
    """What such a run is made from. `clock` is monotonic seconds.

    `waits` follows the rows to their end; a budget's `seconds` are of that. `settle` is how long
    a row that Lifeline discarded is given.
    """

    run_id: str
    state: StateFolder
    clock: Callable[[], float]
    now: Callable[[], datetime]
    enqueueing: Enqueueing
    rows: Rows
    settle: timedelta
    waits: bool

    def execute(
        self,
        plans: Iterator[VenuePlan],
        budget: Budget,
        emit: Callable[[Outcome], None],
        summary: Summary,
        heard: Callable[[], None] = lambda: None,
    ) -> None:
        """Enqueue the plans and, where it waits, follow their jobs.

        The first signal ends it after the batch that is being inserted, and nothing is inserted
        that was still being planned; a second one ends it at once, by KeyboardInterrupt. `summary`
        is what the run comes to, also when this raises: VenueOpsError or what `emit` raised.
        """
        _Execution(self, budget, emit, summary, heard).execute(plans)


class _Execution:
    """One run."""

    def __init__(
        self,
        run: JobRun,
        budget: Budget,
        emit: Callable[[Outcome], None],
        summary: Summary,
        heard: Callable[[], None],
    ) -> None:
        self._run = run
        self._budget = budget
        self._emit = emit
        self._summary = summary
        self._heard = heard
        self._over = threading.Event()
        self._problem: Exception | None = None

    def execute(self, plans: Iterator[VenuePlan]) -> None:
        followed: dict[int, Followed] = {}
        with self._heeding_signals():
            try:
                for some in batches(self._within(plans), self._run.enqueueing.at_once):
                    if self._over.is_set():
                        break
                    self._insert(some, followed)
                self._follow(followed)
            finally:
                for each in followed.values():
                    self._tell_enqueued(each)
        if self._problem is not None:
            raise self._problem

    def _within(self, plans: Iterator[VenuePlan]) -> Iterator[VenuePlan]:
        """Up to the last venue of the budget that has something to enqueue."""
        venues = 0
        for plan in plans:
            if self._over.is_set():
                return
            if not plan.taken:
                continue
            if self._budget.venues is not None and venues >= self._budget.venues:
                self._summary.stopped = self._summary.stopped or Stop.LIMIT
                return
            venues += 1
            yield plan

    def _insert(self, plans: Sequence[VenuePlan], followed: dict[int, Followed]) -> None:
        for some in self._run.enqueueing.insert(plans):
            # What is inserted is known before anything can fail that is told.
            jobs = [
                Followed(each.job_id, each.plan.venue_id, each.items)
                for each in some
                if each.job_id is not None
            ]
            followed.update((job.job_id, job) for job in jobs)
            for each in some:
                self._tell_left(each)
            if not self._run.waits:
                for job in jobs:
                    del followed[job.job_id]
                    self._tell_enqueued(job)
            if self._problem is not None:
                break

    def _tell_left(self, of: Inserted) -> None:
        if (blocker := of.blocker) is not None:
            said = f"job {blocker.job_id} is at its venue ({blocker.state})"
            self._tell_all(of.left, Result.BUSY, said)
        elif of.reason is not None:
            self._tell_all(of.left, Result.CHANGED, REASONS[of.reason])
        else:
            self._tell_all(of.left, Result.CHANGED, "it changed since it was planned")

    def _tell_enqueued(self, job: Followed) -> None:
        for item in job.items:
            said = f"job {job.job_id}"
            now = self._run.now()
            self._tell(Outcome(item, Result.ENQUEUED, now, message=said, job_id=job.job_id))

    def _tell_all(self, items: Sequence[Item], result: Result, message: str) -> None:
        for item in items:
            self._tell(Outcome(item, result, self._run.now(), message=message))

    def _tell(self, outcome: Outcome) -> None:
        """What hears of it may fail: that ends the run, but all that was inserted is told."""
        self._summary.add(outcome)
        try:
            self._emit(outcome)
        except Exception as problem:  # it is raised when the run has ended
            self._problem = self._problem or problem
            self._over.set()

    def _follow(self, followed: dict[int, Followed]) -> None:
        """Look at the rows until all are over, or a signal or the budget ends it."""
        clock, pause = self._run.clock, FIRST_LOOK
        ends_at = math.inf if self._budget.seconds is None else clock() + self._budget.seconds
        while followed and not self._over.is_set():
            looked = clock()
            ended = self._ended(list(followed))
            took = clock() - looked
            for end in ended:
                if self._over.is_set() or clock() >= ends_at:
                    break
                self._end(followed, end)
            if followed and clock() >= ends_at:
                self._summary.stopped = self._summary.stopped or Stop.MAX_DURATION
                return
            if followed:
                pause = min(LONGEST_PAUSE, pause * 1.3)
                wait = min(max(pause, 5 * took), ends_at - clock())
                self._over.wait(max(0.0, wait))

    def _ended(self, job_ids: list[int]) -> list[JobEnd]:
        question = EndedJobs(self._run.rows.oban_schema)
        found = self._run.rows.database.ask(question, {"job_ids": job_ids})
        return [
            JobEnd(row["id"], row["state"] or GONE, row["attempted_at"], row["error"])
            for row in found
        ]

    def _end(self, followed: dict[int, Followed], end: JobEnd) -> None:
        job = followed[end.job_id]
        venue = self._run.rows.venue(job.venue_id)
        images = None if venue is None else venue.images
        now = self._run.now()
        if may_run_still(end, now, self._run.settle) and not are_done(job, images or ()):
            return
        del followed[end.job_id]
        for item in job.items:
            self._tell(outcome_of(item, images, end, now))

    @contextmanager
    def _heeding_signals(self) -> Iterator[None]:
        before: dict[int, Any] = {}

        def heed(number: int, _: Any) -> None:
            if self._summary.signal is not None:
                raise KeyboardInterrupt
            self._summary.signal = number
            self._summary.stopped = self._summary.stopped or Stop.SIGNAL
            self._over.set()
            self._heard()

        for each in (signal.SIGINT, signal.SIGTERM):
            with suppress(ValueError):  # not in the main thread
                before[each] = signal.signal(each, heed)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
