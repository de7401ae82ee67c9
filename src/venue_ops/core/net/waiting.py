"""How long a server asks to wait, and how long to wait where it does not say (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_LONGEST = 1e9  # some thirty years, which is as good as for ever
_LARGEST_EXPONENT = 60
RESET_HEADER = "x-ratelimit-reset"
"""ImageKit's: the milliseconds until another request may be made."""


def asked_to_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that `Retry-After` or ImageKit's header asks for, the longer of both.

    None where neither says. `headers` have lower-case names.
    """
    reset = _number(headers.get(RESET_HEADER))
    asked = [retry_after(headers, now), None if reset is None else reset / 1000]
    return max((each for each in asked if each is not None), default=None)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that `Retry-After` alone asks for (RFC 9110, 10.2.3): a number or a date.

    Of a photo's provider no other header is read: what ImageKit counts in milliseconds is with
    some of them seconds, or a moment.
    """
    asked = headers.get("retry-after") or ""
    seconds = _number(asked)
    if seconds is not None:
        return seconds
    at = http_date(asked)
    return None if at is None else max(0.0, (at - now).total_seconds())


def _number(text: str | None) -> float | None:
    found = (text or "").strip()
    return min(float(found), _LONGEST) if _NUMBER.fullmatch(found) else None


def http_date(text: str) -> datetime | None:
    """IMF-fixdate, RFC 850's or asctime's form (RFC 9110, 5.6.7), as a moment; else None."""
    try:
        found = parsedate_to_datetime(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def backoff(attempt: int, *, first: float, most: float, random: float) -> float:
    """Seconds before the try after `attempt` (from 1): exponential, with jitter.

    `random` lies from 0 to 1. At least half of the step is waited, so that tries spread out and
    none comes at once; never more than `most`.
    """
    step: float = min(most, first * 2 ** min(attempt - 1, _LARGEST_EXPONENT))
    return step / 2 + step / 2 * random
