"""The figures: how much fails, with what, where, since when, and what is left to retry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from venue_ops.core.classification.causes import Cause, cause_of_image
from venue_ops.core.enums import JobKind, Outcome, Retryability, VenueOutcome
from venue_ops.core.models import City, ImageCounts
from venue_ops.core.runs import AnswerRun, AnswerTotal

_PLACES = Decimal("0.0001")


def share(part: int, whole: int) -> Decimal | None:
    """A part of a whole, 0 to 1 with four places; None of nothing."""
    return (Decimal(part) / whole).quantize(_PLACES) if whole else None


@dataclass(frozen=True, slots=True)
class FiguresQuery:
    """What the figures are about. An empty tuple and None do not filter."""

    cities: tuple[int, ...] = ()
    providers: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FailureTotal:
    """Failed images of one provider, error type and class.

    Times are text to the second in UTC, as the application wrote them; None where none did.
    """

    provider: str
    error_type: str
    retryability: Retryability
    failed: int
    permanently_failed: int
    retryable: int
    oldest: str | None
    newest: str | None


@dataclass(frozen=True, slots=True)
class ImageRun:
    """Failed images of a provider that has had no success since, of one kind.

    `last_success` is None where none was found; then `is_complete` says whether there is none at
    all, or none as far back as was looked.
    """

    provider: str
    error_type: str
    status_code: Decimal | None
    host: str | None
    key_fingerprint: str | None
    images: int
    venues: int
    since: str
    newest: str
    last_success: str | None
    is_complete: bool

    @property
    def cause(self) -> Cause:
        """What it looks like."""
        return cause_of_image(self.error_type, self.status_code)


@dataclass(frozen=True, slots=True)
class VenueFigure:
    """Venues of one outcome, with their images."""

    outcome: VenueOutcome
    venues: int
    images: ImageCounts


@dataclass(frozen=True, slots=True)
class JobFigure:
    """Jobs of one kind, state and outcome, and what they cost in US dollars."""

    kind: JobKind
    state: str
    outcome: Outcome
    jobs: int
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it. What is None would have taken too long to count."""

    failures: tuple[FailureTotal, ...]
    image_runs: tuple[ImageRun, ...]
    answer_runs: tuple[AnswerRun, ...]
    answers: tuple[AnswerTotal, ...]
    venues: tuple[VenueFigure, ...] | None
    jobs: tuple[JobFigure, ...] | None

    @property
    def retryable(self) -> int:
        """Images that a default retry would take."""
        return sum(row.retryable for row in self.failures)

    @property
    def failed(self) -> int:
        """Failed images, given up or not."""
        return sum(row.failed for row in self.failures)


@dataclass(frozen=True, slots=True)
class GroupTotal:
    """The figures of one city, provider or day (`key`: its name, a `City`, or None for no city).

    `images`, `uploaded`, and the jobs are None where they would have taken too long to count.
    """

    key: str | None
    city: City | None
    failed: int
    permanently_failed: int
    transient: int
    retryable: int
    venues: int
    newest: str | None
    images: int | None = None
    uploaded: int | None = None
    jobs_completed: int | None = None
    jobs_discarded: int | None = None
    jobs_cancelled: int | None = None
    cost_usd: Decimal | None = None

    @property
    def success_rate(self) -> Decimal | None:
        """Uploaded of those that were tried."""
        if self.uploaded is None:
            return None
        return share(self.uploaded, self.uploaded + self.failed)


def success_rate(jobs: Iterable[JobFigure]) -> Decimal | None:
    """Successful jobs of those that came to a result: success, partial or failed."""
    counted = dict.fromkeys((Outcome.SUCCESS, Outcome.PARTIAL, Outcome.FAILED), 0)
    for row in jobs:
        if row.outcome in counted:
            counted[row.outcome] += row.jobs
    return share(counted[Outcome.SUCCESS], sum(counted.values()))


def as_text(moment: datetime) -> str:
    """A moment as `tried_at` has it: UTC, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def before(text: str, back: timedelta) -> datetime | None:
    """`back` before a time in that form; None where it is no time after all."""
    try:
        return datetime.fromisoformat(text) - back
    except (ValueError, OverflowError):
        return None
