"""A page of rows to stdout, and to stderr what it leaves out or why there is nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

import typer

from venue_ops.context import Session
from venue_ops.core.models import JobKind, Operation, Outcome, VenueOutcome, VenueSummary
from venue_ops.core.services import operations, venues
from venue_ops.exit_codes import ExitCode
from venue_ops.listings.asking import operation_query, venue_query
from venue_ops.listings.filters import OperationFilters, VenueFilters
from venue_ops.listings.notes import note_absent, note_blank, note_no_venues, note_page
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
    kinds: set[JobKind] = set()
    seen = _Watched(
        rows, lambda row: row.outcome in FAILED_OPERATIONS, also=lambda row: kinds.add(row.kind)
    )
    info = PageInfo(query.limit or None, str(following) if following else None, total)
    shown = session.output.listing(
        Listing(seen, operation_view.COLUMNS, ident=lambda row: str(row.id), page=info)
    )
    note_page(session, shown, info)
    if shown:
        note_absent(session, set(query.kinds) - kinds)
    else:
        note_blank(session, query, filters)
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
    note_page(session, shown, info)
    if not shown:
        note_no_venues(session, query, filters)
    _end(seen, exit_status=exit_status)


class _Watched(Generic[Row]):
    """Passes rows on and remembers whether any of them failed: they come only once."""

    def __init__(
        self,
        rows: Iterable[Row],
        is_failed: Callable[[Row], bool],
        also: Callable[[Row], None] = lambda _: None,
    ) -> None:
        self._rows = rows
        self._is_failed = is_failed
        self._also = also
        self.saw_failure = False

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.saw_failure = self.saw_failure or self._is_failed(row)
            self._also(row)
            yield row


def _end(seen: _Watched[Row], *, exit_status: bool) -> None:
    if exit_status and seen.saw_failure:
        raise typer.Exit(ExitCode.FAILURES_LISTED)
