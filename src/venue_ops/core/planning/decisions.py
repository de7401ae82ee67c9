"""Which failed images a retry takes, why it leaves the others, and what would mend them (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from venue_ops.core.classification.images import (
    Verdict,
    error_type,
    image_url,
    is_usable,
    retry_count,
    retryability,
    verdict,
)
from venue_ops.core.classification.values import ascii_lower, elements, member, string_at, whole
from venue_ops.core.models import Json, Retryability, UploadStatus
from venue_ops.core.planning.models import (
    Blocker,
    Identity,
    Item,
    Policy,
    Reason,
    Remedy,
    Venue,
    VenuePlan,
)
from venue_ops.core.references import image_id
from venue_ops.core.vocabulary import BAD_UPLOADS, PROVIDER_ABSENT

_REMEDIES: Mapping[str, Remedy] = {
    "not_found": Remedy.FETCH_AGAIN,
    "invalid_provider_url": Remedy.FETCH_AGAIN,
    "forbidden": Remedy.FIX_KEY,
    "auth_error": Remedy.FIX_KEY,
    "file_too_large": Remedy.GIVE_UP,
}
"""By the application's `error_type`; for any other a retry is what can be tried."""


def plan_venue(
    venue: Venue,
    images: Sequence[tuple[int, Json]],
    policy: Policy,
    blocker: Blocker | None = None,
) -> VenuePlan:
    """The decisions for `images` (their places, from 1, and themselves) of one venue.

    Two failed images of one identity are both left: no write could tell them apart.
    """
    known = Counter(identity_of(image) for _, image in images if has_failed(image))
    items = tuple(_item(venue, place, image, policy, known, blocker) for place, image in images)
    return VenuePlan(venue.id, venue.slug, venue.name, items, blocker)


def decide(image: Json, policy: Policy) -> Reason | None:
    """Why an image is left out, or None if it is taken, from the image alone."""
    default = verdict(image, max_retries=policy.max_retries)
    if not has_failed(image):
        return Reason(default.value)
    if not _is_chosen(image, policy):
        return Reason.NOT_CHOSEN
    if default is Verdict.GIVEN_UP and not policy.force:
        return Reason.GIVEN_UP
    kind = retryability(image)
    if not policy.takes(kind):
        match kind:
            case Retryability.PERMANENT:
                return Reason.PERMANENT_ERROR
            case Retryability.AMBIGUOUS:
                return Reason.AMBIGUOUS_ERROR
            case _:
                return Reason.NOT_CHOSEN
    if not policy.force and retry_count(image) >= policy.max_retries:
        return Reason.RETRIES_SPENT
    if not is_usable(image_url(image)):
        return Reason.NO_USABLE_URL
    return Reason.INLINE_ONLY if policy.by_job and not is_for_job(image) else None


def remedy_for(image: Json, provider_ids: Json = None) -> Remedy | None:
    """What would mend a failed image; None for one that has not failed.

    An enrichment asks a provider only about a venue whose place it names there (`provider_ids`):
    a photo to be fetched again from one that does not know the venue wants a geocoding first.
    """
    if not has_failed(image):
        return None
    usable = is_usable(image_url(image))
    remedy = _REMEDIES.get(error_type(image), Remedy.RETRY) if usable else Remedy.FETCH_AGAIN
    provider = string_at(image, "provider")
    if remedy is Remedy.FETCH_AGAIN and provider and member(provider_ids, provider) is None:
        return Remedy.GEOCODE
    return remedy


def is_for_job(image: Json) -> bool:
    """Whether the application's retry job would load a failed image, and come to its end.

    It counts among those whose status is `failed` alone, gives up one without `provider_url`, and
    breaks off at a provider that is no text or a count that is no number.
    """
    return (
        string_at(image, "upload_status") == UploadStatus.FAILED
        and string_at(image, "provider") is not None
        and bool(string_at(image, "provider_url"))
        and _counts_as_number(member(image, "retry_count"))
    )


def has_failed(image: Json) -> bool:
    """For now or for good."""
    return string_at(image, "upload_status") in BAD_UPLOADS


def identity_of(image: Json) -> Identity | None:
    """What it is known by; None without a URL."""
    url = image_url(image)
    return None if url is None else Identity(string_at(image, "provider"), url)


def _counts_as_number(value: Json) -> bool:
    """Elixir's `value || 0` in arithmetic."""
    is_number = isinstance(value, int | float | Decimal) and value is not True
    return value is None or is_number


def _is_chosen(image: Json, policy: Policy) -> bool:
    provider = string_at(image, "provider") or PROVIDER_ABSENT
    if policy.providers and provider not in policy.providers:
        return False
    return not policy.errors or any(_has_error(image, wanted) for wanted in policy.errors)


def _has_error(image: Json, wanted: str) -> bool:
    """As the lists' --error: the type itself, or a part of the text in any case."""
    if error_type(image) == wanted:
        return True
    details = member(image, "error_details")
    texts = (string_at(details, "message"), string_at(details, "error"))
    return any(ascii_lower(wanted) in ascii_lower(text) for text in texts if text)


def _item(
    venue: Venue,
    place: int,
    image: Json,
    policy: Policy,
    known: Mapping[Identity | None, int],
    blocker: Blocker | None,
) -> Item:
    identity = identity_of(image)
    reason = decide(image, policy)
    if reason is None and known[identity] > 1:
        reason = Reason.TWICE
    if reason is None and blocker is not None:
        reason = blocker.reason
    failed = has_failed(image)
    return Item(
        venue_id=venue.id,
        venue_slug=venue.slug,
        place=place,
        id=image_id(venue.slug, identity.provider, identity.url) if identity else None,
        identity=identity,
        status=string_at(image, "upload_status"),
        retryability=retryability(image),
        error_type=error_type(image) if failed else None,
        status_code=whole(member(image, "error_details"), "status_code"),
        retries=retry_count(image),
        reason=reason,
        remedy=remedy_for(image, venue.provider_ids),
        blocker=blocker if blocker is not None and reason is blocker.reason else None,
    )


def failed_images(venue_images: Json) -> Iterable[tuple[int, Json]]:
    """The failed elements of a whole array with their places, from 1."""
    return (
        (place, image)
        for place, image in enumerate(elements(venue_images), start=1)
        if has_failed(image)
    )
