"""One job row of `venue-ops worker`: its venue read afresh, its images retried, its end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from venue_ops.core.errors import (
    LockTimeoutError,
    NetworkError,
    StatementTimeoutError,
    VenueOpsError,
)
from venue_ops.core.oban.values import Cancelled, Ending, JobRow, Later
from venue_ops.core.planning import Item, Venue, VenuePlan
from venue_ops.core.planning.job_args import JobArgs, job_args, plan_job, policy_of_job, run_of
from venue_ops.core.planning.words import REASONS
from venue_ops.core.retry.execution import Execution
from venue_ops.core.retry.outcomes import Outcome, Result, Stop, Summary
from venue_ops.core.retry.run import Budget
from venue_ops.core.retry.shared import Providers
from venue_ops.core.services import job_endings
from venue_ops.core.services.tools import Tools

_LATELY = 60.0
"""Seconds: if anybody was reached since, it is not this machine that has no network."""


@dataclass(slots=True)
class Performed:
    """One job as it is told: `venue` is its slug, None where it was not even looked at.

    It has either an end or, where nobody thought of what happened, a `problem`.
    """

    job_id: int
    venue: str | None = None
    results: Mapping[Result, int] = field(default_factory=Counter)
    ending: Ending | None = None
    problem: Exception | None = None


class Performing:
    """Performs jobs, many at once, that share one process's tools and what it knows of providers.

    `failed` hears of what is no job's fault: the worker has to end.
    """

    def __init__(
        self,
        tools: Tools,
        rescue_after: timedelta,
        *,
        emit: Callable[[Outcome], None],
        told: Callable[[Performed], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._tools = tools
        self._soft, self._hard = job_endings.limits_of(rescue_after)
        self._emit = emit
        self._told = told
        self._failed = failed
        means = tools.means
        self._providers = Providers(tools.pacer, tools.breaker, means.concurrency, means.clock)
        self._running: set[Execution] = set()
        self._is_stopping = False
        self._reached_at: float | None = None

    def stop(self) -> None:
        """Begin no more images; those in flight finish and are written."""
        self._is_stopping = True
        for execution in self._running:
            execution.stop(Stop.SIGNAL)

    async def perform(self, job: JobRow) -> Ending:
        """Do what the row asks. Never raises a VenueOpsError: the row's end says it."""
        performed = Performed(job.id)
        try:
            performed.ending = await self._ended(job, performed)
            return performed.ending
        except Exception as problem:
            performed.problem = problem
            raise
        finally:
            if performed.ending or performed.problem:
                self._told(performed)

    async def _ended(self, job: JobRow, performed: Performed) -> Ending:
        if self._is_stopping:
            return job_endings.stopping()
        asked = job_args(job.args)
        if isinstance(asked, str):
            return Cancelled(asked)
        try:
            async with asyncio.timeout(self._hard) as limit:
                return await self._retried(job, asked, performed)
        except TimeoutError:
            if not limit.expired():
                raise
            return Later(0, "it took too long and was broken off")
        except (LockTimeoutError, StatementTimeoutError) as error:
            return job_endings.busy(job, error.message)
        except NetworkError as error:
            if not self._reached_lately():
                self._failed(error)
            return job_endings.at_fault(job, error.message)
        except VenueOpsError as error:
            self._failed(error)
            return job_endings.at_fault(job, error.message)

    async def _retried(self, job: JobRow, asked: JobArgs, performed: Performed) -> Ending:
        means = self._tools.means
        venue = await self._tools.pool.call(lambda rows: rows.venue(asked.venue_id))
        if venue is None:
            return Cancelled("Its venue is gone.")
        performed.venue = venue.slug
        policy = policy_of_job(asked, means.policy.max_retries)
        plan, gone = plan_job(venue.venue, venue.images, asked, policy)
        outcomes: list[Outcome] = []
        summary = Summary()
        performed.results = summary.results

        def emit(outcome: Outcome) -> None:
            outcome = replace(outcome, job_id=job.id)
            outcomes.append(outcome)
            self._emit(outcome)

        for outcome in self._not_taken(plan, gone, venue.venue):
            summary.add(outcome)
            emit(outcome)
        if self._is_stopping:
            return job_endings.stopping()
        run = self._tools.run(
            id=run_of(job.tags, job.id),
            policy=policy,
            provider=self._providers.of_run,
            emit=emit,
            summary=summary,
            budget=Budget(seconds=self._soft),
            job_id=job.id,
        )
        execution = Execution(run)
        self._running.add(execution)
        try:
            await execution.execute(_only(plan))
        finally:
            self._running.discard(execution)
            self._providers.note()
            if run.attempts.counts.reached:
                self._reached_at = means.clock()
        return job_endings.ending_of(job, summary, outcomes, len(asked.images))

    def _not_taken(self, plan: VenuePlan, gone: Iterable[str], venue: Venue) -> Iterable[Outcome]:
        """What is named and not as it was when the row was inserted."""
        now = self._tools.means.now
        for item in plan.items:
            if item.reason is not None:
                yield Outcome(item, Result.CHANGED, now(), message=REASONS[item.reason])
        for name in sorted(gone):
            said = "it is not in its venue any more"
            yield Outcome(_gone(venue, name), Result.CHANGED, now(), message=said)

    def _reached_lately(self) -> bool:
        now = self._tools.means.clock()
        return self._reached_at is not None and now - self._reached_at < _LATELY


async def _only(plan: VenuePlan) -> AsyncGenerator[VenuePlan, None]:
    yield plan


def _gone(venue: Venue, name: str) -> Item:
    return Item(
        venue_id=venue.id,
        venue_slug=venue.slug,
        place=0,
        id=f"{venue.slug}/{name}",
        identity=None,
        status=None,
        retryability=None,
        error_type=None,
        status_code=None,
        retries=0,
        reason=None,
        remedy=None,
    )
