"""The filters of the listings, as typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from venue_ops.core.queries import JobOrder, VenueOrder


@dataclass(frozen=True, slots=True)
class OperationFilters:
    """The options of a list of operations, as typed."""

    cities: Sequence[str] = ()
    venues: Sequence[str] = ()
    kinds: Sequence[str] = ()
    statuses: Sequence[str] = ()
    states: Sequence[str] = ()
    providers: Sequence[str] = ()
    errors: Sequence[str] = ()
    workers: Sequence[str] = ()
    since: str | None = None
    until: str | None = None
    order: JobOrder = JobOrder.ID
    limit: int = 50
    after: str | None = None

    def typed(self) -> str:
        """The filters as they were typed, for a sentence."""
        return _joined(
            ("--city", self.cities),
            ("--venue", self.venues),
            ("--status", self.statuses),
            ("--state", self.states),
            ("--provider", self.providers),
            ("--error", self.errors),
            ("--worker", self.workers),
            ("--since", _one(self.since)),
            ("--until", _one(self.until)),
            ("--after", _one(self.after)),
        )


@dataclass(frozen=True, slots=True)
class VenueFilters:
    """The options of a list of venues, as typed."""

    cities: Sequence[str] = ()
    statuses: Sequence[str] = ()
    providers: Sequence[str] = ()
    errors: Sequence[str] = ()
    min_failed: int = 0
    since: datetime | None = None
    order: VenueOrder | None = None
    limit: int = 50
    after: str | None = None

    def typed(self) -> str:
        """The filters as they were typed, for a sentence."""
        return _joined(
            ("--city", self.cities),
            ("--provider", self.providers),
            ("--error", self.errors),
            ("--min-failed", _one(str(self.min_failed) if self.min_failed else None)),
            ("--after", _one(self.after)),
        )


def _one(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)


def _joined(*options: tuple[str, Iterable[str]]) -> str:
    shown = ((name, ",".join(values)) for name, values in options)
    return " ".join(f"{name} {values}" for name, values in shown if values)
