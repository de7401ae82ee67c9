"""What can go wrong with one image, as values that say whether trying again can help.

The words are the application's `error_type`s, so that what is written about an image reads the
same whoever tried it. No text here ever holds a URL: it could carry a key.
"""

from __future__ import annotations

from dataclasses import dataclass

from venue_ops.core.models import Retryability
from venue_ops.core.vocabulary import ERROR_CLASSES

STATUS_TYPES = {
    401: "auth_error",
    403: "forbidden",
    404: "not_found",
    410: "not_found",
    413: "file_too_large",
    429: "rate_limited",
    500: "server_error",
    502: "bad_gateway",
    503: "service_unavailable",
    504: "gateway_timeout",
}
"""The application's words for HTTP's status codes; any other is `http_error`."""

REFUSALS = ("auth_error", "forbidden")
"""What a provider means when it is the key that it refuses, or this one photo."""

_OWN = ("not_found", "file_too_large", "invalid_provider_url")
"""What no other fault looks like: neither a key nor a network makes these of a photo."""


@dataclass(eq=False)
class ImageError(Exception):
    """One image could not be fetched or stored.

    `retry_after` are the seconds that the server asked to wait. `is_unreachable`: there was no
    connection at all, which may be for want of a network here. `is_photo`: what came is a photo,
    if a damaged one; else the answer may be of something that stands in between, as a portal.
    `by_store`: the photo came, and the store refused it.
    """

    error_type: str
    message: str
    status_code: int | None = None
    retry_after: float | None = None
    is_unreachable: bool = False
    is_photo: bool = False
    by_store: bool = False

    @property
    def retryability(self) -> Retryability:
        """The class of the error, as of an image that failed with it."""
        return ERROR_CLASSES.get(self.error_type, Retryability.AMBIGUOUS)

    @property
    def is_transient(self) -> bool:
        """Whether it may pass within moments."""
        return self.retryability is Retryability.TRANSIENT

    @property
    def refuses_key(self) -> bool:
        """Whether the key may be what was refused, and not this one photo."""
        return self.error_type in REFUSALS

    @property
    def is_the_images_own(self) -> bool:
        """Whether it is clear at once that nothing else than this image is at fault."""
        return self.error_type in _OWN

    def __str__(self) -> str:
        return self.message


def status_error(status: int, *, retry_after: float | None = None) -> ImageError:
    """The fault that an HTTP status stands for."""
    kind = STATUS_TYPES.get(status, "http_error")
    return ImageError(kind, f"HTTP {status}", status_code=status, retry_after=retry_after)
