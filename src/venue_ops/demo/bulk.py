"""Large generated data: every row made inside the server, from a seed.

The same arguments give the same rows on any machine. Next to ordinary rows there are the
awkward kinds that real databases hold; `poison` makes them frequent and adds some that the
application's own queries fail on. See `bulk_venues` and `bulk_jobs` for what is made.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from venue_ops.demo import bulk_jobs, bulk_places, bulk_venues
from venue_ops.demo.sample_rows import FAKE_KEY
from venue_ops.demo.schema import Layout, create_constraints, create_tables

FEWEST_CITIES = 5
"""Kraków is city 5 here as in the sample."""

SPAN = timedelta(days=30)
"""How far back the jobs go."""

_AWKWARD_EVERY = 500
_AWKWARD_EVERY_POISON = 50

# Only for speed, and only inside the load's own transaction.
_SETTINGS = ("jit = off", "timezone = 'UTC'", "work_mem = '128MB'")

# 53 bits of a seeded hash as a number in [0, 1): the fraction of a double.
_HELPERS: tuple[LiteralString, ...] = (
    """
    CREATE FUNCTION pg_temp.pick(id bigint, salt int) RETURNS bigint
    LANGUAGE sql IMMUTABLE AS
    $$ SELECT hashint8extended(id, salt + {seed}) & 9007199254740991 $$
    """,
    """
    CREATE FUNCTION pg_temp.roll(id bigint, salt int) RETURNS float8
    LANGUAGE sql IMMUTABLE AS
    $$ SELECT (hashint8extended(id, salt + {seed}) & 9007199254740991) / 9007199254740992.0::float8
    $$
    """,
    """
    CREATE FUNCTION pg_temp.iso(at timestamp) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $$
    """,
    """
    CREATE FUNCTION pg_temp.moment() RETURNS timestamp LANGUAGE sql IMMUTABLE AS
    $$ SELECT timestamp {now} $$
    """,
)


def load_bulk(
    conn: psycopg.Connection[Any],
    *,
    venues: int,
    jobs: int,
    cities: int,
    seed: int,
    now: datetime,
    poison: bool,
    layout: Layout | None = None,
) -> None:
    """Create the application's tables in an empty database and fill them, in one transaction.

    `now` (aware) is the data's present: the newest job lies seconds before it, the oldest 30
    days. With `poison` the index that keeps venue_images an array is left out. 100,000 venues
    and 300,000 jobs take about half a minute. Raises ValueError for fewer than 5 cities and
    whatever psycopg raises when the tables exist.
    """
    if cities < FEWEST_CITIES:
        raise ValueError(f"cities must be at least {FEWEST_CITIES}, not {cities}")
    layout = layout or Layout(without_images_index=not poison)
    values = {
        "venues": venues,
        "jobs": jobs,
        "cities": cities,
        "poison": poison,
        "every": _AWKWARD_EVERY_POISON if poison else _AWKWARD_EVERY,
        "span": SPAN.total_seconds(),
        "key": FAKE_KEY,
    }
    with conn.transaction():
        for setting in _SETTINGS:
            conn.execute(f"SET LOCAL {setting}")
        create_tables(conn, layout)
        _create_helpers(conn, seed, now)
        for statement in (*bulk_places.STATEMENTS, *bulk_venues.STATEMENTS):
            conn.execute(statement, values)
        conn.execute("ANALYZE venues")
        # The jobs' statements name no schema: they find oban_jobs wherever it is.
        path = sql.SQL("SET LOCAL search_path = {}, public")
        conn.execute(path.format(sql.Identifier(layout.oban_schema)))
        for statement in bulk_jobs.STATEMENTS:
            conn.execute(statement, values)
        conn.execute("SET LOCAL search_path = public")
        create_constraints(conn, layout)
        _advance_sequences(conn, layout)
        _drop_helpers(conn)


def _create_helpers(conn: psycopg.Connection[Any], seed: int, now: datetime) -> None:
    plain = now.astimezone(UTC).replace(tzinfo=None)
    for helper in _HELPERS:
        text = sql.SQL(helper).format(
            seed=sql.Literal(seed * 1000), now=sql.Literal(plain.isoformat(sep=" "))
        )
        conn.execute(text)


def _drop_helpers(conn: psycopg.Connection[Any]) -> None:
    conn.execute("DROP TABLE pg_temp.city_venues, pg_temp.facts, pg_temp.parents, pg_temp.draft")
    for function in ("pick(bigint, int)", "roll(bigint, int)", "iso(timestamp)", "moment()"):
        conn.execute(f"DROP FUNCTION pg_temp.{function}")


def _advance_sequences(conn: psycopg.Connection[Any], layout: Layout) -> None:
    tables = [("public", t) for t in ("countries", "cities", "venues", "venue_data_providers")]
    for schema, table in (*tables, (layout.oban_schema, "oban_jobs")):
        name = sql.Identifier(schema, table)
        statement = sql.SQL(
            "SELECT setval(pg_get_serial_sequence({}, 'id'), greatest(1, max(id))) FROM {}"
        )
        conn.execute(statement.format(sql.Literal(name.as_string(conn)), name))
