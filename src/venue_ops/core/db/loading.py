"""What of a row becomes which Python value: UTC moments, and JSON numbers with every digit."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.types.datetime import TimestampLoader
from psycopg.types.json import set_json_loads

_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
_LATEST = datetime(9999, 12, 30, tzinfo=UTC)
_LONGEST_INTEGER = 1000  # digits; Python refuses to read much longer ones


def load_exactly(connection: psycopg.BaseConnection[Any]) -> None:
    """Have a connection read timestamps as aware moments and JSON without rounding."""
    connection.adapters.register_loader("timestamp", _UtcLoader)
    set_json_loads(loads, connection)


class _UtcLoader(TimestampLoader):
    """A timestamp without zone, which the application means as UTC, as an aware datetime.

    What Python cannot hold (infinity, the year 20000) becomes the first or last day it can:
    one such row must not stop a listing.
    """

    def load(self, data: Any) -> datetime:
        try:
            return super().load(data).replace(tzinfo=UTC)
        except psycopg.DataError:
            is_past = bytes(data).startswith(b"-") or bytes(data).endswith(b"BC")
            return _EARLIEST if is_past else _LATEST


def loads(text: str | bytes) -> Any:
    """JSON of any size and depth; numbers keep every digit."""
    try:
        return json.loads(text, parse_float=Decimal, parse_int=_integer)
    except RecursionError:
        return "(JSON nested too deep to read)"


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < _LONGEST_INTEGER else Decimal(digits)
