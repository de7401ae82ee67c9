"""Which servers are who they say: what httpx trusts, read from the disk once a run."""

from __future__ import annotations

import ssl
from functools import cache

import httpx2


@cache
def trusted() -> ssl.SSLContext:
    """A context that all clients share; reading its certificates takes some 0.1 s."""
    return httpx2.create_ssl_context()
