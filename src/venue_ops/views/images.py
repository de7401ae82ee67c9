"""The columns of a venue's images, and one image in full."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from venue_ops.core.classification.images import Verdict
from venue_ops.core.details import FailedImage, Image, ImageDetail
from venue_ops.core.moments import age
from venue_ops.output.models import Cell, Column, Document, Facts, Listing, Style
from venue_ops.views import shared, words
from venue_ops.views.plain import data_of, moment, said

WHY = {
    Verdict.RETRY: "yes",
    Verdict.UPLOADED: "",
    Verdict.NOT_UPLOADED_IN_DEVELOPMENT: "no: development",
    Verdict.GIVEN_UP: "no: given up",
    Verdict.PERMANENT_ERROR: "no: permanent",
    Verdict.AMBIGUOUS_ERROR: "no: ambiguous",
    Verdict.RETRIES_SPENT: "no: retries spent",
    Verdict.NO_USABLE_URL: "no: no URL",
    Verdict.NO_STATUS: "no: no status",
    Verdict.UNKNOWN_STATUS: "no: unknown status",
    Verdict.NOT_AN_IMAGE: "no: not an image",
}


def _retry(image: Image) -> Cell:
    text = WHY[image.verdict]
    return Cell(text, Style.GOOD if image.verdict is Verdict.RETRY else Style.DIM)


def _error(image: Image) -> str:
    parts = [image.error_type or ""]
    if image.status_code is not None:
        parts.append(f"({image.status_code})")
    return " ".join(part for part in parts if part)


def columns(now: datetime) -> tuple[Column[Image], ...]:
    """The columns of a venue's images; AGE counts up to `now`."""
    return (
        Column("place", lambda row: row.place, lambda row: f"#{row.place}", header="#", right=True),
        Column("id", lambda row: row.id, header="IMAGE", keep=5),
        Column("provider", lambda row: row.provider, keep=3),
        Column(
            "upload_status",
            lambda row: row.status,
            lambda row: words.outcome(row.status),
            header="STATUS",
        ),
        Column("error_type", lambda row: row.error_type, _error, header="ERROR", flexible=True),
        Column("status_code", lambda row: row.status_code, default=False, wide=False),
        Column("error", lambda row: row.error, default=False, header="MESSAGE", flexible=True),
        shared.error_class(default=False, wide=False),
        Column("retry", lambda row: row.verdict, _retry, flexible=True),
        Column("retry_count", lambda row: row.retries, header="RETRIES", right=True, keep=1),
        Column("retried_at", lambda row: moment(row.retried_at), default=False),
        Column(
            "fetched_at",
            lambda row: moment(row.fetched_at),
            lambda row: _age(row, now),
            header="AGE",
            right=True,
            keep=2,
        ),
        Column("failed_at", lambda row: moment(row.failed_at), default=False),
        Column("url", lambda row: row.url, default=False),
        Column("source_url", lambda row: row.source_url, default=False, wide=False),
        Column("width", lambda row: row.width, default=False),
        Column("height", lambda row: row.height, default=False),
        Column("quality_score", lambda row: row.quality_score, default=False),
    )


def document(detail: ImageDetail, *, now: datetime, tz: tzinfo | None) -> Document:
    """One image in full; what is not known of it is left out."""
    listed = columns(now)
    known = [
        (label, value)
        for label, value in _facts(detail, now, tz)
        if (value.text if isinstance(value, Cell) else value)
    ]
    return Document(
        blocks=[Facts(detail.ref, known)],
        data=data_of(listed, detail.image),
        listing=Listing([detail.image], listed, ident=lambda _: detail.ref),
    )


def _facts(
    detail: ImageDetail, now: datetime, tz: tzinfo | None
) -> Iterator[tuple[str, Cell | str]]:
    image = detail.image
    yield "Venue", f"{detail.venue_name}, #{image.place} of its images"
    yield "Provider", image.provider or ""
    yield "Status", words.outcome(image.status)
    if image.error_type is not None:
        kind = words.outcome(image.retryability)
        yield "Error", Cell(f"{_error(image)}, {image.retryability}", kind.style)
    yield "Message", image.error or ""
    yield "Retry", _retry(image)
    yield "Retries", str(image.retries) if image.retries else ""
    for label, text in (
        ("Found", image.fetched_at),
        ("Failed", image.failed_at),
        ("Retried", image.retried_at),
    ):
        at = moment(text)
        ago = f" ({age(at, now)} ago)" if isinstance(at, datetime) else ""
        yield label, said(at, tz) + ago
    yield "URL", image.url or ""
    yield "Source", image.source_url or "" if image.source_url != image.url else ""
    yield "Size", f"{image.width} x {image.height}" if image.width and image.height else ""
    yield "Quality", "" if image.quality_score is None else f"{image.quality_score:f}"


def _age(image: Image, now: datetime) -> str:
    fetched = moment(image.fetched_at)
    return age(fetched, now) if isinstance(fetched, datetime) else fetched or ""


FAILED_COLUMNS: tuple[Column[FailedImage], ...] = (
    Column("provider", lambda row: row.provider, flexible=True),
    Column("error_type", lambda row: row.error_type, header="ERROR", flexible=True),
    Column("status_code", lambda row: row.status_code, header="HTTP", right=True, keep=3),
    shared.error_class(keep=4),
    Column("error", lambda row: row.error, header="MESSAGE", flexible=True),
    Column("at", lambda row: moment(row.at), keep=1),
    Column("url", lambda row: row.url, flexible=True, keep=2),
)
