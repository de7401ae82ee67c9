"""Rows as plain data, for the JSON of a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from venue_ops.output.models import Column

Row = TypeVar("Row")


def data_of(columns: Sequence[Column[Row]], row: Row) -> dict[str, Any]:
    """A row's values by the names of its columns: the same keys as in a listing."""
    return {column.name: column.value(row) for column in columns}
