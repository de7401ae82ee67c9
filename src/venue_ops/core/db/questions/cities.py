"""Questions about cities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from venue_ops.core.db.questions.base import Question
from venue_ops.core.db.questions.filters import CityPath


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
