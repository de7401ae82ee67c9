"""A worker's jobs, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from venue_ops.core.oban.values import Cancelled, Completed, Later
from venue_ops.core.retry.outcomes import Result
from venue_ops.core.services.performing import Performed

_NAMED = 10


def of_job(job: Performed) -> str:
    """`job 12 noce-krk: 2 uploaded, 1 failed`."""
    name = f"job {job.job_id} {job.venue}" if job.venue else f"job {job.job_id}"
    counts = of_results(job.results)
    if job.problem is not None:
        return f"{name}: discarded: {type(job.problem).__name__}: {job.problem}"
    match job.ending:
        case Cancelled(reason):
            said = f"cancelled: {reason}"
        case Later(seconds, reason):
            when = f"again in {seconds}s" if seconds else "given back"
            said = f"{when}: {reason}"
        case Completed() | None:
            return f"{name}: {counts or 'nothing to do'}"
    return f"{name}: {counts}; {said}" if counts else f"{name}: {said}"


def of_results(results: Mapping[Result, int]) -> str:
    """`2 uploaded, 1 failed`; nothing where there are none."""
    return ", ".join(f"{results[r]:,} {r}" for r in Result if results.get(r))


def of_rescued(job_ids: Sequence[int]) -> str:
    """Whose worker went away."""
    named = ", ".join(str(each) for each in sorted(job_ids)[:_NAMED])
    more = f" and {len(job_ids) - _NAMED:,} more" if len(job_ids) > _NAMED else ""
    what = f"job {named}" if len(job_ids) == 1 else f"jobs {named}{more}"
    return f"Given back, for whoever was at it is gone: {what}."


def of_end(jobs: int, results: Counter[Result]) -> str:
    """`12 jobs: 30 uploaded, 2 failed.`"""
    many = "1 job" if jobs == 1 else f"{jobs:,} jobs"
    return f"{many}: {of_results(results) or 'nothing was tried'}." if jobs else "No job was done."
