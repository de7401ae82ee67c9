"""Whether an image is worth another try, in SQL: the twin of `core.classification.images`."""

from __future__ import annotations

from sqlalchemy import ColumnElement, case, func, not_

from venue_ops.core.classification.images import Verdict
from venue_ops.core.db.expressions.images import error_type, has_status, image_url, retry_count
from venue_ops.core.db.expressions.values import Json, is_one_of, lit, string_at, type_of
from venue_ops.core.models import Retryability, UploadStatus
from venue_ops.core.vocabulary import USABLE_URL, types_of


def verdict(image: Json, max_retries: ColumnElement[int]) -> ColumnElement[str]:
    """What a default retry does with an element, or why it does not; never NULL."""
    status = string_at(image, "upload_status")
    is_failed = status == lit(UploadStatus.FAILED)
    kind = error_type(image)
    usable = func.coalesce(image_url(image), lit("")).regexp_match(lit(USABLE_URL))
    return case(
        (type_of(image) != lit("object"), lit(Verdict.NOT_AN_IMAGE)),
        (status.is_(None), lit(Verdict.NO_STATUS)),
        *((status == lit(known), lit(said)) for known, said in _SETTLED.items()),
        (not_(is_failed), lit(Verdict.UNKNOWN_STATUS)),
        (is_one_of(kind, types_of(Retryability.PERMANENT)), lit(Verdict.PERMANENT_ERROR)),
        (
            not_(is_one_of(kind, types_of(Retryability.TRANSIENT))),
            lit(Verdict.AMBIGUOUS_ERROR),
        ),
        (retry_count(image) >= max_retries, lit(Verdict.RETRIES_SPENT)),
        (not_(usable), lit(Verdict.NO_USABLE_URL)),
        else_=lit(Verdict.RETRY),
    )


_SETTLED = {
    UploadStatus.UPLOADED: Verdict.UPLOADED,
    UploadStatus.SKIPPED_DEV: Verdict.NOT_UPLOADED_IN_DEVELOPMENT,
    UploadStatus.PERMANENTLY_FAILED: Verdict.GIVEN_UP,
}


def retryability(image: Json) -> ColumnElement[str]:
    """The class of a failed image; NULL for one that has not failed."""
    kind = error_type(image)
    by_type = case(
        *(
            (is_one_of(kind, types_of(known)), lit(known))
            for known in (Retryability.TRANSIENT, Retryability.PERMANENT)
        ),
        else_=lit(Retryability.AMBIGUOUS),
    )
    return case(
        (has_status(image, UploadStatus.PERMANENTLY_FAILED), lit(Retryability.PERMANENT)),
        (has_status(image, UploadStatus.FAILED), by_type),
    )
