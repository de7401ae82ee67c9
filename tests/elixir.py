"""What the application's jobs do with a venue's images, restated from its Elixir step by step.

Source: razrfly/eventasaurus 220de8be, lib/eventasaurus_discovery/venue_images
(failed_upload_retry_worker.ex, enrichment_job.ex, orchestrator.ex) and Venue.update_venue_images.
Nothing here is taken from the program under test, and nothing is mended: it breaks off where the
Elixir raises, and forgets what that forgets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Image = dict[str, Any]

TRANSIENT = (
    *("rate_limited", "service_unavailable", "network_timeout"),
    *("gateway_timeout", "bad_gateway"),
)
MOST_RETRIES = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    """An upload that did not work."""

    error_type: str = "rate_limited"
    status_code: int | None = 429


Uploads = Callable[[Image], Refusal | None]
"""What becomes of an image that is uploaded; None: it works."""


class NotSavedError(Exception):
    """`{:error, :update_failed}`."""


# --- FailedUploadRetryWorker ------------------------------------------------------------------


def retry_selected(
    images: Sequence[Any], indexes: Sequence[int], upload: Uploads
) -> list[Any] | None:
    """The whole array anew; None where no image was meant."""
    failed = [image for image in images if _get(image, "upload_status") == "failed"]
    chosen = [failed[n] for n in indexes if -len(failed) <= n < len(failed)]
    if not chosen:
        return None
    retried = [_retried(image, upload) for image in chosen]
    others = [image for image in images if image not in chosen]
    return by_quality([*others, *retried])


def retry_all(images: Sequence[Any], upload: Uploads) -> list[Any] | None:
    """Without indexes: of the images only those that are uploaded or failed are kept."""
    failed = [image for image in images if _get(image, "upload_status") == "failed"]
    retryable = [image for image in failed if _is_retryable(image)]
    if not retryable:
        return None
    retried = [_retried(image, upload) for image in retryable]
    given_up = [
        {**image, "upload_status": "permanently_failed"}
        for image in failed
        if not _is_retryable(image)
    ]
    uploaded = [image for image in images if _get(image, "upload_status") == "uploaded"]
    return by_quality([*uploaded, *retried, *given_up])


def by_quality(images: Sequence[Any]) -> list[Any]:
    """As it sorts whenever it writes: the best first, equals as they stood."""
    return sorted(images, key=lambda image: -_number(_get(image, "quality_score")))


def check_savable(images: Sequence[Any], metadata: Any, columns: Mapping[str, Any]) -> None:
    """Venue.update_venue_images: asked only after the images were tried.

    It begins with Venue.changeset, which asks for what the venue's own columns hold already.
    """
    required = {"name", "venue_type", "latitude", "longitude"}
    if columns["venue_type"] != "region":
        required.add("city_id")
    for name in required:
        value = columns[name]
        if value is None or (isinstance(value, str) and not value.strip()):
            raise NotSavedError(f"{name} can't be blank")
    for name, most in (("latitude", 90), ("longitude", 180)):
        if not -most <= columns[name] <= most:
            raise NotSavedError(f"{name} must be between -{most} and {most} degrees")
    if not isinstance(metadata, dict):
        raise NotSavedError("no function clause: metadata is no map")
    if not all(isinstance(i, dict) and isinstance(i.get("url"), str) for i in images):
        raise NotSavedError("must be a list of maps with at least a 'url' field")


def _is_retryable(image: Image) -> bool:
    details = image.get("error_details") or {}
    return details.get("error_type") in TRANSIENT and _number(image.get("retry_count")) < 3


def _retried(image: Image, upload: Uploads) -> Image:
    provider, address = image.get("provider"), image.get("provider_url")
    count = _number(image.get("retry_count")) + 1
    now = datetime.now(UTC).isoformat()
    if address is None or address == "":
        details = {"error": "missing provider_url", "error_type": "invalid_provider_url"}
        return {
            **image,
            "upload_status": "permanently_failed",
            "retry_count": count,
            "error_details": {**details, "timestamp": now, "retry_attempt": count},
        }
    if not isinstance(address, str) or not isinstance(provider, str):
        raise TypeError("neither a name nor tags can be made of it")
    refusal = upload(image)
    if refusal is None:
        path = f"/venues/{address.rpartition('/')[2]}"
        kept = {key: value for key, value in image.items() if key != "error_details"}
        return {
            **kept,
            "url": f"https://ik.test{path}",
            "imagekit_path": path,
            "upload_status": "uploaded",
            "retry_count": count,
            "retried_at": now,
        }
    return {
        **image,
        "upload_status": "permanently_failed" if count >= MOST_RETRIES else "failed",
        "retry_count": count,
        "error_details": {
            "error": f"{{:download_failed, {{:http_status, {refusal.status_code}}}}}",
            "error_type": refusal.error_type,
            "status_code": refusal.status_code,
            "timestamp": now,
            "retry_attempt": count,
        },
    }


# --- EnrichmentJob ----------------------------------------------------------------------------


def needs_enrichment(images: Sequence[Any], metadata: Any) -> bool:
    """Never checked, or longer ago than 90 days with images and 7 without."""
    checked = (metadata or {}).get("last_checked_at")
    if checked is None:
        return True
    age = datetime.now(UTC) - datetime.fromisoformat(checked)
    return age.days >= (90 if images else 7)


def merged(images: Sequence[Image], found: Sequence[Image]) -> list[Image]:
    """One of each address, the best; equals by their address, as a map's keys stand."""
    groups: dict[str, list[Image]] = {}
    for image in (*images, *found):
        groups.setdefault(image.get("provider_url") or image["url"], []).append(image)
    best = [
        max(group, key=lambda i: (_number(i.get("quality_score")), i.get("fetched_at") or ""))
        for _, group in sorted(groups.items())
    ]
    return by_quality(best)


# --- Elixir -----------------------------------------------------------------------------------


def _get(image: Any, key: str) -> Any:
    """`image[key]`: nil of nil, and only of a map besides."""
    if image is None:
        return None
    if not isinstance(image, dict):
        raise TypeError("the Access calls for keywords expect the key to be an atom")
    return image.get(key)


def _number(value: Any) -> Any:
    """`value || 0` in arithmetic."""
    if value is None or value is False:
        return 0
    if value is True or not isinstance(value, int | float):
        raise ArithmeticError("bad argument in arithmetic expression")
    return value
