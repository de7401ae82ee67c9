"""Figures that both the statements and their callers go by; free of SQLAlchemy."""

from __future__ import annotations

from math import isqrt
from typing import Final

SMALL_CITY_RANGE: Final = (1000, 5000)
"""The least and the most that `small_city` gives."""


def small_city(venues_in_all: int) -> int:
    """Up to so many venues a city's jobs are looked up by its venues: see docs/performance.md.

    Looking up takes the longer the more venues the city has, walking the longer the smaller its
    share is; they take the same where the square of the one is some multiple of all venues.
    """
    least, most = SMALL_CITY_RANGE
    return max(least, min(most, isqrt(17 * venues_in_all)))


WINDOW: Final = 2000
"""Index entries that are looked through for what completes a word: some milliseconds."""
