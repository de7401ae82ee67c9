"""From what was typed to a query, from a page to output and notes: shared by the lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import typer

from venue_ops.context import Session
from venue_ops.core.errors import NotFoundError, UsageError
from venue_ops.core.models import JobKind, Outcome, VenueOutcome
from venue_ops.core.moments import parse_moment
from venue_ops.core.queries import (
    DEFAULT_KINDS,
    JobCursor,
    JobOrder,
    JobQuery,
    VenueCursor,
    VenueOrder,
    VenueQuery,
)
from venue_ops.core.references import parse_enum_values, shortened, split_cities, split_values
from venue_ops.core.services import operations, venues
from venue_ops.core.services.blank import matching_workers, why_blank
from venue_ops.core.services.places import FoundCity, find_cities, find_venue_ids
from venue_ops.exit_codes import ExitCode
from venue_ops.output.models import Listing, PageInfo
from venue_ops.views import operations as operation_view
from venue_ops.views import venues as venue_view

Row = TypeVar("Row")

FAILED_OUTCOMES = frozenset({Outcome.PARTIAL, Outcome.FAILED})
FAILED_VENUES = frozenset({VenueOutcome.PARTIAL, VenueOutcome.FAILED, VenueOutcome.MALFORMED})


@dataclass(frozen=True, slots=True)
class OperationFilters:
    """The options of a list of operations, as typed."""

    cities: Sequence[str] = ()
    venues: Sequence[str] = ()
    kinds: Sequence[str] = ()
    statuses: Sequence[str] = ()
    states: Sequence[str] = ()
    providers: Sequence[str] = ()
    errors: Sequence[str] = ()
    workers: Sequence[str] = ()
    since: str | None = None
    until: str | None = None
    order: JobOrder = JobOrder.ID
    limit: int = 50
    after: str | None = None


@dataclass(frozen=True, slots=True)
class VenueFilters:
    """The options of a list of venues, as typed."""

    cities: Sequence[str] = ()
    statuses: Sequence[str] = ()
    providers: Sequence[str] = ()
    errors: Sequence[str] = ()
    min_failed: int = 0
    order: VenueOrder | None = None
    limit: int = 50
    after: str | None = None


def print_operations(
    session: Session, filters: OperationFilters, *, count: bool, exit_status: bool
) -> None:
    """List operations; says on stderr what a page leaves out or why there is nothing."""
    source = session.source
    query, cities = _operation_query(session, filters)
    small = bool(cities) and all(city.is_small for city in cities)
    if query.limit:
        page = operations.operations_page(source, query, small_cities=small)
        rows: Iterable[operations.Operation] = page.operations
        following = str(page.next) if page.next else None
    else:
        rows, following = operations.all_operations(source, query, small_cities=small), None
    total = None
    if count:
        total = operations.total_operations(source, query, small_cities=small)
    elif following and session.is_terminal:
        total = operations.total_operations(
            source, query, small_cities=small, within=operations.TOTAL_BUDGET
        )
    seen = _Seen(rows, lambda row: row.outcome in FAILED_OUTCOMES)
    shown = session.output.listing(
        Listing(
            rows=seen,
            columns=operation_view.COLUMNS,
            ident=lambda row: str(row.id),
            page=PageInfo(limit=query.limit or None, next=following, total=total),
        )
    )
    _note_page(session, shown, following, total)
    if not shown:
        _note_blank(session, query, filters)
    if exit_status and seen.failed:
        raise typer.Exit(ExitCode.FAILURES_LISTED)


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
    query = _venue_query(session, filters, default)
    if query.limit:
        page = venues.venues_page(source, query)
        rows: Iterable[venues.VenueSummary] = page.venues
        following = str(page.next) if page.next else None
    else:
        rows, following = venues.all_venues(source, query), None
    total = None
    if count:
        total = venues.total_venues(source, query)
    elif following and session.is_terminal:
        total = venues.total_venues(source, query, within=operations.TOTAL_BUDGET)
    seen = _Seen(rows, lambda row: row.outcome in FAILED_VENUES)
    shown = session.output.listing(
        Listing(
            rows=seen,
            columns=venue_view.COLUMNS,
            ident=lambda row: row.slug,
            page=PageInfo(limit=query.limit or None, next=following, total=total),
        )
    )
    _note_page(session, shown, following, total)
    if not shown:
        session.console.note(_no_venue_matches(query, filters))
    if exit_status and seen.failed:
        raise typer.Exit(ExitCode.FAILURES_LISTED)


class _Seen:
    """Passes rows on and remembers whether any of them had failed."""

    def __init__(self, rows: Iterable[Row], is_failed: object) -> None:
        self._rows = rows
        self._is_failed = is_failed
        self.failed = False

    def __iter__(self):  # type: ignore[no-untyped-def]
        for row in self._rows:
            self.failed = self.failed or self._is_failed(row)  # type: ignore[operator]
            yield row


def _operation_query(
    session: Session, filters: OperationFilters
) -> tuple[JobQuery, tuple[FoundCity, ...]]:
    source, now = session.source, session.clock()
    kinds = _kinds(filters)
    since, until = (
        None if text is None else parse_moment(text, now=now, tz=session.zone, until=is_until)
        for text, is_until in ((filters.since, False), (filters.until, True))
    )
    if since and until and since >= until:
        raise UsageError("--since is not before --until.", hint="Exchange them.")
    after = None if filters.after is None else JobCursor.parse(filters.after, filters.order)
    outcomes = parse_enum_values(filters.statuses, Outcome, option="--status")
    cities = find_cities(source, split_cities(filters.cities))
    query = JobQuery(
        cities=tuple(city.city.id for city in cities),
        venues=find_venue_ids(source, split_values(filters.venues, option="--venue")),
        kinds=kinds,
        outcomes=outcomes,
        states=_states(session, split_values(filters.states, option="--state")),
        providers=split_values(filters.providers, option="--provider"),
        errors=split_values(filters.errors, option="--error"),
        workers=_workers(session, split_values(filters.workers, option="--worker")),
        since=since,
        until=until,
        order=filters.order,
        limit=filters.limit,
        after=after,
    )
    return query, cities


def _kinds(filters: OperationFilters) -> tuple[JobKind, ...]:
    words = split_values(filters.kinds, option="--kind")
    if "all" in words or (not words and filters.workers):
        return tuple(JobKind)
    return parse_enum_values(words, JobKind, option="--kind") or DEFAULT_KINDS


def _states(session: Session, words: tuple[str, ...]) -> tuple[str, ...]:
    """The states as the enum has them: a word that it lacks could match nothing."""
    if not words:
        return ()
    known = operations.known_states(session.source)
    for word in words:
        if word not in known:
            raise UsageError(
                f'--state does not know "{shortened(word)}".',
                hint=f"This database has {', '.join(known)}.",
            )
    return words


def _workers(session: Session, words: tuple[str, ...]) -> tuple[str, ...]:
    """Whole worker names for what was typed, from the settings and from the table."""
    if not words:
        return ()
    blank = why_blank(session.source, JobQuery(kinds=tuple(JobKind)))
    counts = {**dict.fromkeys(session.source.named_workers(), 0), **(blank.workers if blank else {})}
    found: dict[str, None] = {}
    for word in words:
        names = matching_workers(counts, word)
        if not names:
            present = ", ".join(name.rpartition(".")[2] for name, jobs in counts.items() if jobs)
            raise NotFoundError(
                f'No job in the table is of a worker "{shortened(word)}".',
                hint=f"The table has {present}." if present else "The table has no jobs at all.",
            )
        found.update(dict.fromkeys(names))
    return tuple(found)


def _venue_query(
    session: Session, filters: VenueFilters, default: tuple[VenueOutcome, ...]
) -> VenueQuery:
    outcomes = parse_enum_values(filters.statuses, VenueOutcome, option="--status") or default
    failing = bool(outcomes) and set(outcomes) <= {VenueOutcome.PARTIAL, VenueOutcome.FAILED}
    order = filters.order or (
        VenueOrder.FAILED if failing or filters.min_failed or filters.errors else VenueOrder.ID
    )
    return VenueQuery(
        cities=tuple(
            city.city.id for city in find_cities(session.source, split_cities(filters.cities))
        ),
        outcomes=outcomes,
        providers=split_values(filters.providers, option="--provider"),
        errors=split_values(filters.errors, option="--error"),
        min_failed=filters.min_failed,
        order=order,
        limit=filters.limit,
        after=None if filters.after is None else VenueCursor.parse(filters.after, order),
    )


def _note_page(session: Session, shown: int, following: str | None, total: int | None) -> None:
    console = session.console
    if hidden := session.output.hidden_columns:
        console.note(f"Left out for want of width: {', '.join(hidden)} (-o wide has more).")
    if following:
        of_all = f"{shown:,} of {total:,}" if total is not None else f"The first {shown:,}"
        console.note(f"{of_all}, next page: --after {following}")
    elif total is not None:
        console.note(f"{shown:,} of {total:,}.")


def _note_blank(session: Session, query: JobQuery, filters: OperationFilters) -> None:
    report = why_blank(session.source, query)
    if report is None:
        session.console.note("Nothing matches.")
        return
    typed = _typed(filters)
    match = f" match {typed}" if typed else " are there"
    session.console.note(f"0 of {report.jobs:,} jobs of these kinds{match}.")
    for worker in report.missing:
        session.console.note(f"No job is of worker {worker}, which the settings name.")
    for other in report.unnamed:
        instead = f" (is it the new {other.instead_of.rpartition('.')[2]}?)" if other.instead_of else ""
        session.console.note(
            f"{other.jobs:,} are by worker {other.worker}, which no setting names{instead}."
        )


def _typed(filters: OperationFilters) -> str:
    """The filters as they were typed, for a sentence."""
    options = (
        ("--city", filters.cities),
        ("--venue", filters.venues),
        ("--status", filters.statuses),
        ("--state", filters.states),
        ("--provider", filters.providers),
        ("--error", filters.errors),
        ("--worker", filters.workers),
        ("--since", [filters.since] if filters.since else []),
        ("--until", [filters.until] if filters.until else []),
        ("--after", [filters.after] if filters.after else []),
    )
    return " ".join(f"{name} {','.join(values)}" for name, values in options if values)


def _no_venue_matches(query: VenueQuery, filters: VenueFilters) -> str:
    which = " or ".join(query.outcomes) or "any outcome"
    options = (
        ("--city", filters.cities),
        ("--provider", filters.providers),
        ("--error", filters.errors),
        ("--min-failed", [str(filters.min_failed)] if filters.min_failed else []),
        ("--after", [filters.after] if filters.after else []),
    )
    typed = " ".join(f"{name} {','.join(values)}" for name, values in options if values)
    return f"No venue of {which} matches{' ' + typed if typed else ''}."
