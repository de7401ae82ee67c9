"""A real consumer of job rows: oban for Python runs them as the application's node would.

`with Consumer(database, uploads=...) as consumer: consumer.drain()`. The workers are the
application's by name and by what they do (tests/application.py); what becomes of an upload
the test says. Needs Python 3.12 and oban.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar
from unittest.mock import patch

import oban.oban
from oban import worker
from oban._executor import AckAction, Executor
from oban._query import Query
from oban.job import Job
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from tests import application
from tests.application import Image, Refusal, Uploads
from tests.databases import Database
from tests.enqueueing import ENRICHMENT_WORKER, RETRY_WORKER

QUEUE = "venue_enrichment"
PATIENCE = 60.0

Fetch = Callable[[int], Sequence[Image]]
"""The photos that the providers have of a venue; raises where they refuse."""

_T = TypeVar("_T")


class NodeDied(BaseException):  # noqa: N818 - it is no error of the job
    """Raised by an upload: the node ends there, and nothing is written any more."""


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
    """One node that consumes queue venue_enrichment, a job at a time.

    `tried` are the images whose upload was tried, in their order, as they stood before.
    """

    def __init__(
        self,
        database: Database,
        *,
        uploads: Uploads = lambda _: None,
        fetch: Fetch = lambda _: (),
    ) -> None:
        self.tried: list[Image] = []
        self._database = database
        self._uploads = uploads
        self._fetch = fetch
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._pool: AsyncConnectionPool[Any] = self._do(self._connected())
        self._table = Table(self._pool)
        worker._registry[RETRY_WORKER] = partial(Worker, self._retry)
        worker._registry[ENRICHMENT_WORKER] = partial(Worker, self._enrich)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for name in (RETRY_WORKER, ENRICHMENT_WORKER):
            worker._registry.pop(name, None)
        self._do(self._pool.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def drain(self) -> list[int]:
        """Run what can be run until nothing is; the ids of the jobs, in their order.

        A round is what a node of one job at a time does: wake what is due, fetch, run, end.
        Raises NodeDied where an upload does: its row is left as it was then.
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

    # --- Oban ---------------------------------------------------------------------------------

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

    # --- the application's workers ------------------------------------------------------------

    def _retry(self, job: Job) -> None:
        venue = job.args["venue_id"]
        images, metadata = self._venue(venue)
        indexes = job.args.get("image_indexes")
        if indexes is None:
            anew = application.retry_all(images, self._upload)
        else:
            anew = application.retry_selected(images, indexes, self._upload)
        if anew is not None:
            application.check_savable(anew, metadata)
            self._save(venue, anew, metadata)

    def _enrich(self, job: Job) -> None:
        venue = job.args["venue_id"]
        images, metadata = self._venue(venue)
        if not job.args.get("force") and not application.needs_enrichment(images, metadata):
            self._tell(job, {"status": "skipped", "reason": "not_stale"})
            return
        checked = {**(metadata or {}), "last_checked_at": datetime.now(UTC).isoformat()}
        try:
            found = self._fetch(venue)
        except Exception:
            self._save(venue, images, checked)
            self._tell(job, {"status": "no_images"})
            raise
        self._save(venue, application.merged(images, found), checked)
        self._tell(job, {"status": "success"})

    def _upload(self, image: Image) -> Refusal | None:
        self.tried.append(image)
        return self._uploads(image)

    def _venue(self, venue: int) -> tuple[list[Any], Any]:
        with self._database.connect() as conn:
            row = conn.execute(
                "SELECT coalesce(venue_images, '[]'), image_enrichment_metadata FROM venues"
                " WHERE id = %s",
                [venue],
            ).fetchone()
        assert row is not None
        return row[0], row[1]

    def _save(self, venue: int, images: Sequence[Any], metadata: Any) -> None:
        """The whole of both columns, from the copy read before, without a lock."""
        with self._database.connect(autocommit=True) as conn:
            conn.execute(
                "UPDATE venues SET venue_images = %s, image_enrichment_metadata = %s,"
                " updated_at = now() WHERE id = %s",
                [json.dumps(images), json.dumps(metadata), venue],
            )

    def _tell(self, job: Job, meta: dict[str, Any]) -> None:
        with self._database.connect(autocommit=True) as conn:
            conn.execute(
                "UPDATE oban_jobs SET meta = coalesce(meta, '{}') || %s WHERE id = %s",
                [Jsonb(meta), job.id],
            )


class Worker:
    """What Oban makes for each job; it runs off the loop, as each has a process of its own."""

    def __init__(self, perform: Callable[[Job], None]) -> None:
        self._perform = perform

    async def process(self, job: Job) -> None:
        await asyncio.to_thread(self._perform, job)
