"""What commands hand to the writer: rows with columns, or a document; never text with layout."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

from venue_ops.core.models import Json

Row = TypeVar("Row")
Value = Json | datetime | timedelta
"""What a column is for a machine; times are aware, a timedelta is written as seconds."""


class Style(StrEnum):
    """What a text means; the writer chooses the colour."""

    PLAIN = "plain"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    DIM = "dim"
    ACCENT = "accent"


@dataclass(frozen=True, slots=True)
class Cell:
    """A text for people and what it means.

    A terminal that has block characters shows a bar for `share` (0 to 1) behind the text, and a
    sparkline for `trend` in its place; everything else shows the text.
    """

    text: str
    style: Style = Style.PLAIN
    share: float | None = None
    trend: Sequence[int] = ()


@dataclass(frozen=True)  # no slots: with them `Column[Row](...)` is a TypeError (cpython 3.11)
class Column(Generic[Row]):
    """One column of a listing: its exact value for machines, its cell for people.

    `name` is the key in JSON and the name for `--columns`. Without `cell` people see the value
    in a readable form. `default` False: only in `wide`, in the formats for machines and by
    `--columns`; with `wide` False not even in `wide`. On a terminal that is too narrow
    `flexible` columns are cut with an ellipsis and those with the lowest `keep` are left out
    first (0: never).
    """

    name: str
    value: Callable[[Row], Value]
    cell: Callable[[Row], Cell | str] | None = None
    header: str | None = None
    default: bool = True
    wide: bool = True
    right: bool = False
    flexible: bool = False
    keep: int = 0

    @property
    def title(self) -> str:
        """The header of a table."""
        return self.name.upper().replace("_", " ") if self.header is None else self.header


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Where a listing stands: rows asked for, the value for `--after`, rows in all if known."""

    limit: int | None
    next: str | None
    total: int | None


@dataclass(frozen=True)  # no slots: with them `Listing[Row](...)` is a TypeError (cpython 3.11)
class Listing(Generic[Row]):
    """Rows, read once and in order; `ident` is what `-o ids` prints of each."""

    rows: Iterable[Row]
    columns: Sequence[Column[Row]]
    ident: Callable[[Row], str]
    page: PageInfo | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Labelled values under a title."""

    title: str
    pairs: Sequence[tuple[str, Cell | str]]


@dataclass(frozen=True, slots=True)
class Section:
    """A listing under a title; `empty` stands there when it has no rows."""

    title: str
    listing: Listing[Any]
    empty: str = "none"


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence with a mark and a name in front, and what stands below it."""

    mark: Cell
    name: str
    text: Cell | str
    below: Sequence[Cell | str] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """Sentences under a title; a terminal breaks those that are too long for a line."""

    title: str
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class Document:
    """What a `show` command prints: blocks for people, data for machines.

    `listing` is what csv, tsv and ids print; without one they are refused.
    """

    blocks: Sequence[Facts | Section | Items]
    data: Mapping[str, Any]
    listing: Listing[Any] | None = None
