"""Questions about everything that matches: the rows of an export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from venue_ops.core.db.questions.base import Question
from venue_ops.core.db.questions.filters import ImageFilter, VenueFilter
from venue_ops.core.models import VenueOutcome


@dataclass(frozen=True, slots=True)
class ImagesExport(Question):
    """Every image that matches, with exactly these columns."""

    builder: ClassVar[str] = "exports:images"
    filters: tuple[ImageFilter, ...] = ()
    columns: tuple[str, ...] = ("venue_id",)


@dataclass(frozen=True, slots=True)
class VenuesExport(Question):
    """Every venue that matches, with exactly these columns."""

    builder: ClassVar[str] = "exports:rows_of_venues"
    outcomes: tuple[VenueOutcome, ...] = ()
    filters: tuple[VenueFilter, ...] = ()
    columns: tuple[str, ...] = ("id",)
