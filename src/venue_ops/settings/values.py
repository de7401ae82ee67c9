"""What the value of each setting means; all raise UsageError, which the loader places."""

from __future__ import annotations

from datetime import timedelta, tzinfo
from typing import Any

from venue_ops.core.errors import UsageError
from venue_ops.core.moments import parse_duration, parse_zone

_LONGEST_IDENTIFIER = 63
"""Bytes in a PostgreSQL name; it cuts off the rest, so another schema would be meant."""
_LONGEST_WORKER = 127
"""Characters in `oban_jobs.worker` and `queue`, by the table's own checks."""
_LONGEST_TIMEOUT = timedelta(milliseconds=2**31 - 1)
_MOST_RETRIES = 100


def zone(value: Any) -> tzinfo | None:
    """A zone; `local` is None, the machine's own."""
    return None if str(value).strip().lower() == "local" else parse_zone(str(value))


def statement_timeout(value: Any) -> timedelta:
    """Zero (no timeout), or 1 ms to 24 days, which is what PostgreSQL takes."""
    found = parse_duration(str(value))
    if found and not timedelta(milliseconds=1) <= found <= _LONGEST_TIMEOUT:
        raise UsageError(
            "The statement timeout is out of range.", hint="Use 0 (none) or 1ms to 24d."
        )
    return found


def schema(value: Any) -> str:
    """The name of the schema of Oban's tables, exactly as it is (no quotes around it)."""
    text = str(value).strip()
    size = len(text.encode(errors="replace"))
    if not 1 <= size <= _LONGEST_IDENTIFIER or not text.isprintable():
        raise UsageError(
            "The Oban schema is not a name that PostgreSQL can have.",
            hint="It is the prefix of the application's Oban configuration, usually public.",
        )
    return text


def max_retries(value: Any) -> int:
    """1 to 100; the application's limit is 3."""
    if not 1 <= int(value) <= _MOST_RETRIES:
        raise UsageError(f"max_retries is not between 1 and {_MOST_RETRIES}.")
    return int(value)


def worker_names(value: Any) -> tuple[str, ...]:
    """Names as `oban_jobs.worker` spells them: without the `Elixir.` of the module."""
    given = value if isinstance(value, list) else [value]
    names = tuple(dict.fromkeys(name.strip().removeprefix("Elixir.") for name in given))
    if not all(1 <= len(name) <= _LONGEST_WORKER for name in names):
        raise UsageError("A worker's name has 1 to 127 characters.")
    return names


def queue_name(value: Any) -> str:
    """The name of one queue."""
    name = str(value).strip()
    if len(name) > _LONGEST_WORKER:
        raise UsageError("A queue's name has 1 to 127 characters.")
    return name
