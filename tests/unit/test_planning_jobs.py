"""What the database's answers about jobs mean: totals, words, and what helps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from venue_ops.core.models import (
    ImageTally,
    JobKind,
    JobScope,
    JobTimes,
    Operation,
    Outcome,
    VenueRef,
)
from venue_ops.core.planning import Blocker, Reason
from venue_ops.core.planning.jobs import (
    WORDS,
    JobAnswer,
    JobItem,
    JobReason,
    JobTotals,
    help_for,
    since,
)
from venue_ops.views.rerunning import left_out, of_jobs, skipping

NOW = datetime(2025, 10, 24, 18, 0, tzinfo=UTC)
BEGUN, DUE = NOW - timedelta(minutes=1), NOW - timedelta(minutes=2)
JOB = Operation(
    id=137, kind=JobKind.ENRICHMENT, scope=JobScope.VENUE, worker="A.B.EnrichmentJob",
    queue="venue_enrichment", state="discarded",
    times=JobTimes(NOW - timedelta(hours=1), DUE, BEGUN, None, None, NOW),
    outcome=Outcome.FAILED, outcome_now=None, city=None,
    venue=VenueRef(14, "noce-krk", "Noce"), providers=(), images=ImageTally(), venues=None,
    error="boom", skip_reason=None, attempt=3, max_attempts=3, duration=None, cost_usd=None,
)  # fmt: skip
BLOCKER = Blocker(Reason.JOB_UNFINISHED, 200, "A.B.RetryWorker", "executing", NOW)


def item(reason: JobReason | None, *, job: dict[str, Any] | None = None, **answer: Any) -> JobItem:
    values = {"venues": 1, **answer}
    found = JobAnswer(137, "discarded", reason, **values)
    return JobItem(replace(JOB, **(job or {})), found)


def totals(*items: JobItem) -> JobTotals:
    made = JobTotals()
    for each in items:
        made.add(each.answer)
    return made


def test_every_reason_has_words() -> None:
    assert set(WORDS) == set(JobReason)


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([item(None)], "1 job of 1 venue"),
        ([item(None)] * 1200, "1,200 jobs of 1,200 venues"),
        ([item(None, venues=20), item(None)], "2 jobs of 21 venues"),
        ([item(None, venues=None)], "1 job of whichever venues a daily run finds"),
        (
            [item(None), item(None, venues=None)],
            "2 jobs of 1 venue and whichever venues a daily run finds",
        ),
        ([item(JobReason.WAITING), item(None, venues=5)], "1 job of 5 venues"),
    ],
)
def test_how_many_venues_are_paid_for_is_said(items: list[JobItem], said: str) -> None:
    assert of_jobs(totals(*items)) == said


def test_what_would_do_nothing_is_said() -> None:
    skips, works = item(None, would_skip=True), item(None)
    assert skipping(totals(works)) is None
    assert (skipping(totals(skips)) or "").startswith("It would skip itself, ")
    assert (skipping(totals(skips, skips)) or "").startswith("They would skip themselves, ")
    assert (skipping(totals(skips, skips, works)) or "").startswith("2 of them would skip ")
    left = item(JobReason.WAITING, would_skip=True)
    assert skipping(totals(left, works)) is None
    assert (skips.skips, works.skips, left.skips) == (True, False, False)


@pytest.mark.parametrize(
    ("reason", "at"),
    [
        (JobReason.EXECUTING, BEGUN),
        (JobReason.MAY_RUN, BEGUN),
        (JobReason.WAITING, DUE),
        (JobReason.JOB_UNFINISHED, NOW),
        (JobReason.NEWER_CHOSEN, None),
        (None, None),
    ],
)
def test_since_when_it_lasts(reason: JobReason | None, at: datetime | None) -> None:
    blocker = BLOCKER if reason is JobReason.JOB_UNFINISHED else None
    assert since(item(reason, blocker=blocker)) == at


@pytest.mark.parametrize(
    ("reason", "job", "helps"),
    [
        (JobReason.RETRY_ROW, {}, "`venue-ops retry venue noce-krk`"),
        (JobReason.RETRY_ROW, {"venue": None}, "`venue-ops partials`"),
        (JobReason.CLEANUP_ROW, {}, "`venue-ops partials`"),
        (JobReason.OTHER_WORKER, {}, "Oban.retry_job(137)"),
        (JobReason.NOT_RESPAWNED, {}, "`venue-ops retry job 137 --respawn 1` pays for 1 venue;"),
        (JobReason.NO_VENUES, {"scope": JobScope.CITY}, "every venue of its city has photos"),
        (JobReason.EXECUTING, {}, "`venue-ops show job 137`"),
    ],
)
def test_what_helps(reason: JobReason, job: dict[str, Any], helps: str) -> None:
    assert helps in (help_for(item(reason, job=job)) or "")


@pytest.mark.parametrize(
    "reason", [JobReason.WAITING, JobReason.NO_VENUES, JobReason.NEWER_CHOSEN, JobReason.CHANGED]
)
def test_nothing_is_advised_where_there_is_nothing_to_do(reason: JobReason) -> None:
    assert help_for(item(reason)) is None


def test_what_is_left_out_is_named_or_counted() -> None:
    waiting = item(JobReason.WAITING)
    blocked = item(JobReason.JOB_UNFINISHED, blocker=BLOCKER)
    both = totals(item(None), waiting, blocked, blocked)
    assert list(left_out(totals(item(None)))) == []
    assert list(left_out(both, [waiting, blocked]))[:3] == [
        "Left out, 3 jobs:",
        "  137  EnrichmentJob: it is waiting already, since 2025-10-24 17:58:00 UTC",
        "  137  EnrichmentJob: another job of its venue is unfinished (200),"
        " since 2025-10-24 18:00:00 UTC",
    ]
    assert list(left_out(both)) == [
        "Left out, 3 jobs:",
        "  2  another job of its venue is unfinished",
        "  1  it is waiting already",
    ]
