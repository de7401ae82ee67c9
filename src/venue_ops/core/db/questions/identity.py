"""The question which database is asked, whatever it is called from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from venue_ops.core.db.questions.base import Question


@dataclass(frozen=True, slots=True)
class DatabaseIdentity(Question):
    """What tells this database apart from every other: one row."""

    builder: ClassVar[str] = "identity:database"
