"""Reading JSON of any shape without a surprise: what is not as expected reads as absent.

Each function has its twin in `core.db.expressions`; a property test holds them equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from venue_ops.core.models import Json


def member(value: Json, key: str) -> Json:
    """The value under a key, and None where `value` is no object or has no such key."""
    return value.get(key) if isinstance(value, Mapping) else None


def has_member(value: Json, key: str) -> bool:
    """Whether `value` is an object with the key, be it null."""
    return isinstance(value, Mapping) and key in value


def string_at(value: Json, key: str) -> str | None:
    """The string under a key; None for any other type."""
    found = member(value, key)
    return found if isinstance(found, str) else None


def number(value: Json) -> Decimal | None:
    """A JSON number without loss; None for any other type (true is no number)."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return value if isinstance(value, Decimal) else Decimal(str(value))


def number_at(value: Json, key: str) -> Decimal | None:
    """The number under a key."""
    return number(member(value, key))


def whole(value: Json, key: str) -> int | None:
    """A whole number from 0 under a key; None where that makes no sense."""
    found = number_at(value, key)
    if found is None or not 0 <= found < _LARGEST or found != int(found):
        return None
    return int(found)


def positive_at(value: Json, key: str) -> bool:
    """Whether a number above zero stands under the key."""
    found = number_at(value, key)
    return found is not None and found > 0


def elements(value: Json) -> Sequence[Json]:
    """The elements of an array; none for anything else."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value
    return ()


def names_in(value: Json) -> Iterator[str]:
    """A string itself, the strings of an array, the keys of an object: PostgreSQL's `?|`."""
    match value:
        case str():
            yield value
        case Mapping():
            yield from value
        case _:
            yield from (item for item in elements(value) if isinstance(item, str))


def ascii_lower(text: str) -> str:
    """A-Z in lower case and nothing else: PostgreSQL's lower() under COLLATE "C"."""
    return text.translate(_LOWER)


_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}

_LARGEST = Decimal(2**53)
