"""Oban's table as oban for Python sees it through us.

Its own statement ends jobs. By statements of ours they are fetched, woken when their time has
come, and given back if the application discarded them while they ran. What it would keep of its
producers in a table of its own is kept nowhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import psycopg
from oban._executor import AckAction
from oban._query import Query
from oban.job import Job
from psycopg.rows import kwargs_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from venue_ops.core.db import failures
from venue_ops.core.db.compiled import statement
from venue_ops.core.db.connection import Database
from venue_ops.core.db.loading import load_exactly
from venue_ops.core.db.questions import FetchJobs, ReturnJob, StageJobs
from venue_ops.core.errors import StatementTimeoutError, VenueOpsError
from venue_ops.core.oban.values import Queue

_LONGEST_CONNECT = 30.0
"""Seconds, where the connection string says that it may take for ever."""

_CONNECTIONS = 2
"""One fetches and ends jobs, one looks for those whose time has come."""


class Table(Query):
    """Oban's statements for one queue.

    `is_fetching` while a fetch is under way. `clean` takes secrets out of what is written into a
    row. `failed` is told of every statement
    that did not work, as the error that it then raises.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool,
        schema: str,
        queue: Queue,
        *,
        label: str,
        timeout: timedelta,
        clean: Callable[[str], str],
        failed: Callable[[Exception], None],
    ) -> None:
        super().__init__(pool, schema if _is_plain(schema) else _quoted(schema))
        self._ours = {"queue": queue.name, "workers": list(queue.workers)}
        self._label = label
        self._timeout = timeout.total_seconds() or None
        self._clean = clean
        self._failed = failed
        self._fetch = statement(FetchJobs(schema))
        self._stage = statement(StageJobs(schema))
        self._return = statement(ReturnJob(schema))
        self.is_fetching = False

    async def fetch_jobs(self, demand: int, queue: str, node: str, uuid: str) -> list[Job]:
        """Some jobs of ours, executing from now on."""
        asked = {
            **self._fetch.constants,
            **self._ours,
            "demand": demand,
            "attempted_by": [node, uuid],
        }
        factory = kwargs_row(partial(Job, _validate=False))  # it may hold what oban would refuse
        self.is_fetching = True
        try:
            async with (
                self._guarded(),
                self._pool.connection() as conn,
                conn.transaction(),
                conn.cursor(row_factory=factory) as cursor,
            ):
                await cursor.execute(self._fetch.sql, asked)
                found = await cursor.fetchall()
        finally:
            self.is_fetching = False
        for job in found:
            if not isinstance(job.meta, dict) or not _is_count(job.meta.get("snoozed", 0)):
                job.meta = {}  # it counts snoozes in there
        return sorted(found, key=lambda job: (job.priority, job.scheduled_at, job.id))

    async def ack_jobs(self, acks: list[AckAction]) -> list[int]:
        """End jobs; those that were taken from us meanwhile are passed over.

        But one that goes back does so although the application marked it as discarded meanwhile:
        nobody else would ever do what is left of it.
        """
        async with self._guarded():
            ended: list[int] = await super().ack_jobs([self._cleaned(each) for each in acks])
            for ack in acks:
                if ack.state == "scheduled" and ack.id not in ended:
                    ended += await self._given_back(ack)
        return ended

    async def stage_jobs(
        self, limit: int, queues: list[str], before: datetime | None = None
    ) -> tuple[int, list[str]]:
        """Make those of ours available whose time has come; `queues`, if there are any to fetch."""
        asked = {**self._stage.constants, **self._ours, "limit": limit}
        async with self._guarded(), self._pool.connection() as conn:
            found = await conn.execute(self._stage.sql, asked)
            row = await found.fetchone()
        staged, is_there = row or (0, False)
        return staged, queues if is_there else []

    async def insert_producer(self, *_: Any, **__: Any) -> None:
        """Nobody is told who consumes."""

    async def update_producer(self, *_: Any, **__: Any) -> None:
        """Likewise."""

    async def delete_producer(self, *_: Any, **__: Any) -> None:
        """Likewise."""

    async def _given_back(self, ack: AckAction) -> list[int]:
        if ack.attempted_at is None:
            return []
        asked = {
            **self._return.constants,
            "job_id": ack.id,
            "attempt": ack.job.attempt,
            "attempted_at": ack.attempted_at.replace(tzinfo=None),
            "seconds": float(ack.schedule_in or 0),
            "meta": Jsonb(ack.meta or {}),
        }
        async with self._pool.connection() as conn:
            found = await conn.execute(self._return.sql, asked)
            return [int(row[0]) for row in await found.fetchall()]

    def _cleaned(self, ack: AckAction) -> AckAction:
        if ack.error is None:
            return ack
        text = self._clean(str(ack.error["error"])).replace("\0", "")
        return replace(ack, error={**ack.error, "error": text.encode("utf-8", "replace").decode()})

    @asynccontextmanager
    async def _guarded(self) -> AsyncIterator[None]:
        """Within the statement timeout, which is kept here: behind a pooler nothing can be set."""
        problem: VenueOpsError
        try:
            async with asyncio.timeout(self._timeout):
                yield
            return
        except TimeoutError:
            problem = StatementTimeoutError(
                f"{self._label} took longer than the statement timeout.",
                hint="Something may hold oban_jobs: look at pg_stat_activity.",
            )
        except psycopg.Error as error:
            problem = failures.asking(error, self._label)
        self._failed(problem)
        raise problem


@asynccontextmanager
async def connections(database: Database) -> AsyncIterator[AsyncConnectionPool]:
    """A few connections to the same database, until the block ends."""

    async def configure(connection: psycopg.AsyncConnection[Any]) -> None:
        load_exactly(connection)

    pool = AsyncConnectionPool(
        database.conninfo,
        kwargs=dict(database.options),
        min_size=1,
        max_size=_CONNECTIONS,
        timeout=float(database.options["connect_timeout"]) or _LONGEST_CONNECT,
        configure=configure,
        check=AsyncConnectionPool.check_connection,
        open=False,
    )
    async with pool:
        yield pool


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_plain(schema: str) -> bool:
    return schema.isascii() and schema.isidentifier() and schema == schema.lower()


def _quoted(schema: str) -> str:
    """As oban puts it into its statements: the name as SQL writes it, within a replacement."""
    return ('"' + schema.replace('"', '""') + '"').replace("\\", "\\\\").replace("%", "%%")
