"""The only statements that change a venue: what became of one image, merged into its array.

The element is found by identity and by being failed still, never by its place; every other
element stays the jsonb it is. A second writer of the row is waited for, and the expressions are
worked out again on what it left (READ COMMITTED), so nobody's change is lost. Exactly one
element has to match, or no row is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Update,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from venue_ops.core.db.expressions.images import (
    has_status,
    image_url,
    placed_images_of,
    retry_count,
)
from venue_ops.core.db.expressions.values import Json, json_lit, lit, string_at, type_of
from venue_ops.core.db.questions import MarkFailed, MarkUploaded
from venue_ops.core.db.schema import venues
from venue_ops.core.db.statements.parameters import (
    one_id,
    one_moment,
    one_number,
    one_text,
)
from venue_ops.core.models import UploadStatus
from venue_ops.core.vocabulary import BAD_UPLOADS

RETRY_COUNT, ERROR_DETAILS = "retry_count", "error_details"


def uploaded(_: MarkUploaded) -> Update:
    """Binds `venue_id`, `provider`, `source_url`, `url`, `imagekit_path`, `retried_at`, `now`.

    An image without `provider_url` gets the one that it was known by, or its identity would be
    lost with its old `url`.
    """

    def change(image: Json) -> Json:
        written = func.jsonb_build_object(
            lit("url"),
            one_text("url"),
            lit("imagekit_path"),
            one_text("imagekit_path"),
            lit("upload_status"),
            lit(UploadStatus.UPLOADED),
            lit(RETRY_COUNT),
            _next_count(image),
            lit("retried_at"),
            one_text("retried_at"),
        )
        origin = func.jsonb_build_object(lit("provider_url"), one_text("source_url"))
        known = string_at(image, "provider_url").is_not(None)
        kept = image.op("-", return_type=JSONB())(lit(ERROR_DETAILS))
        return _joined(kept, _joined(written, case((known, json_lit("{}")), else_=origin)))

    return _merged(change)


def failed(_: MarkFailed) -> Update:
    """Binds `venue_id`, `provider`, `source_url`, `retries`, `details`, `is_final`,
    `max_retries`, `now`.

    `retries` are those that the image had when it was tried: where somebody tried it meanwhile,
    their result stays. `details` is the object for `error_details`, less `retry_attempt`;
    `is_final` says that the error is permanent.
    """

    def change(image: Json) -> Json:
        attempt = _next_count(image)
        given_up = or_(bindparam("is_final", type_=Boolean), attempt >= one_number("max_retries"))
        details = bindparam("details", type_=JSONB)
        written = func.jsonb_build_object(
            lit("upload_status"),
            case((given_up, lit(UploadStatus.PERMANENTLY_FAILED)), else_=lit(UploadStatus.FAILED)),
            lit(RETRY_COUNT),
            attempt,
            lit(ERROR_DETAILS),
            _joined(details, func.jsonb_build_object(lit("retry_attempt"), attempt)),
        )
        return _joined(image, written)

    return _merged(change, lambda image: retry_count(image) == one_number("retries"))


def _merged(
    change: Callable[[Json], Json],
    narrowed: Callable[[Json], ColumnElement[bool]] = lambda _: true(),
) -> Update:
    def is_meant(image: Json) -> ColumnElement[bool]:
        return and_(_is_failing(image), narrowed(image))

    element = placed_images_of(venues.c.venue_images)
    image = element.c.value
    merged = (
        select(
            func.jsonb_agg(
                aggregate_order_by(
                    case((is_meant(image), change(image)), else_=image), element.c.place
                )
            )
        )
        .select_from(element)
        .scalar_subquery()
    )
    matching = placed_images_of(venues.c.venue_images)
    matches = (
        select(func.count())
        .select_from(matching)
        .where(is_meant(matching.c.value))
        .scalar_subquery()
    )
    return (
        update(venues)
        .values(
            venue_images=merged,
            updated_at=func.greatest(
                venues.c.updated_at, func.date_trunc(lit("second"), one_moment("now"))
            ),
        )
        .where(venues.c.id == one_id("venue_id"), matches == sql("1"))
        .returning(venues.c.id)
    )


def _is_failing(image: Json) -> ColumnElement[bool]:
    """The image of this identity that has failed still."""
    return and_(
        type_of(image) == lit("object"),
        has_status(image, *BAD_UPLOADS),
        image_url(image) == one_text("source_url"),
        string_at(image, "provider").is_not_distinct_from(one_text("provider")),
    )


def _next_count(image: Json) -> ColumnElement[Any]:
    return cast(retry_count(image), BigInteger) + sql("1")


def _joined(one: Json, other: Json) -> Json:
    return one.op("||", return_type=JSONB())(other)
