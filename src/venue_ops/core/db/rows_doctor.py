"""Rows of the questions of doctor as the facts that its checks judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from venue_ops.core.doctor import facts

Row = Mapping[str, Any]


def server(row: Row) -> facts.Server:
    """The row of ServerFacts."""
    return facts.Server(
        row["version"], row["version_number"], is_replica=row["is_replica"], role=row["role"]
    )


def server_clock(row: Row) -> datetime:
    """The clock in the row of ServerFacts, without the session's time zone."""
    return datetime.fromtimestamp(float(row["epoch"]), UTC)


def relations(rows: Sequence[Row], oban_schema: str) -> facts.Relations:
    """The rows of RelationFacts; an estimate below zero is none."""
    found = (
        facts.Relation(**{**row, "rows": None if row["rows"] < 0 else row["rows"]}) for row in rows
    )
    return facts.Relations(tuple(found), oban_schema)


def column(row: Row) -> facts.ColumnFact:
    """A row of ColumnFacts."""
    values = dict(row)
    return facts.ColumnFact(table=values.pop("table_name"), **values)


def index(row: Row) -> facts.Index:
    """A row of IndexFacts."""
    values = dict(row)
    columns, mentions = tuple(values.pop("columns")), tuple(values.pop("mentions"))
    return facts.Index(table=values.pop("table_name"), columns=columns, mentions=mentions, **values)


def lock(row: Row) -> facts.Lock:
    """A row of LockFacts."""
    values = dict(row)
    return facts.Lock(table=values.pop("table_name"), **values)


def role(row: Row) -> facts.Role:
    """The row of RoleFacts."""
    values = dict(row)
    return facts.Role(name=values.pop("role"), **values)


def queue(row: Row) -> facts.Queue:
    """A row of QueueFacts."""
    values = dict(row)
    return facts.Queue(name=values.pop("queue"), **values)


def sample(row: Row, subject: str) -> facts.Sample:
    """A row that counts jobs; `subject` is the column that says of what."""
    return facts.Sample(str(row[subject]), row.get("state", ""), row["jobs"], tuple(row["ids"]))


def executing(row: Row) -> facts.Executing:
    """A row of ExecutingJobs."""
    return facts.Executing(**{**row, "ids": tuple(row["ids"])})


def future(row: Row) -> facts.Future:
    """A row of FutureTimes."""
    return facts.Future(row["column_name"], row["jobs"], row["latest"], tuple(row["ids"]))


def image_fault(row: Row) -> facts.ImageFault:
    """A row of ImageFaults."""
    return facts.ImageFault(**{**row, "ids": tuple(row["ids"])})
