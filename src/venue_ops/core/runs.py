"""Answers of providers to jobs, one after another: which of them are a run of errors (pure)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from venue_ops.core.classification.causes import (
    Cause,
    cause_of_answer,
    class_of_answer,
    error_of_answer,
)
from venue_ops.core.enums import Retryability

LEAST_ANSWERS = 3
"""Errors in a row that stand out while no good answer has come since."""
LEAST_ENDED = 5
"""Equal ones in a row that stand out even though a good answer has ended them since."""

DAYS = 14
"""How many days a trend shows."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one provider answered to one job; `reason` is None where it did well."""

    provider: str
    venue_id: int | None
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class AnswerRun:
    """Answers of a provider, one after another, that were all errors; `ended_at` None: still."""

    provider: str
    error: str
    cause: Cause
    jobs: int
    venues: int
    since: datetime
    newest: datetime
    last_success: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class AnswerTotal:
    """Errors that a provider answered to jobs.

    `good_since` counts its later good answers, `by_day` the errors of the last days (UTC), the
    last of them today.
    """

    provider: str
    error: str
    cause: Cause
    retryability: Retryability
    jobs: int
    venues: int
    oldest: datetime
    newest: datetime
    good_since: int
    by_day: tuple[int, ...]


@dataclass(slots=True)
class _Run:
    """A run as it is read: its errors, and the good answers around it."""

    errors: list[Answer] = field(default_factory=list)
    last_success: datetime | None = None
    ended_at: datetime | None = None

    @property
    def stands_out(self) -> bool:
        return self.ended_at is None and len(self.errors) >= LEAST_ANSWERS


def answer_runs(answers: Iterable[Answer]) -> tuple[AnswerRun, ...]:
    """The runs that stand out, by provider and error; those that still last first.

    The answers come oldest first.
    """
    found = [
        AnswerRun(
            provider=provider,
            error=error,
            cause=cause_of_answer(error),
            jobs=len(same),
            venues=_venues(same),
            since=same[0].at,
            newest=same[-1].at,
            last_success=run.last_success,
            ended_at=run.ended_at,
        )
        for provider, run in _runs(answers)
        for error, same in _by_error(run.errors).items()
        if run.stands_out or len(same) >= LEAST_ENDED
    ]
    return tuple(
        sorted(
            found, key=lambda run: (run.ended_at is not None, -run.newest.timestamp(), -run.jobs)
        )
    )


def answer_totals(answers: Iterable[Answer], today: date) -> tuple[AnswerTotal, ...]:
    """Every error by provider, most first."""
    errors: dict[tuple[str, str], list[Answer]] = defaultdict(list)
    good: dict[str, list[datetime]] = defaultdict(list)
    for answer in answers:
        if answer.reason is None:
            good[answer.provider].append(answer.at)
        else:
            errors[answer.provider, error_of_answer(answer.reason)].append(answer)
    totals = [
        AnswerTotal(
            provider=provider,
            error=error,
            cause=cause_of_answer(error),
            retryability=class_of_answer(error),
            jobs=len(same),
            venues=_venues(same),
            oldest=same[0].at,
            newest=same[-1].at,
            good_since=sum(at > same[-1].at for at in good[provider]),
            by_day=_by_day(same, today),
        )
        for (provider, error), same in errors.items()
    ]
    return tuple(sorted(totals, key=lambda total: (-total.jobs, total.provider, total.error)))


def _runs(answers: Iterable[Answer]) -> Iterator[tuple[str, _Run]]:
    current: dict[str, _Run] = defaultdict(_Run)
    for answer in answers:
        if answer.reason is not None:
            current[answer.provider].errors.append(answer)
            continue
        ended = current.pop(answer.provider, None)
        if ended is not None and ended.errors:
            ended.ended_at = answer.at
            yield answer.provider, ended
        current[answer.provider] = _Run(last_success=answer.at)
    yield from current.items()


def _by_error(answers: Iterable[Answer]) -> dict[str, list[Answer]]:
    grouped: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        grouped[error_of_answer(answer.reason or "")].append(answer)
    return grouped


def _by_day(answers: Iterable[Answer], today: date) -> tuple[int, ...]:
    ages = Counter((today - answer.at.date()).days for answer in answers)
    return tuple(ages[age] for age in reversed(range(DAYS)))


def _venues(answers: Iterable[Answer]) -> int:
    return len({answer.venue_id for answer in answers if answer.venue_id is not None})
