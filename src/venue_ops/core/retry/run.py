"""What a run works with, when it is over, and what it reports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from venue_ops.core.models import Json
from venue_ops.core.net.errors import ImageError
from venue_ops.core.net.stores import StoredObject
from venue_ops.core.planning import Item, Policy
from venue_ops.core.retry.attempts import Attempts, Provider
from venue_ops.core.retry.journal import Journal
from venue_ops.core.retry.leases import Leases
from venue_ops.core.retry.outcomes import Outcome, Result, Stop, Summary
from venue_ops.core.retry.rows import RowsPool
from venue_ops.core.retry.standing import Entry, StorePlace, usable


@dataclass(frozen=True, slots=True)
class Budget:
    """Where a run stops by itself; None is nowhere.

    `venues` are those that have something to try, `seconds` count from its start, cost is in
    dollars.
    """

    venues: int | None = None
    images: int | None = None
    seconds: float | None = None
    cost: Decimal | None = None


NO_BUDGET = Budget()


@dataclass(frozen=True, slots=True)
class Run:
    """What a run works with.

    `clock` is monotonic seconds, `now` the time of day. `source_url` gives the URL to fetch for
    the one that is stored: with the key of today. `root` is the store's folder above the venues'.
    `provider` makes one by its name: its pace, its breaker, its slots. `summary` grows while it
    runs, so that it is there whatever ends it. Where `policy` forces, every image is fetched anew,
    whatever the journal says of it. `job_id` is the row that asked for the run, which does not
    stand in its own way.
    """

    id: str
    rows: RowsPool
    attempts: Attempts
    journal: Journal
    leases: Leases
    provider: Callable[[str], Provider]
    source_url: Callable[[str], str]
    root: str
    policy: Policy
    clock: Callable[[], float]
    now: Callable[[], datetime]
    emit: Callable[[Outcome], None]
    budget: Budget = NO_BUDGET
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    venues_at_once: int = 100
    job_id: int | None = None
    summary: Summary = field(default_factory=Summary)

    @property
    def place(self) -> StorePlace:
        """Where its photos are put."""
        return StorePlace(self.attempts.store.label, self.root)

    def stored(self, venue_id: int, images: Iterable[Json]) -> dict[str, Entry]:
        """By image id, what lies in the store already and only has to be written."""
        if self.policy.force:
            return {}
        return usable(self.journal.entries(venue_id), images, self.place)


_PAID_FOR = (Stop.MAX_IMAGES, Stop.MAX_COST, Stop.LIMIT)
"""What is begun counts already, so it is not broken off in a wait."""


class Ending:
    """Whether more images may be begun; those in flight always finish.

    Only waits end with the run, at once: for a turn, between tries, for what a server asked for.
    Made within the event loop, whose timer ends the run when its time is up.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._summary = run.summary
        self._began = run.clock()
        self._venues = self._started = 0
        self._spent = Decimal(0)
        self.is_limited = False
        self.problem: Exception | None = None
        seconds = run.budget.seconds
        loop = asyncio.get_running_loop()
        self._timer = (
            None if seconds is None else loop.call_later(seconds, self.stop, Stop.MAX_DURATION)
        )

    def begin_venue(self) -> bool:
        """Whether one more venue may be begun; it counts then.

        A budget of venues lets those that were begun come to their end.
        """
        most = self._run.budget.venues
        self.is_limited = most is not None and self._venues >= most
        if self.is_limited or self.is_over():
            return False
        self._venues += 1
        return True

    def begin(self, provider: str) -> bool:
        """Whether one more image may be begun; it counts then."""
        if self.is_over():
            return False
        self._started += 1
        self._spent += self._run.prices.get(provider, Decimal(0))
        return True

    def stop(self, why: Stop) -> None:
        """The first reason stays."""
        self._summary.stopped = self._summary.stopped or why
        if why not in _PAID_FOR:
            self._run.attempts.ended.set()

    def settled(self) -> None:
        """All images have come to their end: the time that is left does not count any more."""
        if self._timer is not None:
            self._timer.cancel()

    def abandon(self, problem: Exception) -> None:
        """End the run with a fault that is no image's; the first one stays."""
        self.problem = self.problem or problem
        self.stop(Stop.OWN_FAULT)

    def is_over(self) -> bool:
        """Stopped, or a budget is used up."""
        budget = self._run.budget
        if budget.images is not None and self._started >= budget.images:
            self.stop(Stop.MAX_IMAGES)
        if budget.seconds is not None and self._run.clock() - self._began >= budget.seconds:
            self.stop(Stop.MAX_DURATION)
        if budget.cost is not None and self._spent >= budget.cost:
            self.stop(Stop.MAX_COST)
        return self._summary.stopped is not None


class Report:
    """Counts outcomes and passes them on.

    Who hears of them may fail: a full disk, a reader that went away. That ends the run, but not
    what is in flight.
    """

    def __init__(self, run: Run, ending: Ending) -> None:
        self._run = run
        self._ending = ending

    def done(
        self,
        item: Item,
        result: Result,
        message: str | None = None,
        *,
        error: ImageError | None = None,
        stored: StoredObject | None = None,
    ) -> None:
        """One image has come to its end."""
        outcome = Outcome(
            item=item,
            result=result,
            at=self._run.now(),
            error_type=error.error_type if error else None,
            status_code=error.status_code if error else None,
            message=error.message if error else message,
            url=stored.url if stored else None,
            path=stored.path if stored else None,
        )
        self._run.summary.add(outcome)
        try:
            self._run.emit(outcome)
        except Exception as problem:  # it is raised when the run has ended
            self._ending.abandon(problem)
