"""The core's view of a test database: what the command line would make from its settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

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
