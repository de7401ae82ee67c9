"""What became of an image whose job somebody else did, from its venue and its row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from venue_ops.core.planning import Policy, Venue, plan_venue
from venue_ops.core.retry.following import (
    GONE,
    Followed,
    JobEnd,
    are_done,
    may_run_still,
    outcome_of,
)
from venue_ops.core.retry.outcomes import Result

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
SETTLE = timedelta(minutes=2)
FAILED: dict[str, Any] = {
    "provider": "unsplash",
    "provider_url": "https://images.test/a",
    "url": "https://images.test/a",
    "upload_status": "failed",
    "error_details": {"error_type": "rate_limited", "status_code": 429, "error": "HTTP 429"},
}
AGAIN = {**FAILED, "retry_count": 1}
SPENT = {**AGAIN, "upload_status": "permanently_failed"}
UPLOADED = {**FAILED, "upload_status": "uploaded", "url": "https://ik.test/a", "retry_count": 1}
OLDER = {**UPLOADED, "url": "https://ik.test/older"}
SKIPPED = {**FAILED, "upload_status": "skipped_dev"}
END = JobEnd(5, "completed", NOW, None)

(ITEM,) = plan_venue(Venue(1, "noce", "Noce"), [(1, FAILED)], Policy()).taken


@pytest.mark.parametrize(
    ("images", "result"),
    [
        ([UPLOADED], Result.UPLOADED),
        ([AGAIN], Result.FAILED),
        ([SPENT], Result.GIVEN_UP),
        ([FAILED], Result.LEFT),
        ([SKIPPED], Result.CHANGED),
        ([], Result.CHANGED),
        (None, Result.CHANGED),
        ([OLDER, UPLOADED], Result.UPLOADED),
        ([OLDER, AGAIN], Result.FAILED),
        ([SPENT, OLDER], Result.GIVEN_UP),
        ([OLDER, FAILED], Result.LEFT),
        ([AGAIN, FAILED], Result.LEFT),
    ],
)
def test_what_it_comes_to(images: list[Any] | None, result: Result) -> None:
    """The last ones stand there twice."""
    outcome = outcome_of(ITEM, images, END, NOW)
    assert (outcome.result, outcome.job_id) == (result, 5)


def test_it_is_told_with_the_error_of_the_image_and_not_of_the_job() -> None:
    outcome = outcome_of(ITEM, [OLDER, AGAIN], END, NOW)
    said = (outcome.error_type, outcome.status_code, outcome.message)
    assert said == ("rate_limited", 429, "HTTP 429")


def test_where_it_lies_is_that_of_the_last_upload() -> None:
    assert outcome_of(ITEM, [OLDER, UPLOADED], END, NOW).url == "https://ik.test/a"


@pytest.mark.parametrize(
    ("state", "error", "said"),
    [
        ("completed", None, "job 5 is completed and left it as it was"),
        ("discarded", "the disk is full", "job 5 is discarded and left it as it was: the disk"),
        (GONE, None, "the row of job 5 is gone, and it was not tried"),
    ],
)
def test_why_it_was_left(state: str, error: str | None, said: str) -> None:
    outcome = outcome_of(ITEM, [FAILED], JobEnd(5, state, NOW, error), NOW)
    assert (outcome.message or "").startswith(said)


@pytest.mark.parametrize(
    ("state", "error", "ago", "may"),
    [
        ("discarded", None, 119, True),
        ("discarded", None, 121, False),
        ("discarded", "boom", 1, False),
        ("completed", None, 1, False),
        ("cancelled", None, 1, False),
    ],
)
def test_a_row_that_lifeline_discarded_may_run_still(
    state: str, error: str | None, ago: int, may: bool
) -> None:
    end = JobEnd(5, state, NOW - timedelta(seconds=ago), error)
    assert may_run_still(end, NOW, SETTLE) is may


def test_all_are_done_when_each_was_tried() -> None:
    other = {**FAILED, "provider_url": "https://images.test/b", "url": "https://images.test/b"}
    images = [(1, FAILED), (2, other)]
    items = plan_venue(Venue(1, "noce", "Noce"), images, Policy()).taken
    followed = Followed(5, 1, items)
    assert not are_done(followed, [UPLOADED, other])
    assert are_done(followed, [UPLOADED, {**other, "retry_count": 1}])
    assert are_done(followed, [])
