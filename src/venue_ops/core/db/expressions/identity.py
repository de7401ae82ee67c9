"""The stable name of an image in SQL: the twin of `core.references.image_id`."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, func, not_, or_, select
from sqlalchemy import literal_column as sql

from venue_ops.core.db.expressions.images import image_url
from venue_ops.core.db.expressions.values import (
    Json,
    ascii_lower,
    is_one_of,
    items_of,
    lit,
    string_at,
)
from venue_ops.core.redaction import SECRET_PARAMETERS
from venue_ops.core.references import IMAGE_ID_DIGITS, OTHER_PROVIDER, PROVIDER_CODES


def image_id(venue_slug: ColumnElement[Any], image: Json) -> ColumnElement[Any]:
    """`noce-krk/gp-848af5ab31`; NULL for what has no URL to be known by."""
    provider = func.coalesce(string_at(image, "provider"), lit(""))
    # What is hashed keeps its bytes: no locale of the database may fold or compare them.
    url = image_url(image).collate("C")
    identity = func.concat(provider, lit("\n"), _without_secrets(url))
    digest = func.encode(func.sha256(func.convert_to(identity, lit("UTF8"))), lit("hex"))
    code = case(
        *((provider == lit(name), lit(short)) for name, short in PROVIDER_CODES.items()),
        else_=lit(OTHER_PROVIDER),
    )
    name = func.concat(
        venue_slug, lit("/"), code, lit("-"), func.left(digest, sql(str(IMAGE_ID_DIGITS)))
    )
    return case((url.is_not(None), name))


def _without_secrets(url: ColumnElement[Any]) -> ColumnElement[Any]:
    """The URL less its secret query parameters."""
    rest = func.split_part(url, lit("#"), sql("1"))
    path = func.split_part(rest, lit("?"), sql("1"))
    fragment = func.substr(url, func.length(rest) + sql("1"))
    query = func.substr(rest, func.length(path) + sql("2"))
    items = items_of(func.string_to_array(query, lit("&")), "items", Text)
    kept = func.string_agg(items.c.item, lit("&"))
    question = case((func.btrim(kept, lit("&")) != lit(""), func.concat(lit("?"), kept)))
    query_kept = (
        select(question)
        .select_from(items)
        .where(not_(_is_secret(func.split_part(items.c.item, lit("="), sql("1")))))
        .correlate_except(items)
        .scalar_subquery()
    )
    without = func.concat(path, query_kept, fragment)
    return case((func.strpos(url, lit("?")) > sql("0"), without), else_=url)


def _is_secret(name: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a parameter's name is one of a secret, whichever letters are percent-encoded.

    The expression for the latter takes a hundred times as long and is left to names with a `%`.
    """
    encoded = "|".join("".join(map(_spelled, known)) for known in sorted(SECRET_PARAMETERS))
    folded = ascii_lower(name)
    return or_(
        is_one_of(folded, sorted(SECRET_PARAMETERS)),
        and_(
            func.strpos(name, lit("%")) > sql("0"),
            folded.regexp_match(lit(f"^(?:{encoded})$")),
        ),
    )


def _spelled(char: str) -> str:
    codes = sorted({f"%{ord(case):02x}" for case in (char, char.upper())})
    return f"(?:{'|'.join([re.escape(char), *codes])})"
