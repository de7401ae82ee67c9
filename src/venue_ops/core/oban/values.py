"""What passes between oban and us: a queue, a job row, and how it ends (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from venue_ops.core.models import Json


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue that is consumed, and the workers whose jobs are ours; each fetch asks for both."""

    name: str
    workers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobRow:
    """One row that is executing here, as it was fetched.

    Moments are of the server's clock. `busy_since` and `busy_last` are what earlier attempts left
    in its meta.
    """

    id: int
    args: Json
    tags: Json
    inserted_at: datetime | None
    attempted_at: datetime | None
    busy_since: Json = None
    busy_last: Json = None


@dataclass(frozen=True, slots=True)
class Busy:
    """Since when a row's venue is found busy again and again, and when it was last."""

    since: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Completed:
    """All that could be done was."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """It cannot be done, or not soon; the reason stands in the row.

    `gave_up` where it waited for long and nothing was tried.
    """

    reason: str
    gave_up: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """The row goes back for so many seconds, and the attempt does not count.

    `busy` is kept in the row; without it, what the row keeps of that is forgotten.
    """

    seconds: int
    reason: str
    busy: Busy | None = None


Ending = Completed | Cancelled | Later
