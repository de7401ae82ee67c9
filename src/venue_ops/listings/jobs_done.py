"""Jobs that are made to run again: done, recorded, and printed."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from types import FrameType
from typing import Any

from venue_ops.console import Console
from venue_ops.context import Session
from venue_ops.core.models import Operation
from venue_ops.core.planning.jobs import JobAnswer, JobItem, JobReason
from venue_ops.core.retry.outcomes import JobResult, Summary
from venue_ops.core.retry.receipts import ReceiptWriter, RunJob, gone_job, recorded_job
from venue_ops.core.services.rerunning import AT_ONCE, Rerunning, jobs_of
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
    done: list[RunJob],
    image_venues: Iterable[int] = (),
) -> None:
    """Have the jobs run again, some thousand in a transaction; `done` gets each as its receipt.

    Raises ConfigurationError where the receipt cannot be written: `summary` and `done` have all
    that was done by then.
    """
    venues = list(image_venues)
    for start in range(0, len(job_ids), AT_ONCE):
        some = job_ids[start : start + AT_ONCE]
        jobs = jobs_of(session.source, some)  # once they run again, nothing may come between
        with _signals_wait(session.console):
            answers = rerunning.rerun(some, venues)
            now = session.clock()
            ended = [_ended(each, jobs, answers, now) for each in some]
            done += ended
            summary.jobs.update(JobResult(each.result) for each in ended)
            for job in ended:
                receipt.job(job)


def _ended(
    job_id: int, jobs: Mapping[int, Operation], answers: Mapping[int, JobAnswer], now: datetime
) -> RunJob:
    """What became of one; it may have been pruned since it was planned, and is left then."""
    if (job := jobs.get(job_id)) is None:
        return gone_job(job_id, now)
    changed = JobAnswer(job_id, job.state, JobReason.CHANGED, None)
    return recorded_job(JobItem(job, answers.get(job_id, changed)), now)


@contextmanager
def _signals_wait(console: Console) -> Iterator[None]:
    """A Ctrl-C comes when the block is over, and is not lost; a second one comes at once.

    Between what is committed and what is told of it nothing may come.
    """
    before: dict[int, Any] = {}
    heard: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        heard.append(number)
        if len(heard) == 1:
            console.note("Stopping after this transaction; a second Ctrl-C stops at once.")
        elif callable(before[number]):
            before[number](number, frame)

    for each in (signal.SIGINT, signal.SIGTERM):
        with suppress(ValueError):  # not in the main thread
            before[each] = signal.signal(each, hear)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in heard[:1]:
            signal.raise_signal(number)


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
