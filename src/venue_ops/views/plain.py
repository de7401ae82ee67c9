"""Rows as plain data, and times that the application keeps as text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, TypeVar

from venue_ops.output.models import Column
from venue_ops.output.values import moment as in_zone

Row = TypeVar("Row")


def data_of(columns: Sequence[Column[Row]], row: Row) -> dict[str, Any]:
    """A row's values by the names of its columns: the same keys as in a listing."""
    return {column.name: column.value(row) for column in columns}


def moment(text: str | None) -> datetime | str | None:
    """A time the application wrote as text: as a time if it reads as one, else as it is.

    Elixir's naive times mean UTC.
    """
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return text
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def said(at: datetime | str | None, tz: tzinfo | None) -> str:
    """A moment in a zone (None: the machine's own) for a sentence; a text as it is."""
    return f"{in_zone(at, tz):%Y-%m-%d %H:%M:%S %Z}" if isinstance(at, datetime) else at or ""
