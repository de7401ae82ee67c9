"""How long a server asks to wait is understood in every form (promise 8, the pure half)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.core.net.waiting import asked_to_wait, backoff, http_date, retry_after

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FOR_EVER = 1e9

FORMS = {
    "0": 0.0,
    "1": 1.0,
    "120": 120.0,
    " 7 ": 7.0,
    "007": 7.0,
    "1.5": 1.5,
    "0.25": 0.25,
    "86400": 86_400.0,
    "99999999999": FOR_EVER,  # not none: who asks for so long is not asked again at once
    "9" * 5_000: FOR_EVER,
    "Tue, 24 Nov 2026 12:00:30 GMT": 30.0,  # IMF-fixdate
    "Tuesday, 24-Nov-26 12:01:00 GMT": 60.0,  # RFC 850
    "Tue Nov 24 12:02:00 2026": 120.0,  # asctime
    "Tue Dec  1 12:00:00 2026": 604_800.0,
    "Tue, 24 Nov 2026 14:00:30 +0200": 30.0,
    "Tue, 24 Nov 2026 11:59:59 GMT": 0.0,  # gone by
    "Sun, 06 Nov 1994 08:49:37 GMT": 0.0,
    "Sunday, 06-Nov-94 08:49:37 GMT": 0.0,
    "Sun Nov  6 08:49:37 1994": 0.0,
    "Thu, 01 Jan 1970 00:00:00 GMT": 0.0,
}
JUNK = [
    "", " ", "-1", "-0", "+5", "1e3", "0x10", "1,5", "5 s", "120, 120", "soon", "inf", "nan", ".5",
    "5.", "٣", "１", "\x00", "12:00", "2026-11-24T12:00:30Z", "Tue, 99 Nov 2026 12:00:00 GMT",
    "Tue, 24 Foo 2026 12:00:00 GMT", "Tue, 24 Nov 2026 25:00:00 GMT",
    "Tue, 24 Nov 99999 12:00:00 GMT", "Tue, 24 Nov 2026 12:00:00 +9999",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMS, ids=lambda text: text[:40])
def test_every_form_of_retry_after(text: str) -> None:
    assert retry_after({"retry-after": text}, NOW) == FORMS[text]
    assert asked_to_wait({"retry-after": text}, NOW) == FORMS[text]


@pytest.mark.parametrize("text", JUNK)
def test_junk_asks_for_nothing(text: str) -> None:
    assert retry_after({"retry-after": text}, NOW) is None
    assert asked_to_wait({"retry-after": text, "x-ratelimit-reset": text}, NOW) is None


def test_nothing_asks_for_nothing() -> None:
    assert retry_after({}, NOW) is None
    assert asked_to_wait({}, NOW) is None


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0.0), ("1500", 1.5), ("60000", 60.0), ("0.5", 0.0005)]
)
def test_imagekits_reset_is_in_milliseconds(text: str, seconds: float) -> None:
    assert asked_to_wait({"x-ratelimit-reset": text}, NOW) == seconds


@pytest.mark.parametrize(
    ("asked", "reset", "seconds"),
    [("2", "500", 2.0), ("0", "500", 0.5), ("junk", "500", 0.5), ("2", "junk", 2.0)],
)
def test_of_both_the_longer_is_waited(asked: str, reset: str, seconds: float) -> None:
    headers = {"retry-after": asked, "x-ratelimit-reset": reset}
    assert asked_to_wait(headers, NOW) == seconds


def test_a_providers_reset_is_not_taken_for_imagekits() -> None:
    """Foursquare's is a moment, in seconds since 1970; in milliseconds it would be 20 days."""
    assert retry_after({"x-ratelimit-reset": "1795435200"}, NOW) is None


@given(st.integers(0, 8_000 * 365 * 86_400))
def test_every_date_in_every_form(seconds: int) -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    expected = max(0.0, (at - NOW).total_seconds())
    for text in (format_datetime(at, usegmt=True), f"{at:%a %b} {at.day:2d} {at:%H:%M:%S %Y}"):
        assert retry_after({"retry-after": text}, NOW) == expected
    if at.year < 2069:  # the form with two digits
        assert http_date(f"{at:%A, %d-%b-%y %H:%M:%S} GMT") == at


@given(st.text(), st.text())
def test_no_header_is_a_surprise(asked: str, reset: str) -> None:
    found = asked_to_wait({"retry-after": asked, "x-ratelimit-reset": reset}, NOW)
    assert found is None or found >= 0


@given(st.from_regex(r"\A[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{1,5} \d\d:\d\d:\d\d [+-]\d{4}\Z"))
def test_no_date_is_a_surprise(text: str) -> None:
    found = retry_after({"retry-after": text}, NOW)
    assert found is None or found >= 0


# --- where nothing is asked -------------------------------------------------------------------

SECONDS = st.floats(0.001, 1_000)


@given(st.integers(1, 10_000), SECONDS, SECONDS, st.floats(0, 1))
def test_a_wait_lies_between_half_its_step_and_the_step(
    attempt: int, first: float, most: float, random: float
) -> None:
    step = min(most, first * 2.0 ** min(attempt - 1, 100))
    found = backoff(attempt, first=first, most=most, random=random)
    assert step / 2 <= found <= step <= most


@given(st.integers(1, 60), SECONDS, SECONDS, st.floats(0, 1))
def test_waits_do_not_become_shorter(
    attempt: int, first: float, most: float, random: float
) -> None:
    now = backoff(attempt, first=first, most=most, random=random)
    assert now <= backoff(attempt + 1, first=first, most=most, random=random)


def test_waits_double_up_to_the_longest() -> None:
    waits = [backoff(n, first=1.0, most=30.0, random=1.0) for n in range(1, 8)]
    assert waits == [1, 2, 4, 8, 16, 30, 30]


def test_chance_spreads_them() -> None:
    waits = [backoff(3, first=1.0, most=30.0, random=random) for random in (0.0, 0.5, 1.0)]
    assert waits == [2, 3, 4]
