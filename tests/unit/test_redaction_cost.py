"""Redaction takes linear time: texts come from outside and can be long."""

from __future__ import annotations

import time

import pytest

from venue_ops.core.redaction import redact

UNITS = [
    *("a", "=", ":", "://", "://a:x", "postgres://u:x", "%", "%25", "%3D", "%3A%2F%2F", "\\", '"'),
    *('key="', "&key=x", "a-", "a--a", "Bearer ", "eyJa.", "AIza", "-----BEGIN PRIVATE KEY-----"),
    *("authorization: ", "\\u0026key\\u003d", "a:b@c:", "@", " ", "key  ", 'key=\\"', "key=\\"),
    *("&quot;", "[a]key=", "<password>", "xoxa-", "a@", "[", "💥"),
]


def _cost(text: str) -> float:
    begun = time.process_time()
    redact(text)
    return time.process_time() - begun


@pytest.mark.parametrize("start", ["", "key=", 'key=\\"', "api_key: ", "postgres://u:x"])
@pytest.mark.parametrize("unit", UNITS)
def test_time_is_linear(start: str, unit: str) -> None:
    # A quadratic rule takes 400 times as long for 20 times the text.
    small = max(_cost(start + unit * (10_000 // len(unit))), 0.005)
    assert _cost(start + unit * (200_000 // len(unit))) < 80 * small


def test_a_megabyte_of_everything() -> None:
    text = "".join(UNITS)
    assert _cost(text * (1_000_000 // len(text))) < 30
