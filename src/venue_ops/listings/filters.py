"""The filters of the listings, as typed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from venue_ops.core.enums import Exported
from venue_ops.core.errors import UsageError
from venue_ops.core.exports.options import ONLY_OF, takes
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

    def words(self) -> Iterator[str]:
        """The filters as words that are typed again."""
        for name, values in (
            ("--city", self.cities),
            ("--venue", self.venues),
            ("--kind", self.kinds),
            ("--status", self.statuses),
            ("--state", self.states),
            ("--provider", self.providers),
            ("--error", self.errors),
            ("--worker", self.workers),
            ("--since", _one(self.since)),
            ("--until", _one(self.until)),
        ):
            for value in values:
                yield from (name, value)

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
    since: str | None = None
    until: str | None = None
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
            ("--since", _one(self.since)),
            ("--until", _one(self.until)),
            ("--after", _one(self.after)),
        )


@dataclass(frozen=True, slots=True)
class ExportFilters:
    """The options of an export, as typed: which of them apply depends on what is exported."""

    exported: Exported
    cities: Sequence[str] = ()
    venues: Sequence[str] = ()
    kinds: Sequence[str] = ()
    statuses: Sequence[str] = ()
    states: Sequence[str] = ()
    providers: Sequence[str] = ()
    errors: Sequence[str] = ()
    workers: Sequence[str] = ()
    min_failed: int = 0
    since: str | None = None
    until: str | None = None

    def __post_init__(self) -> None:
        """Raises UsageError for an option that does not choose among what is exported."""
        for option, given in (
            ("kind", self.kinds),
            ("state", self.states),
            ("worker", self.workers),
            ("venue", self.venues),
            ("min_failed", self.min_failed),
        ):
            if given and not takes(self.exported, option):
                raise UsageError(
                    f"--{option.replace('_', '-')} does not choose among {self.exported}.",
                    hint=f"It works with {' and '.join(ONLY_OF[option])}.",
                )

    def of_operations(self) -> OperationFilters:
        """As the filters of a list of operations."""
        return OperationFilters(
            cities=self.cities,
            venues=self.venues,
            kinds=self.kinds,
            statuses=self.statuses,
            states=self.states,
            providers=self.providers,
            errors=self.errors,
            workers=self.workers,
            since=self.since,
            until=self.until,
            limit=0,
        )

    def of_venues(self) -> VenueFilters:
        """As the filters of a list of venues."""
        return VenueFilters(
            cities=self.cities,
            statuses=self.statuses,
            providers=self.providers,
            errors=self.errors,
            min_failed=self.min_failed,
            since=self.since,
            until=self.until,
            order=VenueOrder.ID,
            limit=0,
        )

    def typed(self) -> str:
        """The filters as they were typed, for a sentence."""
        return " ".join(
            part
            for part in (
                self.of_operations().typed(),
                f"--min-failed {self.min_failed}" if self.min_failed else "",
            )
            if part
        )


def _one(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)


def _joined(*options: tuple[str, Iterable[str]]) -> str:
    shown = ((name, ",".join(values)) for name, values in options)
    return " ".join(f"{name} {values}" for name, values in shown if values)
