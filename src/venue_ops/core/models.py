"""The values that pass between the layers: frozen, slotted, and closed sets as StrEnums.

Every enum member equals the text that the database or the application stores, so a value can
be compared with a column without a table in between. Times are aware and in UTC; money is
Decimal US dollars; durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

Json = None | bool | int | float | Decimal | str | Sequence["Json"] | Mapping[str, "Json"]
"""A JSON value as it comes from jsonb: numbers with a fraction are Decimal, so none changes."""


class JobKind(StrEnum):
    """What a job is for, told from its worker's name (a setting), never from its queue."""

    BACKFILL = "backfill"
    ENRICHMENT = "enrichment"
    RETRY = "retry"
    CLEANUP = "cleanup"
    OTHER = "other"


class JobScope(StrEnum):
    """How much one job covers: a city, a venue, a batch of venues, or the daily run."""

    CITY = "city"
    VENUE = "venue"
    BATCH = "batch"
    DAILY = "daily"


class Outcome(StrEnum):
    """What became of a job, from its own state and meta ("then")."""

    SUCCESS = "success"
    PARTIAL = "partial"
    FAILED = "failed"
    NO_IMAGES = "no_images"
    SKIPPED = "skipped"
    PENDING = "pending"
    RUNNING = "running"
    RETRYING = "retrying"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class VenueOutcome(StrEnum):
    """What stands in a venue's images today ("now")."""

    SUCCESS = "success"
    PARTIAL = "partial"
    FAILED = "failed"
    NO_IMAGES = "no_images"
    MALFORMED = "malformed"


class UploadStatus(StrEnum):
    """The values of `upload_status` that the application writes; others may come."""

    UPLOADED = "uploaded"
    FAILED = "failed"
    PERMANENTLY_FAILED = "permanently_failed"
    SKIPPED_DEV = "skipped_dev"


class Retryability(StrEnum):
    """Whether trying a failed image again can help."""

    TRANSIENT = "transient"
    PERMANENT = "permanent"
    AMBIGUOUS = "ambiguous"


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
        happened = (self.inserted_at, self.attempted_at, self.ended_at)
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
