"""A run: plans of venues in, an outcome for every image out.

A venue is leased, read afresh, and its images are fetched, stored, journalled and written one by
one; no transaction is open while the network is asked. Providers and venues go side by side,
each provider at its pace. Whatever ends a run early lets the images in flight finish.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterable
from contextlib import aclosing
from typing import Any

from venue_ops.core.db import failures
from venue_ops.core.errors import DatabaseError
from venue_ops.core.planning import Identity, Item, VenuePlan, plan_venue
from venue_ops.core.retry.imaging import Imaging
from venue_ops.core.retry.outcomes import Result, Stop, Summary
from venue_ops.core.retry.rows import VenueNow
from venue_ops.core.retry.run import Ending, Report, Run


class Execution:
    """One run of plans; `summary` is what it comes to, also when it raises."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.summary = run.summary
        self._ending = Ending(run)
        self._report = Report(run, self._ending)
        self._imaging = Imaging(run, self._report, self._ending)

    def stop(self, why: Stop) -> None:
        """Begin no more images; those in flight finish and are written."""
        self._ending.stop(why)

    async def execute(self, plans: AsyncGenerator[VenuePlan, None]) -> Summary:
        """Work through all plans.

        Raises, after what was in flight has finished, what ended the run: a VenueOpsError of the
        plans, the database, the journal or the store, or what `emit` raised.
        """
        try:
            async with asyncio.TaskGroup() as group:
                await self._guarded(self._venues(group, plans))
            await self._guarded(self._imaging.settle())
        finally:
            self._sum_up()
        if self._ending.problem is not None:
            raise self._ending.problem
        return self.summary

    async def _venues(
        self, group: asyncio.TaskGroup, plans: AsyncGenerator[VenuePlan, None]
    ) -> None:
        room = asyncio.Semaphore(self._run.venues_at_once)
        async with aclosing(plans) as each:
            async for plan in each:
                if not plan.taken:
                    continue
                await room.acquire()
                if not self._ending.begin_venue():
                    break
                task = group.create_task(self._guarded(self._venue(plan)))
                task.add_done_callback(lambda _: room.release())

    async def _venue(self, plan: VenuePlan) -> None:
        """A job is blocked before it takes the lease, or the one that it waits for might not."""
        if self._run.job_id is not None and await self._is_blocked(plan):
            return
        with self._run.leases.try_venue(plan.venue_id) as is_ours:
            if not is_ours:
                self._all(plan.taken, Result.BUSY, "another run is at its venue")
                return
            venue = await self._free_venue(plan)
            if venue is not None:
                await self._images(plan, venue)

    async def _is_blocked(self, plan: VenuePlan) -> bool:
        """Whether a job is at its venue, which is told then."""
        now, besides = self._run.now(), self._run.job_id
        blockers = await self._run.rows.call(
            lambda rows: rows.blockers([plan.venue_id], now, besides=besides)
        )
        if blocker := blockers.get(plan.venue_id):
            said = f"job {blocker.job_id} is at its venue ({blocker.state})"
            self._all(plan.taken, Result.BUSY, said)
            return True
        return False

    async def _free_venue(self, plan: VenuePlan) -> VenueNow | None:
        """The venue as it stands, if it is there and no job is at it."""
        if await self._is_blocked(plan):
            return None
        venue = await self._run.rows.call(lambda rows: rows.venue(plan.venue_id))
        if venue is None:
            self._all(plan.taken, Result.CHANGED, "its venue is gone")
        return venue

    async def _images(self, plan: VenuePlan, venue: VenueNow) -> None:
        """Those that stand as they were planned: whoever tried one meanwhile goes before us."""
        stands = self._stands(venue)
        stored = self._run.stored(plan.venue_id, venue.images)
        async with asyncio.TaskGroup() as group:
            for item in plan.taken:
                if stands.get(item.identity) != item.retries:
                    self._report.done(item, Result.CHANGED, "it changed since it was planned")
                elif entry := stored.get(item.id or ""):
                    group.create_task(self._guarded(self._imaging.repair(item, entry)))
                else:
                    group.create_task(self._guarded(self._imaging.retry(item, venue)))

    def _stands(self, venue: VenueNow) -> dict[Identity | None, int]:
        """The images that the same policy takes now, with the retries that they have had."""
        images = list(enumerate(venue.images, start=1))
        fresh = plan_venue(venue.venue, images, self._run.policy)
        return {item.identity: item.retries for item in fresh.taken}

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """A fault that is no image's ends the run, but not what else is in flight."""
        try:
            await work
        except DatabaseError as error:
            self._ending.abandon(failures.of_a_run(error))
        except Exception as problem:  # it is raised when the run has ended
            self._ending.abandon(problem)

    def _all(self, items: Iterable[Item], result: Result, message: str) -> None:
        for item in items:
            self._report.done(item, result, message)

    def _sum_up(self) -> None:
        counts, summary = self._run.attempts.counts, self.summary
        summary.requests, summary.uploads = counts.requests, counts.uploads
        for name, provider in self._imaging.providers.items():
            if provider.breaker.opened is not None:
                summary.stopped_providers[name] = str(provider.breaker.opened)
        if summary.stopped_providers:
            self._ending.stop(Stop.BREAKER)
        if self._ending.is_limited:
            self._ending.stop(Stop.LIMIT)
