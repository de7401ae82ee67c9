"""A page of rows to stdout, and to stderr what it leaves out or why there is nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

import typer

from venue_ops.context import Session
from venue_ops.core.models import Operation, Outcome, VenueOutcome, VenueSummary
from venue_ops.core.queries import JobQuery, VenueQuery
from venue_ops.core.services import operations, venues
from venue_ops.core.services.blank import why_blank
from venue_ops.exit_codes import ExitCode
from venue_ops.listings.asking import operation_query, venue_query
from venue_ops.listings.filters import OperationFilters, VenueFilters
from venue_ops.output.models import Listing, PageInfo
from venue_ops.views import operations as operation_view
from venue_ops.views import venues as venue_view

Row = TypeVar("Row")

FAILED_OPERATIONS = frozenset({Outcome.PARTIAL, Outcome.FAILED})
FAILED_VENUES = frozenset({VenueOutcome.PARTIAL, VenueOutcome.FAILED, VenueOutcome.MALFORMED})


def print_operations(
    session: Session, filters: OperationFilters, *, count: bool, exit_status: bool
) -> None:
    """List operations; raises typer.Exit(6) if asked to and a listed one failed."""
    source = session.source
    query, cities = operation_query(session, filters)
    small = bool(cities) and all(city.is_small for city in cities)
    following = None
    rows: Iterable[Operation]
    if query.limit:
        page = operations.operations_page(source, query, small_cities=small)
        rows, following = page.operations, page.next
    else:
        rows = operations.all_operations(source, query, small_cities=small)
    total = None
    if count or (following and session.is_terminal):
        within = None if count else operations.TOTAL_BUDGET
        total = operations.total_operations(source, query, small_cities=small, within=within)
    seen = _Watched(rows, lambda row: row.outcome in FAILED_OPERATIONS)
    info = PageInfo(query.limit or None, str(following) if following else None, total)
    shown = session.output.listing(
        Listing(seen, operation_view.COLUMNS, ident=lambda row: str(row.id), page=info)
    )
    _note_page(session, shown, info)
    if not shown:
        _note_blank(session, query, filters)
    _end(seen, exit_status=exit_status)


def print_venues(
    session: Session,
    filters: VenueFilters,
    *,
    count: bool,
    exit_status: bool,
    default: tuple[VenueOutcome, ...] = (),
) -> None:
    """List venues; `default` are the outcomes of a command that is about some of them."""
    source = session.source
    query = venue_query(session, filters, default)
    following = None
    rows: Iterable[VenueSummary]
    if query.limit:
        page = venues.venues_page(source, query)
        rows, following = page.venues, page.next
    else:
        rows = venues.all_venues(source, query)
    total = None
    if count or (following and session.is_terminal):
        within = None if count else operations.TOTAL_BUDGET
        total = venues.total_venues(source, query, within=within)
    seen = _Watched(rows, lambda row: row.outcome in FAILED_VENUES)
    info = PageInfo(query.limit or None, str(following) if following else None, total)
    shown = session.output.listing(
        Listing(seen, venue_view.COLUMNS, ident=lambda row: row.slug, page=info)
    )
    _note_page(session, shown, info)
    if not shown:
        session.console.note(_no_venue_matches(query, filters))
    _end(seen, exit_status=exit_status)


class _Watched(Generic[Row]):
    """Passes rows on and remembers whether any of them failed: they come only once."""

    def __init__(self, rows: Iterable[Row], is_failed: Callable[[Row], bool]) -> None:
        self._rows = rows
        self._is_failed = is_failed
        self.saw_failure = False

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.saw_failure = self.saw_failure or self._is_failed(row)
            yield row


def _end(seen: _Watched[Row], *, exit_status: bool) -> None:
    if exit_status and seen.saw_failure:
        raise typer.Exit(ExitCode.FAILURES_LISTED)


def _note_page(session: Session, shown: int, page: PageInfo) -> None:
    console = session.console
    if hidden := session.output.hidden_columns:
        console.note(f"Left out for want of width: {', '.join(hidden)} (-o wide has more).")
    if page.next:
        of_all = f"{shown:,} of {page.total:,}" if page.total is not None else f"{shown:,} shown"
        console.note(f"{of_all}, next page: --after {page.next}")
    elif page.total is not None:
        console.note(f"{shown:,} of {page.total:,}.")


def _note_blank(session: Session, query: JobQuery, filters: OperationFilters) -> None:
    """A blank page says what the table holds instead: it may be the settings that are wrong."""
    report = why_blank(session.source, query)
    typed = filters.typed()
    if report is None:
        session.console.note(f"Nothing matches {typed}." if typed else "Nothing matches.")
        return
    kinds = "" if len(query.kinds) > 1 else f" {query.kinds[0]}"
    match = f"match {typed}" if typed else "are there"
    session.console.note(f"0 of {report.jobs:,}{kinds} jobs {match}.")
    for worker in report.missing:
        session.console.note(f"No job is by worker {worker}, which the settings name.")
    for other in report.unnamed:
        session.console.note(
            f"{other.jobs:,} are by worker {other.worker}, which no setting names"
            + (f"; is it {other.instead_of} by another name?" if other.instead_of else ".")
        )


def _no_venue_matches(query: VenueQuery, filters: VenueFilters) -> str:
    which = f" is {' or '.join(query.outcomes)}" if query.outcomes else ""
    typed = filters.typed()
    match = f" matches {typed}" if typed else ""
    joined = " and".join(part for part in (which, match) if part)
    return f"No venue{joined}." if joined else "There are no venues."
