"""The key of the one advisory lock that venue-ops takes."""

from __future__ import annotations

from typing import Final

LOCK: Final = 0x76656E75656F7073
"""Held by whatever inserts job rows or has jobs run again, until its transaction ends.

One key for all of them: a lock for every venue would fill the server's lock table. The bytes
are `venueops`.
"""
