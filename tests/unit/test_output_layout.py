"""Where columns stand on a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.output.layout import Track, display_width, fit, truncate


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("é", 1), ("e\u0301", 1), ("東京", 4), ("🍕", 2), ("", 0)]
)
def test_display_width(text: str, width: int) -> None:
    assert display_width(text) == width


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abcd…"),
        ("東京都庁", 5, "東京…"),
        ("東京都庁", 6, "東京…"),
    ],
)
def test_truncate(text: str, width: int, cut: str) -> None:
    assert truncate(text, width, "…") == cut


@given(st.text(min_size=1), st.integers(4, 40))
def test_truncated_text_fits(text: str, width: int) -> None:
    assert display_width(truncate(text, width, "...")) <= width


def test_everything_fits() -> None:
    assert fit([Track(5), Track(10)], 17).widths == (5, 10)


def test_flexible_columns_give_way_before_columns_go() -> None:
    placed = fit([Track(5), Track(60, flexible=True), Track(10, keep=1)], 50)
    assert placed.kept == (0, 1, 2)
    assert placed.widths == (5, 31, 10)


def test_the_lowest_keep_goes_first_and_the_last_of_equals() -> None:
    tracks = [Track(10), Track(10, keep=2), Track(10, keep=1), Track(10, keep=1)]
    assert fit(tracks, 34).kept == (0, 1, 2)
    assert fit(tracks, 22).kept == (0, 1)
    assert fit(tracks, 10).kept == (0,)


def test_what_cannot_give_way_overflows() -> None:
    assert fit([Track(30), Track(30)], 20).widths == (30, 30)


def test_cuts_come_out_even() -> None:
    tracks = [Track(60, flexible=True), Track(50, flexible=True), Track(20, flexible=True)]
    assert fit(tracks, 84).widths == (30, 30, 20)


TRACK = st.builds(
    Track,
    width=st.integers(0, 100),
    flexible=st.booleans(),
    keep=st.integers(0, 3),
    least=st.integers(0, 20),
)


@given(st.lists(TRACK, min_size=1, max_size=8), st.integers(1, 200))
def test_any_layout(tracks: list[Track], available: int) -> None:
    placed = fit(tracks, available)
    assert placed.kept == tuple(sorted(placed.kept))
    assert {i for i, track in enumerate(tracks) if track.keep == 0} <= set(placed.kept)
    for place, width in zip(placed.kept, placed.widths, strict=True):
        assert width <= tracks[place].width
        assert width == tracks[place].width or tracks[place].flexible
    total = sum(placed.widths) + 2 * (len(placed.widths) - 1)
    if len(placed.kept) < len(tracks) and any(tracks[i].keep for i in placed.kept):
        assert total <= available or len(placed.kept) == 1
