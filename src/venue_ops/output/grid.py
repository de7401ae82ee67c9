"""Rows of cells laid out in columns; how they are painted is for table_plain and table_rich."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from venue_ops.output.layout import Fit, Measure, Track, fit, truncate
from venue_ops.output.models import Style
from venue_ops.output.safe import Safe


class SafeCell(NamedTuple):
    """A cleaned text and what it means."""

    text: Safe
    style: Style = Style.PLAIN


@dataclass(frozen=True, slots=True)
class Head:
    """A column of a table: its cleaned header and how it may give way on a narrow terminal."""

    title: Safe
    right: bool = False
    flexible: bool = False
    keep: int = 0


@dataclass(frozen=True, slots=True)
class Grid:
    """Some rows ready to paint; `header` None when it was painted already or is not wanted."""

    widths: tuple[int, ...]
    right: tuple[bool, ...]
    header: tuple[Safe, ...] | None
    rows: tuple[tuple[SafeCell, ...], ...]


class Painter(Protocol):
    """Makes lines of text for one kind of stream."""

    def measure(self, text: str, /) -> int:
        """How many cells a text takes there."""
        ...

    def lines(self, grid: Grid) -> Iterator[Safe]:
        """One line a row, with its line break and without trailing blanks."""
        ...

    def styled(self, cell: SafeCell) -> Safe:
        """One text by itself."""
        ...

    def title(self, text: Safe) -> Safe:
        """A heading by itself."""
        ...


class Layout:
    """Places chunk after chunk of rows; the first one decides which columns are left out."""

    def __init__(
        self, heads: Sequence[Head], *, measure: Measure, ellipsis: str, available: int | None
    ) -> None:
        self._heads = heads
        self._measure = measure
        self._ellipsis = ellipsis
        self._available = available
        self._fit: Fit | None = None

    @property
    def hidden(self) -> tuple[int, ...]:
        """The places of the columns that were left out."""
        kept = self._fit.kept if self._fit else range(len(self._heads))
        return tuple(i for i in range(len(self._heads)) if i not in kept)

    def grid(self, rows: Sequence[Sequence[SafeCell]], *, header: bool) -> Grid:
        """The rows in place, under their header if wanted."""
        heads, measure = self._heads, self._measure
        titles = [measure(head.title) if header else 0 for head in heads]
        natural = [
            max([titles[i], *(measure(row[i].text) for row in rows)]) for i in range(len(heads))
        ]
        if self._fit is None:
            tracks = [
                Track(natural[i], head.flexible, head.keep, titles[i])
                for i, head in enumerate(heads)
            ]
            self._fit = fit(tracks, self._available)
        elif self._available is None:
            # Later rows may be wider. Columns only grow, so that what follows stays aligned.
            grown = zip(self._fit.widths, natural, strict=True)
            self._fit = Fit(self._fit.kept, tuple(max(pair) for pair in grown))
        kept, widths = self._fit.kept, self._fit.widths
        return Grid(
            widths,
            tuple(heads[i].right for i in kept),
            tuple(heads[i].title for i in kept) if header else None,
            tuple(
                tuple(self._cut(row[i], i, w) for i, w in zip(kept, widths, strict=True))
                for row in rows
            ),
        )

    def _cut(self, cell: SafeCell, place: int, width: int) -> SafeCell:
        if not self._heads[place].flexible:
            return cell
        return SafeCell(Safe(truncate(cell.text, width, self._ellipsis, self._measure)), cell.style)
