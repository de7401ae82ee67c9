"""A database is known by what it is, not by how it is reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from psycopg import sql
from tests.databases import Database

from venue_ops.core.db import connection
from venue_ops.core.errors import DatabaseError
from venue_ops.core.services.identity import identity_of
from venue_ops.core.services.source import Source


@contextmanager
def source(conninfo: str, label: str = "a label") -> Iterator[Source]:
    database = connection.Database(conninfo, label=label, statement_timeout=timedelta(seconds=20))
    with closing(database):
        yield Source(database, "public", {}, 3, lambda: datetime.now(UTC))


def known(database: Database, label: str = "a label") -> tuple[str, str | None]:
    with source(database.conninfo, label) as asked:
        return identity_of(asked)


def test_two_spellings_are_one_database(sample_database: Database) -> None:
    (name, key), other = known(sample_database, "x on localhost"), known(sample_database, "tunnel")
    assert (name, key) == other
    assert key is not None
    assert name.startswith("vo_")


def test_two_databases_behind_one_address_are_two(
    sample_database: Database, generated_database: Database
) -> None:
    assert known(sample_database)[1] != known(generated_database)[1]


def test_a_renamed_database_is_the_same(sample_database: Database) -> None:
    name, key = known(sample_database)
    renamed = f"{name}_renamed"
    with source(sample_database.conninfo.replace(name, "postgres")) as asked:
        admin = asked.database._connected()
        admin.autocommit = True
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        admin.execute(rename.format(sql.Identifier(name), sql.Identifier(renamed)))
        try:
            there = replace(
                sample_database, conninfo=sample_database.conninfo.replace(name, renamed)
            )
            assert known(there) == (renamed, key)
        finally:
            admin.execute(rename.format(sql.Identifier(renamed), sql.Identifier(name)))


def test_a_role_that_may_only_select_may_ask(sample_database: Database) -> None:
    """It is not even granted a table."""
    with sample_database.connect(autocommit=True) as conn:
        conn.execute("CREATE ROLE identity_reader LOGIN")
    try:
        with source(f"{sample_database.conninfo} user=identity_reader") as asked:
            assert identity_of(asked) == known(sample_database)
    finally:
        with sample_database.connect(autocommit=True) as conn:
            conn.execute("DROP ROLE identity_reader")


def test_the_label_stands_in_where_the_right_was_revoked(sample_database: Database) -> None:
    with sample_database.connect(autocommit=True) as conn:
        conn.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
        conn.execute("CREATE ROLE identity_refused LOGIN")
    try:
        with source(f"{sample_database.conninfo} user=identity_refused") as asked:
            assert identity_of(asked) == ("a label", None)
    finally:
        with sample_database.connect(autocommit=True) as conn:
            conn.execute("DROP ROLE identity_refused")


def test_a_database_that_is_away_is_not_mistaken_for_another(sample_database: Database) -> None:
    """The label would be another folder, and every photo in it unknown."""
    with (
        source(f"{sample_database.conninfo} port=1 connect_timeout=1") as asked,
        pytest.raises(DatabaseError),
    ):
        identity_of(asked)
