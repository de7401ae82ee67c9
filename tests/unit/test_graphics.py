"""Bars and sparklines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.output.graphics import BAR_WIDTH, HEIGHTS, bar, sparkline


@pytest.mark.parametrize(
    ("share", "drawn"),
    [
        (0.0, ""),
        (1.0, "█" * 8),
        (0.5, "█" * 4),
        (0.3125, "██▌"),
        (0.0001, "▏"),
        (0.9999, "█" * 8),
        (7.0, "█" * 8),
        (-1.0, ""),
    ],
)
def test_a_bar(share: float, drawn: str) -> None:
    assert bar(share) == drawn


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_has_no_shorter_bar(one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert len(bar(small)) <= len(bar(large)) <= BAR_WIDTH
    assert bool(bar(large)) == (large > 0)


@pytest.mark.parametrize(
    ("values", "drawn"),
    [([], ""), ([0, 0], "  "), ([0, 1, 7], " ▂█"), ([3], "█"), ([1, 1000], "▁█"), ([-5, 2], " █")],
)
def test_a_sparkline(values: list[int], drawn: str) -> None:
    assert sparkline(values) == drawn


@given(st.lists(st.integers(0, 10**12), max_size=40))
def test_a_sparkline_has_one_character_a_value(values: list[int]) -> None:
    drawn = sparkline(values)
    assert len(drawn) == len(values)
    assert all((char == " ") == (value == 0) for char, value in zip(drawn, values, strict=True))
    assert not any(values) or HEIGHTS[-1] in drawn
