"""No secret leaves inside JSON: under telling keys, in keys, at any depth."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from venue_ops.core.models import Json
from venue_ops.core.redaction import REDACTED, Redactor

KEY = "AIzaSyTEST-0000000000000000000000000-KEY"


def test_json_by_name() -> None:
    value: Json = {
        "api_key": "abc",
        "key": "s3cr3t",
        "token": 123456,
        "credentials": {"user": "Bob9", "list": ["Xy1", None, True]},
        "password": None,
        "reason": f"denied for key={KEY}",
        f"https://x?key={KEY}": 1,
        "page": [{"key": "value", "tokens": 5, "photo_reference": "AcJ9"}],
    }
    assert Redactor().json(value) == {
        "api_key": REDACTED,
        "key": REDACTED,
        "token": REDACTED,
        "credentials": {"user": REDACTED, "list": [REDACTED, None, True]},
        "password": None,
        "reason": "denied for key=REDACTED",
        "https://x?key=REDACTED": 1,
        "page": [{"key": "value", "tokens": 5, "photo_reference": "AcJ9"}],
    }


def test_json_keeps_every_entry_when_keys_become_equal() -> None:
    cleaned = Redactor().json({"?key=a1": 1, "?key=b2": 2, "?key=c3": 3})
    assert cleaned == {"?key=REDACTED": 1, "?key=REDACTED #2": 2, "?key=REDACTED #3": 3}


def test_json_of_any_depth() -> None:
    value: Json = f"?key={KEY}"
    for _ in range(50_000):
        value = [value]
    cleaned = Redactor().json(value)
    for _ in range(50_000):
        assert isinstance(cleaned, list)
        cleaned = cleaned[0]
    assert cleaned == "?key=REDACTED"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_json_is_idempotent_and_drops_nothing(value: Json) -> None:
    once = Redactor().json(value)
    assert Redactor().json(once) == once
    if isinstance(value, dict) and isinstance(once, dict):
        assert len(once) == len(value)
