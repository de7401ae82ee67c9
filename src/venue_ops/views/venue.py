"""One venue as a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any

from venue_ops.core.classification.images import Verdict
from venue_ops.core.classification.values import member, string_at
from venue_ops.core.classification.wording import plain_error, uninspected
from venue_ops.core.details import Enrichment, Image, VenueDetail
from venue_ops.output.models import Cell, Column, Document, Facts, Listing, Section, Style
from venue_ops.views import images as image_view
from venue_ops.views import operations as operation_view
from venue_ops.views import shared, words
from venue_ops.views.plain import data_of, moment, said

JOB_COLUMNS = ("id", "kind", "when", "outcome", "images_uploaded", "images_failed", "error")

HISTORY: tuple[Column[Enrichment], ...] = (
    Column("at", lambda row: moment(row.at), header="WHEN"),
    Column(
        "providers",
        lambda row: list(row.providers),
        lambda row: ", ".join(row.providers),
        flexible=True,
    ),
    Column("images_fetched", lambda row: row.images_fetched, header="FETCHED", right=True, keep=2),
    Column("images_added", lambda row: row.images_added, header="ADDED", right=True),
    shared.cost(keep=1),
)


def document(detail: VenueDetail, *, now: datetime, tz: tzinfo | None) -> Document:
    """Everything about a venue; csv, tsv and ids print its images."""
    columns = image_view.columns(now)
    images = Listing(detail.images, columns, ident=_ident(detail))
    jobs = [column for column in operation_view.COLUMNS if column.name in JOB_COLUMNS]
    blocks: list[Facts | Section] = [
        Facts(detail.name, list(_facts(detail, tz))),
        Section("Images", images, empty=_no_images(detail)),
    ]
    if detail.history:
        blocks.append(Section("Enrichments", Listing(detail.history, HISTORY, ident=str)))
    blocks.append(
        Section(
            "Its last jobs",
            Listing(detail.jobs, jobs, ident=lambda row: str(row.id)),
            empty="none in the table (finished jobs are pruned)",
        )
    )
    return Document(blocks=blocks, data=_data(detail, columns), listing=images)


def _ident(detail: VenueDetail) -> Any:
    """An image's id; one without any is known by its place."""
    return lambda image: image.id or f"{detail.slug}/#{image.place}"


def _facts(detail: VenueDetail, tz: tzinfo | None) -> Iterator[tuple[str, Cell | str]]:
    counts = detail.counts
    yield "Slug", f"{detail.slug} (id {detail.id})"
    if detail.city:
        yield "City", f"{detail.city.name} ({detail.city.ref})"
    if detail.address:
        yield "Address", detail.address
    yield "Outcome now", words.outcome(detail.outcome)
    yield "Images", _counted(detail)
    if counts.bad:
        eligible = sum(image.verdict is Verdict.RETRY for image in detail.images)
        yield (
            "Retry",
            Cell(
                f"{eligible} of {counts.bad} failed images can be retried",
                Style.WARN if eligible else Style.DIM,
            ),
        )
    for label, key in (
        ("Last checked", "last_checked_at"),
        ("Last result", "last_check_result"),
        ("Next due", "next_enrichment_due"),
    ):
        if (text := string_at(detail.enrichment, key)) is not None:
            yield label, said(moment(text), tz)
    failures = member(detail.enrichment, "error_details")
    if isinstance(failures, dict) and failures:
        yield (
            "Last errors",
            ", ".join(
                f"{name}: {plain_error(uninspected(str(text)))}" for name, text in failures.items()
            ),
        )


def _counted(detail: VenueDetail) -> str:
    if detail.malformed:
        return f"venue_images holds {detail.malformed} instead of an array"
    counts = detail.counts
    parts = (
        (counts.uploaded, "uploaded"),
        (counts.skipped_dev, "not uploaded (development)"),
        (counts.failed, "failed"),
        (counts.permanently_failed, "permanently failed"),
        (counts.other, "of another status"),
    )
    said = ", ".join(f"{number} {name}" for number, name in parts if number)
    return f"{counts.total}: {said}" if said else str(counts.total)


def _no_images(detail: VenueDetail) -> str:
    if detail.malformed:
        return f"none: venue_images holds {detail.malformed}"
    return "nested too deep to read" if detail.counts.total else "none"


def _data(detail: VenueDetail, columns: Sequence[Column[Image]]) -> dict[str, Any]:
    counts = detail.counts
    return {
        "id": detail.id,
        "slug": detail.slug,
        "name": detail.name,
        "address": detail.address,
        "city": detail.city.slug if detail.city else None,
        "city_id": detail.city.id if detail.city else None,
        "outcome": detail.outcome,
        "malformed": detail.malformed,
        "images_total": counts.total,
        "images_uploaded": counts.uploaded,
        "images_skipped_dev": counts.skipped_dev,
        "images_failed": counts.bad,
        "images_permanently_failed": counts.permanently_failed,
        "images_transient": counts.transient,
        "images_retryable": counts.retryable,
        "images_other": counts.other,
        "provider_ids": detail.provider_ids,
        "image_enrichment_metadata": detail.enrichment,
        "updated_at": detail.updated_at,
        "images": [data_of(columns, image) for image in detail.images],
        "enrichment_history": [data_of(HISTORY, row) for row in detail.history],
        "jobs": [data_of(operation_view.COLUMNS, row) for row in detail.jobs],
    }
