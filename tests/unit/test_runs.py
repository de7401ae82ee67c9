"""Runs of errors among a provider's answers, and what they look like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.core.classification.causes import (
    Cause,
    cause_of_answer,
    cause_of_image,
    class_of_answer,
    error_of_answer,
)
from venue_ops.core.runs import DAYS, Answer, answer_runs, answer_totals

START = datetime(2025, 10, 20, 12, tzinfo=UTC)
DENIED = '"API error: REQUEST_DENIED"'
REASONS = {"+": None, "d": DENIED, "q": "OVER_QUERY_LIMIT", "5": "HTTP 503", "?": "odd"}


def told(letters: str, provider: str = "google_places") -> list[Answer]:
    """One answer a letter and hour: `+` good, the others errors."""
    return [
        Answer(provider, number, START + timedelta(hours=number), REASONS[letter])
        for number, letter in enumerate(letters)
    ]


@pytest.mark.parametrize(
    ("letters", "runs"),
    [
        ("", []),
        ("++++", []),
        ("+dd", []),
        ("+ddd", [("REQUEST_DENIED", 3, False)]),
        ("ddd", [("REQUEST_DENIED", 3, False)]),
        ("+ddd+", []),
        ("+ddddd+", [("REQUEST_DENIED", 5, True)]),
        ("+dqdqd5+", []),
        ("+dqd", [("REQUEST_DENIED", 2, False), ("OVER_QUERY_LIMIT", 1, False)]),
        ("ddddd+qqq", [("OVER_QUERY_LIMIT", 3, False), ("REQUEST_DENIED", 5, True)]),
    ],
)
def test_what_stands_out(letters: str, runs: list[tuple[str, int, bool]]) -> None:
    found = answer_runs(told(letters))
    assert [(run.error, run.jobs, run.ended_at is not None) for run in found] == runs


def test_a_run_says_when_it_began_and_ended() -> None:
    (run,) = answer_runs(told("+ddddd+"))
    hours = (run.last_success, run.since, run.newest, run.ended_at)
    assert hours == tuple(START + timedelta(hours=hour) for hour in (0, 1, 5, 6))
    assert (run.venues, run.cause) == (5, Cause.DEAD_KEY)


def test_a_good_answer_of_another_provider_ends_nothing() -> None:
    mixed = sorted(told("ddd") + told("+++", "here"), key=lambda answer: answer.at)
    (run,) = answer_runs(mixed)
    assert (run.provider, run.jobs, run.last_success) == ("google_places", 3, None)


@given(st.text("+dq5?", max_size=40))
def test_every_error_is_counted_once(letters: str) -> None:
    answers = told(letters)
    totals = answer_totals(answers, (START + timedelta(days=2)).date())
    assert sum(total.jobs for total in totals) == len(letters.replace("+", ""))
    for total in totals:
        assert len(total.by_day) == DAYS
        assert sum(total.by_day) == total.jobs
        later = letters[(total.newest - START) // timedelta(hours=1) :]
        assert total.good_since == later.count("+")


@pytest.mark.parametrize(
    ("error", "code", "cause"),
    [
        ("forbidden", None, Cause.DEAD_KEY),
        ("auth_error", 401, Cause.DEAD_KEY),
        ("http_error", 403, Cause.DEAD_KEY),
        ("rate_limited", 429, Cause.RATE_LIMITED),
        ("unknown", 429, Cause.RATE_LIMITED),
        ("bad_gateway", 502, Cause.OUTAGE),
        ("network_timeout", None, Cause.OUTAGE),
        ("http_error", 599, Cause.OUTAGE),
        ("not_found", 404, Cause.OTHER),
        ("unknown", None, Cause.OTHER),
        ("unknown", Decimal("1e400"), Cause.OTHER),
        ("unknown", Decimal("-403"), Cause.OTHER),
    ],
)
def test_the_cause_of_an_image(error: str, code: Decimal | int | None, cause: Cause) -> None:
    assert cause_of_image(error, None if code is None else Decimal(code)) is cause


@pytest.mark.parametrize(
    ("reason", "error", "cause", "retryability"),
    [
        (DENIED, "REQUEST_DENIED", Cause.DEAD_KEY, "permanent"),
        ("INVALID_API_KEY", "INVALID_API_KEY", Cause.DEAD_KEY, "permanent"),
        ('"HTTP 403"', "HTTP 403", Cause.DEAD_KEY, "permanent"),
        ("HTTP 400", "HTTP 400", Cause.OTHER, "permanent"),
        ("INVALID_REQUEST", "INVALID_REQUEST", Cause.OTHER, "permanent"),
        (":rate_limited", "rate_limited", Cause.RATE_LIMITED, "transient"),
        ("RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED", Cause.RATE_LIMITED, "transient"),
        ("HTTP 503", "HTTP 503", Cause.OUTAGE, "transient"),
        ("HTTP 521", "HTTP 521", Cause.OUTAGE, "transient"),
        ("Network error: :nxdomain", "Network error", Cause.OUTAGE, "transient"),
        ('"something else"', "something else", Cause.OTHER, "ambiguous"),
        ("", "failed", Cause.OTHER, "ambiguous"),
    ],
)
def test_the_cause_of_an_answer(reason: str, error: str, cause: Cause, retryability: str) -> None:
    assert error_of_answer(reason) == error
    assert cause_of_answer(reason) is cause
    assert class_of_answer(reason) == retryability
    assert cause_of_answer(error) is cause  # a run is named by the word alone
