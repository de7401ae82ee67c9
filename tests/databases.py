"""Databases on the test server: templates loaded once, and a copy for each test."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from venue_ops.demo.bulk import load_bulk
from venue_ops.demo.cluster import Cluster
from venue_ops.demo.sample import load_sample
from venue_ops.demo.schema import Layout, create_constraints, create_tables

PATIENCE = 60.0
"""Seconds to wait for a template that somebody reads."""

NOW = datetime(2025, 10, 24, 18, 0, tzinfo=UTC)
"""The moment at which every sample and generated database was loaded, so output is the same
on every run; commands that need a clock are given this one."""

PREFIX = "venue-ops-tests-"
"""What the folder of a session is called, with the controller's process id behind it."""


@dataclass(frozen=True, slots=True)
class Database:
    """One database of the test server; `now` is the moment its content is relative to."""

    conninfo: str
    now: datetime = NOW

    @property
    def url(self) -> str:
        """The same as a postgresql:// URL."""
        parts = conninfo_to_dict(self.conninfo)
        user, password, name = (str(parts.pop(k, "") or "") for k in ("user", "password", "dbname"))
        login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
        return f"postgresql://{login}@/{quote(name, safe='')}?{urlencode(parts)}"

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        """A new connection; the caller closes it (`with db.connect() as conn`)."""
        return psycopg.connect(self.conninfo, **options)


DEFAULT_LAYOUT = Layout()


class Databases:
    """Makes databases on the session's server; templates are shared by all xdist workers."""

    def __init__(self, admin: str, shared: Path, worker: str, *, fsync: bool = True) -> None:
        self._admin = admin
        # FILE_COPY is twice as fast where its checkpoints cost nothing, and slower elsewhere.
        self._copy: LiteralString = (
            "CREATE DATABASE {} TEMPLATE {} STRATEGY WAL_LOG"
            if fsync
            else "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"
        )
        self._shared = shared
        self._prefix = f"vo_{shared.name.removeprefix(PREFIX)}_".replace("-", "_")
        self._names = (f"{self._prefix}{worker}_{n}" for n in count())

    def once(self, key: str, load: Callable[[Database], None]) -> Database:
        """The database called `key`, loaded by whoever asks first; nobody may write to it."""
        database = self._named(f"{self._prefix}t_{key}")
        with locked(self._shared / f"{key}.lock") as lock:
            if not lock.read():
                self._execute("CREATE DATABASE {}", database)
                load(database)
                lock.write("loaded")
        return database

    @contextlib.contextmanager
    def copy_of(self, template: Database) -> Iterator[Database]:
        """A copy for one test, dropped afterwards even if sessions are left in it."""
        database = self._named(next(self._names).lower())
        self._copy_in_turn(template, database)
        try:
            yield database
        finally:
            self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)

    def _copy_in_turn(self, template: Database, database: Database) -> None:
        """A template cannot be copied while a test of another worker reads it: then wait."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self._execute(self._copy, database, template)
            except psycopg.errors.ObjectInUse:
                if time.monotonic() > until:
                    raise
            else:
                return

    def empty(self, layout: Layout) -> Database:
        """The template with the application's tables and no rows."""

        def load(database: Database) -> None:
            with database.connect() as conn:
                create_tables(conn, layout)
                create_constraints(conn, layout)

        return self.once(f"empty_{digest(layout)}", load)

    def sample(self, layout: Layout = DEFAULT_LAYOUT) -> Database:
        """The template with the demo's sample data."""

        def load(database: Database) -> None:
            with database.connect() as conn:
                create_tables(conn, layout)
                create_constraints(conn, layout)
                load_sample(conn, now=NOW, oban_schema=layout.oban_schema)
            analyze(database)

        return self.once(f"sample_{digest(layout)}", load)

    def generated(self) -> Database:
        """3,000 venues and 10,000 jobs of bulk.py, with poison; read-only for everyone."""

        def load(database: Database) -> None:
            with database.connect() as conn:
                load_bulk(conn, venues=3_000, jobs=10_000, cities=40, seed=7, now=NOW, poison=True)
            analyze(database, read_only=True)

        return self.once("generated", load)

    def drop_all(self) -> None:
        """Remove every database of this session (a server of one's own is kept running)."""
        with psycopg.connect(self._admin, autocommit=True) as conn:
            query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
            for (name,) in conn.execute(query, [self._prefix]).fetchall():
                statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
                conn.execute(statement.format(sql.Identifier(name)))

    def _named(self, name: str) -> Database:
        return Database(make_conninfo(self._admin, dbname=name))

    def _execute(self, statement: LiteralString, *databases: Database) -> None:
        names = [str(conninfo_to_dict(each.conninfo)["dbname"]) for each in databases]
        with psycopg.connect(self._admin, autocommit=True) as conn:
            conn.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextlib.contextmanager
def locked(path: Path) -> Iterator[Any]:
    """The file, open and held against every other process of the session."""
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        yield file


@contextlib.contextmanager
def new_demo_directory() -> Iterator[Path]:
    """A directory for a demo, and nothing of it left afterwards.

    Not in tmp_path: root's server runs as somebody else, who has to get there.
    """
    directory = Path(tempfile.mkdtemp(prefix="venue-ops-demo-test-"))
    try:
        yield directory
    finally:
        Cluster(directory / "postgres").destroy()
        shutil.rmtree(directory, ignore_errors=True)


def digest(layout: Layout) -> str:
    """A name for a layout; equal in every worker, which hash() is not."""
    return hashlib.sha256(repr(layout).encode()).hexdigest()[:12]


def analyze(database: Database, *, read_only: bool = False) -> None:
    """Statistics for the planner, and optionally a lock against writing."""
    name = sql.Identifier(str(conninfo_to_dict(database.conninfo)["dbname"]))
    with database.connect(autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE")
        if read_only:
            statement = sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on")
            conn.execute(statement.format(name))
