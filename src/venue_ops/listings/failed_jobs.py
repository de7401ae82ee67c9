"""The failed jobs beside a plan of images: no retry of images helps what was never known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from venue_ops.context import Session
from venue_ops.core.models import JobKind, Operation, Outcome
from venue_ops.core.planning import Grain
from venue_ops.core.queries import JobQuery
from venue_ops.core.services.operations import operations_page, total_operations
from venue_ops.core.services.plans import Scope
from venue_ops.output.models import Cell
from venue_ops.views.operations import error_text, venue_text

_BUDGET = timedelta(seconds=1)
"""To count jobs by outcome takes a walk; where that takes longer, none is named."""

_NAMED = 10


def note_failed_jobs(session: Session, scope: Scope) -> None:
    """Say which jobs of a city, or of all, were given up, and how to run them again."""
    if scope.grain not in (Grain.CITY, Grain.SWEEP):
        return
    query = JobQuery(
        cities=scope.cities,
        kinds=(JobKind.ENRICHMENT, JobKind.BACKFILL),
        states=("discarded",),
        outcomes=(Outcome.FAILED,),
        limit=_NAMED,
    )
    small = scope.are_small
    total = total_operations(session.source, query, small_cities=small, within=_BUDGET)
    cities = "".join(f" --city {name}" for name in scope.names)
    listed = f"venue-ops list{cities} --state discarded"
    if total is None:
        session.console.note(f"Jobs that were given up were not counted in time: `{listed}`.")
    elif total:
        page = operations_page(session.source, query, small_cities=small)
        for line in _told(total, page.operations, listed):
            session.console.note(line)


def _told(total: int, jobs: tuple[Operation, ...], listed: str) -> Iterator[str]:
    yield (
        "1 job was given up, which no retry of images mends:"
        if total == 1
        else f"{total:,} jobs were given up, which no retry of images mends:"
    )
    for job in jobs:
        parts = (job.id, job.kind, _text(venue_text(job)), _text(error_text(job)))
        yield "  " + "  ".join(str(part) for part in parts if part)
    if total > len(jobs):
        yield f"  and {total - len(jobs):,} more: `{listed}`"
    named = next((job.id for job in jobs if job.kind is JobKind.ENRICHMENT), None)
    yield (
        "Mend what they say, then have the enrichments run again:"
        f" `venue-ops retry job {named or 'ID'} --fresh`, or all of them by --jobs --fresh."
    )


def _text(cell: Cell | str) -> str:
    return cell if isinstance(cell, str) else cell.text
