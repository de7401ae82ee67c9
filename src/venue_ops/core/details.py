"""What `show` shows, taken apart from JSON of any shape (pure).

Nothing here raises on any row: what is not as expected is left out or shown as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from venue_ops.core.classification.images import (
    Verdict,
    error_class,
    error_type,
    image_url,
    retry_count,
    retryability,
    verdict,
)
from venue_ops.core.classification.values import (
    elements,
    member,
    names_in,
    number_at,
    string_at,
    whole,
)
from venue_ops.core.models import (
    City,
    ImageCounts,
    Json,
    Operation,
    Retryability,
    VenueOutcome,
    VenueSummary,
)
from venue_ops.core.references import image_id


@dataclass(frozen=True, slots=True)
class Image:
    """One element of `venue_images`; `place` counts from 1, as `#n` does.

    `id` is None for what is no image: without a URL there is nothing to know it by.
    """

    place: int
    id: str | None
    provider: str | None
    status: str | None
    verdict: Verdict
    retryability: Retryability | None
    error_type: str | None
    error: str | None
    status_code: int | None
    retries: int
    retried_at: str | None
    fetched_at: str | None
    failed_at: str | None
    url: str | None
    source_url: str | None
    width: int | None
    height: int | None
    quality_score: Decimal | None


@dataclass(frozen=True, slots=True)
class ImageDetail:
    """One image and whose it is."""

    venue_slug: str
    venue_name: str
    image: Image

    @property
    def ref(self) -> str:
        """What to type for it: its id, or its place where it has none."""
        return self.image.id or f"{self.venue_slug}/#{self.image.place}"


@dataclass(frozen=True, slots=True)
class FailedImage:
    """An image that a job's meta lists as failed."""

    provider: str | None
    error_type: str | None
    retryability: Retryability
    status_code: int | None
    error: str | None
    at: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class AttemptError:
    """What Oban kept of an attempt that failed; the times are Oban's own text."""

    attempt: int | None
    at: str | None
    error: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one provider answered in one job."""

    provider: str
    status: str | None
    reason: str | None
    is_error: bool
    images_fetched: int | None
    images_uploaded: int | None
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Enrichment:
    """One of the last ten runs, as the venue's own history tells."""

    at: str | None
    providers: tuple[str, ...]
    images_fetched: int | None
    images_added: int | None
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class JobDetail:
    """One job in full: `args` and `meta` as they are, and all that was read out of them."""

    operation: Operation
    args: Json
    meta: Json
    tags: tuple[str, ...]
    priority: int
    attempted_by: tuple[str, ...]
    errors: tuple[AttemptError, ...]
    answers: tuple[Answer, ...]
    breakdown: Mapping[str, int]
    failed_images: tuple[FailedImage, ...]
    children: tuple[Operation, ...]
    images_now: tuple[Image, ...]


@dataclass(frozen=True, slots=True)
class VenueDetail:
    """One venue in full."""

    id: int
    slug: str
    name: str
    address: str | None
    city: City | None
    outcome: VenueOutcome
    counts: ImageCounts
    images: tuple[Image, ...]
    malformed: str | None
    history: tuple[Enrichment, ...]
    enrichment: Json
    provider_ids: Json
    updated_at: datetime
    jobs: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class ErrorTotal:
    """Failed images of a city by provider, error type and whether they were given up."""

    provider: str
    error_type: str
    retryability: Retryability
    images: int


@dataclass(frozen=True, slots=True)
class ProviderTotal:
    """A city's images of one provider."""

    provider: str
    images: int
    uploaded: int
    failed: int
    retryable: int


@dataclass(frozen=True, slots=True)
class OutcomeTotal:
    """A city's venues of one outcome."""

    outcome: VenueOutcome
    venues: int
    counts: ImageCounts


@dataclass(frozen=True, slots=True)
class JobTotal:
    """A city's jobs of one kind and outcome."""

    kind: str
    outcome: str
    jobs: int


@dataclass(frozen=True, slots=True)
class CityDetail:
    """One city in full."""

    city: City
    venues: tuple[OutcomeTotal, ...]
    jobs: tuple[JobTotal, ...]
    providers: tuple[ProviderTotal, ...]
    errors: tuple[ErrorTotal, ...]
    worst: tuple[VenueSummary, ...]
    backfills: tuple[Operation, ...]


def images(venue_slug: str, venue_images: Json, *, max_retries: int) -> tuple[Image, ...]:
    """The elements of `venue_images` in their order; none where it is no array."""
    return tuple(
        _image(place, venue_slug, element, max_retries)
        for place, element in enumerate(elements(venue_images), start=1)
    )


def _image(place: int, venue_slug: str, element: Json, max_retries: int) -> Image:
    provider, source = string_at(element, "provider"), image_url(element)
    details = member(element, "error_details")
    decided = verdict(element, max_retries=max_retries)
    failed = retryability(element) is not None
    return Image(
        place=place,
        id=None if source is None else image_id(venue_slug, provider, source),
        provider=provider,
        status=string_at(element, "upload_status"),
        verdict=decided,
        retryability=retryability(element),
        error_type=error_type(element) if failed else None,
        error=_message(details),
        status_code=whole(details, "status_code"),
        retries=retry_count(element),
        retried_at=string_at(element, "retried_at"),
        fetched_at=string_at(element, "fetched_at"),
        failed_at=string_at(details, "timestamp"),
        url=string_at(element, "url"),
        source_url=source,
        width=whole(element, "width"),
        height=whole(element, "height"),
        quality_score=number_at(element, "quality_score"),
    )


def failed_images(meta: Json) -> Iterator[FailedImage]:
    """`meta.failed_images`: what an enrichment could not upload."""
    for item in elements(member(meta, "failed_images")):
        kind = string_at(item, "error_type")
        yield FailedImage(
            provider=string_at(item, "provider"),
            error_type=kind,
            retryability=error_class(kind or ""),
            status_code=whole(item, "status_code"),
            error=_message(item),
            at=string_at(item, "timestamp"),
            url=string_at(item, "provider_url"),
        )


def attempt_errors(errors: Sequence[Json]) -> Iterator[AttemptError]:
    """`oban_jobs.errors`, oldest first as Oban appends them."""
    for item in errors:
        yield AttemptError(
            attempt=whole(item, "attempt"),
            at=string_at(item, "at"),
            error=string_at(item, "error") or json.dumps(item, default=str, ensure_ascii=False),
        )


def history(metadata: Json) -> Iterator[Enrichment]:
    """`image_enrichment_metadata.enrichment_history`, newest first as the application keeps it."""
    for item in elements(member(metadata, "enrichment_history")):
        yield Enrichment(
            at=string_at(item, "enriched_at"),
            providers=tuple(names_in(member(item, "providers"))),
            images_fetched=whole(item, "images_fetched"),
            images_added=whole(item, "images_added"),
            cost_usd=number_at(item, "cost_usd"),
        )


def _message(details: Json) -> str | None:
    said = string_at(details, "message")
    return said if said is not None else string_at(details, "error")
