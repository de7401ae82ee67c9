"""Jobs that are made to run again: done, recorded, and printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from venue_ops.context import Session
from venue_ops.core.retry.outcomes import JobResult, Summary
from venue_ops.core.retry.receipts import ReceiptWriter, RunJob, recorded_job
from venue_ops.core.services.rerunning import AT_ONCE, Rerunning, items_of
from venue_ops.listings.width import note_hidden
from venue_ops.output.formats import Format
from venue_ops.output.models import Listing, PageInfo
from venue_ops.views import rerunning as view


def rerun(
    session: Session,
    rerunning: Rerunning,
    job_ids: Sequence[int],
    receipt: ReceiptWriter,
    summary: Summary,
    image_venues: Iterable[int] = (),
) -> Iterator[RunJob]:
    """Have the jobs run again, some thousand in a transaction; each as its receipt has it.

    Raises ConfigurationError where the receipt cannot be written: `summary` has counted by then.
    """
    venues = list(image_venues)
    for start in range(0, len(job_ids), AT_ONCE):
        some = job_ids[start : start + AT_ONCE]
        answers = rerunning.rerun(some, venues)
        for answer in answers.values():
            result = JobResult.RERUN if answer.reason is None else JobResult.LEFT
            summary.jobs[result] += 1
        for item in items_of(session.source, some, answers):
            job = recorded_job(item, session.clock())
            receipt.job(job)
            yield job


def print_none(session: Session) -> None:
    """A program that reads along gets the empty list of its format; to people it is said."""
    if session.flags.output in (Format.JSON, Format.CSV, Format.TSV):
        print_done(session, ())


def print_done(session: Session, done: Sequence[RunJob]) -> None:
    """What became of each, to stdout. A reader that went away is no problem: it is done."""
    page = PageInfo(None, None, len(done))
    with suppress(BrokenPipeError):
        session.output.listing(
            Listing(done, view.JOBS, ident=lambda row: str(row.job_id), page=page)
        )
        note_hidden(session)
