"""When an image was last tried, where it comes from and with which key: what tells an outage.

The twin of `classification.attempts`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, LargeBinary, case, cast, func, literal_column

from venue_ops.core.db.expressions.images import image_url
from venue_ops.core.db.expressions.values import Json, at, lit, text_at
from venue_ops.core.vocabulary import FINGERPRINT_DIGITS, KEY_IN_URL, MOMENT_PLACES

_LENGTH = literal_column("19", Integer)
_SHAPE = "2___-__-__T__:__:__%"
_HOST = "^https?://(?:[^/?#]*@)?([^/?#@:]+)"


def tried_at(image: Json) -> ColumnElement[Any]:
    """The first of the places that holds a time, to the second, as the text `2025-10-24T17:11:00`.

    The application writes UTC. As text (collation C) it compares as a time, and no cast can fail
    on what is none.
    """
    details = at(image, "error_details")
    places = {"timestamp": details, "retried_at": image, "fetched_at": image}
    return func.coalesce(*(_moment(text_at(places[key], key)) for key in MOMENT_PLACES))


def _moment(text: ColumnElement[Any]) -> ColumnElement[Any]:
    # A regular expression would take longer than all the rest. The first character rules out
    # objects and arrays, whose text could have the shape.
    return case((text.like(lit(_SHAPE)), func.left(text, _LENGTH).collate("C")))


def host(image: Json) -> ColumnElement[Any]:
    """The host an image is loaded from, in lower case; NULL without a usable URL."""
    return func.lower(func.substring(image_url(image), lit(_HOST)))


def key_fingerprint(image: Json) -> ColumnElement[Any]:
    """The first digits of the SHA-256 of the key in an image's URL; NULL where there is none.

    Computed in the database, so that the key itself never leaves it.
    """
    key = func.substring(image_url(image), lit(KEY_IN_URL))
    digest = func.sha256(func.convert_to(key, lit("UTF8")), type_=LargeBinary)
    hexadecimal = func.encode(cast(digest, LargeBinary), lit("hex"))
    return func.left(hexadecimal, literal_column(str(FINGERPRINT_DIGITS), Integer))
