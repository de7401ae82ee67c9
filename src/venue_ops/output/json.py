"""JSON text, exact and in ASCII.

The standard encoder has no way to write a Decimal with its own digits and recurses; this one
does neither. It takes what `Redactor.tree` returns: plain JSON, already redacted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from json.encoder import JSONEncoder, encode_basestring_ascii
from typing import NamedTuple

from venue_ops.core.models import Json
from venue_ops.output.safe import Safe

_compact = JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class _Raw(NamedTuple):
    text: str


def quoted(text: str) -> Safe:
    """A JSON string: every character outside printable ASCII is an escape, DEL too."""
    return Safe(encode_basestring_ascii(text).replace("\x7f", "\\u007f"))


def encode(value: Json, *, indent: int = 0, level: int = 0) -> Safe:
    """One JSON text; `indent` 0 is compact, `level` is how deep it stands already."""
    if not indent:
        # Most rows hold no Decimal: the standard encoder writes the same, ten times faster.
        with suppress(TypeError, RecursionError, ValueError):
            return Safe(_compact(value).replace("\x7f", "\\u007f"))
    out: list[str] = []
    stack: list[tuple[object, int]] = [(value, level)]
    while stack:
        item, depth = stack.pop()
        match item:
            case _Raw():
                out.append(item.text)
            case Mapping():
                stack.extend(_container("{}", _pairs(item, indent), depth, indent))
            case Sequence() if not isinstance(item, str):
                stack.extend(_container("[]", ([each] for each in item), depth, indent))
            case _:
                out.append(_scalar(item))
    return Safe("".join(out))


def _scalar(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return int.__repr__(value)
        case float():
            return float.__repr__(value)
        case Decimal():
            return str(value)
        case _:
            return quoted(str(value))


def _pairs(item: Mapping[str, object], indent: int) -> Iterator[list[object]]:
    colon = ": " if indent else ":"
    return ([_Raw(quoted(key) + colon), value] for key, value in item.items())


def _container(
    brackets: str, entries: Iterable[list[object]], depth: int, indent: int
) -> list[tuple[object, int]]:
    """The parts of an object or array, last first, as the stack wants them."""
    before = "\n" + " " * indent * (depth + 1) if indent else ""
    parts: list[tuple[object, int]] = [(_Raw(brackets[0]), depth)]
    for index, entry in enumerate(entries):
        parts.append((_Raw(("," if index else "") + before), depth))
        parts.extend((part, depth + 1) for part in entry)
    if len(parts) > 1 and indent:
        parts.append((_Raw("\n" + " " * indent * depth), depth))
    parts.append((_Raw(brackets[1]), depth))
    parts.reverse()
    return parts


def stream_listing(rows: Iterable[Json], page: Json, *, indent: int = 0) -> Iterator[Safe]:
    """`{"data": [...], "page": ...}` piece by piece: one row is in memory at a time.

    Nothing comes before the first row is there: a question that fails leaves no half object.
    """
    line = "\n" if indent else ""
    space = " " if indent else ""
    margin = " " * indent
    start = f'{{{line}{margin}"data":{space}['
    before = start
    for row in rows:
        yield Safe(f"{before}{line}{margin * 2}{encode(row, indent=indent, level=2)}")
        before = ","
    close = f"{start}]" if before is start else f"{line}{margin}]"
    yield Safe(f'{close},{line}{margin}"page":{space}{encode(page, indent=indent, level=1)}')
    yield Safe(f"{line}}}\n")
