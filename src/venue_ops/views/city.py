"""One city as a document."""

from __future__ import annotations

from typing import Any

from venue_ops.core.details import CityDetail, ErrorTotal, JobTotal, OutcomeTotal, ProviderTotal
from venue_ops.core.models import Operation, VenueSummary
from venue_ops.output.models import Column, Document, Facts, Listing, Section
from venue_ops.views import operations as operation_view
from venue_ops.views import shared, words
from venue_ops.views import venues as venue_view
from venue_ops.views.plain import data_of

BACKFILL_COLUMNS = ("id", "when", "outcome", "venue", "providers", "error", "cost_usd")
WORST_COLUMNS = (
    "slug",
    "outcome",
    "images_uploaded",
    "images_failed",
    "images_transient",
    "errors",
)

VENUES: tuple[Column[OutcomeTotal], ...] = (
    Column("outcome", lambda row: row.outcome, lambda row: words.outcome(row.outcome)),
    Column("venues", lambda row: row.venues, right=True),
    Column("images", lambda row: row.counts.total, right=True, keep=4),
    Column("uploaded", lambda row: row.counts.uploaded, right=True, keep=2),
    Column("skipped_dev", lambda row: row.counts.skipped_dev, default=False, right=True),
    Column("failed", lambda row: row.counts.bad, right=True),
    Column("transient", lambda row: row.counts.transient, right=True, keep=1),
    Column("retryable", lambda row: row.counts.retryable, right=True, keep=3),
)

JOBS: tuple[Column[JobTotal], ...] = (
    Column("kind", lambda row: row.kind),
    Column("outcome", lambda row: row.outcome, lambda row: words.outcome(row.outcome)),
    Column("jobs", lambda row: row.jobs, right=True),
)

PROVIDERS: tuple[Column[ProviderTotal], ...] = (
    Column("provider", lambda row: row.provider, flexible=True),
    Column("images", lambda row: row.images, right=True, keep=2),
    Column("uploaded", lambda row: row.uploaded, right=True, keep=1),
    Column("failed", lambda row: row.failed, lambda row: words.failures(row.failed), right=True),
    Column("retryable", lambda row: row.retryable, right=True, keep=3),
)

ERRORS: tuple[Column[ErrorTotal], ...] = (
    Column("provider", lambda row: row.provider, flexible=True),
    Column("error_type", lambda row: row.error_type, header="ERROR", flexible=True),
    shared.error_class(keep=1),
    Column("images", lambda row: row.images, right=True),
)


def document(detail: CityDetail) -> Document:
    """Everything about a city."""
    worst: list[Column[VenueSummary]] = _some(venue_view.COLUMNS, WORST_COLUMNS)
    backfills: list[Column[Operation]] = _some(operation_view.COLUMNS, BACKFILL_COLUMNS)
    blocks: tuple[Facts | Section, ...] = (
        Facts(detail.city.name, list(_facts(detail))),
        Section("Venues by outcome now", Listing(detail.venues, VENUES, ident=str)),
        Section("Jobs by outcome then", Listing(detail.jobs, JOBS, ident=str)),
        Section("Images by provider", Listing(detail.providers, PROVIDERS, ident=str)),
        Section("What the failed images failed with", Listing(detail.errors, ERRORS, ident=str)),
        Section("Worst venues", Listing(detail.worst, worst, ident=lambda row: row.slug)),
        Section("Last backfills", Listing(detail.backfills, backfills, ident=str)),
    )
    return Document(blocks=blocks, data=_data(detail))


def _facts(detail: CityDetail) -> Any:
    totals = {str(row.outcome): row.venues for row in detail.venues}
    yield "City", f"{detail.city.ref} (id {detail.city.id})"
    yield "Venues", f"{sum(totals.values()):,}: {words.counted(totals) or 'none'}"
    images = sum(row.counts.total for row in detail.venues)
    bad = sum(row.counts.bad for row in detail.venues)
    retryable = sum(row.counts.retryable for row in detail.venues)
    yield "Images", f"{images:,}, {bad:,} failed, {retryable:,} of them can be retried"


def _some(columns: Any, names: tuple[str, ...]) -> list[Column[Any]]:
    by_name = {column.name: column for column in columns}
    return [by_name[name] for name in names]


def _data(detail: CityDetail) -> dict[str, Any]:
    return {
        "id": detail.city.id,
        "slug": detail.city.slug,
        "name": detail.city.name,
        "country_code": detail.city.country_code,
        "venues_by_outcome": [data_of(VENUES, row) for row in detail.venues],
        "jobs_by_outcome": [data_of(JOBS, row) for row in detail.jobs],
        "images_by_provider": [data_of(PROVIDERS, row) for row in detail.providers],
        "errors": [data_of(ERRORS, row) for row in detail.errors],
        "worst_venues": [data_of(venue_view.COLUMNS, row) for row in detail.worst],
        "last_backfills": [data_of(operation_view.COLUMNS, row) for row in detail.backfills],
    }
