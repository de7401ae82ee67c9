"""The values that pass between the layers: frozen, slotted, and closed sets as StrEnums.

The enums of `core.enums` are offered here as well. Times are aware and in UTC; money is
Decimal US dollars; durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from venue_ops.core.enums import (
    JobKind,
    JobScope,
    Outcome,
    Retryability,
    UploadStatus,
    VenueOutcome,
)

__all__ = [
    "City",
    "ImageCounts",
    "ImageTally",
    "JobKind",
    "JobScope",
    "JobTimes",
    "Json",
    "Operation",
    "Outcome",
    "Retryability",
    "UploadStatus",
    "VenueOutcome",
    "VenueRef",
    "VenueSummary",
    "VenueTally",
]

Json = None | bool | int | float | Decimal | str | Sequence["Json"] | Mapping[str, "Json"]
"""A JSON value as it comes from jsonb: numbers with a fraction are Decimal, so none changes."""


@dataclass(frozen=True, slots=True)
class City:
    """A city as the application knows it; slugs are unique within a country only."""

    id: int
    slug: str
    name: str
    country_code: str | None = None

    @property
    def ref(self) -> str:
        """What to type for it when the slug alone is ambiguous: `london,gb`."""
        return f"{self.slug},{self.country_code.lower()}" if self.country_code else self.slug


@dataclass(frozen=True, slots=True)
class VenueRef:
    """The venue a job names.

    `id` is None where args hold no usable id (`raw` shows what they hold); a venue that is
    gone has no slug, and the name it had when the job ran, if the job wrote it down.
    """

    id: int | None
    slug: str | None
    name: str | None
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class JobTimes:
    """The moments of a job's life, aware, UTC; None for what has not happened."""

    inserted_at: datetime
    scheduled_at: datetime
    attempted_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    discarded_at: datetime | None

    @property
    def ended_at(self) -> datetime | None:
        """When it came to its end, whichever it was."""
        return self.completed_at or self.discarded_at or self.cancelled_at

    @property
    def last_change(self) -> datetime:
        """The latest thing that happened to it; a time it is only scheduled for is not."""
        happened = (
            self.inserted_at,
            self.attempted_at,
            self.completed_at,
            self.cancelled_at,
            self.discarded_at,
        )
        return max(moment for moment in happened if moment is not None)


@dataclass(frozen=True, slots=True)
class ImageTally:
    """What an enrichment's meta counts: the venue's whole array at that time, not the run."""

    found: int | None = None
    uploaded: int | None = None
    failed: int | None = None


@dataclass(frozen=True, slots=True)
class VenueTally:
    """What a backfill or batch covers; `outcomes` counts the children of a new-shape backfill."""

    total: int | None = None
    enriched: int | None = None
    skipped: int | None = None
    failed: int | None = None
    spawned: int | None = None
    outcomes: Mapping[str, int] | None = None

    @property
    def children(self) -> int:
        """How many of the jobs it started are still in the table."""
        return sum((self.outcomes or {}).values())


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the one list: a job, what became of it, and what stands there now."""

    id: int
    kind: JobKind
    scope: JobScope | None
    worker: str
    queue: str
    state: str
    times: JobTimes
    outcome: Outcome
    outcome_now: VenueOutcome | None
    city: City | None
    venue: VenueRef | None
    providers: tuple[str, ...]
    images: ImageTally
    venues: VenueTally | None
    error: str | None
    skip_reason: str | None
    attempt: int
    max_attempts: int
    duration: timedelta | None
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class ImageCounts:
    """The elements of one `venue_images`, counted; `total` holds every element."""

    total: int = 0
    uploaded: int = 0
    skipped_dev: int = 0
    failed: int = 0
    permanently_failed: int = 0
    transient: int = 0
    retryable: int = 0

    @property
    def good(self) -> int:
        """Uploaded, and found in development where nothing is uploaded."""
        return self.uploaded + self.skipped_dev

    @property
    def bad(self) -> int:
        """Failed, for now or for good."""
        return self.failed + self.permanently_failed

    @property
    def other(self) -> int:
        """Elements that say neither: old rows, unknown words, no images at all."""
        return self.total - self.good - self.bad


@dataclass(frozen=True, slots=True)
class VenueSummary:
    """One row of the list of venues: what its images have come to today.

    `errors` counts the failed images by error type, `failed_providers` by provider.
    `last_checked_at` is the application's own text, as it wrote it.
    """

    id: int
    slug: str
    name: str
    city: City | None
    outcome: VenueOutcome
    images: ImageCounts
    errors: Mapping[str, int]
    failed_providers: Mapping[str, int]
    updated_at: datetime
    last_checked_at: str | None
