"""An export: from typed filters to rows, screened, on stdout or in a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from venue_ops.context import Session
from venue_ops.core.enums import Exported
from venue_ops.core.errors import UsageError
from venue_ops.core.exports.columns import Content, ExportColumn, columns_of
from venue_ops.core.services import exports
from venue_ops.listings.asking import image_query, operation_query, venue_query
from venue_ops.listings.filters import ExportFilters
from venue_ops.output.columns import check_names
from venue_ops.output.files import is_special, refuse_existing, write_file, write_stream
from venue_ops.output.screened import Screen

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
DELIMITERS: Final = {",": ",", ";": ";", "|": "|", "\t": "\t", "tab": "\t"}
STDOUT: Final = "-"
OVERLAP: Final = timedelta(minutes=1)
"""How far an increment reaches back before the export it continues: clocks differ, and what was
being written when the export began is not in it. Better some rows twice than one never."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is written and where to; `delimiter` None is NDJSON, `file` None is stdout."""

    delimiter: str | None
    bom: bool = False
    file: Path | None = None
    force: bool = False


def print_export(session: Session, filters: ExportFilters, target: Target) -> None:
    """Export everything that matches, and say on stderr how much it was, or that it was stopped."""
    _refuse_what_does_not_apply(session)
    if target.file is not None:
        refuse_existing(target.file, force=target.force)
    began = session.clock()
    try:
        lines = _write(session, filters, target)
    except KeyboardInterrupt:
        session.console.warn(f"The export was stopped: {_left_by_stopping(target.file)}.")
        raise
    _note(session, filters, target, lines - (target.delimiter is not None), began)


def _write(session: Session, filters: ExportFilters, target: Target) -> int:
    """All that matches to where it belongs; how many lines it was, with the header."""
    export = _export(session, filters)
    screen = Screen(
        tuple(column.content is Content.TEXT for column in export.columns),
        session.redactor,
        target.delimiter,
        b"\n" if target.delimiter is None else b"\r\n",
    )
    counter = _Counter(
        exports.copied(session.source, export, target.delimiter, within=_time_limit(session))
    )
    pieces = screen.cleaned(counter)
    if target.bom:
        pieces = _after(BYTE_ORDER_MARK, pieces)
    if target.file is None:
        write_stream(session.stdout, pieces)
    else:
        write_file(target.file, pieces, force=target.force)
    return counter.rows


def _left_by_stopping(file: Path | None) -> str:
    if file is None or is_special(file):
        return "the output is not complete"
    return f"{file} is as it was" if file.exists() else f"{file} was not written"


def file_of(name: str | None, *, force: bool) -> Path | None:
    """What --output-file names; None for stdout, also as "-" (a file so called is ./-).

    Raises UsageError for --force where nothing could be overwritten.
    """
    if name is not None and name != STDOUT:
        return Path(name)
    if force:
        raise UsageError(
            "--force overwrites a file, and none is named.", hint="Name it: --output-file FILE."
        )
    return None


def delimiter_of(word: str) -> str:
    """What --delimiter names; UsageError for anything else."""
    found = DELIMITERS.get(word)
    if found is None:
        raise UsageError(
            f'--delimiter does not know "{word[:20]}".', hint="It takes , ; | or the word tab."
        )
    return found


def _export(session: Session, filters: ExportFilters) -> exports.Export:
    columns = _columns(session, filters.exported)
    match filters.exported:
        case Exported.OPERATIONS:
            query, cities = operation_query(session, filters.of_operations())
            small = bool(cities) and all(city.is_small for city in cities)
            return exports.operations_export(session.source, query, columns, small_cities=small)
        case Exported.VENUES:
            of_venues = venue_query(session, filters.of_venues(), ())
            return exports.venues_export(session.source, of_venues, columns)
        case Exported.IMAGES:
            return exports.images_export(session.source, image_query(session, filters), columns)


def _columns(session: Session, exported: Exported) -> tuple[ExportColumn, ...]:
    check_names(session.flags.columns, [column.name for column in columns_of(exported, ())])
    return columns_of(exported, session.flags.columns)


def _time_limit(session: Session) -> timedelta:
    """None but one that was asked for: the default is meant for pages."""
    given = session.flags.statement_timeout is not None
    return session.settings.statement_timeout if given else timedelta(0)


def _refuse_what_does_not_apply(session: Session) -> None:
    if session.flags.output is not None:
        raise UsageError(
            "-o does not choose the format of an export.",
            hint="`export csv` and `export ndjson` do.",
        )
    if session.flags.no_headers:
        raise UsageError(
            "A CSV export always has a header.",
            hint="`| tail -n +2` takes it off; NDJSON has none.",
        )


def _note(
    session: Session, filters: ExportFilters, target: Target, rows: int, began: datetime
) -> None:
    exported = filters.exported
    counted = f"1 {str(exported).removesuffix('s')}" if rows == 1 else f"{rows:,} {exported}"
    where = f" to {target.file}" if target.file else ""
    session.console.note(f"{counted}{where}.")
    if not rows and (typed := filters.typed()):
        session.console.note(f"Nothing matches {typed}.")
    session.console.verbose(
        f"For what changes from now on: --since {began - OVERLAP:%Y-%m-%dT%H:%M:%SZ}"
    )


def _after(first: bytes, pieces: Iterable[bytes]) -> Iterator[bytes]:
    started = False
    for piece in pieces:
        if not started:
            yield first
            started = True
        yield piece


class _Counter:
    """Passes rows on and counts them: they come only once."""

    def __init__(self, rows: Iterable[bytes]) -> None:
        self._rows = rows
        self.rows = 0

    def __iter__(self) -> Iterator[bytes]:
        for row in self._rows:
            self.rows += 1
            yield row
