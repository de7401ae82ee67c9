"""Times as people write and read them."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from venue_ops.core.errors import UsageError
from venue_ops.core.moments import age, brief_duration, parse_duration, parse_moment, parse_zone

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2025, 10, 24, 17, 11, 5, tzinfo=UTC)


def at(text: str, *, until: bool = False) -> str:
    """The moment in UTC, as text, seen from Warsaw at 19:11 summer time."""
    return parse_moment(text, now=NOW, tz=WARSAW, until=until).isoformat()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2025-10-24T17:11:05+00:00"),
        ("90m", "2025-10-24T15:41:05+00:00"),
        ("2h", "2025-10-24T15:11:05+00:00"),
        ("2h ago", "2025-10-24T15:11:05+00:00"),
        ("3d", "2025-10-21T17:11:05+00:00"),
        ("1w", "2025-10-17T17:11:05+00:00"),
        ("1d12h", "2025-10-23T05:11:05+00:00"),
        (" Today ", "2025-10-23T22:00:00+00:00"),
        ("yesterday", "2025-10-22T22:00:00+00:00"),
        ("2025-10-24", "2025-10-23T22:00:00+00:00"),
        ("2025-10-24T17:11", "2025-10-24T15:11:00+00:00"),
        ("2025-10-24 17:11:05.25", "2025-10-24T15:11:05.250000+00:00"),
        ("2025-10-24T17:11Z", "2025-10-24T17:11:00+00:00"),
        ("2025-10-24t17:11:05 +0200", "2025-10-24T15:11:05+00:00"),
        ("2025-01-24T17:11", "2025-01-24T16:11:00+00:00"),
    ],
)
def test_a_moment_is_read_in_the_zone_and_told_in_utc(text: str, expected: str) -> None:
    assert at(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-10-24", "2025-10-24T22:00:00+00:00"),
        ("today", "2025-10-24T22:00:00+00:00"),
        ("yesterday", "2025-10-23T22:00:00+00:00"),
        ("2025-10-24T17:11", "2025-10-24T15:11:00+00:00"),
        ("2h", "2025-10-24T15:11:05+00:00"),
    ],
)
def test_until_a_day_includes_that_day(text: str, expected: str) -> None:
    assert at(text, until=True) == expected


def test_where_the_clock_shows_a_time_twice_the_first_is_meant() -> None:
    assert at("2025-10-26T02:30") == "2025-10-26T00:30:00+00:00"


@pytest.mark.parametrize(
    "text",
    ["", " ", "90", "2 h", "-2h", "h", "2x", "tomorrow", "2025-13-01", "2025-10-24T25:00",
     "20251024", "2025-10", "2025-10-24T17:11+99:00", "99999999999999w", "0001-01-01T00:00+14:00",
     "9999-12-31T23:59-14:00", "٢h", "1" * 500 + "h"],
)  # fmt: skip
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time") as caught:
        at(text)
    assert "2025-10-24" in (caught.value.hint or "")
    assert len(caught.value.message) < 200


@given(st.text() | st.from_regex(r"[0-9dwhms.:TZ+ -]{1,24}"), st.booleans())
def test_any_text_is_a_moment_or_a_usage_error(text: str, until: bool) -> None:
    for zone in (WARSAW, UTC, None):
        try:
            moment = parse_moment(text, now=NOW, tz=zone, until=until)
        except UsageError:
            continue
        assert moment.tzinfo is UTC


@given(st.datetimes(timezones=st.just(timezone(timedelta(hours=5.75)))), st.booleans())
def test_an_iso_time_comes_back_as_it_was(moment: datetime, blank: bool) -> None:
    assume(moment.year > 1)
    text = moment.isoformat(sep=" " if blank else "T")
    assert parse_moment(text, now=NOW, tz=WARSAW) == moment


def test_without_a_zone_the_machines_own_counts() -> None:
    local = datetime(2025, 7, 1, 12).astimezone()
    assert parse_moment("2025-07-01T12:00", now=NOW, tz=None) == local


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("30", 30), ("1.5", 1.5), ("500ms", 0.5), ("30s", 30), ("2m", 120),
     ("1h30m", 5400), ("1.5h", 5400), ("2d", 172_800), ("1w", 604_800), (" 0s ", 0)],
)  # fmt: skip
def test_a_duration(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "s", "-1s", "1 s", "1e3", "inf", "1h30", "9" * 30, "٣", "1.s"]
)
def test_what_is_no_duration_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match="is not a duration") as caught:
        parse_duration(text)
    assert "30s" in (caught.value.hint or "")


@given(st.text() | st.from_regex(r"[0-9.dwhms]{1,12}"))
def test_any_text_is_a_duration_or_a_usage_error(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert parse_duration(text) >= timedelta(0)


@pytest.mark.parametrize(
    ("text", "offset"),
    [("Europe/Warsaw", 2), ("europe/warsaw", 2), ("america/new york", -4), ("UTC", 0), ("Z", 0),
     ("+02:00", 2), ("-0330", -3.5), ("UTC+2", 2), ("CET", 2)],
)  # fmt: skip
def test_a_zone_by_name_or_offset(text: str, offset: float) -> None:
    assert NOW.astimezone(parse_zone(text)).utcoffset() == timedelta(hours=offset)


@pytest.mark.parametrize(
    "text",
    ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "Europe", "zone.tab", "+25:00", "+1:99",
     "a" * 5000, "\0", "\ud800", "tzdata.zi"],
)  # fmt: skip
def test_what_is_no_zone_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time zone"):
        parse_zone(text)


@pytest.mark.parametrize("text", ["Europe/Warszawa", "Warsaw"])
def test_a_zone_nearly_right_is_named(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_zone(text)
    assert "Europe/Warsaw" in (caught.value.hint or "")


@given(st.text())
def test_any_text_is_a_zone_or_a_usage_error(text: str) -> None:
    with contextlib.suppress(UsageError):
        NOW.astimezone(parse_zone(text))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0s"), (45.9, "45s"), (60, "1m"), (3599, "59m"), (3600, "1h"), (47 * 3600, "47h"),
     (48 * 3600, "2d"), (729 * 86_400, "729d"), (730 * 86_400, "2y"), (-2, "0s"), (-300, "in 5m")],
)  # fmt: skip
def test_age_is_one_unit(seconds: float, expected: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0s"), (0.0001, "0s"), (Decimal("0.34"), "340ms"), (0.9996, "1.0s"), (3.2, "3.2s"),
     (59.94, "59.9s"), (59.96, "1m00s"), (245, "4m05s"), (3599.6, "1h00m"), (3720, "1h02m"),
     (47 * 3600, "47h00m"), (76 * 3600, "3d04h"), (-3.2, "-3.2s"), (float("nan"), "?"),
     (Decimal("Infinity"), "?"), (Decimal("1e999999999"), "?")],
)  # fmt: skip
def test_a_brief_duration(seconds: Decimal | float, expected: str) -> None:
    assert brief_duration(seconds) == expected


@given(st.decimals(min_value=0, max_value=10**9, places=4))
def test_a_brief_duration_is_read_back_within_its_rounding(seconds: Decimal) -> None:
    back = parse_duration(brief_duration(seconds)).total_seconds()
    unit = 0.001 if seconds < 1 else 0.1 if seconds < 60 else 1 if seconds < 3600 else 60
    if seconds >= 48 * 3600:
        unit = 3600
    assert abs(back - float(seconds)) <= unit


@given(st.decimals(allow_nan=True, allow_infinity=True) | st.floats() | st.integers())
def test_any_number_has_a_brief_duration(seconds: Decimal | float) -> None:
    assert brief_duration(seconds)
