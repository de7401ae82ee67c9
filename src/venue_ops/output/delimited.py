"""CSV (RFC 4180) and TSV lines.

A text field never begins a formula (`spreadsheet_safe`); numbers, times and true/false are
written as they are. Line breaks and tabs inside a field are escapes, so that a record is one
line in both formats and `cut` and `awk` work on TSV.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from venue_ops.core.models import Json
from venue_ops.output.json import encode
from venue_ops.output.safe import Cleaner, Safe

_CSV_SPECIAL = frozenset(',"\r\n;\t')


def field(value: Json, cleaner: Cleaner, *, exact: bool = False) -> Safe:
    """One field; `exact` says that a text was made by us (a time) and needs no care."""
    match value:
        case None:
            return Safe("")
        case bool():
            return Safe("true" if value else "false")
        case str():
            return Safe(value) if exact else cleaner.sheet(value)
        case int() | float():
            return Safe(repr(value))
        case Decimal():
            return Safe(str(value))
        case _:
            return encode(value)


def csv_line(fields: Sequence[Safe]) -> Safe:
    """Comma separated, quoted where needed, ended by CR LF.

    A lone empty field is quoted: an empty line would be no record.
    """
    if list(fields) == [""]:
        return Safe('""\r\n')
    return Safe(",".join(map(_csv_field, fields)) + "\r\n")


def _csv_field(text: Safe) -> str:
    if _CSV_SPECIAL.isdisjoint(text) and text == text.strip():
        return text
    return '"' + text.replace('"', '""') + '"'


def tsv_line(fields: Sequence[Safe]) -> Safe:
    """Tab separated and ended by LF, without quotes.

    Only a field that begins with a quote is quoted: readers would take its quote for their own.
    """
    return Safe("\t".join(map(_tsv_field, fields)) + "\n")


def _tsv_field(text: Safe) -> str:
    return '"' + text.replace('"', '""') + '"' if text.startswith('"') else text
