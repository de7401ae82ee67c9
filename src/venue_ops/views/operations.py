"""The columns of the one list of operations."""

from __future__ import annotations

from venue_ops.core.models import JobScope, Operation, VenueTally
from venue_ops.output.models import Cell, Column, Style
from venue_ops.views import shared, words


def venue_text(row: Operation) -> Cell | str:
    """The venue of a job; of a backfill or batch, how many there are and how far it came."""
    if row.venue is not None:
        if row.venue.slug is not None:
            return row.venue.slug
        named = row.venue.name or row.venue.raw or f"id {row.venue.id}"
        return Cell(f"{named} ({'gone' if row.venue.id else 'no such id'})", Style.DIM)
    tally = row.venues
    if tally is None:
        return ""
    if tally.spawned is not None:
        return f"{tally.children} of {tally.spawned} jobs" if tally.spawned else "0 venues"
    if tally.enriched is not None:
        return f"{tally.enriched} of {tally.total} venues" if tally.total else "0 venues"
    return "daily run" if row.scope is JobScope.DAILY else ""


def error_text(row: Operation) -> Cell | str:
    """The error; of a backfill or batch, what its jobs or venues came to."""
    if row.error is not None:
        return row.error
    return Cell(row.skip_reason or _came_to(row), Style.DIM)


def _came_to(row: Operation) -> str:
    tally = row.venues
    if tally is None:
        return ""
    if tally.outcomes:
        return words.counted(dict(tally.outcomes))
    parts = {"failed": tally.failed or 0, "skipped": tally.skipped or 0}
    return words.counted({name: number for name, number in parts.items() if number})


def _tally(row: Operation) -> VenueTally:
    return row.venues or VenueTally()


COLUMNS: tuple[Column[Operation], ...] = (
    Column("id", lambda row: row.id, right=True),
    Column("kind", lambda row: row.kind, keep=4),
    Column("scope", lambda row: row.scope, default=False),
    Column("state", lambda row: row.state, default=False),
    Column("when", lambda row: row.times.last_change, keep=6),
    Column("outcome", lambda row: row.outcome, lambda row: words.outcome(row.outcome)),
    Column(
        "outcome_now",
        lambda row: row.outcome_now,
        lambda row: words.outcome(row.outcome_now),
        header="NOW",
        keep=3,
    ),
    Column("city", lambda row: row.city.slug if row.city else None, header="CITY", keep=1),
    Column("city_id", lambda row: row.city.id if row.city else None, default=False, wide=False),
    Column(
        "venue",
        lambda row: row.venue.slug if row.venue else None,
        venue_text,
        flexible=True,
    ),
    Column("venue_id", lambda row: row.venue.id if row.venue else None, default=False, wide=False),
    Column(
        "venue_name", lambda row: row.venue.name if row.venue else None, default=False, wide=False
    ),
    Column(
        "providers",
        lambda row: list(row.providers),
        lambda row: ", ".join(row.providers),
        default=False,
    ),
    Column(
        "images_uploaded",
        lambda row: row.images.uploaded,
        lambda row: words.of_total(row.images.uploaded, row.images.found),
        header="IMAGES",
        right=True,
        keep=5,
    ),
    Column("images_found", lambda row: row.images.found, default=False, wide=False, right=True),
    Column(
        "images_failed",
        lambda row: row.images.failed,
        lambda row: words.failures(row.images.failed),
        header="FAILED",
        right=True,
        keep=2,
    ),
    Column("venues_total", lambda row: _tally(row).total, default=False, wide=False),
    Column("venues_enriched", lambda row: _tally(row).enriched, default=False, wide=False),
    Column("venues_skipped", lambda row: _tally(row).skipped, default=False, wide=False),
    Column("venues_failed", lambda row: _tally(row).failed, default=False, wide=False),
    Column("jobs_spawned", lambda row: _tally(row).spawned, default=False, wide=False),
    Column(
        "jobs_found",
        lambda row: _tally(row).children if _tally(row).spawned else None,
        default=False,
        wide=False,
    ),
    Column(
        "jobs_by_outcome",
        lambda row: dict(_tally(row).outcomes or {}) or None,
        lambda row: words.counted(dict(_tally(row).outcomes or {})),
        default=False,
        wide=False,
    ),
    Column("error", lambda row: row.error, error_text, flexible=True),
    Column("skip_reason", lambda row: row.skip_reason, default=False, wide=False),
    Column(
        "attempt",
        lambda row: row.attempt,
        lambda row: f"{row.attempt}/{row.max_attempts}",
        default=False,
        right=True,
    ),
    Column("max_attempts", lambda row: row.max_attempts, default=False, wide=False, right=True),
    Column(
        "duration_seconds",
        lambda row: row.duration,
        lambda row: words.took(row.duration),
        header="TOOK",
        default=False,
        right=True,
    ),
    shared.cost(default=False),
    Column("worker", lambda row: row.worker, default=False, wide=False),
    Column("queue", lambda row: row.queue, default=False),
    Column("inserted_at", lambda row: row.times.inserted_at, default=False, wide=False),
    Column("scheduled_at", lambda row: row.times.scheduled_at, default=False, wide=False),
    Column("attempted_at", lambda row: row.times.attempted_at, default=False, wide=False),
    Column("completed_at", lambda row: row.times.completed_at, default=False, wide=False),
    Column("cancelled_at", lambda row: row.times.cancelled_at, default=False, wide=False),
    Column("discarded_at", lambda row: row.times.discarded_at, default=False, wide=False),
)
