"""One job as a document."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

from venue_ops.core.classification.wording import plain_error, uninspected
from venue_ops.core.details import Answer, AttemptError, JobDetail
from venue_ops.core.models import Operation, VenueRef, VenueTally
from venue_ops.core.moments import age
from venue_ops.output.models import Cell, Column, Document, Facts, Listing, Section, Style
from venue_ops.views import images as image_view
from venue_ops.views import operations as operation_view
from venue_ops.views import shared, words
from venue_ops.views.plain import data_of, moment, said

Fact = tuple[str, Cell | str]

PRUNED = "none: finished jobs are pruned after some days"

CHILD_COLUMNS = ("id", "when", "outcome", "outcome_now", "venue", "images_uploaded", "error")

ATTEMPTS: tuple[Column[AttemptError], ...] = (
    Column("attempt", lambda row: row.attempt, right=True),
    Column("at", lambda row: moment(row.at)),
    Column("error", lambda row: row.error, lambda row: plain_error(row.error), flexible=True),
)

ANSWERS: tuple[Column[Answer], ...] = (
    Column("provider", lambda row: row.provider, flexible=True),
    Column(
        "status",
        lambda row: row.status,
        lambda row: Cell(row.status or "-", Style.BAD if row.is_error else Style.PLAIN),
    ),
    Column(
        "reason", lambda row: row.reason, lambda row: uninspected(row.reason or ""), flexible=True
    ),
    Column("images_fetched", lambda row: row.images_fetched, header="FETCHED", right=True, keep=2),
    Column(
        "images_uploaded",
        lambda row: row.images_uploaded,
        header="UPLOADED",
        right=True,
        keep=3,
    ),
    shared.cost(keep=1),
)


def document(detail: JobDetail, *, now: datetime, tz: tzinfo | None) -> Document:
    """Everything about a job: blocks for people (times in `tz`), the same facts for machines."""
    operation = detail.operation
    blocks: list[Facts | Section] = [Facts(f"Job {operation.id}", list(_facts(detail, now, tz)))]
    sections = (
        ("Attempts that failed", ATTEMPTS, detail.errors),
        ("What the providers answered", ANSWERS, detail.answers),
        ("Images that failed then", image_view.FAILED_COLUMNS, detail.failed_images),
        (_children_title(operation), _child_columns(), detail.children),
        ("The venue's images now", image_view.columns(now), detail.images_now),
    )
    started = operation.venues is not None and bool(operation.venues.spawned)
    blocks.extend(
        Section(title, Listing(rows, columns, ident=str), empty=PRUNED)
        for title, columns, rows in sections
        if rows or (started and rows is detail.children)
    )
    return Document(blocks=blocks, data=_data(detail, now))


def _facts(detail: JobDetail, now: datetime, tz: tzinfo | None) -> Iterator[Fact]:
    job = detail.operation
    yield "Kind", f"{job.kind}, {job.scope}" if job.scope else str(job.kind)
    yield "State", f"{job.state}, attempt {job.attempt} of {job.max_attempts}"
    yield "Outcome then", words.outcome(job.outcome)
    if job.outcome_now is not None:
        yield "Outcome now", words.outcome(job.outcome_now)
    if job.error:
        yield "Error", Cell(job.error, Style.BAD)
    yield "Worker", job.worker
    yield "Queue", f"{job.queue}, priority {detail.priority}"
    if job.city:
        yield "City", f"{job.city.name} ({job.city.ref}, id {job.city.id})"
    if job.venue:
        yield "Venue", _venue(job.venue)
    if job.providers:
        yield "Providers", ", ".join(job.providers)
    yield from _times(job, now, tz)
    if job.duration is not None:
        yield "Took", words.took(job.duration)
    if job.cost_usd:
        yield "Cost", words.money(job.cost_usd)
    if job.images.found is not None or job.images.uploaded is not None:
        counted = words.of_total(job.images.uploaded, job.images.found)
        failed = f", {job.images.failed} failed" if job.images.failed else ""
        yield "Images", f"{counted} uploaded{failed} (the venue's whole array at the time)"
    if (tally := job.venues) is not None and tally.enriched is not None:
        yield "Venues", _venues(tally)
    if job.skip_reason:
        yield "Skipped because", job.skip_reason
    if detail.breakdown:
        yield "Failed with", words.counted(dict(detail.breakdown))
    if detail.attempted_by:
        yield "Run by", detail.attempted_by[0]
    if detail.tags:
        yield "Tags", ", ".join(detail.tags)


def _venue(venue: VenueRef) -> str:
    if venue.slug is not None:
        return f"{venue.name} ({venue.slug}, id {venue.id})"
    named = f"{venue.name}, " if venue.name else ""
    return f"{named}id {venue.id} (gone)" if venue.id else f"{named}no id: {venue.raw}"


def _venues(tally: VenueTally) -> str:
    parts = {"enriched": tally.enriched, "failed": tally.failed, "skipped": tally.skipped}
    said = ", ".join(f"{number} {name}" for name, number in parts.items() if number is not None)
    return f"{tally.total}: {said}" if tally.total is not None else said


def _times(job: Operation, now: datetime, tz: tzinfo | None) -> Iterator[Fact]:
    moments = (
        ("Inserted", job.times.inserted_at),
        ("Scheduled", job.times.scheduled_at),
        ("Attempted", job.times.attempted_at),
        ("Completed", job.times.completed_at),
        ("Discarded", job.times.discarded_at),
        ("Cancelled", job.times.cancelled_at),
    )
    for name, at in moments:
        if at is not None:
            ago = f" ({age(at, now)} ago)" if at <= now else ""
            yield name, f"{said(at, tz)}{ago}"


def _children_title(operation: Operation) -> str:
    tally = operation.venues
    if tally is None or tally.spawned is None:
        return "Jobs it started"
    return f"Jobs it started: {tally.children} of {tally.spawned} still in the table"


def _child_columns() -> list[Column[Operation]]:
    return [column for column in operation_view.COLUMNS if column.name in CHILD_COLUMNS]


def _data(detail: JobDetail, now: datetime) -> dict[str, Any]:
    return {
        **data_of(operation_view.COLUMNS, detail.operation),
        "priority": detail.priority,
        "tags": list(detail.tags),
        "attempted_by": list(detail.attempted_by),
        "args": detail.args,
        "meta": detail.meta,
        "errors": [data_of(ATTEMPTS, row) for row in detail.errors],
        "provider_answers": [data_of(ANSWERS, row) for row in detail.answers],
        "failure_breakdown": dict(detail.breakdown),
        "failed_images": [data_of(image_view.FAILED_COLUMNS, row) for row in detail.failed_images],
        "children": [data_of(operation_view.COLUMNS, row) for row in detail.children],
        "images_now": [data_of(image_view.columns(now), row) for row in detail.images_now],
    }
