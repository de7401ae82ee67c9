"""Questions about everything that matches: the rows of an export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from venue_ops.core.db.questions.base import Question
from venue_ops.core.db.questions.filters import CityPath, ImageFilter, JobFilter, VenueFilter
from venue_ops.core.models import JobKind, VenueOutcome


@dataclass(frozen=True, slots=True)
class OperationsExport(Question):
    """Every operation that matches, with exactly these columns."""

    builder: ClassVar[str] = "exports.operations:rows"
    kinds: tuple[JobKind, ...] = ()
    filters: tuple[JobFilter, ...] = ()
    city_path: CityPath = CityPath.FROM_JOBS
    columns: tuple[str, ...] = ("id",)


@dataclass(frozen=True, slots=True)
class VenuesExport(Question):
    """Every venue that matches, with exactly these columns."""

    builder: ClassVar[str] = "exports.venues:rows"
    outcomes: tuple[VenueOutcome, ...] = ()
    filters: tuple[VenueFilter, ...] = ()
    columns: tuple[str, ...] = ("id",)


@dataclass(frozen=True, slots=True)
class ImagesExport(Question):
    """Every image that matches, with exactly these columns."""

    builder: ClassVar[str] = "exports.images:rows"
    filters: tuple[ImageFilter, ...] = ()
    columns: tuple[str, ...] = ("venue_id",)
