"""What a provider says in words where its status says something else (pure).

Google answers a refused key with 200 or 400 and says so in the body alone, as do others. Only
a few words are looked for, and none of the body is passed on.
"""

from __future__ import annotations

import re

from venue_ops.core.net.errors import ImageError

LOOK = 2_048
"""Bytes from the start of an answer: the words stand there, or it says something else."""

_KEY = re.compile(rb"REQUEST_DENIED|INVALID_API_KEY|API_KEY_INVALID|API key not valid", re.I)
_QUOTA = re.compile(rb"OVER_QUERY_LIMIT", re.I)


def refusal_in(start: bytes, status: int, *, retry_after: float | None = None) -> ImageError | None:
    """The fault that the first bytes of an answer name, if they are text and name one.

    A refused key is what 401 says, a quota that is used up what 429 says.
    """
    text = start[:LOOK]
    if b"\0" in text:
        return None
    if _KEY.search(text):
        said = f"The provider refuses the key (HTTP {status})"
        return ImageError("auth_error", said, status_code=status)
    if _QUOTA.search(text):
        said = f"The provider's quota is used up (HTTP {status})"
        return ImageError("rate_limited", said, status_code=status, retry_after=retry_after)
    return None
