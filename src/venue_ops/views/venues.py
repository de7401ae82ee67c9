"""The columns of a list of venues."""

from __future__ import annotations

from venue_ops.core.models import VenueSummary
from venue_ops.output.models import Cell, Column, Style
from venue_ops.views import words


def _images(row: VenueSummary) -> str:
    """`4/6`; found in development but never uploaded is said, not passed off as uploaded."""
    counted = words.of_total(row.images.good, row.images.total)
    return f"{counted} dev" if row.images.skipped_dev else counted


def _transient(row: VenueSummary) -> Cell | str:
    if not row.images.bad:
        return ""
    style = Style.WARN if row.images.transient else Style.DIM
    return Cell(f"{row.images.transient} of {row.images.bad}", style)


COLUMNS: tuple[Column[VenueSummary], ...] = (
    Column("id", lambda row: row.id, right=True, keep=5),
    Column("slug", lambda row: row.slug, header="VENUE", flexible=True),
    Column("name", lambda row: row.name, flexible=True, keep=1),
    Column("city", lambda row: row.city.slug if row.city else None, keep=3),
    Column("city_id", lambda row: row.city.id if row.city else None, default=False, wide=False),
    Column("outcome", lambda row: row.outcome, lambda row: words.outcome(row.outcome)),
    Column(
        "images_uploaded",
        lambda row: row.images.uploaded,
        _images,
        header="IMAGES",
        right=True,
    ),
    Column("images_total", lambda row: row.images.total, default=False, wide=False, right=True),
    Column(
        "images_failed",
        lambda row: row.images.bad,
        lambda row: words.failures(row.images.bad),
        header="FAILED",
        right=True,
        keep=6,
    ),
    Column(
        "images_permanently_failed",
        lambda row: row.images.permanently_failed,
        default=False,
        right=True,
    ),
    Column(
        "images_skipped_dev",
        lambda row: row.images.skipped_dev,
        default=False,
        wide=False,
        right=True,
    ),
    Column("images_other", lambda row: row.images.other, default=False, wide=False, right=True),
    Column(
        "images_transient", lambda row: row.images.transient, _transient, header="TRANSIENT", keep=4
    ),
    Column("images_retryable", lambda row: row.images.retryable, default=False, right=True),
    Column(
        "errors",
        lambda row: dict(row.errors),
        lambda row: words.counted(dict(row.errors)),
        flexible=True,
    ),
    Column(
        "failed_providers",
        lambda row: dict(row.failed_providers),
        lambda row: words.counted(dict(row.failed_providers)),
        default=False,
    ),
    Column("updated_at", lambda row: row.updated_at, default=False),
    Column("last_checked_at", lambda row: row.last_checked_at, default=False),
)
