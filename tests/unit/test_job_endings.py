"""How a job row ends, and what the jobs of one worker know of a provider."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.retrying import NOW

from venue_ops.core.net.errors import status_error
from venue_ops.core.oban.values import Busy, Cancelled, Completed, JobRow, Later
from venue_ops.core.planning import Item
from venue_ops.core.retry.breaker import Breaker, Open
from venue_ops.core.retry.outcomes import Outcome, Result, Stop, Summary
from venue_ops.core.retry.pacing import Pacer
from venue_ops.core.retry.shared import RENEWED_AFTER, Providers
from venue_ops.core.services.job_endings import PATIENCE, at_fault, busy, ending_of, limits_of

JOB = JobRow(12, {}, [], NOW - timedelta(days=1), NOW)
FIRST = Busy(since=NOW, last=NOW)
ITEM = Item(7, "noce", 1, "noce/fs-1", None, "failed", None, None, None, 0, None, None)


def came_to(**results: int) -> Summary:
    return Summary(results=Counter({Result(name): many for name, many in results.items()}))


def found_busy(since: timedelta | None, last: timedelta | None) -> JobRow:
    """A row that was found busy so long ago for the first and the last time."""
    first, latest = (None if ago is None else (NOW - ago).isoformat() for ago in (since, last))
    return replace(JOB, busy_since=first, busy_last=latest)


def told(result: Result, message: str) -> list[Outcome]:
    return [Outcome(ITEM, result, NOW, message=message)]


def test_a_job_whose_images_came_to_an_end_is_completed() -> None:
    assert ending_of(JOB, came_to(uploaded=1, failed=1, changed=1), [], 3) == Completed()


def test_one_that_was_stopped_goes_back_at_once() -> None:
    stopped = replace(came_to(left=1, uploaded=1), stopped=Stop.SIGNAL)
    assert ending_of(JOB, stopped, [], 2) == Later(0, "the worker stops")
    before_it_began = replace(came_to(), stopped=Stop.SIGNAL)
    assert ending_of(JOB, before_it_began, [], 2) == Later(0, "the worker stops")
    in_time = replace(came_to(uploaded=2), stopped=Stop.SIGNAL)
    assert ending_of(JOB, in_time, [], 2) == Completed()


def test_one_that_took_too_long_goes_on() -> None:
    ending = ending_of(JOB, replace(came_to(left=1), stopped=Stop.MAX_DURATION), [], 1)
    assert isinstance(ending, Later)
    assert ending.seconds == 0


def test_a_stopped_provider_cancels_it_and_says_which_and_why() -> None:
    summary = replace(
        came_to(left=2), stopped=Stop.BREAKER, stopped_providers={"here": Open.DEAD_KEY.value}
    )
    assert ending_of(JOB, summary, [], 2) == Cancelled(
        "here is left alone: it refused every request, so its key is dead."
        " Images were left as they were."
    )


def test_images_that_were_left_for_another_reason_cancel_it_with_that() -> None:
    left = told(Result.LEFT, "The provider refuses the key (HTTP 403)")
    assert ending_of(JOB, came_to(left=1), left, 1) == Cancelled(
        "Images were left as they were: The provider refuses the key (HTTP 403)."
    )


def test_a_busy_venue_is_waited_for_and_not_for_ever() -> None:
    why = "job 3 is at its venue (executing)"
    assert ending_of(JOB, came_to(busy=1), told(Result.BUSY, why), 1) == Later(60, why, FIRST)
    for waited, is_over in ((PATIENCE - timedelta(seconds=1), False), (PATIENCE, True)):
        job = found_busy(since=waited, last=timedelta(minutes=5))
        ending = busy(job, why)
        assert isinstance(ending, Cancelled) is is_over
    assert busy(job, why) == Cancelled(f"Its venue was busy for 60 minutes: {why}.", gave_up=True)


def test_a_row_that_waited_long_for_a_worker_is_not_busy_since_then() -> None:
    assert busy(JOB, "so") == Later(60, "so", FIRST)
    odd: Any
    for odd in ("never", 17, ["x"], {}):
        for job in (found_busy(PATIENCE, None), found_busy(None, PATIENCE)):
            mended = replace(job, busy_since=job.busy_since or odd, busy_last=job.busy_last or odd)
            assert busy(mended, "so") == Later(60, "so", FIRST)


def test_two_looks_far_apart_are_no_hour_of_a_busy_venue() -> None:
    """A row is put off behind all others, so its next look may be hours away."""
    assert busy(found_busy(2 * PATIENCE, PATIENCE), "so") == Later(60, "so", FIRST)
    since = timedelta(minutes=7)
    assert busy(found_busy(since, timedelta(minutes=5, seconds=1)), "so") == Later(60, "so", FIRST)
    once_more = Later(60, "so", Busy(since=NOW - since, last=NOW))
    assert busy(found_busy(since, timedelta(minutes=5)), "so") == once_more


def test_a_fault_of_ours_gives_it_back_and_not_for_ever() -> None:
    assert at_fault(JOB, "The disk is full.") == Later(60, "The disk is full.", FIRST)
    late = found_busy(PATIENCE, timedelta(minutes=1))
    ending = at_fault(late, "The disk is full.")
    assert isinstance(ending, Cancelled)
    assert ending.gave_up


def test_a_job_is_over_before_it_would_be_rescued() -> None:
    for rescue_after in (timedelta(seconds=1), timedelta(minutes=15), timedelta(days=1)):
        soft, hard = limits_of(rescue_after)
        assert 0 < soft < hard < rescue_after.total_seconds()


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def providers(folder: Path, clock: Clock) -> Providers:
    return Providers(lambda name: Pacer(folder, name, 9.0, clock=clock), Breaker, 3, clock)


def test_jobs_share_what_they_know_of_a_provider(tmp_path: Path) -> None:
    known = providers(tmp_path, Clock())
    first, second = known.of_run("here"), known.of_run("here")
    assert first.breaker is second.breaker
    assert (first.slots, first.pacer) == (second.slots, second.pacer)
    assert first.held is not second.held
    assert known.of_run("other").breaker is not first.breaker


def test_a_provider_that_is_left_alone_is_tried_again_after_ten_minutes(tmp_path: Path) -> None:
    clock = Clock()
    known = providers(tmp_path, clock)
    for _ in range(5):
        known.of_run("here").breaker.failure(status_error(403))
    known.note()
    clock.now += RENEWED_AFTER - 1
    assert known.of_run("here").breaker.opened is Open.DEAD_KEY
    clock.now += 1
    assert known.of_run("here").breaker.opened is None
    clock.now += RENEWED_AFTER
    assert known.of_run("here").breaker.opened is None


def test_moments_are_aware() -> None:
    assert JOB.attempted_at == datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
