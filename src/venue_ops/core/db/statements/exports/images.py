"""Every image that matches: one row an element of `venue_images`, by venue and place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, case, func, true

from venue_ops.core.db.expressions.identity import image_id
from venue_ops.core.db.expressions.images import (
    error_texts,
    error_type,
    has_status,
    image_url,
    may_have_failed,
    placed_images_of,
    retry_count,
)
from venue_ops.core.db.expressions.retryability import retryability, verdict
from venue_ops.core.db.expressions.values import (
    Json,
    at,
    number_at,
    string_at,
    whole_at,
)
from venue_ops.core.db.questions import ImageFilter, ImagesExport
from venue_ops.core.db.schema import cities, countries, venues
from venue_ops.core.db.statements.exports.common import PLACES, Columns, chosen, with_places
from venue_ops.core.db.statements.parameters import many_ids, many_texts, one_moment, one_number
from venue_ops.core.db.statements.venues import has_error, of_provider
from venue_ops.core.vocabulary import BAD_UPLOADS

_TEXTS = ("provider", "upload_status", "retried_at", "fetched_at", "url", "imagekit_path")


def rows(question: ImagesExport) -> Select[Any]:
    """Binds the parameters of its filters and `max_retries`."""
    venue = venues.alias("venue")
    element = placed_images_of(venue.c.venue_images)
    source: FromClause = venue.join(element, true())
    if PLACES & set(question.columns):
        source = with_places(source, venue.c.city_id)
    return (
        chosen(_columns(venue, element), question.columns)
        .select_from(source)
        .where(*_of_venue(venue, question.filters), *_of_image(element.c.value, question.filters))
        .order_by(venue.c.id, element.c.place)
    )


def _of_venue(venue: FromClause, filters: tuple[ImageFilter, ...]) -> Iterator[ColumnElement[bool]]:
    if ImageFilter.CITY in filters:
        yield venue.c.city_id == func.any(many_ids("city_ids"))
    if ImageFilter.VENUE in filters:
        yield venue.c.id == func.any(many_ids("venue_ids"))
    if ImageFilter.SINCE in filters:
        yield venue.c.updated_at >= one_moment("since")
    if ImageFilter.UNTIL in filters:
        yield venue.c.updated_at < one_moment("until")
    if ImageFilter.ERROR in filters:
        yield may_have_failed(venue.c.venue_images)


def _of_image(image: Json, filters: tuple[ImageFilter, ...]) -> Iterator[ColumnElement[bool]]:
    if ImageFilter.PROVIDER in filters:
        yield of_provider(image)
    if ImageFilter.ERROR in filters:
        yield has_error(image)
    if ImageFilter.STATUS in filters:
        yield string_at(image, "upload_status") == func.any(many_texts("statuses"))


def _columns(venue: FromClause, element: Any) -> Columns:
    image = element.c.value
    details = at(image, "error_details")
    failed = has_status(image, *BAD_UPLOADS)

    def text(key: str) -> Callable[[], ColumnElement[Any]]:
        return lambda: string_at(image, key)

    return {
        **{name: text(name) for name in _TEXTS},
        "id": lambda: image_id(venue.c.slug, image),
        "venue_id": lambda: venue.c.id,
        "venue": lambda: venue.c.slug,
        "venue_name": lambda: venue.c.name,
        "city_id": lambda: venue.c.city_id,
        "city": lambda: cities.c.slug,
        "country": lambda: countries.c.code,
        "place": lambda: element.c.place,
        "error_type": lambda: case((failed, error_type(image))),
        "status_code": lambda: whole_at(details, "status_code"),
        "error": lambda: func.coalesce(*error_texts(image)),
        "retryability": lambda: retryability(image),
        "retry": lambda: verdict(image, one_number("max_retries")),
        "retry_count": lambda: retry_count(image),
        "failed_at": lambda: string_at(details, "timestamp"),
        "source_url": lambda: image_url(image),
        "width": lambda: whole_at(image, "width"),
        "height": lambda: whole_at(image, "height"),
        "position": lambda: whole_at(image, "position"),
        "quality_score": lambda: number_at(image, "quality_score"),
    }
