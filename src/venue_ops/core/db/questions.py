"""Every question the database is asked, as a value: its shape, without its parameters.

A question names the function that builds its statement. Two questions that are equal have
the same SQL text, so `core.db.compiled` can keep the text and spare later processes
SQLAlchemy's import; this module must therefore not import it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from venue_ops.core.models import JobKind, VenueOutcome
from venue_ops.core.queries import JobOrder, VenueOrder


class JobFilter(StrEnum):
    """The filters of a list of operations that are present in a question."""

    CITY = "city"
    VENUE = "venue"
    STATUS = "status"
    STATE = "state"
    PROVIDER = "provider"
    ERROR = "error"
    WORKER = "worker"
    SINCE = "since"
    UNTIL = "until"
    AFTER = "after"


class VenueFilter(StrEnum):
    """The filters of a list of venues that are present in a question."""

    CITY = "city"
    VENUE = "venue"
    PROVIDER = "provider"
    ERROR = "error"
    MIN_FAILED = "min_failed"
    AFTER = "after"


class CityPath(StrEnum):
    """How the jobs of a city are found: both give the same rows.

    A small city starts from its venues (one look-up each in the GIN index on args); for a
    large one, walking back from the newest job meets enough of them soon.
    """

    FROM_VENUES = "from_venues"
    FROM_JOBS = "from_jobs"


@dataclass(frozen=True, slots=True)
class Question:
    """The base: `oban_schema` qualifies Oban's table."""

    builder: ClassVar[str]
    oban_schema: str = "public"


@dataclass(frozen=True, slots=True)
class JobsPage(Question):
    """One page of operations, with all that a row shows."""

    builder: ClassVar[str] = "jobs:page"
    kinds: tuple[JobKind, ...] = ()
    filters: tuple[JobFilter, ...] = ()
    city_path: CityPath = CityPath.FROM_JOBS
    order: JobOrder = JobOrder.ID
    limited: bool = True


@dataclass(frozen=True, slots=True)
class JobsTotal(Question):
    """How many operations match."""

    builder: ClassVar[str] = "jobs:total"
    kinds: tuple[JobKind, ...] = ()
    filters: tuple[JobFilter, ...] = ()
    city_path: CityPath = CityPath.FROM_JOBS


@dataclass(frozen=True, slots=True)
class JobById(Question):
    """One job with all that is written in it."""

    builder: ClassVar[str] = "job:by_id"


@dataclass(frozen=True, slots=True)
class JobChildren(Question):
    """The enrichments that one backfill started."""

    builder: ClassVar[str] = "job:children"


@dataclass(frozen=True, slots=True)
class KnownStates(Question):
    """The job states that this database's enum has."""

    builder: ClassVar[str] = "jobs:known_states"


@dataclass(frozen=True, slots=True)
class AbsentKinds(Question):
    """Which kinds have no job at all."""

    builder: ClassVar[str] = "jobs:absent_kinds"


@dataclass(frozen=True, slots=True)
class WorkerCounts(Question):
    """How many jobs each worker has, all workers."""

    builder: ClassVar[str] = "jobs:worker_counts"


@dataclass(frozen=True, slots=True)
class VenuesPage(Question):
    """One page of venues by what their images have come to."""

    builder: ClassVar[str] = "venues:page"
    outcomes: tuple[VenueOutcome, ...] = ()
    filters: tuple[VenueFilter, ...] = ()
    order: VenueOrder = VenueOrder.FAILED
    limited: bool = True


@dataclass(frozen=True, slots=True)
class VenuesTotal(Question):
    """How many venues match."""

    builder: ClassVar[str] = "venues:total"
    outcomes: tuple[VenueOutcome, ...] = ()
    filters: tuple[VenueFilter, ...] = ()


@dataclass(frozen=True, slots=True)
class VenueByRef(Question):
    """One venue by id or slug, with its images."""

    builder: ClassVar[str] = "venue:by_ref"


@dataclass(frozen=True, slots=True)
class CitiesByRef(Question):
    """The cities a reference can mean, and whether each is small."""

    builder: ClassVar[str] = "cities:by_ref"


@dataclass(frozen=True, slots=True)
class CityNames(Question):
    """Every city, for suggestions."""

    builder: ClassVar[str] = "cities:names"


@dataclass(frozen=True, slots=True)
class CityVenueTotals(Question):
    """A city's venues by outcome."""

    builder: ClassVar[str] = "cities:venue_totals"


@dataclass(frozen=True, slots=True)
class CityErrorTotals(Question):
    """A city's failed images by provider and error type."""

    builder: ClassVar[str] = "cities:error_totals"


@dataclass(frozen=True, slots=True)
class CityProviderTotals(Question):
    """A city's images by provider."""

    builder: ClassVar[str] = "cities:provider_totals"


@dataclass(frozen=True, slots=True)
class CityJobTotals(Question):
    """A city's operations by kind and outcome."""

    builder: ClassVar[str] = "jobs:city_totals"
    city_path: CityPath = CityPath.FROM_JOBS
