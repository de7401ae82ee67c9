"""Questions about the database itself, and about what may be wrong in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from venue_ops.core.db.questions.base import Question


@dataclass(frozen=True, slots=True)
class ServerFacts(Question):
    """The server's version, its clock, and who we are there."""

    builder: ClassVar[str] = "doctor_catalog:server"


@dataclass(frozen=True, slots=True)
class RelationFacts(Question):
    """Every relation of any schema that is called like a table of the application or Oban."""

    builder: ClassVar[str] = "doctor_catalog:relations"


@dataclass(frozen=True, slots=True)
class ColumnFacts(Question):
    """Each column that the program reads or may write, as it is and as it should be."""

    builder: ClassVar[str] = "doctor_catalog:columns"


@dataclass(frozen=True, slots=True)
class IndexFacts(Question):
    """Every index of the tables that are read."""

    builder: ClassVar[str] = "doctor_catalog:indexes"


@dataclass(frozen=True, slots=True)
class LockFacts(Question):
    """Sessions that keep everybody else from reading a table."""

    builder: ClassVar[str] = "doctor_catalog:locks"


@dataclass(frozen=True, slots=True)
class RoleFacts(Question):
    """What this role is beyond its grants."""

    builder: ClassVar[str] = "doctor_catalog:role"


@dataclass(frozen=True, slots=True)
class QueueFacts(Question):
    """Each queue with what waits and runs in it, and when it was last worked on."""

    builder: ClassVar[str] = "doctor_jobs:queues"


@dataclass(frozen=True, slots=True)
class SpentAttempts(Question):
    """Jobs that are to run but have no attempt left, by queue and state."""

    builder: ClassVar[str] = "doctor_jobs:spent"


@dataclass(frozen=True, slots=True)
class ExecutingJobs(Question):
    """Jobs that have been executing for long, by node."""

    builder: ClassVar[str] = "doctor_jobs:executing"


@dataclass(frozen=True, slots=True)
class LostAttempts(Question):
    """Jobs with attempts that left no error, by worker and state."""

    builder: ClassVar[str] = "doctor_jobs:lost_attempts"


@dataclass(frozen=True, slots=True)
class DuplicateJobs(Question):
    """Venues that several unfinished enrichments or retries are for."""

    builder: ClassVar[str] = "doctor_jobs:duplicates"


@dataclass(frozen=True, slots=True)
class FutureTimes(Question):
    """Jobs with times that have not come yet, by column."""

    builder: ClassVar[str] = "doctor_jobs:future_times"


@dataclass(frozen=True, slots=True)
class ImageFaults(Question):
    """How many venues and images are wrong, by kind; limited, among the newest venues only."""

    builder: ClassVar[str] = "doctor_images:faults"
    limited: bool = False
