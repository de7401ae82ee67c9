"""Questions that complete a word: a few rows, at once, whatever the size of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from venue_ops.core.db.questions.base import Question


@dataclass(frozen=True, slots=True)
class CitySuggestions(Question):
    """Cities whose slug begins so."""

    builder: ClassVar[str] = "suggestions:cities_like"


@dataclass(frozen=True, slots=True)
class VenueSuggestions(Question):
    """Venues whose slug begins so, of some cities or of all."""

    builder: ClassVar[str] = "suggestions:venues_like"
    of_cities: bool = False


@dataclass(frozen=True, slots=True)
class JobSuggestions(Question):
    """The newest jobs whose id begins so, as ids alone or with all that a row shows."""

    builder: ClassVar[str] = "suggestions:jobs_like"
    described: bool = False


@dataclass(frozen=True, slots=True)
class ProviderNames(Question):
    """The providers that the application knows."""

    builder: ClassVar[str] = "suggestions:provider_names"


@dataclass(frozen=True, slots=True)
class ProvidersSeen(Question):
    """The providers that the newest enrichments asked."""

    builder: ClassVar[str] = "suggestions:providers_seen"
