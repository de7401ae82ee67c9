"""What is written: the outcome of one retried image; and whether anything may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from venue_ops.core.db.questions.base import Question


@dataclass(frozen=True, slots=True)
class MarkUploaded(Question):
    """One failed image of a venue lies in the store now; the id, or no row where it is not so."""

    builder: ClassVar[str] = "writes:uploaded"


@dataclass(frozen=True, slots=True)
class MarkFailed(Question):
    """One failed image of a venue failed once more; the id, or no row where it is not so."""

    builder: ClassVar[str] = "writes:failed"


@dataclass(frozen=True, slots=True)
class WriteRights(Question):
    """What stands in the way of a write: a standby, a read-only session, a missing right."""

    builder: ClassVar[str] = "rights:write_rights"


@dataclass(frozen=True, slots=True)
class JobRights(Question):
    """The same for rows of Oban's table: what may not be inserted into it or updated in it."""

    builder: ClassVar[str] = "rights:job_rights"
