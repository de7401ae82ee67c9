"""What became of each image of a run, and of the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from venue_ops.core.planning import Item


class Result(StrEnum):
    """What became of one image."""

    UPLOADED = "uploaded"
    REPAIRED = "repaired"
    FAILED = "failed"
    GIVEN_UP = "permanently_failed"
    LEFT = "left"
    CHANGED = "changed"
    BUSY = "busy"
    ENQUEUED = "enqueued"


MEANINGS = {
    Result.UPLOADED: "fetched, stored and written",
    Result.REPAIRED: "it lay in the store already, and was written",
    Result.FAILED: "failed again, and may be tried again",
    Result.GIVEN_UP: "failed for good",
    Result.LEFT: "left as it was: the fault was not the image's",
    Result.CHANGED: "changed meanwhile, so nothing was written",
    Result.BUSY: "another run or a job is at its venue",
    Result.ENQUEUED: "a job row was inserted for it; its end was not waited for",
}


class JobResult(StrEnum):
    """What became of one job that was to run again."""

    RERUN = "rerun"
    LEFT = "left"


class Stop(StrEnum):
    """Why a run ended before its plan did."""

    SIGNAL = "signal"
    LIMIT = "limit"
    MAX_IMAGES = "max_images"
    MAX_DURATION = "max_duration"
    MAX_COST = "max_cost"
    BREAKER = "breaker"
    OWN_FAULT = "own_fault"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One image and what became of it; `url` is where it lies now, where it was stored.

    `job_id` is the row that was inserted for it.
    """

    item: Item
    result: Result
    at: datetime
    error_type: str | None = None
    status_code: int | None = None
    message: str | None = None
    url: str | None = None
    path: str | None = None
    job_id: int | None = None


@dataclass(slots=True)
class Summary:
    """What a run came to; `signal` is the number of the one that ended it."""

    results: Counter[Result] = field(default_factory=Counter)
    requests: int = 0
    uploads: int = 0
    stopped: Stop | None = None
    stopped_providers: dict[str, str] = field(default_factory=dict)
    signal: int | None = None
    jobs: Counter[JobResult] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """Count one more image."""
        self.results[outcome.result] += 1

    @property
    def still_failing(self) -> int:
        """Images that were tried or wanted, and are not there."""
        return sum(self.results[each] for each in NOT_THERE)


NOT_THERE: Iterable[Result] = (Result.FAILED, Result.GIVEN_UP, Result.LEFT)
"""What an image that was tried or wanted may come to without being there."""
