"""A refused key is told from other answers by a few words at the start of a body."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.core.net.refusals import LOOK, refusal_in

KEYS = [b"REQUEST_DENIED", b"INVALID_API_KEY", b"API_KEY_INVALID", b"API key not valid"]


@pytest.mark.parametrize("word", [*KEYS, b"api Key Not Valid", b"request_denied"])
@pytest.mark.parametrize("status", [200, 400])
def test_a_refused_key(word: bytes, status: int) -> None:
    found = refusal_in(b'{"status": "' + word + b'", "secret": "AIza"}', status)
    assert found is not None
    assert (found.error_type, found.status_code, found.refuses_key) == ("auth_error", status, True)
    assert found.message == f"The provider refuses the key (HTTP {status})"


def test_a_quota_that_is_used_up_passes() -> None:
    found = refusal_in(b'{"status": "OVER_QUERY_LIMIT"}', 200, retry_after=7)
    assert found is not None
    assert (found.error_type, found.is_transient, found.retry_after) == ("rate_limited", True, 7)
    assert not found.refuses_key


@pytest.mark.parametrize("other", [b"", b"<html>Sign in</html>", b'{"status": "ZERO_RESULTS"}'])
def test_what_says_something_else_says_nothing(other: bytes) -> None:
    assert refusal_in(other, 200) is None


def test_only_text_is_looked_into_and_only_its_beginning() -> None:
    word = KEYS[0]
    assert refusal_in(b"\0" + word, 200) is None
    assert refusal_in(b" " * (LOOK - len(word)) + word, 200) is not None
    assert refusal_in(b" " * LOOK + word, 200) is None


@given(st.binary(), st.sampled_from([b"", *KEYS]), st.binary(), st.integers(100, 599))
def test_nothing_of_a_body_is_told(before: bytes, word: bytes, after: bytes, status: int) -> None:
    found = refusal_in(before + word + after, status)
    assert found is None or found.message.startswith("The provider")
