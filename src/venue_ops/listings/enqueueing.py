"""Retrying by job rows: the application's nodes do it, or `venue-ops worker`."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from venue_ops.context import Session
from venue_ops.core.enums import Engine
from venue_ops.core.errors import UsageError
from venue_ops.core.planning import Grain, Policy, Totals, VenuePlan
from venue_ops.core.retry.run import Budget
from venue_ops.core.services.enqueueing import Enqueueing, JobRows
from venue_ops.core.services.job_runs import JobRun
from venue_ops.core.services.plans import Scope, plans
from venue_ops.core.services.rights import refuse_who_may_not_enqueue
from venue_ops.listings.idle import warn_where_idle
from venue_ops.listings.means import Pressure, prices_of, rows_of, run_id
from venue_ops.listings.program import program
from venue_ops.listings.read_only import refuse_where_read_only
from venue_ops.listings.running import Work, job_work
from venue_ops.views import retrying as view

DEAF = timedelta(seconds=600)
"""How long the application drops its own retries of a venue that has a row (domain: uniqueness)."""
_AT_WORK = {Engine.APP: timedelta(), Engine.PYTHON: timedelta(minutes=15)}
"""How long a job may be at work that the application's Lifeline took for dead: the application's as
long as the settings say, one of our worker up to its --rescue-after."""

_SMALL = (Grain.IMAGE, Grain.VENUE)
_FIRST, _LAST = 0, 3
"""Oban's priorities: what somebody waits for comes first, a whole city after all the rest."""


@dataclass(frozen=True, slots=True)
class Enqueued:
    """One way to retry: a job row a venue; `waits` follows them to their end."""

    session: Session
    scope: Scope
    policy: Policy
    budget: Budget
    engine: Engine
    waits: bool
    doing: ClassVar[str] = "Enqueueing"
    would: ClassVar[str] = "A retry would enqueue"

    @property
    def queue(self) -> str:
        """Where the rows go."""
        queues = self.session.settings.queues
        return queues.enrichment if self.engine is Engine.APP else queues.worker

    def planned(self) -> Generator[VenuePlan, None, None]:
        """The plans of its scope, less what cannot be enqueued."""
        source = self.session.source
        drafts = plans(source, rows_of(self.session), self.scope, self.policy)
        yield from self._enqueueing("").look(drafts)

    def said(self, totals: Totals) -> str:
        """`2 images of 1 venue, about $0.014, as 1 job of queue venue_enrichment`."""
        said = view.of_plan(totals, None, totals.cost(prices_of(self.session)))
        jobs = "1 job" if totals.venues == 1 else f"{totals.venues:,} jobs"
        return f"{said}, as {jobs} of queue {self.queue}"

    def refuse_where_read_only(self) -> None:
        """Raise where no row could be inserted."""
        refuse_where_read_only(self.session, refuse_who_may_not_enqueue)

    def note(self, totals: Totals) -> None:
        """That the application does not hear of these venues for a while; that nobody may come."""
        say = self.session.console
        venues = "this venue" if totals.venues == 1 else "these venues"
        say.note(
            f"For {DEAF // timedelta(minutes=1)} minutes the application drops retries of"
            f" {venues} that are asked of itself, though it answers that they are queued."
        )
        if self.engine is Engine.PYTHON:
            hint = f"see that `{program(self.session)} worker` runs"
            warn_where_idle(self.session, [self.queue], hint)
        else:
            warn_where_idle(self.session, [self.queue])

    @contextmanager
    def work(self) -> Iterator[Work]:
        """A receipt and a connection: nothing is downloaded here."""
        session = self.session
        session.state.make()
        own = run_id(session)
        run = JobRun(
            run_id=own,
            state=session.state,
            clock=time.monotonic,
            now=session.clock,
            enqueueing=self._enqueueing(own),
            rows=rows_of(session),
            settle=max(session.settings.retry.settle, _AT_WORK[self.engine]),
            waits=self.waits,
        )
        yield job_work(run, self.queue)

    def _enqueueing(self, run: str) -> Enqueueing:
        settings, limit = self.session.settings, self.policy.max_retries
        rows = JobRows(
            engine=self.engine,
            queue=self.queue,
            worker=settings.workers.retry[0],
            priority=_FIRST if self.scope.grain in _SMALL else _LAST,
            run_id=run,
            forced=self.policy.force,
            max_retries=None if limit == settings.max_retries else limit,
        )
        queue, settle = settings.queues.enrichment, settings.retry.settle
        return Enqueueing(self.session.source, queue, rows, settle=settle)


def engine_of(session: Session, typed: str | None) -> Engine:
    """Who is to run the rows: the option, the setting, else the application; in the demo Python."""
    if typed is not None:
        if typed not in set(Engine):
            raise UsageError(f'There is no engine "{typed}".', hint=f"{' or '.join(Engine)}.")
        return Engine(typed)
    default = Engine.PYTHON if session.settings.demo else Engine.APP
    return session.settings.retry.engine or default


def refuse_what_is_the_consumers(budget: Budget, pressure: Pressure, *, waits: bool) -> None:
    """Raise UsageError for options that only who downloads could keep to."""
    given = {
        "--max-images": budget.images is not None,
        "--max-cost": budget.cost is not None,
        "--concurrency": pressure.concurrency is not None,
        "--timeout": pressure.seconds is not None,
        "--max-duration": budget.seconds is not None and not waits,
    }
    for option, is_given in given.items():
        if is_given:
            limits = (
                "it limits how long --wait waits"
                if option == "--max-duration"
                else ("--limit says how many venues are enqueued")
            )
            raise UsageError(
                f"{option} is for retries that run here, and cannot be kept by job rows.",
                hint=f"Leave it out, or --enqueue; {limits}.",
            )
