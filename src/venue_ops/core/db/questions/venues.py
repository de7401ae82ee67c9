"""Questions about venues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from venue_ops.core.db.questions.base import Question
from venue_ops.core.db.questions.filters import VenueFilter
from venue_ops.core.models import VenueOutcome
from venue_ops.core.queries import VenueOrder


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
class VenueIds(Question):
    """The ids and slugs of the venues that some references name, and nothing else of them."""

    builder: ClassVar[str] = "venue:ids"
