"""Formats for machines keep every value."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.test_output_formats import NOW, written

from venue_ops.output import Column, Format, Listing

ONE = (Column[Any]("v", lambda row: row),)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="=:,>%/@\\&")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcxyz", max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.lists(VALUES, max_size=5), st.sampled_from([Format.JSON, Format.NDJSON]), st.booleans())
def test_json_keeps_every_value(values: list[Any], fmt: Format, terminal: bool) -> None:
    text = written(Listing(values, ONE, str), fmt, terminal=terminal)
    assert text.isascii()
    assert all(char.isprintable() or char == "\n" for char in text)
    if fmt is Format.JSON:
        rows = json.loads(text, parse_float=Decimal)["data"]
    else:
        rows = [json.loads(line, parse_float=Decimal) for line in text.splitlines()]
    assert [row["v"] for row in rows] == [_as_json(value) for value in values]


def _as_json(value: Any) -> Any:
    # 1E+2 and 100 are one number; Decimal and int compare equal.
    return value


@given(st.lists(st.text(), max_size=5))
def test_csv_is_read_back(values: list[str]) -> None:
    for fmt, dialect in ((Format.CSV, "excel"), (Format.TSV, "excel-tab")):
        columns = (*ONE, Column[Any]("w", lambda _: 1))
        text = written(Listing(values, columns, str), fmt)
        rows = list(csv.reader(io.StringIO(text, newline=""), dialect))
        assert [row[1] for row in rows] == ["w", *("1" for _ in values)]


def test_numbers_in_csv_are_numbers() -> None:
    values = [-5, Decimal("-0.10"), -1.5, timedelta(seconds=-3), True, None, NOW, [1, "=1"], {}]
    lines = written(Listing(values, ONE, str), Format.CSV, tz=UTC).split("\r\n")
    assert lines == [
        *("v", "-5", "-0.10", "-1.5", "-3", "true", '""', "2025-11-07T12:00:00Z"),
        *('"[1,""=1""]"', "{}", ""),
    ]


def test_strange_numbers_and_deep_values_do_not_stop_a_listing() -> None:
    deep: list[Any] = []
    for _ in range(20_000):
        deep = [deep]
    values = [
        float("nan"),
        Decimal("-Infinity"),
        datetime.max.replace(tzinfo=UTC),
        b"\0",
        Path("x"),
        deep,
    ]
    for fmt in Format:
        assert written(Listing(values, ONE, lambda _: "i"), fmt)
