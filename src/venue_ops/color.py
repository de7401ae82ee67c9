"""When to colour: the one rule, for stdout and stderr alike.

`--color` beats the environment; NO_COLOR (https://no-color.org) beats FORCE_COLOR; otherwise a
terminal that is not `dumb` gets colour. An empty variable counts as not set.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

SGR_RESET = "\x1b[0m"


class ColorWhen(StrEnum):
    """The values of `--color`."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def wants_color(when: ColorWhen, *, terminal: bool, env: Mapping[str, str]) -> bool:
    """Whether to write colour to a stream that is, or is not, a terminal."""
    match when:
        case ColorWhen.ALWAYS:
            return True
        case ColorWhen.NEVER:
            return False
        case ColorWhen.AUTO:
            if env.get("NO_COLOR"):
                return False
            if env.get("FORCE_COLOR", "") not in {"", "0"}:
                return True
            return terminal and env.get("TERM") != "dumb"


def paint(text: str, sgr: str) -> str:
    """The text between an SGR sequence and its reset; as it is when either is empty."""
    return f"\x1b[{sgr}m{text}{SGR_RESET}" if sgr and text else text
