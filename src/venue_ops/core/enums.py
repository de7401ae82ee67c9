"""Closed sets whose members equal the text that the database or the application stores.

They stand apart from `core.models` so that `--help` can name them without loading the rest.
"""

from __future__ import annotations

from enum import StrEnum


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


class Engine(StrEnum):
    """Who runs retries that are enqueued: the application's nodes, or `venue-ops worker`."""

    APP = "app"
    PYTHON = "python"


class JobOrder(StrEnum):
    """`id`: newest job first. `activity`: what happened last comes first."""

    ID = "id"
    ACTIVITY = "activity"


class VenueOrder(StrEnum):
    """`failed`: most failed images first. `id`: oldest venue first, cheap at any size."""

    FAILED = "failed"
    ID = "id"


class Exported(StrEnum):
    """What an export holds a row of."""

    OPERATIONS = "operations"
    VENUES = "venues"
    IMAGES = "images"


class GroupBy(StrEnum):
    """What one row of figures is about."""

    CITY = "city"
    PROVIDER = "provider"
    DAY = "day"
