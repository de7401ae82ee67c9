"""Which pager: the command that the environment or the settings name."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

VARIABLE: Final = "VENUE_OPS_PAGER"
_USUAL: Final = "less"
_NONE: Final = ((), ("cat",))
_FAULTS: Final = {
    "No closing quotation": "a quote is left open",
    "No escaped character": "it ends with a backslash",
}


@dataclass(frozen=True, slots=True)
class PagerCommand:
    """The words of a command, or the sentence that says why a value cannot be read as one."""

    words: tuple[str, ...] = ()
    fault: str = ""


def pager_command(env: Mapping[str, str], setting: str | None) -> PagerCommand | None:
    """By VENUE_OPS_PAGER, the setting, PAGER, less; None for none, `cat` and "".

    It is split as a shell splits words, and no shell runs it.
    """
    for name, text in (
        (VARIABLE, env.get(VARIABLE)),
        ("The setting pager", setting),
        ("PAGER", env.get("PAGER")),
    ):
        if text is not None:
            return _read(name, text)
    return PagerCommand((_USUAL,)) if shutil.which(_USUAL, path=env.get("PATH")) else None


def _read(name: str, text: str) -> PagerCommand | None:
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        reason = _FAULTS.get(str(error), "its quotes do not match")
        return PagerCommand(fault=f"{name} cannot be read as a command: {reason}.")
    return None if words in _NONE else PagerCommand(words)
