"""Why a provider fails all the time, from what it answered (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum

from venue_ops.core.classification.values import member, string_at
from venue_ops.core.classification.wording import plain_error, uninspected
from venue_ops.core.models import Json, Retryability
from venue_ops.core.vocabulary import (
    DOWN_TYPES,
    DOWN_WORDS,
    KEY_REFUSED_TYPES,
    KEY_REFUSED_WORDS,
    MISUSED_WORDS,
    MOMENT_PLACES,
    RATE_LIMITED_TYPES,
    RATE_LIMITED_WORDS,
)

_MOMENT = re.compile(r"2.{3}-.{2}-.{2}T.{2}:.{2}:.{2}", re.DOTALL)
_HTTP_5XX = re.compile(r"HTTP 5[0-9][0-9]")


class Cause(StrEnum):
    """What all failures of a provider at once mean."""

    DEAD_KEY = "dead_key"
    RATE_LIMITED = "rate_limited"
    OUTAGE = "outage"
    OTHER = "other"


def tried_at(image: Json) -> str | None:
    """When an image was last tried, to the second: the first place that holds a time."""
    details = member(image, "error_details")
    for key in MOMENT_PLACES:
        text = string_at(details if key == MOMENT_PLACES[0] else image, key)
        if text is not None and (match := _MOMENT.match(text)):
            return match[0]
    return None


def cause_of_image(error_type: str, status_code: Decimal | None) -> Cause:
    """From an image's error; the type first, since it is what the application decided by."""
    code = int(status_code) if status_code is not None and 0 < status_code < 1000 else 0
    if error_type in KEY_REFUSED_TYPES or code in (401, 403):
        return Cause.DEAD_KEY
    if error_type in RATE_LIMITED_TYPES or code == 429:
        return Cause.RATE_LIMITED
    if error_type in DOWN_TYPES or 500 <= code < 600:
        return Cause.OUTAGE
    return Cause.OTHER


def cause_of_answer(reason: str) -> Cause:
    """From a provider's answer to a job."""
    if _holds(reason, KEY_REFUSED_WORDS):
        return Cause.DEAD_KEY
    if _holds(reason, RATE_LIMITED_WORDS):
        return Cause.RATE_LIMITED
    if _holds(reason, DOWN_WORDS) or _HTTP_5XX.search(reason):
        return Cause.OUTAGE
    return Cause.OTHER


def class_of_answer(reason: str) -> Retryability:
    """Whether asking again can help: not before a key or a request is mended."""
    match cause_of_answer(reason):
        case Cause.DEAD_KEY:
            return Retryability.PERMANENT
        case Cause.RATE_LIMITED | Cause.OUTAGE:
            return Retryability.TRANSIENT
        case Cause.OTHER:
            misused = _holds(reason, MISUSED_WORDS)
            return Retryability.PERMANENT if misused else Retryability.AMBIGUOUS


def error_of_answer(reason: str) -> str:
    """The provider's own word where it is a known one, else what it said."""
    known = (*KEY_REFUSED_WORDS, *MISUSED_WORDS, *RATE_LIMITED_WORDS, *DOWN_WORDS)
    found = next((word for word in known if word in reason), None)
    return found or plain_error(uninspected(reason)) or "failed"


def leading_cause(counted: Sequence[tuple[Cause, int]]) -> Cause:
    """The cause of most; of equal ones the one that needs somebody."""
    totals = {cause: sum(n for each, n in counted if each is cause) for cause in Cause}
    return max(Cause, key=lambda cause: totals[cause])


def _holds(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)
