"""The table `goal, figure, holds` as it is printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.measure import Sample, in_milliseconds


@dataclass(frozen=True, slots=True)
class Figure:
    """One line. `holds` is None where there is no goal, only something worth knowing."""

    goal: str
    what: str
    figure: str
    wanted: str = ""
    holds: bool | None = None


def at_most(goal: str, what: str, ours: Sample, other: Sample, limit: float) -> Figure:
    """Ours may take at most `limit` times as long as the other."""
    ratio = ours.median / other.median
    return Figure(
        goal, what, f"{ratio:.2f}x ({ours} : {other})", f"at most {limit:g}x", ratio <= limit
    )


def at_least(goal: str, what: str, ours: Sample, other: Sample, limit: float) -> Figure:
    """Ours has to be at least `limit` times as fast as the other."""
    ratio = other.median / ours.median
    shown = f"{ratio:.1f}" if ratio < 100 else f"{ratio:,.0f}"
    return Figure(
        goal, what, f"{shown}x ({ours} : {other})", f"at least {limit:g}x", ratio >= limit
    )


def within(goal: str, what: str, ours: Sample, limit: float) -> Figure:
    """Ours may take at most `limit` seconds."""
    return Figure(goal, what, str(ours), f"at most {in_milliseconds(limit)}", ours.median <= limit)


def table(figures: Iterable[Figure]) -> Iterable[str]:
    """The lines of the table, aligned."""
    rows = [("GOAL", "WHAT", "FIGURE", "WANTED", "HOLDS")]
    rows += [(f.goal, f.what, f.figure, f.wanted, _holds(f.holds)) for f in figures]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _holds(holds: bool | None) -> str:
    return {True: "yes", False: "NO", None: "-"}[holds]
