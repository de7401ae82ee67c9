"""What an image, and a venue by its images, has come to (pure).

The rules are the application's: which `upload_status` counts for what, which `error_type`
passes by itself, and that an image is tried again at most three times.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from venue_ops.core.classification.values import elements, member, number_at, string_at
from venue_ops.core.models import ImageCounts, Json, Retryability, UploadStatus, VenueOutcome
from venue_ops.core.vocabulary import (
    BAD_UPLOADS,
    ERROR_CLASSES,
    ERROR_TYPE_ABSENT,
    GOOD_UPLOADS,
    USABLE_URL,
)

_USABLE_URL = re.compile(USABLE_URL)


class Verdict(StrEnum):
    """Whether a default retry would take an image, and if not, why not."""

    RETRY = "retry"
    UPLOADED = "uploaded"
    NOT_UPLOADED_IN_DEVELOPMENT = "skipped_dev"
    GIVEN_UP = "permanently_failed"
    PERMANENT_ERROR = "permanent_error"
    AMBIGUOUS_ERROR = "ambiguous_error"
    RETRIES_SPENT = "retries_spent"
    NO_USABLE_URL = "no_usable_url"
    NO_STATUS = "no_status"
    UNKNOWN_STATUS = "unknown_status"
    NOT_AN_IMAGE = "not_an_image"


def image_url(image: Json) -> str | None:
    """Where the photo is downloaded from: `provider_url`, or `url` where that is absent."""
    provider_url = string_at(image, "provider_url")
    return provider_url if provider_url is not None else string_at(image, "url")


def is_usable(url: str | None) -> bool:
    """Whether something can be downloaded from it at all."""
    return _USABLE_URL.search(url or "") is not None


def error_type(image: Json) -> str:
    """The application's word for what went wrong; `unknown` where it wrote none."""
    return string_at(member(image, "error_details"), "error_type") or ERROR_TYPE_ABSENT


def error_class(error: str) -> Retryability:
    """The class of an `error_type`; one that is not in the table is ambiguous."""
    return ERROR_CLASSES.get(error, Retryability.AMBIGUOUS)


def retry_count(image: Json) -> int:
    """How often the image was tried again; 0 where nothing sensible is written."""
    count = number_at(image, "retry_count")
    return int(count) if count is not None and 0 < count < 2**31 else 0


def retryability(image: Json) -> Retryability | None:
    """The class of a failed image; None for one that has not failed.

    `permanently_failed` is permanent whatever its error: the application gave up on it.
    """
    match string_at(image, "upload_status"):
        case UploadStatus.FAILED:
            return error_class(error_type(image))
        case UploadStatus.PERMANENTLY_FAILED:
            return Retryability.PERMANENT
        case _:
            return None


def verdict(image: Json, *, max_retries: int) -> Verdict:
    """What a default retry does with this element of `venue_images`, or why it does not."""
    if not isinstance(image, Mapping):
        return Verdict.NOT_AN_IMAGE
    match string_at(image, "upload_status"):
        case None:
            return Verdict.NO_STATUS
        case UploadStatus.UPLOADED:
            return Verdict.UPLOADED
        case UploadStatus.SKIPPED_DEV:
            return Verdict.NOT_UPLOADED_IN_DEVELOPMENT
        case UploadStatus.PERMANENTLY_FAILED:
            return Verdict.GIVEN_UP
        case UploadStatus.FAILED:
            return _failed_verdict(image, max_retries)
        case _:
            return Verdict.UNKNOWN_STATUS


def _failed_verdict(image: Json, max_retries: int) -> Verdict:
    match error_class(error_type(image)):
        case Retryability.PERMANENT:
            return Verdict.PERMANENT_ERROR
        case Retryability.AMBIGUOUS:
            return Verdict.AMBIGUOUS_ERROR
        case Retryability.TRANSIENT:
            pass
    if retry_count(image) >= max_retries:
        return Verdict.RETRIES_SPENT
    if not is_usable(image_url(image)):
        return Verdict.NO_USABLE_URL
    return Verdict.RETRY


def count_images(venue_images: Json, *, max_retries: int) -> ImageCounts:
    """Every element counted once; what is not an array has no elements."""
    images: Sequence[Json] = elements(venue_images)
    statuses = [string_at(image, "upload_status") for image in images]
    classes = [retryability(image) for image in images]
    return ImageCounts(
        total=len(images),
        uploaded=statuses.count(UploadStatus.UPLOADED),
        skipped_dev=statuses.count(UploadStatus.SKIPPED_DEV),
        failed=statuses.count(UploadStatus.FAILED),
        permanently_failed=statuses.count(UploadStatus.PERMANENTLY_FAILED),
        transient=classes.count(Retryability.TRANSIENT),
        retryable=sum(verdict(i, max_retries=max_retries) is Verdict.RETRY for i in images),
    )


def venue_outcome(venue_images: Json, *, is_null: bool = False) -> VenueOutcome:
    """What a venue's images have come to today.

    `is_null` tells SQL NULL, which the application reads as an empty array, from a JSON null,
    which is no array and so malformed.
    """
    if is_null:
        return VenueOutcome.NO_IMAGES
    if not isinstance(venue_images, list | tuple):
        return VenueOutcome.MALFORMED
    statuses = {string_at(image, "upload_status") for image in venue_images}
    match bool(statuses & set(BAD_UPLOADS)), bool(statuses & set(GOOD_UPLOADS)):
        case True, True:
            return VenueOutcome.PARTIAL
        case True, False:
            return VenueOutcome.FAILED
        case False, True:
            return VenueOutcome.SUCCESS
        case _:
            return VenueOutcome.NO_IMAGES
