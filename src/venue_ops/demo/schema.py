"""Builds the application's tables in an empty database, for the demo and for tests.

venue-ops never creates or alters a table of a real application: nothing outside
`venue_ops.demo` and the tests may import this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from venue_ops.demo import ddl, ddl_oban

APPLICATION_OBAN_VERSION = 11
"""The Oban migration that the application stood at on 2025-11-07."""

OBAN_VERSIONS = (11, 12, 13, 14)
"""The Oban migrations that can be built here."""

_LAST_WITH_TRIGGER = 11
_FIRST_WITH_PRUNING_INDEXES = 13
_FIRST_WITH_SUSPENDED = 14


@dataclass(frozen=True, slots=True)
class Layout:
    """Which of the application's databases to build; the defaults are today's.

    `alternate_names=False` is a database from before cities had that column.
    `without_images_index=False` leaves out the partial index that forbids venue_images of a
    wrong type. `extra_states` join the enum of job states whatever the version: a state can
    be there before the migration that is said to bring it, or be new altogether.
    """

    oban_schema: str = "public"
    oban_version: int = APPLICATION_OBAN_VERSION
    alternate_names: bool = True
    without_images_index: bool = True
    extra_states: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a version that cannot be built."""
        if self.oban_version not in OBAN_VERSIONS:
            raise ValueError(f"oban_version must be one of {OBAN_VERSIONS}")

    def job_states(self) -> tuple[str, ...]:
        """The values of oban_job_state, in the order that the type has."""
        states = list(ddl_oban.STATES)
        if self.oban_version >= _FIRST_WITH_SUSPENDED:
            states.insert(states.index("scheduled"), "suspended")
        return (*states, *(state for state in self.extra_states if state not in states))


def create_schema(
    conn: psycopg.Connection[Any],
    *,
    oban_schema: str = "public",
    oban_version: int = APPLICATION_OBAN_VERSION,
    alternate_names: bool = True,
) -> None:
    """Create every table, index, check and trigger in the caller's transaction.

    Raises ValueError for a version that is not one of OBAN_VERSIONS, and whatever psycopg
    raises when the tables exist already.
    """
    layout = Layout(oban_schema, oban_version, alternate_names)
    create_tables(conn, layout)
    create_constraints(conn, layout)


def create_tables(conn: psycopg.Connection[Any], layout: Layout) -> None:
    """The tables with primary keys and column checks, without what slows a large load."""
    conn.execute(ddl.PLACES)
    if layout.alternate_names:
        conn.execute(ddl.ALTERNATE_NAMES)
    conn.execute(ddl.VENUES)
    schema = sql.Identifier(layout.oban_schema)
    conn.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
    states = sql.SQL(", ").join(map(sql.Literal, layout.job_states()))
    conn.execute(sql.SQL("CREATE TYPE {}.oban_job_state AS ENUM ({})").format(schema, states))
    _execute_oban(conn, layout, ddl_oban.JOBS, ddl_oban.PEERS)
    if layout.oban_version <= _LAST_WITH_TRIGGER:
        _execute_oban(conn, layout, ddl_oban.PRIORITY_CHECK_11)
    else:
        _execute_oban(conn, layout, ddl_oban.PRIORITY_CHECK_12)
    # Oban keeps its schema's version where its own migrator looks for it: in the comment.
    version = sql.Literal(str(layout.oban_version))
    conn.execute(sql.SQL("COMMENT ON TABLE {}.oban_jobs IS {}").format(schema, version))


def create_constraints(conn: psycopg.Connection[Any], layout: Layout) -> None:
    """The indexes, the foreign key, the check on cities and the trigger: after a load."""
    for index in ddl.VENUE_INDEXES:
        conn.execute(index)
    if layout.without_images_index:
        conn.execute(ddl.WITHOUT_IMAGES_INDEX)
    conn.execute(ddl.VENUE_CONSTRAINTS)
    _execute_oban(conn, layout, *ddl_oban.INDEXES)
    if layout.oban_version >= _FIRST_WITH_PRUNING_INDEXES:
        _execute_oban(conn, layout, *ddl_oban.INDEXES_13)
    if layout.oban_version <= _LAST_WITH_TRIGGER:
        _execute_oban(conn, layout, *ddl_oban.INSERT_TRIGGER_11)


def _execute_oban(
    conn: psycopg.Connection[Any], layout: Layout, *statements: LiteralString
) -> None:
    schema = sql.Identifier(layout.oban_schema)
    channel = sql.Literal(f"{layout.oban_schema}.oban_insert")
    for statement in statements:
        conn.execute(sql.SQL(statement).format(schema=schema, channel=channel))
