"""Which columns a format shows."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from venue_ops.core.errors import UsageError
from venue_ops.core.references import shortened
from venue_ops.output.formats import Format
from venue_ops.output.models import Column

_MOST_NAMED = 5


def choose_columns(
    columns: Sequence[Column[Any]], wanted: Sequence[str], fmt: Format
) -> tuple[Column[Any], ...]:
    """The columns to write, in the order asked for; each once.

    Nothing asked: the default ones in a table, those for people in `wide`, all of them in the
    formats for machines. A name that does not
    exist is a UsageError that lists those that do.
    """
    if not wanted:
        return tuple(col for col in columns if _is_shown(col, fmt))
    known = {col.name: col for col in columns}
    check_names(wanted, list(known))
    return tuple(known[name] for name in dict.fromkeys(wanted))


def _is_shown(column: Column[Any], fmt: Format) -> bool:
    match fmt:
        case Format.TABLE:
            return column.default
        case Format.WIDE:
            return column.default or column.wide
        case _:
            return True


def check_names(wanted: Sequence[str], known: Sequence[str]) -> None:
    """Raises UsageError for the names that are not known."""
    unknown = [name for name in dict.fromkeys(wanted) if name not in known]
    if not unknown:
        return
    names = ", ".join(f'"{shortened(name)}"' for name in unknown[:_MOST_NAMED])
    plural = "columns" if len(unknown) > 1 else "column"
    close = get_close_matches(shortened(unknown[0]), known, n=1)
    guess = f'Did you mean "{close[0]}"? ' if close else ""
    raise UsageError(
        f"There is no {plural} {names} here.",
        hint=f"{guess}The columns are: {', '.join(known)}.",
    )
