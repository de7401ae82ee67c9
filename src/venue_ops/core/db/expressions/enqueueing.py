"""Whether the application's retry job could take an image, and save its venue afterwards.

The job tries all its images first and saves then, so what it refuses to save was fetched and
stored for nothing. `for_job` is the twin of `planning.decisions.is_for_job`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    FromClause,
    Integer,
    ScalarSelect,
    and_,
    func,
    or_,
    select,
)
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.sql.selectable import NamedFromClause

from venue_ops.core.db.expressions.images import has_status, placed_images_of
from venue_ops.core.db.expressions.values import (
    Json,
    at,
    elements_of,
    json_lit,
    lit,
    number_at,
    string_at,
    text_at,
)
from venue_ops.core.db.expressions.values import type_of as kind_of
from venue_ops.core.models import UploadStatus

TOTAL, SAVABLE, IDENTITIES, FAILED = 1, 2, 3, 4


def for_job(image: Json) -> ColumnElement[bool]:
    """One that the job would load: failed, by a provider, from a `provider_url`; never NULL.

    Without `provider_url` it is given up at once, and a count that is no number ends the job.
    """
    return func.coalesce(
        and_(
            has_status(image, UploadStatus.FAILED),
            string_at(image, "provider").is_not(None),
            string_at(image, "provider_url") != lit(""),
            _counts_as_number(at(image, "retry_count")),
        ),
        sql("false"),
    )


_WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    chr(code) for code in range(0x2000, 0x200B)
)
"""What Elixir trims from a text before it asks whether there is any."""


def is_whole(venue: NamedFromClause) -> ColumnElement[bool]:
    """Whether its own columns are what `Venue.changeset` asks for at every save; never NULL.

    A name, a type, and coordinates that there are on Earth. It also asks for a city, which the
    table does as well, and for a `source` that it knows, which no column tells.
    """
    named = [
        func.btrim(column, lit(_WHITE_SPACE)) != lit("")
        for column in (venue.c.name, venue.c.venue_type)
    ]
    return func.coalesce(
        and_(
            *named,
            # These are no columns that whoever reads has to be granted.
            sql(f"{venue.name}.latitude", Double).between(sql("-90"), sql("90")),
            sql(f"{venue.name}.longitude", Double).between(sql("-180"), sql("180")),
        ),
        sql("false"),
    )


def savable_counts(venue_images: Json) -> ScalarSelect[Any]:
    """An array: all elements, those that may be saved again, the identities, those that failed.

    An element may be if it is an object with a string `url` and a quality to be sorted by.
    Identities are told apart by a hash of 64 bits, which sorts in half the time, and of texts as
    they stand: where `provider` or `provider_url` is no text, two may count as one and be left out.
    """
    element = elements_of(venue_images, "saved")
    image: Json = element.c.value
    savable = and_(
        kind_of(image) == lit("object"),
        kind_of(at(image, "url")) == lit("string"),
        _counts_as_number(at(image, "quality_score")),
    )
    url = func.coalesce(text_at(image, "provider_url"), text_at(image, "url"))
    named = func.concat(text_at(image, "provider"), sql("E'\\n'"), url)
    identity = func.hashtextextended(named.collate("C"), sql("0"))
    counts: list[ColumnElement[int]] = [
        func.count(),
        func.count().filter(savable),
        func.count(identity.distinct()),
        func.count().filter(has_status(image, UploadStatus.FAILED)),
    ]
    return select(array(counts)).select_from(element).scalar_subquery()


def are_in_order(venue_images: Json) -> ScalarSelect[Any]:
    """Whether the failed images stand by quality, the best first, as the application sorts.

    Then no later sorting gives one of them another index.
    """
    element = placed_images_of(venue_images)
    quality = func.coalesce(number_at(element.c.value, "quality_score"), sql("0"))
    failed = (
        select(quality.label("quality"), func.lag(quality).over(order_by=element.c.place))
        .add_columns(element.c.place)
        .select_from(element)
        .where(has_status(element.c.value, UploadStatus.FAILED))
    )
    pairs: FromClause = failed.subquery("in_order")
    quality_of, before = list(pairs.c)[:2]
    is_after = or_(before.is_(None), quality_of <= before)
    return select(func.coalesce(func.bool_and(is_after), sql("true"))).scalar_subquery()


def nth(counts: ColumnElement[Any], place: int) -> ColumnElement[Any]:
    """One of `savable_counts`."""
    return counts[sql(str(place), Integer)]


def _counts_as_number(value: Json) -> ColumnElement[bool]:
    """Elixir's `value || 0` in arithmetic: a number, or null, false and absent, which are 0."""
    return or_(
        value.is_(None),
        kind_of(value).in_([lit("number"), lit("null")]),
        value == json_lit("false"),
    )
