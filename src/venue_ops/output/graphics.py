"""Bars and sparklines of block characters, for terminals that can show them (pure)."""

from __future__ import annotations

from collections.abc import Sequence

BLOCKS = "▏▎▍▌▋▊▉█"
HEIGHTS = "▁▂▃▄▅▆▇█"
BAR_WIDTH = 8
SHARE_WIDTH = len("100.0 %")


def bar(share: float, width: int = BAR_WIDTH) -> str:
    """A bar of `width` cells for 1; whatever is above 0 shows at least its thinnest block."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    if share > 0:
        eighths = max(1, eighths)
    whole, rest = divmod(eighths, 8)
    return BLOCKS[-1] * whole + (BLOCKS[rest - 1] if rest else "")


def sparkline(values: Sequence[int]) -> str:
    """One character a value, as high as it is beside the highest; a blank for none."""
    highest = max(values, default=0)
    if highest <= 0:
        return " " * len(values)
    top = len(HEIGHTS) - 1
    return "".join(
        HEIGHTS[min(top, max(0, value) * top // highest)] if value > 0 else " " for value in values
    )
