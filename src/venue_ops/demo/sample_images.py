"""Images as the application stores them in `venues.venue_images`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from venue_ops.core.models import Json
from venue_ops.demo.sample_rows import FAKE_KEY, iso

CDN = "https://ik.imagekit.io/wombie"
_GOOGLE = "https://maps.googleapis.com/maps/api/place/photo"
_FOURSQUARE = "https://fastly.4sqi.net/img/general/original"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an upload failed; `text` is Elixir's inspect of the error.

    The application has written the text under `error` and under `message` (`key`).
    """

    error_type: str
    status_code: int | None
    text: str
    key: str = "error"


RATE_LIMITED = Fault("rate_limited", 429, "Too many requests", key="message")
NOT_FOUND = Fault("not_found", 404, "{:download_failed, {:http_status, 404}}")
FORBIDDEN = Fault("forbidden", 403, "{:download_failed, {:http_status, 403}}")
UNAVAILABLE = Fault("service_unavailable", 503, "{:download_failed, {:http_status, 503}}")
TIMEOUT = Fault(
    "network_timeout", None, "{:download_failed, %Mint.TransportError{reason: :timeout}}"
)


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo at its provider: where it is, how large and how good (0 to 1)."""

    provider: str
    provider_url: str
    file: str
    width: int
    height: int
    quality: float

    def uploaded(self, slug: str, at: datetime, **more: Json) -> dict[str, Json]:
        """The image after its upload."""
        path = f"/venues/{slug}/{self.file}"
        return self._image(at, url=CDN + path, imagekit_path=path, upload_status="uploaded", **more)

    def failed(
        self, fault: Fault, at: datetime, status: str = "failed", **more: Json
    ) -> dict[str, Json]:
        """The image after an upload that failed: its URL is still the provider's."""
        details: dict[str, Json] = {
            fault.key: fault.text,
            "error_type": fault.error_type,
            "status_code": fault.status_code,
            "timestamp": iso(at),
        }
        return self._image(
            at, url=self.provider_url, upload_status=status, error_details=details, **more
        )

    def skipped(self, at: datetime) -> dict[str, Json]:
        """The image in a development environment: found, and not uploaded."""
        return self._image(at, url=self.provider_url, upload_status="skipped_dev")

    def _image(self, at: datetime, **more: Json) -> dict[str, Json]:
        return {
            "provider": self.provider,
            "provider_url": self.provider_url,
            "quality_score": self.quality,
            "fetched_at": iso(at),
            "width": self.width,
            "height": self.height,
            "attribution": '<a href="https://example.com/contributor">A contributor</a>',
            **more,
        }


def google_photo(reference: str, width: int, height: int, quality: float) -> Photo:
    """A photo behind Google's photo API.

    The application names the file after the URL with `maxwidth` alone, so two photos of one
    width in one venue would share a name; the sample keeps widths apart.
    """
    url = f"{_GOOGLE}?maxwidth={width}&photo_reference={reference}&key={FAKE_KEY}"
    name = f"gp-{_hash8(f'{_GOOGLE}?maxwidth={width}')}.jpg"
    return Photo("google_places", url, name, width, height, quality)


def foursquare_photo(reference: str, width: int, height: int, quality: float) -> Photo:
    """A photo on Foursquare's CDN; its URL holds no secret."""
    url = f"{_FOURSQUARE}/{reference}.jpg"
    return Photo("foursquare", url, f"fs-{_hash8(url)}.jpg", width, height, quality)


def with_status(images: Sequence[Json], *statuses: str) -> list[dict[str, Json]]:
    """The images of these statuses, in their order."""
    found = [dict(image) for image in images if isinstance(image, dict)]
    return [image for image in found if image.get("upload_status") in statuses]


def _hash8(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:8]
