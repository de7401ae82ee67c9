"""Listings and documents as people read them: tables, labelled values, titles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from venue_ops.output.columns import choose_columns
from venue_ops.output.formats import Format
from venue_ops.output.graphics import SHARE_WIDTH, bar, sparkline
from venue_ops.output.grid import Head, Layout, Painter, SafeCell
from venue_ops.output.layout import GAP, broken
from venue_ops.output.models import (
    Cell,
    Column,
    Document,
    Facts,
    Item,
    Items,
    Listing,
    Section,
    Style,
)
from venue_ops.output.options import OutputOptions
from venue_ops.output.safe import Cleaner, Safe
from venue_ops.output.values import Human

CHUNK = 1000
"""Rows of a table that are measured together: one of any length takes the memory of these."""

NARROW = 36
"""With less room than this behind its name, the sentence of an item gets lines of its own."""
DASH = "- "

Write = Callable[[Safe], None]


@dataclass(slots=True)
class People:
    """Writes tables and documents; `hidden` collects the columns that found no room."""

    write: Write
    options: OutputOptions
    format: Format
    cleaner: Cleaner
    human: Human
    painter: Painter
    available: int | None
    hidden: tuple[str, ...] = ()

    def listing(self, listing: Listing[Any], *, empty: str | None = None) -> int:
        """A table; without rows its header line, or `empty` where that is given."""
        columns = choose_columns(listing.columns, self.options.columns, self.format)
        layout = Layout(
            [self._head(column) for column in columns],
            measure=self.painter.measure,
            ellipsis=self.cleaner.ellipsis,
            available=self.available,
        )
        rows = iter(listing.rows)
        written = 0
        while True:
            chunk = [[self._cell(column, row) for column in columns] for row in islice(rows, CHUNK)]
            if not chunk and written:
                break
            if not chunk and empty is not None:
                self.write(self.painter.styled(self._clean(Cell(empty, Style.DIM))))
                self.write(Safe("\n"))
                break
            grid = layout.grid(chunk, header=self.options.headers and not written)
            for line in self.painter.lines(grid):
                self.write(line)
            written += len(chunk)
            if len(chunk) < CHUNK:
                break
        names = (columns[place].name for place in layout.hidden)
        self.hidden = tuple(dict.fromkeys((*self.hidden, *names)))
        return written

    def document(self, document: Document) -> None:
        """Every block under its title, a blank line between them."""
        widths = self._item_widths(document.blocks)
        for index, block in enumerate(document.blocks):
            if index:
                self.write(Safe("\n"))
            if block.title:
                title = self.cleaner.text(block.title)
                for line in broken(title, self.available, self.painter.measure):
                    self.write(Safe(self.painter.title(Safe(line)) + "\n"))
            match block:
                case Facts():
                    self._facts(block.pairs)
                case Section():
                    self.listing(block.listing, empty=block.empty)
                case Items():
                    self._items(block.items, widths)

    def _facts(self, pairs: Sequence[tuple[str, Cell | str]]) -> None:
        """Label and value; further lines begin where the value does."""
        labels = [self.cleaner.text(label) for label, _ in pairs]
        width = max(map(self.painter.measure, labels), default=0)
        for label, (_, value) in zip(labels, pairs, strict=True):
            blank = " " * (width - self.painter.measure(label) + GAP)
            self._broken(f"{' ' * GAP}{label}{blank}", width + 2 * GAP, [value])

    def _items(self, items: Sequence[Item], widths: tuple[int, int]) -> None:
        """Mark, name and sentence; further lines begin where the sentence does.

        Where that leaves too little of a line, the sentence begins a line of its own.
        """
        margin = sum(widths) + 3 * GAP
        is_narrow = self.available is not None and self.available - margin < NARROW
        for item in items:
            start = " " * GAP
            for cell, width in zip((item.mark, Cell(item.name)), widths, strict=True):
                clean = self._clean(cell)
                blank = " " * (width - self.painter.measure(clean.text) + GAP)
                start += f"{self.painter.styled(clean)}{blank}"
            if is_narrow:
                self.write(Safe(start.rstrip(" ") + "\n"))
                start, margin = " " * 2 * GAP, 2 * GAP
            self._broken(start, margin, [item.text, *item.below])

    def _broken(self, start: str, margin: int, texts: Sequence[Cell | str]) -> None:
        """Texts behind a start of `margin` cells, broken into lines where they are too long.

        The further lines of a text behind a dash begin where its words do.
        """
        for text in texts:
            clean = self._clean(text)
            mark = DASH if clean.text.startswith(DASH) else ""
            room = None if self.available is None else self.available - margin - len(mark)
            for line in broken(clean.text[len(mark) :], room, self.painter.measure):
                styled = self.painter.styled(SafeCell(Safe(f"{mark}{line}"), clean.style))
                self.write(Safe(f"{start}{styled}".rstrip(" ") + "\n"))
                start, mark = " " * margin, " " * len(mark)

    def _item_widths(self, blocks: Sequence[Facts | Section | Items]) -> tuple[int, int]:
        """The widest mark and the widest name of all blocks, so that they stand in line."""
        items = [item for block in blocks if isinstance(block, Items) for item in block.items]
        marks = (self.painter.measure(self.cleaner.text(item.mark.text)) for item in items)
        names = (self.painter.measure(self.cleaner.text(item.name)) for item in items)
        return max(marks, default=0), max(names, default=0)

    def _head(self, column: Column[Any]) -> Head:
        # What was asked for by name, or with -o wide, is never left out; wide cuts nothing.
        keep = 0 if self.options.columns else column.keep
        return Head(self.cleaner.text(column.title), column.right, column.flexible, keep)

    def _cell(self, column: Column[Any], row: Any) -> SafeCell:
        if column.cell is not None:
            return self._clean(column.cell(row))
        return self._clean(self.human(column.value(row), self.cleaner.redactor))

    def _clean(self, cell: Cell | str) -> SafeCell:
        if isinstance(cell, Cell):
            return SafeCell(self.cleaner.text(self._drawn(cell)), cell.style)
        return SafeCell(self.cleaner.text(cell))

    def _drawn(self, cell: Cell) -> str:
        if not (self.human.terminal and self.cleaner.has_blocks):
            return cell.text
        if cell.share is not None:
            return f"{cell.text:>{SHARE_WIDTH}} {bar(cell.share)}"
        return sparkline(cell.trend) if cell.trend else cell.text
