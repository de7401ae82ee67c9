"""The plan of jobs that are to run again, and what became of each, as rows and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from venue_ops.core.planning.jobs import WORDS, JobItem, JobReason, JobTotals, help_for, since
from venue_ops.core.retry.outcomes import JobResult, Summary
from venue_ops.core.retry.receipts import RunJob
from venue_ops.output.models import Cell, Column, Style
from venue_ops.views import words
from venue_ops.views.operations import venue_text
from venue_ops.views.plain import moment


def _blocker(row: JobItem, name: str) -> Any:
    return getattr(row.answer.blocker, name) if row.answer.blocker else None


def _do(row: JobItem) -> Cell:
    if row.reason is None:
        return Cell("run again, and skip itself" if row.skips else "run again", Style.GOOD)
    return Cell(_why(row), Style.DIM)


def _why(row: JobItem) -> str:
    """`it runs`, `a newer one of its venue is taken (137)`."""
    text = WORDS[row.reason] if row.reason else ""
    other = row.answer.newer_id or _blocker(row, "job_id")
    return f"{text} ({other})" if other else text


PLAN: tuple[Column[JobItem], ...] = (
    Column("id", lambda row: row.job.id, right=True),
    Column("kind", lambda row: row.job.kind, keep=1),
    Column("worker", lambda row: row.job.worker, default=False, wide=False),
    Column("state", lambda row: row.job.state, keep=3),
    Column(
        "outcome", lambda row: row.job.outcome, lambda row: words.outcome(row.job.outcome), keep=4
    ),
    Column(
        "city",
        lambda row: row.job.city.slug if row.job.city else None,
        default=False,
    ),
    Column(
        "venue",
        lambda row: row.job.venue.slug if row.job.venue else None,
        lambda row: venue_text(row.job),
        flexible=True,
    ),
    Column(
        "venue_id",
        lambda row: row.job.venue.id if row.job.venue else None,
        default=False,
        wide=False,
    ),
    Column("error", lambda row: row.job.error, flexible=True, keep=2),
    Column("attempt", lambda row: row.job.attempt, default=False, wide=False),
    Column("max_attempts", lambda row: row.job.max_attempts, default=False, wide=False),
    Column("venues", lambda row: row.answer.venues, default=False, right=True),
    Column("taken", lambda row: row.is_taken, default=False, wide=False),
    Column("reason", lambda row: row.reason, _do, header="PLAN", flexible=True),
    Column("since", since, default=False),
    Column("skips_itself", lambda row: row.skips, default=False, wide=False),
    Column("newer_job_id", lambda row: row.answer.newer_id, default=False, wide=False),
    Column("job_id", lambda row: _blocker(row, "job_id"), default=False, wide=False),
    Column("job_worker", lambda row: _blocker(row, "worker"), default=False, wide=False),
    Column("job_state", lambda row: _blocker(row, "state"), default=False, wide=False),
    Column("job_since", lambda row: _blocker(row, "since"), default=False, wide=False),
)


def _result(row: RunJob) -> Cell:
    return Cell(row.result, Style.GOOD if row.result == JobResult.RERUN else Style.DIM)


def _reason(row: RunJob) -> str:
    """In words; one of another version as it is."""
    if row.reason is None:
        return ""
    return WORDS[JobReason(row.reason)] if row.reason in set(JobReason) else row.reason


JOBS: tuple[Column[RunJob], ...] = (
    Column("id", lambda row: row.job_id, right=True),
    Column("worker", lambda row: row.worker, default=False, wide=False),
    Column("venue_id", lambda row: row.venue_id, default=False, wide=False),
    Column("venue", lambda row: row.venue, flexible=True),
    Column("before", lambda row: row.before, keep=1),
    Column("result", lambda row: row.result, _result),
    Column("reason", lambda row: row.reason, _reason, flexible=True, keep=2),
    Column("at", lambda row: moment(row.at), default=False),
)


def of_jobs(totals: JobTotals) -> str:
    """`7 jobs of 7 venues`, `1 daily run of whichever venues it finds`."""
    jobs = words.many(totals.jobs, "job")
    parts = []
    if totals.venues:
        parts.append(words.many(totals.venues, "venue"))
    if totals.daily:
        parts.append("whichever venues a daily run finds")
    return f"{jobs} of {' and '.join(parts)}" if parts else jobs


def left_out(totals: JobTotals, items: Sequence[JobItem] = ()) -> Iterator[str]:
    """Lines that say what is left out: `items` one by one, or counts by reason without them."""
    count = sum(totals.left_out.values())
    if not count:
        return
    yield f"Left out, {words.many(count, 'job')}:"
    if items:
        for item in items:
            yield from _named(item)
        return
    yield from words.reasons(totals.left_out, WORDS.__getitem__)


def over_limit(count: int) -> str:
    """`2 jobs more would ask for more venues than --limit has room for.`"""
    return f"{words.many(count, 'job')} more would ask for more venues than --limit has room for."


def _named(item: JobItem) -> Iterator[str]:
    name = item.job.worker.rpartition(".")[2]
    at = since(item)
    lasting = f", since {at:%Y-%m-%d %H:%M:%S} UTC" if at is not None else ""
    yield f"  {item.job.id}  {name}: {_why(item)}{lasting}"
    if (helps := help_for(item)) is not None:
        yield f"    What helps: {helps}."


def of_done(summary: Summary) -> str:
    """`7 jobs run again, 1 left.`"""
    again, left = summary.jobs[JobResult.RERUN], summary.jobs[JobResult.LEFT]
    said = f"{words.many(again, 'job')} {'runs' if again == 1 else 'run'} again"
    return f"{said}, {left:,} left as they changed meanwhile." if left else f"{said}."


FOLLOWED = "`venue-ops list --order activity` shows what becomes of them."
"""Said of jobs that run again."""


def skipping(totals: JobTotals) -> str | None:
    """That some would do nothing; None where none would."""
    if not totals.skipping:
        return None
    if totals.skipping == 1 and totals.jobs == 1:
        return "It would skip itself, as its venue was checked since: --fresh has it fetch anew."
    few = f"{totals.skipping:,} of them" if totals.skipping < totals.jobs else "They"
    return (
        f"{few} would skip themselves, as their venues were checked since: --fresh has them fetch"
        " anew."
    )
