"""Values as machines and as people read them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import Enum

from venue_ops.core.models import Json
from venue_ops.core.moments import brief_duration
from venue_ops.core.redaction import Redactor
from venue_ops.output.json import encode

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RECENT = timedelta(days=183)


def moment(value: datetime, tz: tzinfo | None) -> datetime:
    """The time in a zone (None: local); naive is UTC, as the database has it."""
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    try:
        return aware.astimezone(tz)
    except OverflowError:  # year 1 or 9999, moved over its edge
        return aware


def iso(value: datetime, tz: tzinfo | None, timespec: str = "auto") -> str:
    """ISO 8601 with zone; UTC as `Z`."""
    text = moment(value, tz).isoformat(timespec=timespec)
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def seconds(value: timedelta) -> int | Decimal:
    """The exact number of seconds."""
    whole = value // timedelta(seconds=1)
    micro = (value - timedelta(seconds=whole)) // timedelta(microseconds=1)
    if not micro:
        return whole
    return (Decimal(whole) + Decimal(micro) / 1_000_000).normalize()


@dataclass(frozen=True, slots=True)
class Exact:
    """The JSON scalar for a value: times in `tz`, else UTC; what JSON has no number for is text."""

    tz: tzinfo | None = None

    def __call__(self, value: object) -> Json:
        """The scalar; objects that are none of the known kinds are their str()."""
        match value:
            case Enum():
                return self(value.value)
            case None | bool() | str() | int():
                return value
            case float():
                return value if math.isfinite(value) else str(value)
            case Decimal():
                return value if value.is_finite() else str(value)
            case datetime():
                return iso(value, self.tz or UTC)
            case timedelta():
                return seconds(value)
            case date():
                return value.isoformat()
            case bytes() | bytearray() | memoryview():
                return bytes(value).hex()
            case _:
                return str(value)


@dataclass(frozen=True, slots=True)
class Human:
    """Values as people read them in a table.

    At a terminal times are as in `ls -l` (`Oct 24 17:11`, older than half a year
    `Oct 24  2024`); elsewhere ISO 8601 to the second, with zone.
    """

    tz: tzinfo | None
    terminal: bool
    now: datetime

    def __call__(self, value: object, redactor: Redactor) -> str:
        """The text of a value; not yet redacted or escaped, except what stood in JSON."""
        match value:
            case None:
                return ""
            case bool():
                return "yes" if value else "no"
            case Enum():
                return self(value.value, redactor)
            case str():
                return value
            case Decimal():
                return format(value, "f") if value.is_finite() else str(value)
            case datetime():
                return self._time(value)
            case timedelta():
                return brief_duration(Decimal(seconds(value)))
            case Mapping():
                return encode(redactor.tree(value, Exact(self.tz)))
            case Sequence() if not isinstance(value, bytes | bytearray | memoryview):
                if any(isinstance(item, Mapping | list | tuple) for item in value):
                    return encode(redactor.tree(value, Exact(self.tz)))
                return ", ".join(self(item, redactor) for item in value)
            case _:
                return str(Exact(self.tz)(value))

    def _time(self, value: datetime) -> str:
        if not self.terminal:
            return iso(value, self.tz, "seconds")
        local = moment(value, self.tz)
        day = f"{_MONTHS[local.month - 1]} {local.day:2d}"
        if abs(moment(self.now, UTC) - moment(value, UTC)) < _RECENT:
            return f"{day} {local:%H:%M}"
        return f"{day}  {local.year}"
