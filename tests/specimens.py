"""Rows of any shape in a real PostgreSQL, and what an SQL expression says of each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import psycopg
from hypothesis import HealthCheck, settings
from psycopg.types.json import set_json_loads
from sqlalchemy import ARRAY, Column, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import psycopg as dialect
from tests.strategies import Value, to_json

from venue_ops.core.db.expressions.jobs import NAMED_KINDS
from venue_ops.core.models import JobKind

WORKERS = {
    **{kind: (f"App.{kind.title()}", f"Old.{kind.title()}") for kind in NAMED_KINDS},
    JobKind.CLEANUP: (),
}
KINDS = {name: kind for kind, names in WORKERS.items() for name in names} | {"App.O'K": "other"}
PARAMETERS = {f"{kind}_workers": list(names) for kind, names in WORKERS.items()}
JOBS = Table(
    "some_jobs",
    MetaData(),
    Column("n", Integer),
    Column("worker", Text),
    Column("state", Text),
    Column("args", JSONB),
    Column("meta", JSONB),
    Column("errors", ARRAY(JSONB)),
)
VALUES = Table("some_values", MetaData(), Column("n", Integer), Column("value", JSONB))


batches = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""Each example is a batch of many rows."""


class Bench:
    """A connection with the two tables, which reads JSON as the program does."""

    def __init__(self, connection: psycopg.Connection[dict[str, Any]]) -> None:
        self._connection = connection
        set_json_loads(partial(json.loads, parse_float=Decimal), connection)
        connection.execute(
            "CREATE TEMP TABLE some_jobs (n int, worker text, state text, args jsonb,"
            " meta jsonb, errors jsonb[] NOT NULL);"
            "CREATE TEMP TABLE some_values (n int, value jsonb)"
        )

    def jobs(
        self, rows: Sequence[tuple[str, str, Value, Value, Value]], asked: Any, **bound: Any
    ) -> list[dict[str, Any]]:
        """Worker, state, args, meta, errors of each row, and what SQL says of it."""
        columns = [list(column) for column in zip(*rows, strict=True)]
        columns[2:] = [[to_json(value) for value in column] for column in columns[2:]]
        columns[3] = [
            None if row[3] is None else text for row, text in zip(rows, columns[3], strict=True)
        ]
        self._connection.execute("TRUNCATE some_jobs")
        self._connection.execute(
            "INSERT INTO some_jobs SELECT n, w, s, a::jsonb, m::jsonb,"
            " ARRAY(SELECT jsonb_array_elements(e::jsonb))"
            " FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])"
            " WITH ORDINALITY AS r (w, s, a, m, e, n)",
            columns,
        )
        return self._ask(asked.add_columns(*JOBS.c).order_by(JOBS.c.n), bound)

    def values(self, values: Sequence[Value], asked: Any, **bound: Any) -> list[Any]:
        """Each value and what SQL says of it; a Python None is SQL NULL."""
        texts = [None if value is None else to_json(value) for value in values]
        self._connection.execute("TRUNCATE some_values")
        self._connection.execute(
            "INSERT INTO some_values SELECT n, t::jsonb"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS r (t, n)",
            [texts],
        )
        return self._ask(asked.add_columns(*VALUES.c).order_by(VALUES.c.n), bound)

    def _ask(self, asked: Any, bound: dict[str, Any]) -> list[dict[str, Any]]:
        compiled = asked.compile(dialect=dialect.dialect())  # type: ignore[no-untyped-call]
        parameters = {**compiled.params, **PARAMETERS, **bound}
        return self._connection.execute(str(compiled), parameters).fetchall()


def differences(rows: list[dict[str, Any]], **twins: Any) -> list[Any]:
    """What SQL and Python say differently, with the row (a few are enough)."""
    found = [
        (name, row[name], said, {key: row[key] for key in row if key not in twins})
        for row in rows
        for name, twin in twins.items()
        if (said := twin(row)) != row[name]
    ]
    return found[:3]
