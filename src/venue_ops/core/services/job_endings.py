"""How a job row ends, from what became of its images (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from venue_ops.core.models import Json
from venue_ops.core.oban.values import Busy, Cancelled, Completed, Ending, JobRow, Later
from venue_ops.core.retry.breaker import Open
from venue_ops.core.retry.outcomes import Outcome, Result, Stop, Summary
from venue_ops.core.retry.standing import moment_of

BUSY_FOR = timedelta(seconds=60)
"""How long a row waits whose venue is busy."""

PATIENCE = timedelta(hours=1)
"""How long a venue may be busy before its row is cancelled."""

_FORGOTTEN_AFTER = 5 * BUSY_FOR
"""A row found busy so long ago tells nothing of the time since: it is put off behind all others."""

_AT_ONCE = 0

_OPENED: Mapping[str, str] = {
    Open.DEAD_KEY: "it refused every request, so its key is dead",
    Open.OUTAGE: "it failed every time, so it is down",
    Open.NO_PHOTOS: "it answered with something else than photos every time",
    Open.ASKED_TO_WAIT: "it asked to wait longer than a run waits",
}


def ending_of(job: JobRow, summary: Summary, outcomes: Sequence[Outcome], taken: int) -> Ending:
    """How a job ends whose run came to its end by itself or was stopped.

    `taken` images were planned; a run that was stopped early tells nothing of them.
    """
    if summary.results[Result.BUSY]:
        return busy(job, _said(outcomes, Result.BUSY))
    if not summary.results[Result.LEFT] and sum(summary.results.values()) >= taken:
        return Completed()
    if summary.stopped is Stop.SIGNAL:
        return stopping()
    if summary.stopped is Stop.MAX_DURATION:
        return Later(_AT_ONCE, "its time was up; the rest follows")
    if summary.stopped_providers:
        why = "; ".join(
            f"{name} is left alone: {_OPENED.get(opened, opened)}"
            for name, opened in sorted(summary.stopped_providers.items())
        )
        return Cancelled(f"{why}. Images were left as they were.")
    return Cancelled(f"Images were left as they were: {_said(outcomes, Result.LEFT)}.")


def stopping() -> Ending:
    """Of a job whose worker stops: another one, or the next, goes on."""
    return Later(_AT_ONCE, "the worker stops")


def busy(job: JobRow, why: str) -> Ending:
    """Of a job that somebody is in the way of; not for ever, or its row would never end.

    It is over when each look of an hour, never far apart, found it so.
    """
    now = job.attempted_at
    if now is None:
        return Later(int(BUSY_FOR.total_seconds()), why)
    since, last = _moment(job.busy_since), _moment(job.busy_last)
    if since is None or last is None or now - last > _FORGOTTEN_AFTER:
        since = now
    if now - since >= PATIENCE:
        minutes = PATIENCE // timedelta(minutes=1)
        return Cancelled(f"Its venue was busy for {minutes} minutes: {why}.", gave_up=True)
    return Later(int(BUSY_FOR.total_seconds()), why, Busy(since, now))


def at_fault(job: JobRow, why: str) -> Ending:
    """Of a job that met a fault of ours: it goes back, and no image was marked."""
    ending = busy(job, why)
    if isinstance(ending, Cancelled):
        return Cancelled(f"It met a fault of the worker's for an hour: {why}.", gave_up=True)
    return ending


def _moment(kept: Json) -> datetime | None:
    return moment_of(kept) if isinstance(kept, str) else None


def _said(outcomes: Sequence[Outcome], result: Result) -> str:
    told = [each.message for each in outcomes if each.result is result and each.message]
    return "; ".join(dict.fromkeys(told)) or str(result)


def limits_of(rescue_after: timedelta) -> tuple[float, float]:
    """The seconds after which a job begins no more images, and after which it is broken off.

    Both are below the age at which its row would be taken for abandoned.
    """
    seconds = rescue_after.total_seconds()
    return seconds * 0.6, seconds * 0.9
