"""Times as people write and read them. Pure: `now` and the zone are arguments."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from venue_ops.core.errors import UsageError

_SECONDS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86_400),
    "w": Decimal(604_800),
}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|[smhdw])")
_PARTS = re.compile(rf"(?:{_PART.pattern})+")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    _DATE.pattern + r"[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
    r"(?: ?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])([0-9]{1,2})(?::?([0-9]{2}))?", re.IGNORECASE)
_LONGEST = 100
_DAY = 86_400
_CLOCK_SKEW = 5
_LONGEST_SECONDS = 10**12
_MOMENT_HINT = (
    "Write a time ago (90m, 2h, 3d, 1w, 1d12h), a date (2025-10-24), a date with a time"
    " (2025-10-24T17:11, with +02:00 or Z for another zone), today, yesterday or now."
)
_DURATION_HINT = "Write for example 500ms, 30s, 2m or 1h30m; a plain number is seconds."
_ZONE_HINT = "Write a name such as Europe/Warsaw or UTC, or an offset such as +02:00."


def parse_moment(text: str, *, now: datetime, tz: tzinfo | None, until: bool = False) -> datetime:
    """The moment meant, in UTC; `tz` None is the machine's own zone.

    `2h` is two hours before `now`, and a day is always 24 hours. A date, `today` and
    `yesterday` are the start of that day in `tz`; with `until` they are its end, so that
    `--until 2025-10-24` includes the 24th. A time without a zone is one in `tz`; where the
    clock shows it twice, the first is meant. Raises UsageError.
    """
    word = text.strip()
    try:
        moment = _moment(word, now, tz, timedelta(days=1) if until else timedelta(0))
        if moment is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise UsageError(f"{_shown(text)} is not a time.", hint=_MOMENT_HINT)


def _moment(word: str, now: datetime, tz: tzinfo | None, whole_day: timedelta) -> datetime | None:
    lower = word.lower()
    if lower == "now":
        return now
    if lower in {"today", "yesterday"}:
        day = now.astimezone(tz).date() - timedelta(days=lower == "yesterday")
        return datetime.combine(day + whole_day, time(), tz)
    if _DATE.fullmatch(word):
        return datetime.combine(datetime.fromisoformat(word).date() + whole_day, time(), tz)
    if _DATETIME.fullmatch(word):
        stated = datetime.fromisoformat(_canonical(word))
        return stated if stated.tzinfo else stated.replace(tzinfo=tz)
    ago = lower.removesuffix("ago").rstrip()
    if len(ago) <= _LONGEST and _PARTS.fullmatch(ago):
        return now.astimezone(UTC) - _sum_of_parts(ago)
    return None


def _canonical(word: str) -> str:
    """ISO 8601 as `fromisoformat` of every supported Python reads it."""
    date, clock = word[:10], word[11:].replace(" ", "").replace(",", ".").upper()
    return f"{date}T{clock}"


def parse_duration(text: str) -> timedelta:
    """`500ms`, `30s`, `2m`, `1h30m`, `1.5h`; a plain number is seconds. Raises UsageError."""
    word = text.strip()
    try:
        if len(word) <= _LONGEST and _NUMBER.fullmatch(word):
            return _duration(Decimal(word))
        if len(word) <= _LONGEST and _PARTS.fullmatch(word):
            return _sum_of_parts(word)
    except (ValueError, OverflowError):
        pass
    raise UsageError(f"{_shown(text)} is not a duration.", hint=_DURATION_HINT)


def _sum_of_parts(word: str) -> timedelta:
    parts = _PART.findall(word)
    return _duration(sum((Decimal(n) * _SECONDS[unit] for n, unit in parts), Decimal(0)))


def _duration(seconds: Decimal) -> timedelta:
    """Exact to the microsecond; OverflowError for more than a timedelta can hold."""
    return timedelta(microseconds=int((seconds * 1_000_000).to_integral_value()))


def parse_zone(text: str) -> tzinfo:
    """A zone by its IANA name (in any case) or by its offset from UTC. Raises UsageError."""
    word = text.strip()
    if word.upper() in {"UTC", "Z", "GMT"}:
        return UTC
    zone = _offset(word) or _named_zone(word)
    if zone is None:
        raise UsageError(f"{_shown(text)} is not a time zone.", hint=_zone_hint(word))
    return zone


def _offset(word: str) -> tzinfo | None:
    match = _OFFSET.fullmatch(word)
    if match is None or int(match[2]) >= 24 or int(match[3] or 0) >= 60:
        return None
    size = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-size if match[1] == "-" else size)


def _named_zone(word: str) -> tzinfo | None:
    from zoneinfo import ZoneInfo, available_timezones

    if not word or len(word) > _LONGEST:
        return None
    try:
        return ZoneInfo(word)
    except (KeyError, ValueError, OSError):
        pass
    for name in available_timezones():
        if name.lower() == word.lower().replace(" ", "_"):
            return ZoneInfo(name)
    return None


def _zone_hint(word: str) -> str:
    from zoneinfo import available_timezones

    from venue_ops.core.references import close_matches

    known = available_timezones()
    cities = {name.rpartition("/")[2]: name for name in sorted(known)}
    near = close_matches(word, known) or tuple(cities[c] for c in close_matches(word, cities))
    return f"Did you mean {' or '.join(near)}? {_ZONE_HINT}" if near else _ZONE_HINT


def age(then: datetime, now: datetime) -> str:
    """How long ago, in one unit rounded down: `45s`, `12m`, `3h`, `2d`, `3y`.

    Hours go up to 48 and days to two years, as kubectl does. The future is `in 5m`, but a
    difference of under five seconds is two clocks that disagree: `0s`.
    """
    seconds = int((now - then).total_seconds())
    if seconds < 0:
        return f"in {_one_unit(-seconds)}" if seconds <= -_CLOCK_SKEW else "0s"
    return _one_unit(seconds)


def _one_unit(seconds: int) -> str:
    for below, size, unit in (
        (60, 1, "s"),
        (3600, 60, "m"),
        (2 * _DAY, 3600, "h"),
        (730 * _DAY, _DAY, "d"),
    ):
        if seconds < below:
            return f"{seconds // size}{unit}"
    return f"{seconds // (365 * _DAY)}y"


def brief_duration(seconds: Decimal | float) -> str:
    """How long it took: `340ms`, `3.2s`, `4m05s`, `1h02m`, `3d04h`; `?` if nothing can have."""
    exact = Decimal(str(seconds))
    if not exact.is_finite() or not -_LONGEST_SECONDS <= exact <= _LONGEST_SECONDS:
        return "?"
    sign, exact = ("-", -exact) if exact < 0 else ("", exact)
    milliseconds = _rounded(exact * 1000)
    if milliseconds < 1000:
        return f"{sign}{milliseconds}ms" if milliseconds else "0s"
    tenths = _rounded(exact * 10)
    if tenths < 600:
        return f"{sign}{tenths // 10}.{tenths % 10}s"
    return sign + _two_units(_rounded(exact))


def _two_units(seconds: int) -> str:
    if seconds < 3600:
        return f"{seconds // 60}m{seconds % 60:02d}s"
    minutes = seconds // 60
    if minutes < 48 * 60:
        return f"{minutes // 60}h{minutes % 60:02d}m"
    hours = minutes // 60
    return f"{hours // 24}d{hours % 24:02d}h"


def _rounded(number: Decimal) -> int:
    return int(number.to_integral_value(rounding=ROUND_HALF_UP))


def _shown(text: str) -> str:
    return f'"{text}"' if len(text) <= _LONGEST else f'"{text[:_LONGEST]}…"'
