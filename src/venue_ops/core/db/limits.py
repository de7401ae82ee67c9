"""Figures that both the statements and their callers go by; free of SQLAlchemy."""

from __future__ import annotations

from typing import Final

SMALL_CITY: Final = 1000
"""Up to so many venues a city's jobs are looked up venue by venue: see docs/performance.md."""
