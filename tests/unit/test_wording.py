"""The error of a job in few words, from what Elixir and Oban wrote."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.core.classification.wording import (
    breakdown,
    error_in_few_words,
    plain_error,
    skip_reason,
    uninspected,
)
from venue_ops.core.models import Json, Outcome

JSON_VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('"API error: REQUEST_DENIED"', "API error: REQUEST_DENIED"),
        ('"say \\"no\\" to C:\\\\temp"', 'say "no" to C:\\temp'),
        (":rate_limited", "rate_limited"),
        (":valid?", "valid?"),
        (":two words", ":two words"),
        ('"', '"'),
        ('""', ""),
        ("  plain ", "plain"),
        ("", ""),
    ],
)
def test_inspect_is_undone(written: str, read: str) -> None:
    assert uninspected(written) == read


WRAPPED = "** (Oban.PerformError) EventasaurusDiscovery.VenueImages.EnrichmentJob failed with "


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (WRAPPED + '{:error, "API error: REQUEST_DENIED"}', "REQUEST_DENIED"),
        (WRAPPED + "{:discard, :rate_limited}", "rate_limited"),
        (WRAPPED + "{:cancel, %{a: 1}}", "%{a: 1}"),
        ("** (RuntimeError) boom\n    (elixir) lib/x.ex:1: X.y/0", "boom"),
        ('"API authentication/configuration error: HTTP 403"', "HTTP 403"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_the_innermost_thing_that_says_what_happened(written: str, read: str) -> None:
    assert plain_error(written) == read


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ({"not_found": 1, "rate_limited": 2}, "rate_limited 2, not_found 1"),
        ({"b": 1, "a": 1}, "a 1, b 1"),
        ({"a": 0, "b": "3", "c": None, "d": True}, ""),
        ({"a": Decimal("1E+3")}, "a 1000"),
        ({}, ""),
        (["a"], ""),
        (None, ""),
    ],
)
def test_a_breakdown_has_the_most_frequent_first(counts: Json, text: str) -> None:
    assert breakdown(counts) == text


META: dict[str, Json] = {
    "providers": {
        "google_places": {"status": "failed", "reason": '"API error: REQUEST_DENIED"'},
        "here": {"status": "failed", "reason": ":no_images"},
        "timeout": {"status": "failed", "reason": ":timeout"},
    },
    "failure_breakdown": {"rate_limited": 2},
    "error": '"update failed"',
    "reason": ":not_stale",
}
LAST = {"error": WRAPPED + "{:error, :gone}"}


def without(*names: str) -> dict[str, Json]:
    return {name: value for name, value in META.items() if name not in names}


@pytest.mark.parametrize(
    ("meta", "last", "words"),
    [
        (META, LAST, "google_places: REQUEST_DENIED"),
        (without("providers"), LAST, "rate_limited 2"),
        (without("providers", "failure_breakdown"), LAST, "update failed"),
        (without("providers", "failure_breakdown", "error"), LAST, "gone"),
        (None, LAST, "gone"),
        ({"providers": {"here": {"status": "error"}}}, None, "here: failed"),
        (None, None, None),
    ],
)
def test_the_most_specific_place_wins(meta: Json, last: Json, words: str | None) -> None:
    assert error_in_few_words(Outcome.FAILED, meta, last) == words


def test_only_a_skipped_job_gives_its_reason() -> None:
    assert skip_reason(Outcome.SKIPPED, {"reason": ":not_stale"}) == "not_stale"
    assert skip_reason(Outcome.FAILED, {"reason": ":not_stale"}) is None
    assert error_in_few_words(Outcome.SKIPPED, {"reason": ":not_stale"}, None) is None


@pytest.mark.parametrize("outcome", ["success", "no_images", "pending", "running"])
def test_an_outcome_without_complaint_has_no_error(outcome: str) -> None:
    assert error_in_few_words(Outcome(outcome), META, LAST) is None


@given(st.sampled_from(Outcome), JSON_VALUES, JSON_VALUES)
def test_no_json_stops_it(outcome: Outcome, meta: Json, last: Json) -> None:
    assert isinstance(error_in_few_words(outcome, meta, last), str | None)


@given(st.dictionaries(st.text(), JSON_VALUES))
def test_no_count_stops_a_breakdown(counts: dict[str, Json]) -> None:
    assert isinstance(breakdown(counts), str)


@given(st.text())
def test_no_text_stops_it(text: str) -> None:
    assert isinstance(plain_error(text), str)
