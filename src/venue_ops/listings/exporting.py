"""An export: from typed filters to rows, screened, on stdout or in a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from venue_ops.context import Session
from venue_ops.core.enums import Exported
from venue_ops.core.errors import UsageError
from venue_ops.core.exports.columns import Content, chosen_columns
from venue_ops.core.moments import parse_moment
from venue_ops.core.queries import ImageQuery
from venue_ops.core.references import split_cities, split_values
from venue_ops.core.services import exports
from venue_ops.core.services.places import find_cities, find_venue_ids
from venue_ops.listings.asking import venue_query
from venue_ops.listings.filters import VenueFilters
from venue_ops.output.files import refuse_existing, write_file, write_stream
from venue_ops.output.screened import Screen

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
DELIMITERS: Final = {",": ",", ";": ";", "|": "|", "\t": "\t", "tab": "\t"}


@dataclass(frozen=True, slots=True)
class ExportFilters:
    """The options of an export, as typed."""

    cities: Sequence[str] = ()
    venues: Sequence[str] = ()
    providers: Sequence[str] = ()
    errors: Sequence[str] = ()
    statuses: Sequence[str] = ()
    min_failed: int = 0
    since: str | None = None

    def typed(self) -> str:
        """The filters as they were typed, for a sentence."""
        options = {
            "--city": self.cities,
            "--venue": self.venues,
            "--provider": self.providers,
            "--error": self.errors,
            "--status": self.statuses,
            "--min-failed": [str(self.min_failed)] if self.min_failed else [],
            "--since": [self.since] if self.since else [],
        }
        return " ".join(f"{name} {','.join(given)}" for name, given in options.items() if given)


@dataclass(frozen=True, slots=True)
class Target:
    """What is written and where to; `delimiter` None is NDJSON, `file` None is stdout."""

    delimiter: str | None
    bom: bool = False
    file: Path | None = None
    force: bool = False


def print_export(
    session: Session, exported: Exported, filters: ExportFilters, target: Target
) -> None:
    """Export everything that matches, and say on stderr how much it was."""
    if target.file is not None:
        refuse_existing(target.file, force=target.force)
    export = _export(session, exported, filters)
    screen = Screen(
        tuple(column.content is Content.TEXT for column in export.columns),
        session.redactor,
        target.delimiter,
        b"\n" if target.delimiter is None else b"\r\n",
    )
    began = session.clock()
    counter = _Counter(exports.copied(session.source, export, target.delimiter))
    pieces = screen.cleaned(counter)
    if target.bom:
        pieces = _after(BYTE_ORDER_MARK, pieces)
    if target.file is None:
        write_stream(session.stdout, pieces)
    else:
        write_file(target.file, pieces, force=target.force)
    rows = counter.rows - (target.delimiter is not None)
    one = str(exported).removesuffix("s")
    where = f" to {target.file}" if target.file else ""
    session.console.note(f"1 {one}{where}." if rows == 1 else f"{rows:,} {exported}{where}.")
    if not rows and (typed := filters.typed()):
        session.console.note(f"Nothing matches {typed}.")
    session.console.verbose(f"For the next increment: --since {began:%Y-%m-%dT%H:%M:%SZ}")


def delimiter_of(word: str) -> str:
    """What --delimiter names; UsageError for anything else."""
    found = DELIMITERS.get(word)
    if found is None:
        raise UsageError(
            f'--delimiter does not know "{word[:20]}".', hint="It takes , ; | or the word tab."
        )
    return found


def _export(session: Session, exported: Exported, filters: ExportFilters) -> exports.Export:
    source = session.source
    columns = chosen_columns(exported, session.flags.columns)
    since = (
        None
        if filters.since is None
        else parse_moment(filters.since, now=session.clock(), tz=session.zone, until=False)
    )
    match exported:
        case Exported.IMAGES:
            _refuse("--min-failed", bool(filters.min_failed), Exported.VENUES)
            cities = find_cities(source, split_cities(filters.cities))
            images = ImageQuery(
                cities=tuple(city.city.id for city in cities),
                venues=find_venue_ids(source, split_values(filters.venues, option="--venue")),
                since=since,
                providers=split_values(filters.providers, option="--provider"),
                errors=split_values(filters.errors, option="--error"),
                statuses=split_values(filters.statuses, option="--status"),
            )
            return exports.images_export(source, images, columns)
        case Exported.VENUES:
            _refuse("--venue", bool(filters.venues), Exported.IMAGES)
            typed = VenueFilters(
                cities=filters.cities,
                statuses=filters.statuses,
                providers=filters.providers,
                errors=filters.errors,
                min_failed=filters.min_failed,
                since=since,
            )
            return exports.venues_export(source, venue_query(session, typed, ()), columns)


def _refuse(option: str, given: bool, works_with: Exported) -> None:
    if given:
        raise UsageError(
            f"{option} does not choose among these.", hint=f"It works with {works_with}."
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
