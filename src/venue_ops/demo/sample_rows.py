"""The rows that the sample data is made of, and the clock that they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from venue_ops.core.models import Json

FAKE_KEY = "AIzaSyDEMO-not-a-real-key-000000000000000"
"""Stands where a real Google key would, so that a reader sees redaction at work."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Moments as they lie before the loading of the sample."""

    now: datetime

    def ago(
        self, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> datetime:
        """The moment that long ago; negative amounts lie ahead."""
        return self.now - timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def iso(moment: datetime) -> str:
    """As the application writes moments into JSON: microseconds and a Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True)
class Country:
    """A row of `countries`."""

    id: int
    name: str
    code: str
    slug: str


@dataclass(frozen=True, slots=True)
class City:
    """A row of `cities`; its slug is unique only within its country."""

    id: int
    name: str
    slug: str
    country_id: int
    latitude: float
    longitude: float
    alternate_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """A row of `venue_data_providers`; `images` is its priority, None: it has no photos."""

    id: int
    name: str
    per_second: int
    images: int | None
    cost_per_image: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """What is fixed about a venue; its images and runs follow from the story."""

    id: int
    name: str
    slug: str
    address: str
    city_id: int | None
    latitude: float
    longitude: float
    provider_ids: Mapping[str, str] = field(default_factory=dict)
    venue_type: str = "venue"


@dataclass(frozen=True, slots=True)
class Run:
    """One entry of a venue's enrichment history. `result` is the application's word."""

    at: datetime
    provider: str
    result: str
    fetched: int = 0
    added: int = 0
    cost_usd: float = 0.0
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Venue:
    """A row of `venues`; `images` is a Json array, or None for SQL NULL."""

    place: Place
    images: Sequence[Json] | None = ()
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """A row of `oban_jobs`; ids are given in the order of `inserted_at`."""

    worker: str
    queue: str
    state: str
    inserted_at: datetime
    args: Mapping[str, Json] = field(default_factory=dict)
    meta: Mapping[str, Json] = field(default_factory=dict)
    errors: tuple[Mapping[str, Json], ...] = ()
    attempt: int = 0
    max_attempts: int = 3
    priority: int = 0
    scheduled_at: datetime | None = None
    attempted_at: datetime | None = None
    completed_at: datetime | None = None
    discarded_at: datetime | None = None
    cancelled_at: datetime | None = None
