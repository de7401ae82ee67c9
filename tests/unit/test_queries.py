"""Queries and cursors: where the next page starts, and what is refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.core.errors import UsageError
from venue_ops.core.models import JobKind
from venue_ops.core.queries import (
    JobCursor,
    JobOrder,
    JobQuery,
    VenueCursor,
    VenueOrder,
    VenueQuery,
)

IDS = st.integers(1, 2**63 - 1)
MOMENTS = st.datetimes(timezones=st.just(UTC))
AT = datetime(2025, 10, 24, 18, 0, 0, 250, tzinfo=UTC)


@given(IDS)
def test_a_cursor_by_id_comes_back_as_it_was(job: int) -> None:
    assert JobCursor.parse(str(JobCursor(job)), JobOrder.ID) == JobCursor(job)
    assert VenueCursor.parse(str(VenueCursor(job)), VenueOrder.ID) == VenueCursor(job)


@given(IDS, MOMENTS)
def test_a_cursor_by_activity_keeps_its_microseconds(job: int, at: datetime) -> None:
    cursor = JobCursor(job, at=at)
    assert JobCursor.parse(str(cursor), JobOrder.ACTIVITY) == cursor


@given(IDS, st.integers(0, 10_000))
def test_a_cursor_by_failures_comes_back_as_it_was(venue: int, failed: int) -> None:
    cursor = VenueCursor(venue, failed=failed)
    assert VenueCursor.parse(str(cursor), VenueOrder.FAILED) == cursor


def test_the_zone_of_a_cursor_does_not_matter() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=2)))
    assert JobCursor.parse(str(JobCursor(7, elsewhere)), JobOrder.ACTIVITY) == JobCursor(7, AT)


NO_ID = ("", " ", "0", "-1", "+1", " 7", "7 ", "1.0", "1e3", "abc", "٣", "²", "9" * 5000)
OUT_OF_RANGE = str(2**63)


@pytest.mark.parametrize("text", [*NO_ID, OUT_OF_RANGE, f"{AT.isoformat()},7", "3,7", "7,", ",,"])
def test_what_is_no_cursor_by_id_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--after does not continue a listing in id order"):
        JobCursor.parse(text, JobOrder.ID)
    with pytest.raises(UsageError, match="--after does not continue a listing in id order"):
        VenueCursor.parse(text, VenueOrder.ID)


@pytest.mark.parametrize(
    "text",
    [
        *("7", "3,7", ",7", "yesterday,7", "2025-10-24T18:00:00,7", f"{AT.isoformat()}"),
        *(f"{AT.isoformat()},{job}" for job in (*NO_ID, OUT_OF_RANGE)),
    ],
)
def test_what_is_no_cursor_by_activity_is_refused(text: str) -> None:
    """A moment without zone among them: nobody can tell which one is meant."""
    with pytest.raises(UsageError, match="in activity order") as refused:
        JobCursor.parse(text, JobOrder.ACTIVITY)
    assert refused.value.hint is not None
    assert "next page: --after" in refused.value.hint


@pytest.mark.parametrize("text", ["7", ",7", "-1,7", "x,7", "3,", "3,0", f"{AT.isoformat()},7"])
def test_what_is_no_cursor_by_failures_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="in failed order"):
        VenueCursor.parse(text, VenueOrder.FAILED)


@given(st.text(), st.sampled_from(JobOrder), st.sampled_from(VenueOrder))
def test_no_text_does_worse_than_be_refused(text: str, jobs: JobOrder, venues: VenueOrder) -> None:
    for parse in (lambda: JobCursor.parse(text, jobs), lambda: VenueCursor.parse(text, venues)):
        with suppress(UsageError):
            parse()


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_that_has_no_utc_is_refused(moment: str) -> None:
    with pytest.raises(UsageError):
        JobCursor.parse(f"{moment},7", JobOrder.ACTIVITY).at.astimezone(UTC)  # type: ignore[union-attr]


def test_more_failures_than_a_column_can_hold_are_refused() -> None:
    with pytest.raises(UsageError):
        VenueCursor.parse(f"{2**31},7", VenueOrder.FAILED)


def test_the_first_three_kinds_are_listed_by_default() -> None:
    assert JobQuery().kinds == (JobKind.BACKFILL, JobKind.ENRICHMENT, JobKind.RETRY)
    assert JobQuery().limit == VenueQuery().limit == 50


def test_a_total_keeps_the_filters_and_leaves_the_page() -> None:
    jobs = JobQuery(cities=(5,), errors=("x",), limit=3, after=JobCursor(7))
    assert jobs.everything() == JobQuery(cities=(5,), errors=("x",), limit=0)
    venues = VenueQuery(min_failed=2, limit=3, after=VenueCursor(7, 1))
    assert venues.everything() == VenueQuery(min_failed=2, limit=0)
