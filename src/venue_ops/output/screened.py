"""Rows as COPY sends them, made fit to leave: no secret, no control, no formula.

Most rows are harmless and pass in large pieces; those that `core.screening` suspects are taken
apart and cleaned field by field, as a listing cleans them. So the rules stand in one place, and
an export still runs at the speed of COPY.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any

from venue_ops.core.redaction import REDACTED, Redactor
from venue_ops.core.redaction.known import known_pattern
from venue_ops.core.screening.patterns import MARKS, Searcher, searcher
from venue_ops.core.untrusted import spreadsheet_safe
from venue_ops.output.json import encode
from venue_ops.output.values import Exact

BUFFER = 128 * 1024
"""Bytes that are searched and written at once: small beside any memory, large beside a row."""

_SHORTEST_RUN = 4
_RUN = re.compile(r"[A-Za-z0-9_.~-]+")
_VALUE = rb"[\w~+/-]{10,}+"
"""A value that redaction replaces for sure, and whole: it spares `null`, and a full stop behind."""


@dataclass(frozen=True)  # no slots: cached_property
class Screen:
    """What a stream of rows passes through.

    `texts` says of each column whether its text comes from outside. `delimiter` is None for
    lines of JSON. With `line_end` every record ends.
    """

    texts: Sequence[bool]
    redactor: Redactor = field(repr=False)
    delimiter: str | None = ","
    line_end: bytes = b"\n"

    def cleaned(self, rows: Iterable[bytes]) -> Iterator[bytes]:
        """Whole rows in (each ended by a line feed), cleaned pieces of some BUFFER bytes out."""
        held: list[bytes] = []
        size = 0
        for row in rows:
            held.append(row)
            size += len(row)
            if size >= BUFFER:
                yield self.piece(held)
                held, size = [], 0
        if held:
            yield self.piece(held)

    def piece(self, rows: Sequence[bytes]) -> bytes:
        """Some rows, cleaned."""
        text = b"".join(rows)
        if text.count(b"\n") == len(rows) and not any(mark in text for mark in MARKS):
            text = self._searched(self._marked(text))
        else:
            text = b"".join(self._apart(rows))
        return text if self.line_end == b"\n" else text.replace(b"\n", self.line_end)

    def _apart(self, rows: Iterable[bytes]) -> Iterator[bytes]:
        """Rows with line breaks inside a field, or with our own marks, by the careful way."""
        for is_odd, some in groupby(rows, key=_is_odd):
            if is_odd:
                yield from map(self.row, some)
            else:
                yield self._searched(self._marked(b"".join(some)))

    def row(self, row: bytes) -> bytes:
        """One row, cleaned field by field."""
        line = bytes(row).decode("utf-8").removesuffix("\n")
        return (self._object(line) if self.delimiter is None else self._record(line)) + b"\n"

    # --- the quick way ------------------------------------------------------------------

    def _marked(self, text: bytes) -> bytes:
        for name, (pattern, mark) in self._usual.items():
            if name in text:
                text = pattern.sub(mark, text)
        return text

    @cached_property
    def _usual(self) -> dict[bytes, tuple[re.Pattern[bytes], bytes]]:
        # A value ends for sure at the end of its (quoted) field, or at the next parameter.
        ends = rb'"[,}]' if self.delimiter is None else rb'"[\n' + self._delimiter + rb"]"
        return {
            name: (re.compile(re.escape(name) + _VALUE + rb"(?=&|" + ends + rb")"), mark)
            for mark, name in MARKS.items()
        }

    @property
    def _delimiter(self) -> bytes:
        return re.escape((self.delimiter or "").encode("ascii"))

    def _unmarked(self, text: bytes) -> bytes:
        for mark, name in MARKS.items():
            text = text.replace(mark, name + REDACTED.encode("ascii"))
        return text

    def _searched(self, text: bytes) -> bytes:
        """The text with every suspicious line cleaned."""
        if self._knows(text):
            lines = text.removesuffix(b"\n").split(b"\n")
            return b"".join(self.row(self._unmarked(line)) for line in lines)
        search = self._searcher.search
        parts: list[bytes] = []
        done = position = 0
        while match := search(text, position):
            # A match may begin with the end of the line before; where it ends is its line.
            last = match.end() - 1
            start = text.rfind(b"\n", 0, last) + 1
            end = text.find(b"\n", last) + 1
            parts += (text[done:start], self.row(self._unmarked(text[start:end])))
            done, position = end, end - 1
            if end == len(text):
                break
        return self._unmarked(b"".join([*parts, text[done:]]))

    @cached_property
    def _searcher(self) -> Searcher:
        return searcher(self.delimiter)

    def _knows(self, text: bytes) -> bool:
        """Whether a known secret may be in the text, in any spelling."""
        if any(run in text for run in self._runs):
            return True
        pattern = self._without_run
        return pattern is not None and pattern.search(text.decode("utf-8")) is not None

    @cached_property
    def _runs(self) -> tuple[bytes, ...]:
        """Of each known secret the longest part that every encoding leaves as it is."""
        longest = (max(_RUN.findall(each), key=len, default="") for each in self.redactor.known)
        return tuple(run.encode() for run in longest if len(run) >= _SHORTEST_RUN)

    @cached_property
    def _without_run(self) -> re.Pattern[str] | None:
        short = {
            each
            for each in self.redactor.known
            if len(max(_RUN.findall(each), key=len, default="")) < _SHORTEST_RUN
        }
        return known_pattern(frozenset(short)) if short else None

    # --- the careful way ----------------------------------------------------------------

    def _record(self, line: str) -> bytes:
        parts = (
            self._field(value, quoted=quoted, is_text=is_text)
            for (value, quoted), is_text in zip(self._fields(line), self.texts, strict=True)
        )
        return (self.delimiter or "").join(parts).encode("utf-8")

    def _fields(self, line: str) -> Iterator[tuple[str, bool]]:
        """The fields of a record and whether each was quoted: COPY quotes '' but never NULL."""
        position = 0
        while True:
            if match := _QUOTED.match(line, position):
                yield match[1].replace('""', '"'), True
                position = match.end()
            else:
                end = line.find(self.delimiter or "", position)
                end = len(line) if end < 0 else end
                yield line[position:end], False
                position = end
            if position >= len(line):
                return
            position += 1

    def _field(self, value: str, *, quoted: bool, is_text: bool) -> str:
        if is_text:
            value = spreadsheet_safe(self.redactor.text(value))
        if quoted or self.delimiter in value or '"' in value:  # type: ignore[operator]
            return '"' + value.replace('"', '""') + '"'
        return value

    def _object(self, line: str) -> bytes:
        value: Any = json.loads(line, parse_float=Decimal, parse_int=Decimal)
        cleaned = {
            key: self.redactor.tree(value[key], Exact()) if is_text else value[key]
            for key, is_text in zip(value, self.texts, strict=True)
        }
        return encode(cleaned).encode("ascii")


def _is_odd(row: bytes) -> bool:
    return row.count(b"\n") != 1 or any(mark in row for mark in MARKS)


_QUOTED = re.compile(r'"((?:[^"]|"")*+)"')
