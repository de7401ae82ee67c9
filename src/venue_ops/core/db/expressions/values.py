"""Reading jsonb of any shape in SQL: the twin of `core.classification.values`.

No expression here raises on any row: casts stand behind a type check inside CASE, which
PostgreSQL evaluates in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    FromClause,
    Numeric,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, array
from sqlalchemy.sql.selectable import LateralFromClause

Json = ColumnElement[Any]

_ID_AS_STRING = "^[1-9][0-9]{0,17}$"
_WHOLE = "^[0-9]+([.]0+)?$"
_ID_AS_NUMBER = "^[1-9][0-9]{0,17}([.]0+)?$"


def lit(text: str) -> ColumnElement[str]:
    """One of our own constants, inline, so that the statement reads as written by hand."""
    return literal_column("'" + text.replace("'", "''") + "'", Text)


def json_lit(text: str) -> Json:
    """A constant of type jsonb."""
    return cast(lit(text), JSONB)


def at(value: Json, key: str) -> Json:
    """The member of an object; NULL for anything else, and where the key is absent."""
    return value.op("->", return_type=JSONB(), precedence=15)(lit(key))


def text_at(value: Json, key: str) -> ColumnElement[str]:
    """A member as text, whatever its type: only for comparing with fixed words."""
    return value.op("->>", return_type=Text(), precedence=15)(lit(key))


def has_member(value: Json, key: str) -> ColumnElement[bool]:
    """Whether the object has the key, be it null (`?` would also look into arrays)."""
    return at(value, key).is_not(None)


def type_of(value: Json) -> ColumnElement[str]:
    """jsonb_typeof: object, array, string, number, boolean, null; NULL for SQL NULL."""
    return func.jsonb_typeof(value)


def string(value: Json) -> ColumnElement[str]:
    """The text of a JSON string; NULL for any other type."""
    return case((type_of(value) == lit("string"), _unwrapped(value)))


def string_at(value: Json, key: str) -> ColumnElement[str]:
    """The string under a key; NULL for any other type."""
    return string(at(value, key))


def number(value: Json) -> ColumnElement[Any]:
    """A JSON number as numeric; NULL for any other type."""
    return case((type_of(value) == lit("number"), cast(_unwrapped(value), Numeric)))


def number_at(value: Json, key: str) -> ColumnElement[Any]:
    """The number under a key."""
    return number(at(value, key))


def whole_at(value: Json, key: str) -> ColumnElement[Any]:
    """The twin of `classification.values.whole`: a whole number from 0, as bigint."""
    found = at(value, key)
    sensible = and_(
        type_of(found) == lit("number"),
        found < json_lit(str(2**53)),
        _unwrapped(found).regexp_match(lit(_WHOLE)),
    )
    return case((sensible, cast(cast(_unwrapped(found), Numeric), BigInteger)))


def positive_at(value: Json, key: str) -> ColumnElement[bool]:
    """Whether a number above zero stands under the key; never NULL."""
    found = at(value, key)
    is_positive = and_(type_of(found) == lit("number"), found > json_lit("0"))
    return func.coalesce(is_positive, literal_column("false"))


def array_or_empty(value: Json) -> Json:
    """The value if it is an array, else an empty one: safe to unnest."""
    return case((type_of(value) == lit("array"), value), else_=json_lit("[]"))


def object_or_empty(value: Json) -> Json:
    """The value if it is an object, else an empty one."""
    return case((type_of(value) == lit("object"), value), else_=json_lit("{}"))


def json_id(value: Json) -> ColumnElement[Any]:
    """A row's id as it stands in args or meta: an integral number or its canonical digits.

    Everything else (" 12", "012", 1.5, true) is junk and NULL: the application could not load
    a venue by it either, and an index on args could not find it.
    """
    text = _unwrapped(value)
    return case(
        (
            and_(type_of(value) == lit("number"), text.regexp_match(lit(_ID_AS_NUMBER))),
            cast(cast(text, Numeric), BigInteger),
        ),
        (
            and_(type_of(value) == lit("string"), text.regexp_match(lit(_ID_AS_STRING))),
            cast(text, BigInteger),
        ),
    )


def is_one_of(text: ColumnElement[Any], words: Iterable[str]) -> ColumnElement[bool]:
    """Whether a text is one of our constants; NULL where the text is."""
    return text.in_([lit(str(word)) for word in words])


def holds_one_of(text: ColumnElement[Any], words: Iterable[str]) -> ColumnElement[bool]:
    """Whether one of our constants (no regular expressions) stands anywhere in a text."""
    return text.regexp_match(lit("|".join(re.escape(word) for word in words)))


def elements_of(value: Json, alias: str) -> Any:
    """The elements of an array as rows with the one column `value`; none for anything else."""
    return func.jsonb_array_elements(array_or_empty(value)).table_valued(
        column("value", JSONB), name=alias
    )


def members_of(value: Json, alias: str) -> Any:
    """The members of an object as rows (key, value); none for anything else."""
    return func.jsonb_each(object_or_empty(value)).table_valued(
        column("key", Text), column("value", JSONB), name=alias
    )


def items_of(bound_array: ColumnElement[Any], alias: str, type_: Any) -> Any:
    """The items of an SQL array as rows with the one column `item`."""
    rows = func.unnest(bound_array).table_valued(column("item", type_), name=alias)
    return rows.render_derived()


def any_name(value: Json, names: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a string, an array's string or an object's key is among the names; never NULL."""
    return func.coalesce(value.op("?|", return_type=Boolean())(names), literal_column("false"))


def ascii_lower(text: ColumnElement[Any]) -> ColumnElement[str]:
    """A-Z in lower case and nothing else, whatever the database's locale."""
    return func.lower(text.collate("C"))


def once(expression: ColumnElement[Any], name: str, source: FromClause) -> LateralFromClause:
    """A lateral row holding an expression over `source`, computed once for all its mentions.

    OFFSET 0 keeps the planner from inlining it, which would compute it once a mention.
    """
    return (
        select(expression.label(name))
        .correlate(source)
        .offset(literal_column("0"))
        .lateral(f"{name}_once")
    )


def with_text(text: ColumnElement[Any], name: str, body: Any) -> ColumnElement[Any]:
    """`body` of a text that is worked out once, however often the body mentions it."""
    row = items_of(array([text]), name, Text)
    return select(body(row.c.item)).select_from(row).correlate_except(row).scalar_subquery()


def _unwrapped(value: Json) -> ColumnElement[str]:
    return value.op("#>>", return_type=Text(), precedence=15)(lit("{}"))
