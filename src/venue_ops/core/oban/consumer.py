"""oban for Python at work on one queue: its producer, its executor and its stager, and no more.

A whole `Oban` would also make a leader, a pruner and a lifeline, which are for an application's
own queues, and listen for notifications, which a transaction pooler does not pass on.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from oban._producer import Producer
from oban._stager import Stager
from oban.job import Cancel, Job, Snooze
from oban.worker import _registry

from venue_ops.core.oban.table import Table
from venue_ops.core.oban.values import Busy, Cancelled, Completed, Ending, JobRow, Later, Queue

Perform = Callable[[JobRow], Awaitable[Ending]]

POLL = 1.0
"""Seconds between two looks for jobs."""

BUSY_SINCE, BUSY_LAST = "busy_since", "busy_last"
"""Where in a row's meta it stands since when its venue is found busy, and when it was last."""

_LOGGERS = ("oban", "psycopg.pool")


class Consumer:
    """Has up to `limit` jobs of a queue performed at once."""

    def __init__(self, table: Table, queue: Queue, limit: int, perform: Perform) -> None:
        for name in queue.workers:
            _registry[name] = _worker_class(name, perform)
        silence = _Silence()
        self._table = table
        self._producer = Producer(
            query=table,
            name="venue-ops",
            node=f"{socket.gethostname()}.{os.getpid()}",
            notifier=silence,
            queue=queue.name,
            limit=limit,
            shutdown_grace_period=None,
        )
        self._stager = Stager(
            query=table,
            notifier=silence,
            producers={queue.name: self._producer},
            interval=POLL,
        )

    @property
    def is_idle(self) -> bool:
        """Whether no job is fetched or performed, or has its end still to be written."""
        producer = self._producer
        is_at_work = producer._running_jobs or producer._pending_acks
        return not is_at_work and not self._table.is_fetching

    async def start(self) -> None:
        """Begin to fetch jobs."""
        await self._producer.start()
        await self._stager.start()
        self._producer.notify()

    async def stop(self) -> None:
        """Fetch no more, and return when the jobs have ended and their ends are written."""
        await self._stager.stop()
        await self._producer.stop()

    async def abandon(self) -> None:
        """Break all jobs off: their rows are left as they are, for whoever rescues them."""
        tasks = [task for _, task in self._producer._running_jobs.values()]
        loops = [each._loop_task for each in (self._producer, self._stager) if each._loop_task]
        for task in (*loops, *tasks):
            task.cancel()
        await asyncio.gather(*loops, *tasks, return_exceptions=True)


@contextmanager
def heard(say: Callable[[str], None]) -> Iterator[None]:
    """What oban and its connections log is said, and goes nowhere else, until the block ends."""
    handler = _Handler(say)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, propagate in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.propagate = propagate


class _Handler(logging.Handler):
    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        problem = record.exc_info[1] if record.exc_info else None
        said = f": {problem}" if problem else ""
        self._say(f"{record.name}: {record.getMessage()}{said}")


class _Silence:
    """A notifier that hears and tells nothing."""

    async def start(self) -> None:
        """Nothing to connect."""

    async def stop(self) -> None:
        """Nothing to close."""

    async def listen(self, channel: str, callback: Callable[..., Any], **_: Any) -> str:
        """A token that stands for nothing."""
        return channel

    async def unlisten(self, token: str) -> None:
        """Nothing was listened to."""

    async def notify(self, channel: str, payloads: Any) -> None:
        """Nobody is told."""


def _worker_class(name: str, perform: Perform) -> type:
    """What oban makes for a job whose row names this worker."""

    class Worker:
        async def process(self, job: Job) -> Cancel | Snooze | None:
            match await perform(_row_of(job)):
                case Completed():
                    return None
                case Cancelled(reason):
                    return Cancel(reason)
                case Later(seconds, busy=busy):
                    return Snooze(seconds, _kept(busy, job.meta))

    Worker.__qualname__ = name
    return Worker


def _kept(busy: Busy | None, meta: dict[str, Any]) -> dict[str, Any]:
    """What is laid over a row's meta; nothing where nothing is to be kept or forgotten."""
    if busy is not None:
        return {BUSY_SINCE: busy.since.isoformat(), BUSY_LAST: busy.last.isoformat()}
    return {key: None for key in (BUSY_SINCE, BUSY_LAST) if meta.get(key) is not None}


def _row_of(job: Job) -> JobRow:
    return JobRow(
        id=int(job.id or 0),
        args=job.args,
        tags=job.tags,
        inserted_at=job.inserted_at,
        attempted_at=job.attempted_at,
        busy_since=job.meta.get(BUSY_SINCE),
        busy_last=job.meta.get(BUSY_LAST),
    )
