"""What can be asked of the operations and of the venues: values, not statements.

A query holds what an operator typed, already resolved (cities and venues are ids, moments
are aware). `core.db.questions` says which statement answers it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from venue_ops.core.enums import JobOrder, VenueOrder
from venue_ops.core.errors import UsageError
from venue_ops.core.models import JobKind, Outcome, VenueOutcome

__all__ = [
    "DEFAULT_KINDS",
    "DEFAULT_LIMIT",
    "ImageQuery",
    "JobCursor",
    "JobOrder",
    "JobQuery",
    "VenueCursor",
    "VenueOrder",
    "VenueQuery",
]

DEFAULT_KINDS = (JobKind.BACKFILL, JobKind.ENRICHMENT, JobKind.RETRY)
DEFAULT_LIMIT = 50


@dataclass(frozen=True, slots=True)
class JobCursor:
    """Where the next page of operations starts: after this job (and moment)."""

    id: int
    at: datetime | None = None

    def __str__(self) -> str:
        return str(self.id) if self.at is None else f"{self.at.isoformat()},{self.id}"

    @classmethod
    def parse(cls, text: str, order: JobOrder) -> JobCursor:
        """The cursor a listing printed; UsageError for anything else."""
        moment, _, job_id = text.rpartition(",")
        try:
            if order is JobOrder.ID and not moment:
                return cls(id=_id(job_id))
            at = datetime.fromisoformat(moment)
            if order is JobOrder.ACTIVITY and at.tzinfo is not None:
                return cls(id=_id(job_id), at=at.astimezone(UTC))
        except (ValueError, OverflowError):
            pass
        raise _bad_cursor(order.value)


@dataclass(frozen=True, slots=True)
class VenueCursor:
    """Where the next page of venues starts: after this venue (and its number of failures)."""

    id: int
    failed: int | None = None

    def __str__(self) -> str:
        return str(self.id) if self.failed is None else f"{self.failed},{self.id}"

    @classmethod
    def parse(cls, text: str, order: VenueOrder) -> VenueCursor:
        """The cursor a listing printed; UsageError for anything else."""
        failed, _, venue_id = text.rpartition(",")
        try:
            if order is VenueOrder.ID and not failed:
                return cls(id=_id(venue_id))
            if order is VenueOrder.FAILED:
                return cls(id=_id(venue_id), failed=_id(failed, least=0, most=2**31 - 1))
        except ValueError:
            pass
        raise _bad_cursor(order.value)


@dataclass(frozen=True, slots=True)
class JobQuery:
    """Which operations to list. An empty tuple does not filter; `limit` 0 means all."""

    cities: tuple[int, ...] = ()
    venues: tuple[int, ...] = ()
    kinds: tuple[JobKind, ...] = DEFAULT_KINDS
    outcomes: tuple[Outcome, ...] = ()
    states: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    order: JobOrder = JobOrder.ID
    limit: int = DEFAULT_LIMIT
    after: JobCursor | None = None

    def everything(self) -> JobQuery:
        """The same filters from the first row on: what a total counts."""
        return replace(self, after=None, limit=0)


@dataclass(frozen=True, slots=True)
class VenueQuery:
    """Which venues to list, by their images of today."""

    cities: tuple[int, ...] = ()
    venues: tuple[int, ...] = ()
    outcomes: tuple[VenueOutcome, ...] = ()
    providers: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    min_failed: int = 0
    since: datetime | None = None
    until: datetime | None = None
    order: VenueOrder = VenueOrder.FAILED
    limit: int = DEFAULT_LIMIT
    after: VenueCursor | None = None

    def everything(self) -> VenueQuery:
        """The same filters from the first row on: what a total counts."""
        return replace(self, after=None, limit=0)


@dataclass(frozen=True, slots=True)
class ImageQuery:
    """Which images to export: what is asked of the venue first, then of the image."""

    cities: tuple[int, ...] = ()
    venues: tuple[int, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    providers: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()


def _id(text: str, *, least: int = 1, most: int = 2**63 - 1) -> int:
    value = int(text) if text.isascii() and text.isdecimal() else -1
    if not least <= value <= most:
        raise ValueError(text)
    return value


def _bad_cursor(order: str) -> UsageError:
    return UsageError(
        f"--after does not continue a listing in {order} order.",
        hint="Use the value that the listing printed behind “next page: --after”.",
    )
