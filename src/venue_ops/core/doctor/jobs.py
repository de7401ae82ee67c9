"""Jobs that are stuck, lost or doubled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from venue_ops.core.doctor import checks
from venue_ops.core.doctor.facts import Executing, Future, Sample
from venue_ops.core.doctor.findings import (
    Detail,
    Finding,
    counted,
    failed,
    passed,
    quoted_name,
    warned,
)
from venue_ops.core.moments import brief_duration

LONG: Final = timedelta(hours=1)
"""How long a job may execute; the longest of the application take minutes."""

_MOST_NAMED: Final = 5


def spent(found: Sequence[Sample], *, oban_schema: str) -> Finding:
    """Jobs that are to run with no attempt left.

    Oban fetches such a job, may not run it and fetches it again: its queue stands still.
    """
    total = sum(each.count for each in found)
    if not total:
        return passed(checks.SPENT, "Every job that is to run has an attempt left.")
    ids = [number for each in found for number in each.ids]
    which = (
        f"id IN ({', '.join(map(str, ids))})"
        if len(ids) == total
        else "state IN ('available', 'scheduled', 'retryable') AND attempt >= max_attempts"
    )
    table = quoted_name(oban_schema, "oban_jobs")
    return failed(
        checks.SPENT,
        f"{counted(total, 'job is', 'jobs are')} to run with no attempt left: this jams"
        f" {'its queue' if total == 1 else 'their queues'}.",
        (
            Detail(e.subject, f"{e.state} with no attempt left", e.count, e.ids[:_MOST_NAMED])
            for e in found
        ),
        remedy="Have an administrator give them one more attempt, as Oban's own retry does.",
        sql=(
            f"UPDATE {table} SET max_attempts = GREATEST(max_attempts, attempt + 1)"  # noqa: S608
            f" WHERE {which}"
        ),
    )


def orphans(found: Sequence[Executing], *, now: datetime) -> Finding:
    """Jobs that have executed for so long that their node has probably gone."""
    total = sum(node.jobs for node in found)
    if not total:
        return passed(checks.ORPHANS, f"No job has been executing for more than {_said(LONG)}.")
    return warned(
        checks.ORPHANS,
        f"{counted(total, 'job has', 'jobs have')} been executing for more than {_said(LONG)}.",
        (Detail(e.node, _since(e, now), e.jobs, e.ids) for e in found),
        remedy=(
            "Look at one with `venue-ops show job ID`. Oban's Lifeline plugin sets the jobs of a"
            " node that died free; check that a leader runs it."
        ),
    )


def _since(node: Executing, now: datetime) -> str:
    since = f"executing for up to {_said(now - node.since)}" if node.since else "executing"
    if node.node_active is None:
        return f"{since}; the node began no job lately"
    return f"{since}; the node began its last job {_said(now - node.node_active)} ago"


def lifeline(found: Sequence[Sample]) -> Finding:
    """Attempts that left no error: Lifeline took a running job for dead.

    The application sets `rescue_after` to a number of milliseconds that was meant as seconds
    or minutes, so that every job that runs at the full minute is set free and begun again.
    """
    total = sum(each.count for each in found)
    if not total:
        return passed(checks.LIFELINE, "Every recent attempt that failed left an error.")
    return warned(
        checks.LIFELINE,
        f"{counted(total, 'recent job', 'recent jobs')} lost attempts without an error:"
        " set free and begun again while they ran, or their node died.",
        (
            Detail(e.subject, f"{e.state}, fewer errors than attempts", e.count, e.ids)
            for e in found
        ),
        remedy=(
            "In the application, give Oban.Plugins.Lifeline a rescue_after longer than any job"
            " takes, as :timer.minutes(60): 60 alone means milliseconds. What was done twice was"
            " billed twice."
        ),
    )


def duplicates(found: Sequence[Sample]) -> Finding:
    """Several unfinished enrichments or retries of one venue."""
    if not found:
        return passed(checks.DUPLICATES, "No venue has more than one unfinished job.")
    jobs = sum(each.count for each in found)
    return warned(
        checks.DUPLICATES,
        f"{counted(len(found), 'venue has', 'venues have')} several unfinished jobs,"
        f" {jobs:,} in all: they overwrite each other's images.",
        (
            Detail(
                f"venue {each.subject}", "unfinished enrichments or retries", each.count, each.ids
            )
            for each in found[:_MOST_NAMED]
        ),
        remedy="Let the first finish; an administrator may cancel the others in Oban.",
    )


def future(found: Sequence[Future], *, now: datetime) -> Finding:
    """Times that are written when something happens, and lie ahead."""
    if not found:
        return passed(checks.FUTURE, "No recent job has a time that is still to come.")
    most = max(found, key=lambda each: each.jobs)
    return warned(
        checks.FUTURE,
        f"{counted(most.jobs, 'recent job has', 'recent jobs have')} a time that is still to come.",
        (Detail(e.column, f"up to {_said(e.latest - now)} from now", e.jobs, e.ids) for e in found),
        remedy=(
            "Check the clocks of the application's nodes, and that its columns hold UTC: such"
            " jobs stand in the wrong place of every list by time."
        ),
    )


def _said(span: timedelta) -> str:
    if span == LONG:
        return "an hour"
    return brief_duration(max(span.total_seconds(), 0))
