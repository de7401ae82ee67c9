"""How outcomes, counts and times read in a table: one place for every listing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

from venue_ops.core.models import Outcome, Retryability, VenueOutcome
from venue_ops.core.moments import brief_duration
from venue_ops.output.models import Cell, Style

T = TypeVar("T", bound=str)

_STYLES = {
    "success": Style.GOOD,
    "partial": Style.WARN,
    "failed": Style.BAD,
    "malformed": Style.BAD,
    "no_images": Style.DIM,
    "skipped": Style.DIM,
    "pending": Style.ACCENT,
    "running": Style.ACCENT,
    "retrying": Style.WARN,
    "cancelled": Style.DIM,
    "unknown": Style.DIM,
    "uploaded": Style.GOOD,
    "skipped_dev": Style.DIM,
    "permanently_failed": Style.BAD,
    "transient": Style.WARN,
    "permanent": Style.BAD,
    "ambiguous": Style.DIM,
}


def outcome(word: Outcome | VenueOutcome | Retryability | str | None) -> Cell:
    """A word that says how it went, in its colour; `-` where there is none."""
    if word is None:
        return Cell("-", Style.DIM)
    return Cell(str(word), _STYLES.get(str(word), Style.PLAIN))


def of_total(part: int | None, whole: int | None) -> str:
    """`4/6`, `4`, or nothing."""
    if part is None:
        return "" if whole is None else f"?/{whole}"
    return str(part) if whole is None else f"{part}/{whole}"


def failures(count: int | None) -> Cell:
    """A number of failures: red when there are any, nothing when there are none."""
    return Cell(str(count), Style.BAD) if count else Cell("")


def took(duration: timedelta | None) -> str:
    """`3.2s`, `4m05s`."""
    return "" if duration is None else brief_duration(duration.total_seconds())


def money(amount: Decimal | None) -> str:
    """`$0.042`; nothing where nothing was spent."""
    if not amount:
        return ""
    rounded = amount.quantize(Decimal("0.001")) if abs(amount) < Decimal(10**12) else amount
    return f"${rounded}"


def counted(counts: dict[str, int] | None) -> str:
    """`rate_limited 2, not_found 1`, most first."""
    ranked = sorted((counts or {}).items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {number}" for name, number in ranked)


def many(count: int, noun: str) -> str:
    """`1 job`, `2,000 jobs`."""
    return f"1 {noun}" if count == 1 else f"{count:,} {noun}s"


def reasons(counts: Mapping[T, int], why: Callable[[T], str]) -> Iterator[str]:
    """`  12  no usable address`: a line for each reason, most first."""
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    width = max((len(f"{count:,}") for _, count in ranked), default=0)
    for reason, count in ranked:
        yield f"  {count:>{width},}  {why(reason)}"


def part(count: int, whole: int, largest: int) -> Cell:
    """`41.2 %` of the whole; on a terminal a bar beside that of the largest."""
    if not whole:
        return Cell("")
    return Cell(f"{100 * count / whole:.1f} %", share=count / largest if largest else 0.0)
