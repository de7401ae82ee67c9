"""How many venues a small city has."""

from __future__ import annotations

import pytest

from venue_ops.core.db.limits import SMALL_CITY_RANGE, small_city


@pytest.mark.parametrize(
    ("venues_in_all", "limit"),
    [(0, 1000), (817, 1000), (100_000, 1303), (1_000_000, 4123), (10**9, 5000)],
)
def test_it_grows_with_the_square_root_of_all_venues(venues_in_all: int, limit: int) -> None:
    assert small_city(venues_in_all) == limit


def test_it_is_never_more_than_the_venues_that_are_counted() -> None:
    assert small_city(2**62) == SMALL_CITY_RANGE[1]
