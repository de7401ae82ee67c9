"""Figures that both the statements and their callers go by; free of SQLAlchemy."""

from __future__ import annotations

from typing import Final

SMALL_CITY: Final = 2500
"""Up to so many venues a city's jobs are looked up by its venues: see docs/performance.md."""

WINDOW: Final = 2000
"""Index entries that are looked through for what completes a word: some milliseconds."""
