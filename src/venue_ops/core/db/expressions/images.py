"""A venue's images in SQL: the twin of `core.classification.images`.

The counts of one venue come as one array from one correlated scalar subquery: that reads
(and decompresses) the jsonb once a venue. `FROM venues, jsonb_array_elements(venue_images)`
would get a Memoize node keyed on the whole value and read it again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    ScalarSelect,
    and_,
    case,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, array

from venue_ops.core.db.expressions.values import (
    Json,
    at,
    is_one_of,
    json_lit,
    lit,
    number_at,
    string_at,
    text_at,
    type_of,
)
from venue_ops.core.models import Retryability, UploadStatus, VenueOutcome
from venue_ops.core.vocabulary import (
    BAD_UPLOADS,
    ERROR_TYPE_ABSENT,
    GOOD_UPLOADS,
    PROVIDER_ABSENT,
    USABLE_URL,
    types_of,
)


class Count(IntEnum):
    """Where each count stands in the array of `image_counts`, from 1."""

    TOTAL = 1
    UPLOADED = 2
    SKIPPED_DEV = 3
    FAILED = 4
    PERMANENTLY_FAILED = 5
    TRANSIENT = 6
    RETRYABLE = 7


def image_url(image: Json) -> ColumnElement[str]:
    """`provider_url`, or `url` where that is no string."""
    return func.coalesce(string_at(image, "provider_url"), string_at(image, "url"))


def error_type(image: Json) -> ColumnElement[str]:
    """The `error_type` of a failed image; `unknown` where there is none."""
    written = string_at(at(image, "error_details"), "error_type")
    return func.coalesce(func.nullif(written, lit("")), lit(ERROR_TYPE_ABSENT))


def error_texts(image: Json) -> tuple[ColumnElement[str], ...]:
    """What an image's error says in words: `message`, `error`, or both."""
    details = at(image, "error_details")
    return string_at(details, "message"), string_at(details, "error")


def has_status(image: Json, *statuses: UploadStatus) -> ColumnElement[bool]:
    """Whether `upload_status` is one of these."""
    return is_one_of(text_at(image, "upload_status"), statuses)


def is_transient(image: Json) -> ColumnElement[bool]:
    """A failed image whose error passes by itself."""
    written = text_at(at(image, "error_details"), "error_type")
    return and_(
        has_status(image, UploadStatus.FAILED),
        is_one_of(written, types_of(Retryability.TRANSIENT)),
    )


def retry_count(image: Json) -> ColumnElement[Any]:
    """How often the image was tried again; 0 where nothing sensible is written."""
    count = number_at(image, "retry_count")
    sensible = and_(count > literal_column("0"), count < literal_column(str(2**31)))
    return case(
        (at(image, "retry_count").is_(None), literal_column("0")),  # of most: nothing to convert
        (sensible, func.trunc(count)),
        else_=literal_column("0"),
    )


def is_retryable(image: Json, max_retries: ColumnElement[int]) -> ColumnElement[bool]:
    """What a default retry would take: transient, under the limit, with a usable URL."""
    return and_(
        is_transient(image),
        retry_count(image) < max_retries,
        image_url(image).regexp_match(lit(USABLE_URL)),
    )


def images_of(venue_images: Json) -> Any:
    """The elements of `venue_images` as rows with the one column `value`; none if no array.

    A silent strict path asks for the type and takes the elements in one pass over the value:
    jsonb_typeof first would decompress it twice.
    """
    path = cast(lit("strict $[*]"), JSONPATH)
    rows = func.jsonb_path_query(venue_images, path, json_lit("{}"), literal_column("true"))
    return rows.table_valued(column("value", JSONB), name="images").render_derived()


def placed_images_of(venue_images: Json) -> Any:
    """`images_of` as rows (value, place): where each stands, from 1."""
    path = cast(lit("strict $[*]"), JSONPATH)
    rows = func.jsonb_path_query(venue_images, path, json_lit("{}"), literal_column("true"))
    return rows.table_valued(
        column("value", JSONB), with_ordinality="place", name="image"
    ).render_derived()


def failed_images_of(venue_images: Json) -> Any:
    """`images_of`, the failed ones alone: chosen by the path, before any is made a value."""
    words = " || ".join(f'@.upload_status == "{status}"' for status in BAD_UPLOADS)
    path = cast(lit(f"strict $[*] ? ({words})"), JSONPATH)
    rows = func.jsonb_path_query(venue_images, path, json_lit("{}"), literal_column("true"))
    return rows.table_valued(column("value", JSONB), name="failed_images").render_derived()


def image_counts(
    venue_images: Json,
    max_retries: ColumnElement[int],
    only: Callable[[Json], ColumnElement[bool]] | None = None,
) -> ScalarSelect[Any]:
    """All of `ImageCounts` as one array of bigint, in the order of `Count`.

    `only` leaves the other images out of every count.
    """
    images = images_of(venue_images)
    image = images.c.value
    filters: dict[Count, ColumnElement[bool]] = {
        Count.UPLOADED: has_status(image, UploadStatus.UPLOADED),
        Count.SKIPPED_DEV: has_status(image, UploadStatus.SKIPPED_DEV),
        Count.FAILED: has_status(image, UploadStatus.FAILED),
        Count.PERMANENTLY_FAILED: has_status(image, UploadStatus.PERMANENTLY_FAILED),
        Count.TRANSIENT: is_transient(image),
        Count.RETRYABLE: is_retryable(image, max_retries),
    }
    counts: list[ColumnElement[int]] = [
        func.count(),
        *(func.count().filter(filters[key]) for key in Count if key > 1),
    ]
    counted = select(array(counts)).select_from(images)
    return (counted if only is None else counted.where(only(image))).scalar_subquery()


def outcome_counts(venue_images: Json) -> ScalarSelect[Any]:
    """Good and bad images alone, as an array of two: all that an outcome needs.

    Counting more costs more, and this is counted for every venue that may match.
    """
    images = images_of(venue_images)
    counts: list[ColumnElement[int]] = [
        func.count().filter(has_status(images.c.value, *statuses))
        for statuses in (GOOD_UPLOADS, BAD_UPLOADS)
    ]
    return select(array(counts)).select_from(images).scalar_subquery()


def good(outcome_counts: ColumnElement[Any]) -> ColumnElement[Any]:
    """Uploaded and found in development, from `outcome_counts`."""
    return outcome_counts[literal_column("1", Integer)]


def bad(outcome_counts: ColumnElement[Any]) -> ColumnElement[Any]:
    """Failed and permanently failed, from `outcome_counts`."""
    return outcome_counts[literal_column("2", Integer)]


def count_at(counts: ColumnElement[Any], place: Count) -> ColumnElement[Any]:
    """One of `image_counts` out of the array."""
    return counts[literal_column(str(int(place)), Integer)]


def is_malformed(venue_images: Json) -> ColumnElement[bool]:
    """Not an array; NULL (which the application reads as empty) is not malformed."""
    return type_of(venue_images) != lit("array")


def venue_outcome(venue_images: Json, outcome_counts: ColumnElement[Any]) -> ColumnElement[str]:
    """What a venue's images have come to today; never NULL."""
    none = literal_column("0", Integer)
    return case(
        (venue_images.is_(None), lit(VenueOutcome.NO_IMAGES)),
        (is_malformed(venue_images), lit(VenueOutcome.MALFORMED)),
        (and_(bad(outcome_counts) > none, good(outcome_counts) > none), lit(VenueOutcome.PARTIAL)),
        (bad(outcome_counts) > none, lit(VenueOutcome.FAILED)),
        (good(outcome_counts) > none, lit(VenueOutcome.SUCCESS)),
        else_=lit(VenueOutcome.NO_IMAGES),
    )


def may_have(venue_images: Json, *statuses: UploadStatus) -> ColumnElement[bool]:
    """A prefilter the application's GIN index answers: some image has such a status."""
    return or_(
        *(
            venue_images.op("@>", return_type=Boolean())(
                json_lit(f'[{{"upload_status": "{status}"}}]')
            )
            for status in statuses
        )
    )


def may_have_failed(venue_images: Json) -> ColumnElement[bool]:
    """The GIN prefilter for venues with a failed image."""
    return may_have(venue_images, *BAD_UPLOADS)


def holds_failed(venue_images: Json) -> ColumnElement[bool]:
    """`may_have_failed` in one look-up of the index, where nothing but failed images is wanted.

    A row that the index offers is checked again; this stops at the first failed image, and is a
    quarter quicker than two `@>`.
    """
    words = " || ".join(f'@ == "{status}"' for status in BAD_UPLOADS)
    path = cast(lit(f"$[*].upload_status ? ({words})"), JSONPATH)
    return venue_images.op("@?", return_type=Boolean())(path)


def seems_failed(venue_images: Json) -> ColumnElement[bool]:
    """The same test for one venue after another: no index answers it, and it counts nothing."""
    words = " || ".join(f'@ == "{status}"' for status in BAD_UPLOADS)
    path = cast(lit(f"$[*].upload_status ? ({words})"), JSONPATH)
    return func.jsonb_path_exists(venue_images, path)


def provider_name(image: Json) -> ColumnElement[str]:
    """The provider; a word of our own where there is none."""
    return func.coalesce(string_at(image, "provider"), lit(PROVIDER_ABSENT))


def failures_by(venue_images: Json, key: Any) -> ColumnElement[Any]:
    """The failed images of one venue counted by a key: jsonb {key: n}, NULL when none."""
    images = images_of(venue_images)
    counted = (
        select(key(images.c.value).label("name"), func.count().label("n"))
        .select_from(images)
        .where(has_status(images.c.value, *BAD_UPLOADS))
        .group_by(literal_column("1"))
        .lateral("failures")
    )
    return (
        select(func.jsonb_object_agg(counted.c.name, counted.c.n))
        .select_from(counted)
        .scalar_subquery()
    )
