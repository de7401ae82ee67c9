"""Questions of jobs that are to run again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from venue_ops.core.db.questions.base import Question
from venue_ops.core.db.questions.filters import CityPath, JobFilter
from venue_ops.core.models import JobKind


@dataclass(frozen=True, slots=True)
class JobIds(Question):
    """The ids of the operations that match, the newest first."""

    builder: ClassVar[str] = "job:ids"
    kinds: tuple[JobKind, ...] = ()
    filters: tuple[JobFilter, ...] = ()
    city_path: CityPath = CityPath.FROM_JOBS
    limited: bool = False


@dataclass(frozen=True, slots=True)
class JobsByIds(Question):
    """Some jobs by their ids, with all that a row of the list shows."""

    builder: ClassVar[str] = "job:by_ids"


@dataclass(frozen=True, slots=True)
class Rerun(Question):
    """Jobs made available again, as far as they may be; of the others what stands in the way.

    `unfinished` are the states that may still lead to a write, of those that there are. `fresh`
    forces those of one venue; `looks` changes nothing.
    """

    builder: ClassVar[str] = "rerunning:rerun"
    unfinished: tuple[str, ...] = ("available", "scheduled", "executing", "retryable")
    fresh: bool = False
    looks: bool = False
