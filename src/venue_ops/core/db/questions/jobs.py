"""Questions about operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from venue_ops.core.db.questions.base import Question
from venue_ops.core.db.questions.filters import CityPath, JobFilter
from venue_ops.core.models import JobKind
from venue_ops.core.queries import JobOrder


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
