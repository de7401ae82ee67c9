"""What a listing says on stderr: where it stands, what it left out, why there is nothing."""

from __future__ import annotations

from collections.abc import Iterable

from venue_ops.context import Session
from venue_ops.core.models import JobKind
from venue_ops.core.queries import JobQuery, VenueQuery
from venue_ops.core.services.blank import Blank, absent_kinds, why_blank
from venue_ops.listings.filters import OperationFilters, VenueFilters
from venue_ops.listings.width import note_hidden
from venue_ops.output.models import PageInfo

ALWAYS_THERE = (JobKind.BACKFILL, JobKind.ENRICHMENT)
"""A database with neither is no database of the application, or the settings are wrong."""


def note_page(session: Session, shown: int, page: PageInfo) -> None:
    """Where a page stands in the whole, and the columns that found no room."""
    console = session.console
    note_hidden(session)
    if page.next:
        of_all = f"{shown:,} of {page.total:,}" if page.total is not None else f"{shown:,} shown"
        console.note(f"{of_all}, next page: --after {page.next}")
    elif page.total is not None:
        console.note(f"{shown:,} of {page.total:,}.")


def note_blank(session: Session, query: JobQuery, filters: OperationFilters) -> None:
    """A blank page says what the table holds instead: it may be the settings that are wrong."""
    if query.after is not None:
        session.console.note(f"Nothing more behind --after {filters.after}.")
        return
    report = why_blank(session.source, query)
    typed = filters.typed()
    if report is None:
        session.console.note(f"Nothing matches {typed}." if typed else "Nothing matches.")
        return
    kinds = "" if len(query.kinds) > 1 else f" {query.kinds[0]}"
    match = f"match {typed}" if typed else "are there"
    session.console.note(f"0 of {report.jobs:,}{kinds} jobs {match}.")
    _note_workers(session, report)


def note_absent(session: Session, kinds: Iterable[JobKind]) -> None:
    """Say it when the table has no job at all of a kind that it ought to have.

    A page can be full and still miss all backfills, because their worker has another name now.
    """
    suspect = [kind for kind in ALWAYS_THERE if kind in set(kinds)]
    absent = absent_kinds(session.source, suspect)
    if absent and (report := why_blank(session.source, JobQuery(kinds=absent))) is not None:
        _note_workers(session, report)


def note_no_venues(session: Session, query: VenueQuery, filters: VenueFilters) -> None:
    """Why a list of venues is blank."""
    which = f" is {' or '.join(query.outcomes)}" if query.outcomes else ""
    typed = filters.typed()
    match = f" matches {typed}" if typed else ""
    joined = " and".join(part for part in (which, match) if part)
    session.console.note(f"No venue{joined}." if joined else "There are no venues.")


def _note_workers(session: Session, report: Blank) -> None:
    for worker in report.missing:
        session.console.note(f"No job is by worker {worker}, which the settings name.")
    for other in report.unnamed:
        jobs = "1 job is" if other.jobs == 1 else f"{other.jobs:,} jobs are"
        session.console.note(
            f"{jobs} by worker {other.worker}, which no setting names"
            + (f"; is it {other.instead_of} by another name?" if other.instead_of else ".")
        )


def say(session: Session, lines: Iterable[str]) -> None:
    """Note them one by one."""
    for line in lines:
        session.console.note(line)
