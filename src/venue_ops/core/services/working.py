"""`venue-ops worker`: the jobs of one queue performed until a signal, a fault, or their end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from venue_ops.core.db.questions import ForeignJobs, JobStates, JobsToBegin, RescueJobs
from venue_ops.core.errors import ConfigurationError, VenueOpsError
from venue_ops.core.oban.values import Queue
from venue_ops.core.retry.outcomes import Outcome
from venue_ops.core.services.performing import Performed, Performing
from venue_ops.core.services.retrying import heed_again, heed_signals
from venue_ops.core.services.source import Source
from venue_ops.core.services.tools import Means, Tools, open_tools
from venue_ops.core.vocabulary import FINISHED

if TYPE_CHECKING:
    from venue_ops.core.oban.consumer import Consumer

LOOK_EVERY = 60.0
"""Seconds between two looks at the queue as a whole, at most."""

_DRAIN_EVERY = 0.3


@dataclass(frozen=True, slots=True)
class Hears:
    """Who hears of what, from the event loop's own thread.

    `rescued` are the ids of jobs whose worker is gone, `stopping` comes with the first signal,
    and `log` are the words of oban and of its connections.
    """

    outcome: Callable[[Outcome], None]
    performed: Callable[[Performed], None]
    rescued: Callable[[Sequence[int]], None]
    stopping: Callable[[], None]
    log: Callable[[str], None]


@dataclass(frozen=True)
class Worker:
    """One worker process: up to `jobs` at once; `drains` ends it when nothing is left to begin.

    A job whose attempt is older than `rescue_after` is taken for abandoned. `clean` takes secrets
    out of what is written into job rows.
    """

    means: Means
    source: Source
    queue: Queue
    jobs: int
    rescue_after: timedelta
    drains: bool
    clean: Callable[[str], str]

    def work(self, hears: Hears) -> int | None:
        """The number of the signal that ended it, after what was in flight; None when drained.

        Raises, after that as well, the VenueOpsError that ended it: no job can be done here. Raises
        KeyboardInterrupt for a second signal, which leaves its rows executing.
        """
        handler = signal.getsignal(signal.SIGTERM)
        try:
            return asyncio.run(_Shift(self, hears).work())
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        finally:
            heed_again(handler)

    def look(self) -> Sequence[int]:
        """Give abandoned jobs back; their ids. Raises ConfigurationError for a queue of others."""
        database, schema = self.source.database, self.source.oban_schema
        question = ForeignJobs(schema, unfinished=self._unfinished)
        if others := database.ask(question, self._ours):
            raise _of_others(self.queue.name, others[0]["worker"], others[0]["jobs"])
        asked = {**self._ours, "seconds": self.rescue_after.total_seconds()}
        return [row["id"] for row in database.tell(RescueJobs(schema), asked)]

    def to_begin(self) -> int:
        """How many jobs are left to begin, now or later."""
        (row,) = self.source.database.ask(JobsToBegin(self.source.oban_schema), self._ours)
        return int(row["jobs"])

    @property
    def _ours(self) -> dict[str, object]:
        return {"queue": self.queue.name, "workers": list(self.queue.workers)}

    @cached_property
    def _unfinished(self) -> tuple[str, ...]:
        (row,) = self.source.database.ask(JobStates(self.source.oban_schema), {})
        return tuple(state for state in row["states"] if state not in FINISHED)


class _Shift:
    """From the start of a worker to its end."""

    def __init__(self, worker: Worker, hears: Hears) -> None:
        self._worker = worker
        self._hears = hears
        self._over = asyncio.Event()
        self._signal: int | None = None
        self._problem: Exception | None = None

    async def work(self) -> int | None:
        from venue_ops.core.oban.consumer import Consumer, heard
        from venue_ops.core.oban.table import Table, connections

        heed_signals(self._stop)
        worker, source = self._worker, self._worker.source
        async with open_tools(worker.means) as tools:
            await self._look()
            performing = Performing(
                tools,
                worker.rescue_after,
                emit=self._hears.outcome,
                told=self._hears.performed,
                failed=self._fail,
            )
            with heard(self._hears.log):
                async with connections(source.database) as pool:
                    table = Table(
                        pool,
                        source.oban_schema,
                        worker.queue,
                        label=source.database.label,
                        timeout=source.database.statement_timeout,
                        clean=worker.clean,
                        failed=self._fail,
                    )
                    consumer = Consumer(table, worker.queue, worker.jobs, performing.perform)
                    await self._consume(consumer, performing, tools)
        if self._problem is not None:
            raise self._problem
        return self._signal

    async def _consume(self, consumer: Consumer, performing: Performing, tools: Tools) -> None:
        await consumer.start()
        try:
            try:
                await self._until_over(consumer, tools)
            except VenueOpsError as error:
                self._fail(error)
            performing.stop()
            await consumer.stop()
        except BaseException:
            await consumer.abandon()
            raise

    async def _until_over(self, consumer: Consumer, tools: Tools) -> None:
        """Until a signal, a fault, or, where it drains, until nothing is left to begin."""
        worker, clock = self._worker, self._worker.means.clock
        every = min(LOOK_EVERY, worker.rescue_after.total_seconds() / 3)
        last = clock()
        while not self._over.is_set():
            with suppress(TimeoutError):
                pause = _DRAIN_EVERY if worker.drains else every
                await asyncio.wait_for(self._over.wait(), pause)
                return
            if clock() - last >= every:
                await self._look()
                last = clock()
                if consumer.is_idle:
                    tools.pool.close()  # what is idle for long may be cut by whatever is between
            if worker.drains and consumer.is_idle:
                left = await asyncio.to_thread(worker.to_begin)
                if not left and consumer.is_idle:
                    return

    async def _look(self) -> None:
        try:
            rescued = await asyncio.to_thread(self._worker.look)
        finally:
            self._worker.source.database.close()
        if rescued:
            self._hears.rescued(rescued)

    def _stop(self, number: int) -> None:
        self._signal = number
        self._hears.stopping()
        self._over.set()

    def _fail(self, problem: Exception) -> None:
        """The first one ends it."""
        self._problem = self._problem or problem
        self._over.set()


def _of_others(queue: str, worker: str, jobs: int) -> ConfigurationError:
    many = "an unfinished job" if jobs == 1 else f"{jobs:,} unfinished jobs"
    return ConfigurationError(
        f"Queue {queue} holds {many} of another worker, {worker}.",
        hint="Consume a queue of your own: queues.worker in the settings, or --queue.",
    )


def refuse_a_queue_of_the_application(queue: str, others: Sequence[str]) -> None:
    """Raise ConfigurationError for a queue that the application's nodes consume."""
    if queue in others:
        raise ConfigurationError(
            f"Queue {queue} is the application's own, whose jobs are not for this worker.",
            hint="Consume a queue of your own: queues.worker in the settings, or --queue.",
        )
