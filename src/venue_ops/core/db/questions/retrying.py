"""Questions of a retry's plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from venue_ops.core.db.questions.base import Question


@dataclass(frozen=True, slots=True)
class FailingVenues(Question):
    """Venues with a failed image, by id, with these images and their places.

    `named`: of some venues alone.
    """

    builder: ClassVar[str] = "retrying:failing_venues"
    named: bool = False


@dataclass(frozen=True, slots=True)
class FailingVenueIds(Question):
    """The ids of a few cities' venues with a failed image, in one array."""

    builder: ClassVar[str] = "retrying:failing_venue_ids"


@dataclass(frozen=True, slots=True)
class Blockers(Question):
    """Of each venue the job that stands in a retry's way: unfinished, or tried moments ago."""

    builder: ClassVar[str] = "retrying:blockers"


@dataclass(frozen=True, slots=True)
class DailyRun(Question):
    """The enrichment of no named venue that is executing, if one is."""

    builder: ClassVar[str] = "retrying:daily_run"


@dataclass(frozen=True, slots=True)
class VenueForRetry(Question):
    """One venue as it stands: its slug and its whole array."""

    builder: ClassVar[str] = "retrying:venue"


@dataclass(frozen=True, slots=True)
class ProviderTerms(Question):
    """What the application keeps about its providers: pace and price."""

    builder: ClassVar[str] = "retrying:provider_terms"
