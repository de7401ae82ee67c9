"""Questions of retries that are enqueued as job rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from venue_ops.core.db.questions.base import Question
from venue_ops.core.enums import Engine


@dataclass(frozen=True, slots=True)
class JobStates(Question):
    """The states that Oban's jobs can have in this database, in one array."""

    builder: ClassVar[str] = "following:states"


@dataclass(frozen=True, slots=True)
class Enqueue(Question):
    """A job row for each venue that may have one; of the others what stands in the way.

    `unfinished` are the states that may still lead to a write, of those that there are. `looks`
    inserts nothing.
    """

    builder: ClassVar[str] = "enqueueing:enqueue"
    engine: Engine = Engine.APP
    unfinished: tuple[str, ...] = ("available", "scheduled", "executing", "retryable")
    looks: bool = False


@dataclass(frozen=True, slots=True)
class EnqueueSeen(Question):
    """A job row for each venue that is of the version that was looked at and has no job now.

    In one row the ids of those venues, and of their jobs in the same order.
    """

    builder: ClassVar[str] = "enqueueing:enqueue_seen"
    unfinished: tuple[str, ...] = ("available", "scheduled", "executing", "retryable")


@dataclass(frozen=True, slots=True)
class EndedJobs(Question):
    """Of some jobs those that are finished, or gone: their states and last errors."""

    builder: ClassVar[str] = "following:ended"
