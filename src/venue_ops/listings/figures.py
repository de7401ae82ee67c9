"""The figures: from typed filters to a document or a listing, and notes about what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import typer

from venue_ops.context import Session
from venue_ops.core.enums import GroupBy
from venue_ops.core.figures import Figures, FiguresQuery
from venue_ops.core.references import split_cities, split_values
from venue_ops.core.services.figures import figures
from venue_ops.core.services.grouped import grouped
from venue_ops.core.services.places import find_cities
from venue_ops.exit_codes import ExitCode
from venue_ops.listings.asking import span
from venue_ops.listings.notes import ALWAYS_THERE, note_absent
from venue_ops.listings.width import note_hidden
from venue_ops.output.models import Listing, PageInfo
from venue_ops.views import groups
from venue_ops.views.figures import document
from venue_ops.views.standing_out import standing_out


@dataclass(frozen=True, slots=True)
class FigureFilters:
    """The options of the figures, as typed."""

    cities: Sequence[str] = ()
    providers: Sequence[str] = ()
    since: str | None = None
    until: str | None = None

    def typed(self) -> str:
        """The filters as they were typed, for a sentence."""
        given = {
            "--city": ",".join(self.cities),
            "--provider": ",".join(self.providers),
            "--since": self.since,
            "--until": self.until,
        }
        return " ".join(f"{name} {value}" for name, value in given.items() if value)


def print_figures(
    session: Session, filters: FigureFilters, *, count: bool, exit_status: bool
) -> None:
    """All figures as a document; raises typer.Exit(6) if asked to and something stands out."""
    query, small = _query(session, filters)
    found = figures(session.source, query, small_cities=small, count=count)
    session.output.document(document(found, tz=session.zone))
    _note_left_out(session, found)
    if not found.failures and not found.answers and filters.typed():
        session.console.note(f"Nothing that failed matches {filters.typed()}.")
    if not filters.typed():
        kinds = {row.kind for row in found.jobs or ()}
        note_absent(session, set(ALWAYS_THERE) - kinds)
    lasting = [run for run in standing_out(found) if run.ended_at is None]
    if exit_status and lasting:
        raise typer.Exit(ExitCode.FAILURES_LISTED)


def print_groups(
    session: Session, filters: FigureFilters, by: GroupBy, *, limit: int, count: bool
) -> None:
    """One row a city, provider or day."""
    query, small = _query(session, filters)
    found = grouped(session.source, query, by, limit=limit, small_cities=small, count=count)
    columns = groups.columns(by, found.rows, found.failed)
    page = PageInfo(limit or None, None, found.total)
    listing = Listing(found.rows, columns, ident=lambda row: row.key or groups.NO_CITY, page=page)
    shown = session.output.listing(listing)
    note = session.console.note
    note_hidden(session)
    if not shown:
        typed = filters.typed()
        note(f"No failed image matches {typed}." if typed else "No image has failed.")
    elif shown < found.total:
        note(f"{shown:,} of {found.total:,}; --limit 0 shows all.")
    if found.undated:
        note(f"{_failed_images(found.undated)} of no day: no time is written there.")
    if found.to_come:
        note(f"{_failed_images(found.to_come)} of a day that is still to come.")
    if not found.is_complete:
        note("Not counted, it would take too long: images and jobs; --count waits for them.")


def _failed_images(number: int) -> str:
    return "1 failed image is" if number == 1 else f"{number:,} failed images are"


def _query(session: Session, filters: FigureFilters) -> tuple[FiguresQuery, bool]:
    since, until = span(session, filters.since, filters.until)
    cities = find_cities(session.source, split_cities(filters.cities))
    query = FiguresQuery(
        cities=tuple(city.city.id for city in cities),
        providers=split_values(filters.providers, option="--provider"),
        since=since,
        until=until,
    )
    return query, bool(cities) and all(city.is_small for city in cities)


def _note_left_out(session: Session, found: Figures) -> None:
    note_hidden(session)
    left = [name for name, rows in (("venues", found.venues), ("jobs", found.jobs)) if rows is None]
    if left:
        session.console.note(
            f"Not counted, it would take too long: {' and '.join(left)}; --count waits for them."
        )
