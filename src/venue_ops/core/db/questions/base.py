"""What every question is: its shape, without its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Question:
    """The base: `oban_schema` qualifies Oban's table."""

    builder: ClassVar[str]
    oban_schema: str = "public"
