"""The databases that are measured on: given by URL, or a small one made for the occasion."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import errors

from benchmarks.asked import Asked
from benchmarks.measure import Timed, clocked
from venue_ops.core.db.connection import WORK_MEMORY
from venue_ops.demo.bulk import load_bulk
from venue_ops.demo.cluster import Cluster

OWN_VENUES, OWN_JOBS, OWN_CITIES = 20_000, 60_000, 100
STOPPED = 30.0
"""Seconds after which the program's default statement timeout ends a statement."""

_SERVER = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "512MB",
    "autovacuum": "off",
}


@dataclass(frozen=True, slots=True)
class City:
    """A city by the share of all venues (and so of the jobs) that are in it."""

    id: int
    slug: str
    venues: int
    share: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One database: a connection with the program's settings, one with the server's own."""

    name: str
    dsn: str
    ours: psycopg.Connection[Any]
    apps: psycopg.Connection[Any]

    def timed(self, asked: Asked) -> Timed:
        """The program's statement, sent and fetched; STOPPED if the timeout ended it."""
        text, values = asked.statement.sql, asked.values

        def run() -> None:
            with suppress(errors.QueryCanceled):
                self.ours.execute(text, values).fetchall()

        return clocked(run)

    def timed_apps(self, statement: LiteralString, values: Mapping[str, Any]) -> Timed:
        """The application's query, sent and fetched."""
        return clocked(lambda: self.apps.execute(statement, values).fetchall())

    def one(self, statement: LiteralString, values: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row; None where there is no row."""
        row = self.ours.execute(statement, values).fetchone()
        return row[0] if row else None

    def city_of(self, share: float) -> City:
        """The city whose share of the venues comes closest."""
        row = self.ours.execute(
            """
            SELECT c.id, c.slug, n.venues, n.venues / sum(n.venues) OVER () AS share
            FROM (SELECT city_id, count(*) AS venues FROM venues
                  WHERE city_id IS NOT NULL GROUP BY city_id) n
            JOIN cities c ON c.id = n.city_id
            ORDER BY abs(ln(n.venues / (SELECT count(*) FROM venues)::float8 / %s)) LIMIT 1
            """,
            [share],
        ).fetchone()
        assert row is not None, "the database has no venues"
        return City(row[0], row[1], row[2], float(row[3]))

    @property
    def size(self) -> str:
        counted = "SELECT (SELECT count(*) FROM venues), (SELECT count(*) FROM oban_jobs)"
        row = self.ours.execute(counted).fetchone()
        assert row is not None
        return f"{self.name}: {row[0]:,} venues, {row[1]:,} jobs"

    @property
    def server(self) -> str:
        return f"PostgreSQL {self.one('SHOW server_version')}"


@contextmanager
def opened(name: str, dsn: str) -> Iterator[Measured]:
    """Both connections; neither can write, and neither plans with jit."""
    options = "-c jit=off -c default_transaction_read_only=on"
    with (
        psycopg.connect(
            dsn,
            autocommit=True,
            prepare_threshold=None,
            options=f"{options} -c work_mem={WORK_MEMORY} -c statement_timeout={STOPPED:.0f}s",
        ) as ours,
        psycopg.connect(dsn, autocommit=True, prepare_threshold=None, options=options) as apps,
    ):
        yield Measured(name, dsn, ours, apps)


@contextmanager
def made() -> Iterator[str]:
    """The URL of a small database on a server of its own; both are gone afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="venue-ops-benchmarks-"))
    cluster = Cluster(directory / "postgres", _SERVER)
    try:
        dsn = cluster.start().conninfo("postgres")
        with psycopg.connect(dsn, autocommit=True) as conn:
            load_bulk(
                conn,
                venues=OWN_VENUES,
                jobs=OWN_JOBS,
                cities=OWN_CITIES,
                seed=1,
                now=datetime.now(UTC),
                poison=False,
            )
            conn.execute("VACUUM ANALYZE")
        yield dsn
    finally:
        cluster.destroy()
        shutil.rmtree(directory, ignore_errors=True)
