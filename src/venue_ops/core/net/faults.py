"""What the network library's faults mean for an image."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpcore2

from venue_ops.core.net.errors import ImageError

LIBRARY_ERRORS = (
    TimeoutError,
    ssl.SSLError,  # of a connection that is in use; not mapped by httpcore
    httpcore2.ConnectTimeout,
    httpcore2.ReadTimeout,
    httpcore2.WriteTimeout,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
)
"""All that a server or the way to it can do; to wait for a connection of ours is none of it."""


def fault_of(error: Exception) -> ImageError:
    """What a fault of the network means for an image."""
    match error:
        case httpcore2.ConnectTimeout():
            return ImageError("network_timeout", "It took too long", is_unreachable=True)
        case TimeoutError() | httpcore2.TimeoutException():
            return ImageError("network_timeout", "It took too long")
        case httpcore2.ConnectError():
            return ImageError("network_error", "The host cannot be reached", is_unreachable=True)
        case _:
            return ImageError("network_error", "The connection broke off")


@contextmanager
def hop(number: int) -> Iterator[None]:
    """The request of this number, from 0: those behind it are redirects.

    Where a redirect leads is a server's word, so no fault of that is one of the stored URL; and
    the server that said it was reached.
    """
    try:
        yield
    except (ImageError, *LIBRARY_ERRORS) as error:
        if not number:
            raise
        fault = error if isinstance(error, ImageError) else fault_of(error)
        if fault.error_type == "invalid_provider_url":
            fault = ImageError("download_failed", "A redirect leads where nothing may be fetched")
        fault.is_unreachable = False
        raise fault from None
