"""The figures as a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from venue_ops.core.figures import (
    FailureTotal,
    Figures,
    JobFigure,
    VenueFigure,
    share,
    success_rate,
)
from venue_ops.core.models import Retryability
from venue_ops.core.runs import DAYS, AnswerTotal
from venue_ops.output.models import Cell, Column, Document, Facts, Listing, Section, Style
from venue_ops.views import shared, words
from venue_ops.views.plain import data_of, moment
from venue_ops.views.standing_out import data_of_run, lines, standing_out

_COUNTS = {
    **{name: name for name in ("total", "uploaded", "skipped_dev")},
    **{"failed": "bad", "permanently_failed": "permanently_failed"},
    **{"other": "other", "retryable": "retryable"},
}
LEFT_OUT = "not counted, it would take too long here; --count waits for it"


def failure_columns(failed: int, largest: int) -> tuple[Column[FailureTotal], ...]:
    """The columns of the failures; bars are as long as the number is beside the largest."""
    return (
        Column("provider", lambda row: row.provider, flexible=True),
        Column("error_type", lambda row: row.error_type, header="ERROR", flexible=True),
        shared.error_class(keep=6),
        Column("failed", lambda row: row.failed, right=True),
        Column(
            "share",
            lambda row: share(row.failed, failed),
            lambda row: words.part(row.failed, failed, largest),
            keep=4,
        ),
        Column(
            "permanently_failed",
            lambda row: row.permanently_failed,
            header="GIVEN UP",
            right=True,
            keep=2,
        ),
        Column("retryable", lambda row: row.retryable, right=True, keep=5),
        Column("oldest_failed_at", lambda row: moment(row.oldest), header="OLDEST", default=False),
        Column("newest_failed_at", lambda row: moment(row.newest), header="NEWEST", keep=1),
    )


ANSWERS: tuple[Column[AnswerTotal], ...] = (
    Column("provider", lambda row: row.provider, flexible=True),
    Column("error", lambda row: row.error, flexible=True),
    shared.error_class(keep=5),
    Column("jobs", lambda row: row.jobs, right=True),
    Column("venues", lambda row: row.venues, right=True, keep=2),
    Column(
        "by_day",
        lambda row: list(row.by_day),
        lambda row: Cell(" ".join(map(str, row.by_day)), trend=row.by_day),
        header=f"LAST {DAYS} DAYS",
        keep=3,
    ),
    Column("oldest_at", lambda row: row.oldest, header="OLDEST", default=False),
    Column("newest_at", lambda row: row.newest, header="NEWEST", keep=1),
    Column(
        "good_since",
        lambda row: row.good_since,
        lambda row: Cell(str(row.good_since), Style.PLAIN if row.good_since else Style.BAD),
        header="GOOD LATER",
        right=True,
        keep=4,
    ),
)


def venue_columns(venues: Sequence[VenueFigure]) -> tuple[Column[VenueFigure], ...]:
    """The columns of the venues by outcome."""
    total = sum(row.venues for row in venues)
    largest = max((row.venues for row in venues), default=0)
    return (
        Column("outcome", lambda row: row.outcome, lambda row: words.outcome(row.outcome)),
        Column("venues", lambda row: row.venues, right=True),
        Column(
            "share",
            lambda row: share(row.venues, total),
            lambda row: words.part(row.venues, total, largest),
            keep=1,
        ),
        Column("images", lambda row: row.images.total, right=True, keep=5),
        Column("uploaded", lambda row: row.images.uploaded, right=True, keep=3),
        Column("skipped_dev", lambda row: row.images.skipped_dev, default=False, right=True),
        Column("failed", lambda row: row.images.bad, right=True),
        Column(
            "permanently_failed",
            lambda row: row.images.permanently_failed,
            header="GIVEN UP",
            right=True,
            keep=2,
        ),
        Column("other", lambda row: row.images.other, right=True, keep=1),
        Column("retryable", lambda row: row.images.retryable, right=True, keep=4),
    )


def job_columns(jobs: Sequence[JobFigure]) -> tuple[Column[JobFigure], ...]:
    """The columns of the jobs by kind, state and outcome."""
    total = sum(row.jobs for row in jobs)
    largest = max((row.jobs for row in jobs), default=0)
    return (
        Column("kind", lambda row: row.kind),
        Column("state", lambda row: row.state),
        Column("outcome", lambda row: row.outcome, lambda row: words.outcome(row.outcome)),
        Column("jobs", lambda row: row.jobs, right=True),
        Column(
            "share",
            lambda row: share(row.jobs, total),
            lambda row: words.part(row.jobs, total, largest),
            keep=1,
        ),
        shared.cost(keep=2),
    )


def document(figures: Figures, *, tz: tzinfo | None) -> Document:
    """All figures; csv, tsv and ids print the failures alone."""
    largest = max((row.failed for row in figures.failures), default=0)
    failures = Listing(
        figures.failures,
        failure_columns(figures.failed, largest),
        ident=lambda row: f"{row.provider}/{row.error_type}",
    )
    venues, jobs = figures.venues or (), figures.jobs or ()
    runs = standing_out(figures)
    nothing = [("", Cell("nothing: no provider fails at every try", Style.DIM))]
    blocks: tuple[Facts | Section, ...] = (
        Facts("What stands out", list(lines(runs, tz)) or nothing),
        Facts("In all", list(_facts(figures))),
        Section("Failed images", failures),
        Section(
            "Errors that providers answered to the newest jobs",
            Listing(figures.answers, ANSWERS, ident=str),
        ),
        Section(
            "Venues by outcome now",
            Listing(venues, venue_columns(venues), ident=str),
            empty=LEFT_OUT if figures.venues is None else "none",
        ),
        Section(
            "Jobs by outcome then",
            Listing(jobs, job_columns(jobs), ident=str),
            empty=LEFT_OUT if figures.jobs is None else "none",
        ),
    )
    data = {
        "failed": _failed(figures),
        "failures": [data_of(failures.columns, row) for row in figures.failures],
        "standing_out": [data_of_run(run) for run in runs],
        "answers": [data_of(ANSWERS, row) for row in figures.answers],
        "venues": _rows(venue_columns(venues), figures.venues),
        "images": _images(figures),
        "jobs": _rows(job_columns(jobs), figures.jobs),
        "jobs_success_rate": success_rate(jobs),
        "cost_usd": cost(figures.jobs),
    }
    return Document(blocks=blocks, data=data, listing=failures)


def cost(jobs: Sequence[JobFigure] | None) -> Decimal | None:
    """The exact sum of what the jobs cost."""
    return None if jobs is None else sum((row.cost_usd or Decimal(0) for row in jobs), Decimal(0))


def _facts(figures: Figures) -> Iterator[tuple[str, str]]:
    failed = _failed(figures)
    by_class = ", ".join(f"{failed[word]:,} {word}" for word in Retryability if failed[word])
    yield "Failed", f"{figures.failed:,} images{': ' if by_class else ''}{by_class}"
    yield "Retries left", f"{figures.retryable:,} images that a retry would take"
    if (images := _images(figures)) is not None:
        rate = _percent(images["success_rate"])
        tried = images["uploaded"] + images["failed"]
        yield "Uploaded", f"{images['uploaded']:,} of {tried:,} images that were tried{rate}"
    if figures.jobs is not None:
        total = sum(row.jobs for row in figures.jobs)
        yield "Jobs", f"{total:,}{_percent(success_rate(figures.jobs), ' successful')}"
        yield "Cost", f"${cost(figures.jobs):,f}"


def _percent(rate: Decimal | None, word: str = "") -> str:
    return "" if rate is None else f", {rate * 100:.1f} %{word}"


def _failed(figures: Figures) -> dict[str, int]:
    classes = {
        str(word): sum(row.failed for row in figures.failures if row.retryability is word)
        for word in Retryability
    }
    return {
        "images": figures.failed,
        **classes,
        "permanently_failed": sum(row.permanently_failed for row in figures.failures),
        "retryable": figures.retryable,
    }


def _images(figures: Figures) -> dict[str, Any] | None:
    if figures.venues is None:
        return None
    counts = {key: _sum(figures.venues, name) for key, name in _COUNTS.items()}
    rate = share(counts["uploaded"], counts["uploaded"] + counts["failed"])
    return {**counts, "success_rate": rate}


def _sum(venues: Sequence[VenueFigure], name: str) -> int:
    return sum(int(getattr(row.images, name)) for row in venues)


def _rows(columns: Sequence[Column[Any]], rows: Sequence[Any] | None) -> list[Any] | None:
    return None if rows is None else [data_of(columns, row) for row in rows]
