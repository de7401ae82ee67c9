"""A page of rows to stdout, and to stderr what it leaves out or why there is nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

import typer

from venue_ops.context import Session
from venue_ops.core.models import JobKind, Operation, Outcome, VenueOutcome, VenueSummary
from venue_ops.core.services import operations, venues
from venue_ops.exit_codes import ExitCode
from venue_ops.listings.asking import operation_query, venue_query
from venue_ops.listings.filters import OperationFilters, VenueFilters
from venue_ops.listings.notes import note_absent, note_blank, note_no_venues, note_page
from venue_ops.output.models import Column, Listing, PageInfo
from venue_ops.views import operations as operation_view
from venue_ops.views import venues as venue_view

Row = TypeVar("Row")

FAILED_OPERATIONS = frozenset({Outcome.PARTIAL, Outcome.FAILED})
FAILED_VENUES = frozenset({VenueOutcome.PARTIAL, VenueOutcome.FAILED, VenueOutcome.MALFORMED})


@dataclass(frozen=True)  # no slots: with them `_Asked[Row](...)` is a TypeError (cpython 3.11)
class _Asked(Generic[Row]):
    """A listing before its rows are read: one page with what continues it, or all of them."""

    columns: Sequence[Column[Row]]
    ident: Callable[[Row], str]
    is_failed: Callable[[Row], bool]
    limit: int
    page: Callable[[], tuple[Iterable[Row], object | None]]
    everything: Callable[[], Iterable[Row]]
    total: Callable[[timedelta | None], int | None]


def print_operations(
    session: Session, filters: OperationFilters, *, count: bool, exit_status: bool
) -> None:
    """List operations; raises typer.Exit(6) if asked to and a listed one failed."""
    source = session.source
    query, cities = operation_query(session, filters)
    small = bool(cities) and all(city.is_small for city in cities)
    kinds: set[JobKind] = set()

    def page() -> tuple[Iterable[Operation], object | None]:
        found = operations.operations_page(source, query, small_cities=small)
        return found.operations, found.next

    def is_failed(row: Operation) -> bool:
        kinds.add(row.kind)
        return row.outcome in FAILED_OPERATIONS

    asked = _Asked(
        operation_view.COLUMNS,
        ident=lambda row: str(row.id),
        is_failed=is_failed,
        limit=query.limit,
        page=page,
        everything=lambda: operations.all_operations(source, query, small_cities=small),
        total=lambda within: operations.total_operations(
            source, query, small_cities=small, within=within
        ),
    )
    shown, failed = _print(session, asked, count=count)
    if shown:
        note_absent(session, set(query.kinds) - kinds)
    else:
        note_blank(session, query, filters)
    _end(failed=exit_status and failed)


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

    def page() -> tuple[Iterable[VenueSummary], object | None]:
        found = venues.venues_page(source, query)
        return found.venues, found.next

    asked = _Asked(
        venue_view.COLUMNS,
        ident=lambda row: row.slug,
        is_failed=lambda row: row.outcome in FAILED_VENUES,
        limit=query.limit,
        page=page,
        everything=lambda: venues.all_venues(source, query),
        total=lambda within: venues.total_venues(source, query, within=within),
    )
    shown, failed = _print(session, asked, count=count)
    if not shown:
        note_no_venues(session, query, filters)
    _end(failed=exit_status and failed)


def _print(session: Session, asked: _Asked[Row], *, count: bool) -> tuple[int, bool]:
    """Print one page or everything; how many rows there were, and whether one of them failed."""
    rows, following = asked.page() if asked.limit else (asked.everything(), None)
    total = None
    if count or (following and session.is_terminal):
        total = asked.total(None if count else operations.TOTAL_BUDGET)
    failed = False

    def watched() -> Iterator[Row]:
        nonlocal failed
        for row in rows:
            failed = asked.is_failed(row) or failed
            yield row

    info = PageInfo(asked.limit or None, str(following) if following else None, total)
    shown = session.output.listing(Listing(watched(), asked.columns, asked.ident, page=info))
    note_page(session, shown, info)
    return shown, failed


def _end(*, failed: bool) -> None:
    if failed:
        raise typer.Exit(ExitCode.FAILURES_LISTED)
