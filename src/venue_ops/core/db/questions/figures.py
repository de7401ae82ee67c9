"""Questions about the figures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from venue_ops.core.db.questions.base import Question
from venue_ops.core.db.questions.filters import CityPath, JobFilter
from venue_ops.core.enums import GroupBy


class FigureFilter(StrEnum):
    """The filters of the figures that are present in a question."""

    CITY = "city"
    PROVIDER = "provider"
    SINCE = "since"
    UNTIL = "until"


@dataclass(frozen=True, slots=True)
class FailureTotals(Question):
    """Failed images by provider, error type and status."""

    builder: ClassVar[str] = "figures:failure_totals"
    filters: tuple[FigureFilter, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageRuns(Question):
    """Failed images since the last success of their provider, as far back as `changed_since`."""

    builder: ClassVar[str] = "runs:image_runs"
    filters: tuple[FigureFilter, ...] = ()


@dataclass(frozen=True, slots=True)
class LatestAnswers(Question):
    """What providers answered to the newest enrichments, newest last."""

    builder: ClassVar[str] = "runs:latest_answers"
    filters: tuple[JobFilter, ...] = ()
    city_path: CityPath = CityPath.FROM_JOBS


@dataclass(frozen=True, slots=True)
class VenueFigures(Question):
    """Venues and their images, by outcome: reads every venue that the filters leave."""

    builder: ClassVar[str] = "figures:venue_figures"
    filters: tuple[FigureFilter, ...] = ()


@dataclass(frozen=True, slots=True)
class JobFigures(Question):
    """Jobs by kind, state and outcome, and their cost: reads every job that the filters leave."""

    builder: ClassVar[str] = "figures:job_figures"
    filters: tuple[JobFilter, ...] = ()
    city_path: CityPath = CityPath.FROM_JOBS


@dataclass(frozen=True, slots=True)
class GroupedFailures(Question):
    """Failed images by city, provider or day."""

    builder: ClassVar[str] = "grouped:failures"
    by: GroupBy = GroupBy.PROVIDER
    filters: tuple[FigureFilter, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupedImages(Question):
    """All images by city, provider or day: reads every venue that the filters leave."""

    builder: ClassVar[str] = "grouped:images"
    by: GroupBy = GroupBy.PROVIDER
    filters: tuple[FigureFilter, ...] = ()


@dataclass(frozen=True, slots=True)
class FinishedJobs(Question):
    """Finished jobs by the day they ended: reads every job that the filters leave."""

    builder: ClassVar[str] = "grouped:finished_jobs"
    filters: tuple[JobFilter, ...] = ()
    city_path: CityPath = CityPath.FROM_JOBS
