"""The core's view of a test database: what the command line would make from its settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from tests.databases import Database

from venue_ops.core.db import connection
from venue_ops.core.models import JobKind
from venue_ops.core.services.source import Source
from venue_ops.settings import WorkerNames

NAMES = WorkerNames()
WORKERS = {
    JobKind.BACKFILL: NAMES.backfill,
    JobKind.ENRICHMENT: NAMES.enrichment,
    JobKind.RETRY: NAMES.retry,
    JobKind.CLEANUP: NAMES.cleanup,
}


@contextmanager
def source_of(database: Database, *, oban_schema: str = "public") -> Iterator[Source]:
    """A source with the application's own worker names; closed afterwards."""
    reader = connection.Database(
        database.conninfo, label="the test database", statement_timeout=timedelta(seconds=60)
    )
    with closing(reader):
        yield Source(reader, oban_schema, WORKERS, max_retries=3, now=lambda: database.now)


@dataclass
class JobTable:
    """Inserts jobs into public.oban_jobs through a connection of its own."""

    connection: psycopg.Connection[Any]
    source: Source

    def insert(self, worker: str, state: str, args: Any, meta: Any, **columns: Any) -> int:
        row = {
            "worker": worker,
            "state": state,
            "args": json.dumps(args),
            "meta": json.dumps(meta),
            "attempt": 1,
            **{name: value.replace(tzinfo=None) for name, value in columns.items()},
        }
        names, places = ", ".join(row), ", ".join(f"%({name})s" for name in row)
        inserted = self.connection.execute(
            f"INSERT INTO oban_jobs ({names}) VALUES ({places}) RETURNING id",
            row,
        ).fetchone()
        assert inserted is not None
        return int(inserted[0])
