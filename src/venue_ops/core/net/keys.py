"""The key of today in a URL that was stored with the key of its day (pure).

Identity and the stored URL stay as they are; only what is fetched has another key.
"""

from __future__ import annotations

import re
from urllib.parse import quote

_GOOGLE = re.compile(r"https://(?:maps|places)\.googleapis\.com(?::443)?/", re.IGNORECASE)
_KEY = re.compile(r"(?<=[?&])key=[^&#]*")


def with_google_key(url: str, key: str | None) -> str:
    """The URL with this key where it is one of Google's that carries a key."""
    if key is None or not _GOOGLE.match(url):
        return url
    return _KEY.sub(lambda _: f"key={quote(key, safe='')}", url)
