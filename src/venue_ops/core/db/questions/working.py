"""Questions of `venue-ops worker` about its queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from venue_ops.core.db.questions.base import Question


@dataclass(frozen=True, slots=True)
class FetchJobs(Question):
    """Take some jobs of a queue to execute: only those of our workers."""

    builder: ClassVar[str] = "working:fetch"


@dataclass(frozen=True, slots=True)
class StageJobs(Question):
    """Make jobs of a queue available whose time has come: only those of our workers."""

    builder: ClassVar[str] = "working:stage"


@dataclass(frozen=True, slots=True)
class ReturnJob(Question):
    """Give a job back that was marked as discarded while it ran; its id, if it was."""

    builder: ClassVar[str] = "working:give_back"


@dataclass(frozen=True, slots=True)
class RescueJobs(Question):
    """Give jobs back whose attempt is so old that its worker must have gone; their ids."""

    builder: ClassVar[str] = "working:rescue"


@dataclass(frozen=True, slots=True)
class ForeignJobs(Question):
    """Unfinished jobs of the queue that are another worker's, a row a name.

    `unfinished` are the states that may still lead to a write, of those that there are.
    """

    builder: ClassVar[str] = "working:foreign"
    unfinished: tuple[str, ...] = ("available", "scheduled", "executing", "retryable")


@dataclass(frozen=True, slots=True)
class JobsToBegin(Question):
    """How many jobs of the queue are left to begin, now or later."""

    builder: ClassVar[str] = "working:to_begin"
