"""Everything that matches, for COPY: raw values, cleaned on their way out.

The columns are those of `core.exports.columns`, computed only where they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    case,
    cast,
    column,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH

from venue_ops.core.db.expressions.images import (
    Count,
    count_at,
    error_texts,
    error_type,
    has_status,
    image_counts,
    may_have_failed,
    outcome_counts,
    venue_outcome,
)
from venue_ops.core.db.expressions.values import (
    Json,
    at,
    is_one_of,
    json_lit,
    lit,
    number_at,
    once,
    string_at,
)
from venue_ops.core.db.questions import ImageFilter, ImagesExport, VenuesExport
from venue_ops.core.db.schema import cities, countries, venues
from venue_ops.core.db.statements.parameters import (
    many_ids,
    many_texts,
    one_moment,
    one_number,
)
from venue_ops.core.db.statements.venues import has_error, matching_ids, of_provider
from venue_ops.core.models import Retryability, UploadStatus
from venue_ops.core.vocabulary import BAD_UPLOADS, types_of

Built = ColumnElement[Any]
PLACES = frozenset({"city", "country"})


def images(question: ImagesExport) -> Select[Any]:
    """Binds the parameters of its filters. One row an element of `venue_images`, by venue."""
    venue = venues.alias("venue")
    element = _elements(venue.c.venue_images)
    columns = _image_columns(venue, element)
    source: FromClause = venue.join(element, true())
    if PLACES & set(question.columns):
        source = _with_places(source, venue)
    return (
        select(*(columns[name]().label(name) for name in question.columns))
        .select_from(source)
        .where(*_of_venue(venue, question.filters), *_of_image(element.c.value, question.filters))
        .order_by(venue.c.id, element.c.place)
    )


def rows_of_venues(question: VenuesExport) -> Select[Any]:
    """Binds the parameters of its filters and `max_retries`. One row a venue, by id."""
    chosen = matching_ids(question)
    venue = venues.alias("shown")
    counts = once(image_counts(venue.c.venue_images, one_number("max_retries")), "counts", venue)
    outcome = once(outcome_counts(venue.c.venue_images), "outcome", venue)
    source: FromClause = chosen.join(venue, venue.c.id == chosen.c.id)
    if any(name.startswith("images_") for name in question.columns):
        source = source.join(counts, true())
    if "outcome" in question.columns:
        source = source.join(outcome, true())
    if PLACES & set(question.columns):
        source = _with_places(source, venue)
    columns = _venue_columns(venue, counts.c.counts, outcome.c.outcome)
    return (
        select(*(columns[name]().label(name) for name in question.columns))
        .select_from(source)
        .order_by(venue.c.id)
    )


def _elements(venue_images: Json) -> Any:
    """The elements of an array as rows (value, place); none of what is no array.

    A silent strict path reads the value once; jsonb_typeof first would decompress it twice.
    """
    path = cast(lit("strict $[*]"), JSONPATH)
    rows = func.jsonb_path_query(venue_images, path, json_lit("{}"), literal_column("true"))
    return rows.table_valued(
        column("value", JSONB), with_ordinality="place", name="image"
    ).render_derived()


def _with_places(source: FromClause, venue: FromClause) -> FromClause:
    return source.outerjoin(cities, cities.c.id == venue.c.city_id).outerjoin(
        countries, countries.c.id == cities.c.country_id
    )


def _of_venue(venue: FromClause, filters: tuple[ImageFilter, ...]) -> Iterator[ColumnElement[bool]]:
    if ImageFilter.CITY in filters:
        yield venue.c.city_id == func.any(many_ids("city_ids"))
    if ImageFilter.VENUE in filters:
        yield venue.c.id == func.any(many_ids("venue_ids"))
    if ImageFilter.SINCE in filters:
        yield venue.c.updated_at >= one_moment("since")
    if ImageFilter.ERROR in filters:
        yield may_have_failed(venue.c.venue_images)


def _of_image(image: Json, filters: tuple[ImageFilter, ...]) -> Iterator[ColumnElement[bool]]:
    if ImageFilter.PROVIDER in filters:
        yield of_provider(image)
    if ImageFilter.ERROR in filters:
        yield has_error(image)
    if ImageFilter.STATUS in filters:
        yield string_at(image, "upload_status") == func.any(many_texts("statuses"))


def _image_columns(venue: FromClause, element: Any) -> dict[str, Callable[[], Built]]:
    image = element.c.value
    details = at(image, "error_details")
    failed = has_status(image, *BAD_UPLOADS)
    texts = {
        **{"provider": "provider", "upload_status": "upload_status", "retried_at": "retried_at"},
        **{"fetched_at": "fetched_at", "url": "url", "source_url": "provider_url"},
        "imagekit_path": "imagekit_path",
    }
    numbers = ("retry_count", "width", "height", "position", "quality_score")
    return {
        "venue_id": lambda: venue.c.id,
        "venue": lambda: venue.c.slug,
        "venue_name": lambda: venue.c.name,
        "city_id": lambda: venue.c.city_id,
        "city": lambda: cities.c.slug,
        "country": lambda: countries.c.code,
        "place": lambda: element.c.place,
        "error_type": lambda: case((failed, error_type(image))),
        "retryability": lambda: _retryability(image),
        "status_code": lambda: number_at(details, "status_code"),
        "error": lambda: func.coalesce(*error_texts(image)),
        "failed_at": lambda: string_at(details, "timestamp"),
        **{name: _text(image, key) for name, key in texts.items()},
        **{name: _number(image, name) for name in numbers},
    }


def _text(image: Json, key: str) -> Callable[[], Built]:
    return lambda: string_at(image, key)


def _number(image: Json, key: str) -> Callable[[], Built]:
    return lambda: number_at(image, key)


def _retryability(image: Json) -> Built:
    """The class of a failed image; NULL for one that has not failed."""
    kind = error_type(image)
    return case(
        (
            has_status(image, UploadStatus.PERMANENTLY_FAILED),
            lit(Retryability.PERMANENT),
        ),
        (
            has_status(image, UploadStatus.FAILED),
            case(
                *(
                    (is_one_of(kind, types_of(known)), lit(known))
                    for known in (Retryability.TRANSIENT, Retryability.PERMANENT)
                ),
                else_=lit(Retryability.AMBIGUOUS),
            ),
        ),
    )


def _venue_columns(
    venue: FromClause, counts: ColumnElement[Any], outcome: ColumnElement[Any]
) -> dict[str, Callable[[], Built]]:
    def count(*places: Count) -> Callable[[], Built]:
        return lambda: sum(
            (count_at(counts, place) for place in places[1:]), start=count_at(counts, places[0])
        )

    return {
        "id": lambda: venue.c.id,
        "slug": lambda: venue.c.slug,
        "name": lambda: venue.c.name,
        "city_id": lambda: venue.c.city_id,
        "city": lambda: cities.c.slug,
        "country": lambda: countries.c.code,
        "outcome": lambda: venue_outcome(venue.c.venue_images, outcome),
        "images_total": count(Count.TOTAL),
        "images_uploaded": count(Count.UPLOADED),
        "images_failed": count(Count.FAILED, Count.PERMANENTLY_FAILED),
        "images_permanently_failed": count(Count.PERMANENTLY_FAILED),
        "images_skipped_dev": count(Count.SKIPPED_DEV),
        "images_transient": count(Count.TRANSIENT),
        "images_retryable": count(Count.RETRYABLE),
        "updated_at": lambda: _iso(venue.c.updated_at),
        "last_checked_at": lambda: string_at(venue.c.image_enrichment_metadata, "last_checked_at"),
    }


def _iso(moment: Built) -> Built:
    """A column that is UTC without zone, as ISO 8601."""
    return func.to_char(moment, lit('YYYY-MM-DD"T"HH24:MI:SS"Z"'))
