"""What is offered to complete a word, as a value; apart from those who look for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LIMIT: Final = 100
"""So many at most; one more is looked for, to know whether there are more."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A value and a few words about it."""

    value: str
    about: str = ""
