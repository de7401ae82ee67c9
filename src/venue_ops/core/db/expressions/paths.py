"""Finding ids through the GIN indexes on args and meta: JSON paths, and how they are looked up.

Each id may be written as a number or as a string.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement, Text, case, cast, func, literal_column
from sqlalchemy.dialects.postgresql import JSONPATH

from venue_ops.core.db.expressions.values import Json, lit

FIRST_RARE_NUMBER: ColumnElement[int] = literal_column("1000")
"""Smaller numbers may stand in the args of very many jobs: limits, pages, other ids."""


def under(key: ColumnElement[str], number: ColumnElement[Any]) -> ColumnElement[Any]:
    """The path of an id under a key: strict, or it would look into arrays that should be none."""
    return _path(lit("strict $."), key, lit(" ? ("), is_id(number), lit(")"))


def anywhere(is_one: ColumnElement[str]) -> ColumnElement[Any]:
    """The path of ids (each by `is_id`, joined by ||) under whatever key, alone or in an array.

    A key stands in so many jobs that the index takes most of its time to pass over them: without
    one, a look-up takes a seventh. What it finds has to be asked for its key afterwards.
    """
    return _path(lit("$.*[*] ? ("), is_one, lit(")"))


def quickest(key: str, number: ColumnElement[Any]) -> ColumnElement[Any]:
    """`under` the key for an id that may be common, else `anywhere`: to be asked afterwards."""
    is_common = number < FIRST_RARE_NUMBER
    return case((is_common, under(lit(key), number)), else_=anywhere(is_id(number)))


def is_id(number: ColumnElement[Any]) -> ColumnElement[str]:
    """Inside a path: whether a value is this id."""
    text = cast(number, Text)
    return func.concat(lit("@ == "), text, lit(' || @ == "'), text, lit('"'))


def matches(value: Json, path: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a path finds something; a GIN index answers it."""
    return value.op("@?", return_type=Boolean())(path)


def _path(*parts: ColumnElement[str]) -> ColumnElement[Any]:
    return cast(func.concat(*parts), JSONPATH)
