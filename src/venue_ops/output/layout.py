"""Where the columns of a table stand: pure arithmetic on display widths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from unicodedata import category, east_asian_width

GAP = 2
_SHORTEST_FIRST_CUT, _SHORTEST_LAST_CUT = 14, 6
Measure = Callable[[str], int]


def display_width(text: str) -> int:
    """How many cells of a terminal a text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    width = 0
    for char in text:
        if category(char) in {"Mn", "Me", "Cf"}:
            continue
        width += 2 if east_asian_width(char) in {"W", "F"} else 1
    return width


def truncate(text: str, width: int, ellipsis: str, measure: Measure = display_width) -> str:
    """The text, or as much of its beginning as fits with the ellipsis behind it."""
    if measure(text) <= width:
        return text
    room = width - measure(ellipsis)
    taken, used = [], 0
    for char in text:
        used += measure(char)
        if used > room:
            break
        taken.append(char)
    return "".join(taken) + ellipsis


def broken(text: str, width: int | None, measure: Measure = display_width) -> list[str]:
    """The text in lines of at most `width` cells, broken at blanks; None is no limit.

    A word that is longer than a line stays whole: a terminal wraps it, and it can be copied.
    """
    if width is None or measure(text) <= width:
        return [text]
    lines: list[str] = []
    for word in text.split(" "):
        if lines and measure(f"{lines[-1]} {word}") <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return lines


@dataclass(frozen=True, slots=True)
class Track:
    """What the layout has to know of a column: its widest text and how it may give way."""

    width: int
    flexible: bool = False
    keep: int = 0
    least: int = 0


@dataclass(frozen=True, slots=True)
class Fit:
    """The columns that stay, by their place, and the width of each."""

    kept: tuple[int, ...]
    widths: tuple[int, ...]


def fit(tracks: Sequence[Track], available: int | None) -> Fit:
    """The widths within `available` cells; None is no limit.

    First flexible columns give way down to 14 cells, then the columns with the lowest `keep`
    above 0 go (the last of equals first), then flexible ones shrink further. What then is still
    too wide stays so: a terminal wraps it, and nothing is lost.
    """
    kept = list(range(len(tracks)))
    while True:
        widths = [tracks[i].width for i in kept]
        if available is None or _total(widths) <= available:
            return Fit(tuple(kept), tuple(widths))
        shrunk = _shrink([tracks[i] for i in kept], available, _SHORTEST_FIRST_CUT)
        if _total(shrunk) <= available:
            return Fit(tuple(kept), tuple(shrunk))
        droppable = [i for i in kept if tracks[i].keep > 0]
        if not droppable or len(kept) == 1:  # an empty table shows nothing
            shrunk = _shrink([tracks[i] for i in kept], available, _SHORTEST_LAST_CUT)
            return Fit(tuple(kept), tuple(shrunk))
        kept.remove(min(droppable, key=lambda i: (tracks[i].keep, -i)))


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * max(0, len(widths) - 1)


def _shrink(tracks: Sequence[Track], available: int, least: int) -> list[int]:
    """Takes from the widest flexible column first, so that the cuts come out even."""
    widths = [track.width for track in tracks]
    excess = _total(widths) - available
    floors = {i: max(least, t.least) for i, t in enumerate(tracks) if t.flexible}
    while excess > 0:
        open_ = [i for i, floor in floors.items() if widths[i] > floor]
        if not open_:
            break
        widest = max(widths[i] for i in open_)
        level = [i for i in open_ if widths[i] == widest]
        lower = max([widths[i] for i in open_ if widths[i] < widest] + [0])
        target = max(lower, *(floors[i] for i in level), widest - -(-excess // len(level)))
        for i in level:
            step = min(widths[i] - target, excess)
            widths[i] -= step
            excess -= step
    return widths
