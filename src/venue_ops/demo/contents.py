"""Fills the demo's database, all at once: nobody ever sees one that is half loaded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from venue_ops.demo.bulk import load_bulk
from venue_ops.demo.cluster import Endpoint
from venue_ops.demo.sample import load_sample
from venue_ops.demo.schema import create_schema

_VENUES_PER_CITY = 500
_FEWEST_CITIES, _MOST_CITIES = 10, 200

Fill = Callable[[psycopg.Connection[Any]], None]


def replace_database(endpoint: Endpoint, name: str, fill: Fill) -> None:
    """Load a new database beside the old one, then put it in its place.

    Sessions in the old one are ended. When `fill` fails the old one stays as it was.
    """
    unfinished, former = f"{name}_unfinished", f"{name}_former"
    with psycopg.connect(endpoint.conninfo("postgres"), autocommit=True) as admin:
        for left_behind in (unfinished, former):
            _execute(admin, "DROP DATABASE IF EXISTS {} WITH (FORCE)", left_behind)
        _execute(admin, "CREATE DATABASE {}", unfinished)
        with psycopg.connect(endpoint.conninfo(unfinished), autocommit=True) as conn:
            fill(conn)
            conn.execute("VACUUM ANALYZE")
        # The demo's server commits lazily; whoever notes that the data is there must be right.
        admin.execute("SET synchronous_commit = on")
        with admin.transaction():
            if has_database(admin, name):
                end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                admin.execute(end, [name])
                _execute(admin, "ALTER DATABASE {} RENAME TO {}", name, former)
            _execute(admin, "ALTER DATABASE {} RENAME TO {}", unfinished, name)
        _execute(admin, "DROP DATABASE IF EXISTS {} WITH (FORCE)", former)


def has_database(admin: psycopg.Connection[Any], name: str) -> bool:
    """Whether the server has a database of that name."""
    return admin.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount > 0


def fill_with_sample(conn: psycopg.Connection[Any], now: datetime) -> None:
    """The application's tables and the sample data, in one transaction."""
    with conn.transaction():
        create_schema(conn)
        load_sample(conn, now=now)


def fill_with_bulk(
    conn: psycopg.Connection[Any], venues: int, jobs: int, seed: int, now: datetime, poison: bool
) -> None:
    """The application's tables and generated data; cities in proportion to the venues."""
    cities = min(_MOST_CITIES, max(_FEWEST_CITIES, venues // _VENUES_PER_CITY))
    load_bulk(conn, venues=venues, jobs=jobs, cities=cities, seed=seed, now=now, poison=poison)


def _execute(admin: psycopg.Connection[Any], statement: LiteralString, *names: str) -> None:
    composed = sql.SQL(statement).format(*map(sql.Identifier, names))
    admin.execute(composed)
