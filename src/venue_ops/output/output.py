"""Rows and documents to stdout, in the format that was asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TextIO

from venue_ops.color import wants_color
from venue_ops.core.errors import UsageError
from venue_ops.core.models import Json
from venue_ops.core.redaction import Redactor
from venue_ops.output import delimited, json
from venue_ops.output.columns import check_names, choose_columns
from venue_ops.output.formats import Format
from venue_ops.output.grid import Painter
from venue_ops.output.models import Column, Document, Listing, PageInfo, Row
from venue_ops.output.options import OutputOptions
from venue_ops.output.pager import Pager, Paging
from venue_ops.output.people import People
from venue_ops.output.safe import Cleaner, Safe, stream_encoding
from venue_ops.output.table_plain import PlainPainter
from venue_ops.output.values import Exact, Human
from venue_ops.output.writer import Writer

_INDENT = 2
_PAGED = frozenset({Format.TABLE, Format.WIDE, Format.JSON})
"""The formats that people read."""
_USUAL_WIDTH = 80


def _now() -> datetime:
    return datetime.now(UTC)


class Output:
    """The one writer of data.

    Everything is redacted, then escaped for its format, then written. `width` and `terminal`
    are read from the stream when not given; colour follows the options and the environment.
    `paging` is for listings and documents that people read on a terminal.
    Raises UsageError for an unknown column or a format that a document has not, OutputError
    when the stream fails, BrokenPipeError when its reader went away.
    """

    def __init__(
        self,
        stream: TextIO,
        options: OutputOptions,
        redactor: Redactor,
        width: int | None = None,
        terminal: bool | None = None,
        *,
        env: Mapping[str, str] | None = None,
        now: Callable[[], datetime] = _now,
        paging: Paging | None = None,
    ) -> None:
        self._options = options
        self._format = options.format or Format.TABLE
        self._terminal = stream.isatty() if terminal is None else terminal
        env = os.environ if env is None else env
        self._color = wants_color(options.color, terminal=self._terminal, env=env)
        self._width = width or _width(stream, env)
        self._now = now
        self._writer: Writer | Pager = Writer(stream)
        self._paging = paging if self._terminal and self._format in _PAGED else None
        self._cleaner = Cleaner(redactor, stream_encoding(stream))
        self._exact = Exact(options.tz)
        self._hidden: tuple[str, ...] = ()

    @property
    def hidden_columns(self) -> tuple[str, ...]:
        """The names of the columns that the terminal was too narrow for, so far."""
        return self._hidden

    def check(self, columns: Sequence[Column[Any]]) -> None:
        """Raises UsageError where a column was asked for that is none of these."""
        choose_columns(columns, self._options.columns, self._format)

    def listing(self, listing: Listing[Row]) -> int:
        """Writes all rows and returns their number; all formats take constant memory."""
        with self._shown():
            match self._format:
                case Format.TABLE | Format.WIDE:
                    people = self._people()
                    count = people.listing(listing)
                    self._hidden = people.hidden
                case Format.JSON:
                    count = self._json(listing)
                case Format.NDJSON:
                    count = self._ndjson(listing)
                case Format.CSV | Format.TSV:
                    count = self._delimited(listing)
                case Format.IDS:
                    count = self._ids(listing)
        return count

    def document(self, document: Document) -> None:
        """Writes what a `show` command found."""
        with self._shown():
            match self._format:
                case Format.TABLE | Format.WIDE:
                    self._blocks(document)
                case Format.JSON | Format.NDJSON:
                    self._data(document)
                case Format.CSV | Format.TSV | Format.IDS:
                    if document.listing is None:
                        raise UsageError(
                            f"There is no list to print as {self._format}.",
                            hint="These formats work here: table, wide, json, ndjson.",
                        )
                    self.listing(document.listing)

    def without_pager(self) -> None:
        """Write straight to the terminal from here on."""
        self._paging = None

    @contextmanager
    def _shown(self) -> Iterator[None]:
        """What is written within is complete at its end, and read if a pager shows it."""
        if self._paging is None or not isinstance(self._writer, Writer):
            yield
            self._writer.flush()
            return
        plain = self._writer
        self._writer = pager = Pager(plain, self._paging)
        try:
            with pager.running():
                yield
        finally:
            self._writer = plain

    def text(self, text: str) -> None:
        """Writes one line of plain data."""
        self._writer.write(Safe(self._cleaner.text(text) + "\n"))
        self._writer.flush()

    def verbatim(self, text: str) -> None:
        """Writes a text of the program's own, with nothing from outside in it, as it is."""
        self._writer.write(Safe(text))
        self._writer.flush()

    def _people(self) -> People:
        # -o wide is for looking at everything: nothing is cut or left out, lines may wrap.
        fits = self._terminal and self._format is Format.TABLE
        return People(
            self._writer.write,
            self._options,
            self._format,
            self._cleaner,
            Human(self._options.tz, self._terminal, self._now()),
            self._painter(),
            self._width if fits else None,
        )

    def _painter(self) -> Painter:
        if not (self._terminal and self._color):
            return PlainPainter(color=self._color)
        from venue_ops.output.table_rich import RichPainter

        return RichPainter()

    def _blocks(self, document: Document) -> None:
        if self._options.columns:
            works = "json, ndjson" if document.listing is None else "json, ndjson, csv, tsv"
            raise UsageError(
                "--columns cannot choose among the blocks of this view.",
                hint=f"It works with -o {works}.",
            )
        people = self._people()
        people.document(document)
        self._hidden = people.hidden

    def _data(self, document: Document) -> None:
        data: Mapping[str, Any] = document.data
        if self._options.columns:
            check_names(self._options.columns, list(data))
            data = {name: data[name] for name in dict.fromkeys(self._options.columns)}
        if self._format is Format.NDJSON:
            text = json.encode(self._tree(data))
        else:
            text = json.encode({"data": self._tree(data)}, indent=self._indent)
        self._writer.write(Safe(text + "\n"))

    @property
    def _indent(self) -> int:
        return _INDENT if self._terminal else 0

    def _tree(self, value: object) -> Json:
        return self._cleaner.redactor.tree(value, self._exact)

    def _objects(self, listing: Listing[Row]) -> Iterator[Json]:
        columns = self._columns(listing)
        for row in listing.rows:
            # A column's name is ours; only what stands under it comes from outside.
            yield {column.name: self._tree(column.value(row)) for column in columns}

    def _columns(self, listing: Listing[Row]) -> tuple[Column[Any], ...]:
        return choose_columns(listing.columns, self._options.columns, self._format)

    def _json(self, listing: Listing[Row]) -> int:
        count = 0

        def counted() -> Iterator[Json]:
            nonlocal count
            for count, row in enumerate(self._objects(listing), start=1):  # noqa: B007
                yield row

        for piece in json.stream_listing(counted(), self._page(listing.page), indent=self._indent):
            self._writer.write(piece)
        return count

    def _page(self, page: PageInfo | None) -> Json:
        if page is None:
            return None
        return self._tree({"limit": page.limit, "next": page.next, "total": page.total})

    def _ndjson(self, listing: Listing[Row]) -> int:
        count = 0
        for count, row in enumerate(self._objects(listing), start=1):  # noqa: B007
            self._writer.write(Safe(json.encode(row) + "\n"))
        return count

    def _delimited(self, listing: Listing[Row]) -> int:
        columns = self._columns(listing)
        line = delimited.csv_line if self._format is Format.CSV else delimited.tsv_line
        names = [self._cleaner.sheet(column.name) for column in columns]
        header = line(names) if self._options.headers else Safe("")
        count = 0
        for count, row in enumerate(listing.rows, start=1):
            if count == 1:
                self._writer.write(header)  # not before: what fails at once leaves nothing
            values = [column.value(row) for column in columns]
            self._writer.write(line([self._field(value) for value in values]))
        if not count:
            self._writer.write(header)
        return count

    def _field(self, value: object) -> Safe:
        if isinstance(value, str):
            return self._cleaner.sheet(value)
        return delimited.field(self._tree(value), self._cleaner, exact=isinstance(value, datetime))

    def _ids(self, listing: Listing[Row]) -> int:
        count = 0
        for count, row in enumerate(listing.rows, start=1):  # noqa: B007
            self._writer.write(Safe(self._cleaner.text(listing.ident(row)) + "\n"))
        return count


def _width(stream: TextIO, env: Mapping[str, str]) -> int:
    """The cells of a line: COLUMNS, else what the terminal behind the stream says."""
    columns = env.get("COLUMNS", "")
    if columns.isascii() and columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL_WIDTH
    except (OSError, ValueError):
        return _USUAL_WIDTH
