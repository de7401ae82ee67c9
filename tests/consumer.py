"""A real consumer of job rows: oban for Python runs them as the application's node would.

`with Consumer(database, uploads=...) as consumer: consumer.drain()`. The workers are the
application's by name and by what they do (tests/application.py); what becomes of an upload
the test says. Needs Python 3.12 and oban.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar
from unittest.mock import patch

import oban.oban
from oban._executor import AckAction, Executor
from oban._query import Query
from oban.job import Job
from oban.worker import _registry
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from tests.application import Application, Fetch
from tests.databases import Database
from tests.elixir import Image, Uploads
from tests.enqueueing import ENRICHMENT_WORKER, RETRY_WORKER

QUEUE = "venue_enrichment"
PATIENCE = 60.0

_T = TypeVar("_T")


class NodeDied(BaseException):
    """Raised by `uploads` or `saved`: the node ends there, and writes nothing any more."""


class Table(Query):
    """The application's table: there is no other of Oban's, and its own engine ends jobs.

    Oban 2.20 looks at a row's id alone when its job has ended, whatever its state is by then.
    """

    async def ack_jobs(self, acks: list[AckAction]) -> list[int]:
        async with self._pool.connection() as conn:
            for ack in acks:
                error = None if ack.error is None else Jsonb(ack.error)
                await conn.execute(
                    "UPDATE oban_jobs SET state = %(state)s::oban_job_state,"
                    " completed_at = CASE WHEN %(state)s = 'completed'"
                    "  THEN timezone('UTC', now()) ELSE completed_at END,"
                    " discarded_at = CASE WHEN %(state)s = 'discarded'"
                    "  THEN timezone('UTC', now()) ELSE discarded_at END,"
                    " scheduled_at = CASE WHEN %(state)s = 'retryable'"
                    "  THEN timezone('UTC', now()) + interval '15 seconds' ELSE scheduled_at END,"
                    " errors = CASE WHEN %(error)s::jsonb IS NULL"
                    "  THEN errors ELSE errors || %(error)s::jsonb END WHERE id = %(id)s",
                    {"state": ack.state, "error": error, "id": ack.id},
                )
        return [int(ack.id) for ack in acks]

    async def verify_structure(self) -> list[str]:
        return ["oban_jobs", "oban_leaders", "oban_producers"]

    async def insert_producer(self, *_: Any, **__: Any) -> None: ...

    async def update_producer(self, *_: Any, **__: Any) -> None: ...

    async def delete_producer(self, *_: Any, **__: Any) -> None: ...

    async def refresh_producers(self, uuids: list[str]) -> list[str]:
        return uuids


class Consumer:
    """One node that consumes queue venue_enrichment, a job at a time."""

    def __init__(
        self,
        database: Database,
        *,
        uploads: Uploads = lambda _: None,
        fetch: Fetch = lambda _: (),
        saved: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._application = Application(database, uploads, fetch, saved)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._pool: AsyncConnectionPool[Any] = self._do(self._connected())
        self._table = Table(self._pool)
        _registry[RETRY_WORKER] = partial(Worker, self._application.retry)
        _registry[ENRICHMENT_WORKER] = partial(Worker, self._application.enrich)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for name in (RETRY_WORKER, ENRICHMENT_WORKER):
            _registry.pop(name, None)
        self._do(self._pool.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def tried(self) -> list[Image]:
        """The images whose upload was tried, in their order, as they stood before."""
        return self._application.tried

    def drain(self) -> list[int]:
        """Run what can be run until nothing is; the ids of the jobs, in their order.

        A round is what a node of one job at a time does: wake what is due, fetch, run, end.
        Raises NodeDied where the test does: the row is left as it was then.
        """
        return self._do(self._drain())

    @contextmanager
    def running(self, *, polls: float = 0.05) -> Iterator[None]:
        """A node that runs beside the test: it listens, and polls every so many seconds."""
        node = self._do(self._started(polls))
        try:
            yield
        finally:
            self._do(node.stop())

    def lifeline(self) -> None:
        """The plugin's round, where a job is taken for dead after 60 ms: all that run are."""
        with self._database.connect(autocommit=True) as conn:
            conn.execute(
                "UPDATE oban_jobs SET state = 'available'"
                " WHERE state = 'executing' AND attempt < max_attempts"
            )
            conn.execute(
                "UPDATE oban_jobs SET state = 'discarded', discarded_at = timezone('UTC', now())"
                " WHERE state = 'executing' AND attempt >= max_attempts"
            )

    async def _connected(self) -> AsyncConnectionPool[Any]:
        pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
            self._database.conninfo, min_size=1, max_size=4, open=False
        )
        await pool.open()
        return pool

    async def _drain(self) -> list[int]:
        ran: list[int] = []
        while True:
            await self._table.stage_jobs(1000, [QUEUE])
            jobs = await self._table.fetch_jobs(1, QUEUE, "node", "uuid")
            if not jobs:
                return ran
            for job in jobs:
                ran.append(job.id)
                executor = await Executor(job).execute()
                await self._table.ack_jobs([executor.action])

    async def _started(self, polls: float) -> Any:
        with patch.object(oban.oban, "Query", Table):
            node = oban.oban.Oban(
                pool=self._pool, queues={QUEUE: 1}, leadership=False, stager={"interval": polls}
            )
        await node.start()
        await node._notifier.listen("insert", lambda *_: None, timeout=PATIENCE)
        return node

    def _do(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)


class Worker:
    """What Oban makes for each job; it runs off the loop, as each has a process of its own."""

    def __init__(self, perform: Callable[[int, dict[str, Any]], None]) -> None:
        self._perform = perform

    async def process(self, job: Job) -> None:
        await asyncio.to_thread(self._perform, job.id, job.args)
