"""The receipts of runs as rows and as a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from itertools import islice
from typing import Any

from venue_ops.core.moments import brief_duration
from venue_ops.core.retry.again import PROGRAM, TO_DO, Asked, Command, Left, next_command
from venue_ops.core.retry.outcomes import MEANINGS, Result
from venue_ops.core.retry.receipt_files import Receipt
from venue_ops.core.retry.receipts import RunHead, RunImage, RunJob
from venue_ops.output.models import Cell, Column, Document, Facts, Listing, Section, Style
from venue_ops.views import rerunning, words
from venue_ops.views.plain import data_of, moment, said
from venue_ops.views.retrying import of_result

_GOOD = frozenset({"uploaded", "repaired"})
_SHOWN = 8
"""Ids that can stand in one command."""


def _took(row: Receipt) -> float | None:
    if row.end is None:
        return None
    began, ended = moment(row.head.began), moment(row.end.ended)
    if isinstance(began, datetime) and isinstance(ended, datetime):
        return (ended - began).total_seconds()
    return None


def _count(row: Receipt, *names: str) -> int:
    return sum(row.results.get(name, 0) for name in names)


def is_left(row: RunImage) -> bool:
    """Whether the run wanted it and did not get it."""
    return row.result in TO_DO


def _ended(row: Receipt) -> Cell:
    if row.end is None:
        return Cell("no end", Style.BAD)
    if row.end.stopped is None:
        return Cell("enqueued") if _count(row, "enqueued") else Cell("complete", Style.GOOD)
    return Cell(row.end.stopped, Style.WARN)


RUNS: tuple[Column[Receipt], ...] = (
    Column("id", lambda row: row.head.id, header="RUN"),
    Column("began", lambda row: moment(row.head.began), keep=3),
    Column(
        "seconds",
        _took,
        lambda row: "" if (took := _took(row)) is None else brief_duration(took),
        header="TOOK",
        right=True,
        keep=1,
    ),
    Column("what", lambda row: row.head.what, flexible=True),
    Column("database", lambda row: row.head.database, default=False),
    Column("reason", lambda row: row.head.reason, default=False, flexible=True),
    Column("planned", lambda row: row.head.planned, right=True, keep=2),
    Column("uploaded", lambda row: _count(row, *_GOOD), right=True),
    Column(
        "failed",
        lambda row: _count(row, "failed", "permanently_failed"),
        lambda row: words.failures(_count(row, "failed", "permanently_failed")),
        right=True,
    ),
    Column("left", lambda row: _count(row, "left", "busy"), right=True, keep=2),
    Column("enqueued", lambda row: _count(row, "enqueued"), default=False, right=True),
    Column("jobs", lambda row: row.reruns.get("rerun", 0), default=False, right=True),
    Column("stopped", lambda row: row.end.stopped if row.end else None, default=False, wide=False),
    Column("is_complete", lambda row: row.end is not None, _ended, header="ENDED"),
)

IMAGES: tuple[Column[RunImage], ...] = (
    Column("image", lambda row: row.image),
    Column("venue_id", lambda row: row.venue_id, default=False, wide=False),
    Column("provider", lambda row: row.provider, flexible=True, keep=1),
    Column("before", lambda row: row.before, lambda row: words.outcome(row.before), keep=2),
    Column("error_before", lambda row: row.error_before, flexible=True, header="ERROR", keep=3),
    Column("retries_before", lambda row: row.retries_before, default=False, right=True),
    Column("result", lambda row: row.result, lambda row: of_result(row.result), header="AFTER"),
    Column("error", lambda row: row.error, flexible=True, header="ERROR AFTER", keep=4),
    Column("status_code", lambda row: row.status_code, default=False, wide=False),
    Column("message", lambda row: row.message, default=False, flexible=True),
    Column("url", lambda row: row.url, default=False),
    Column("job_id", lambda row: row.job_id, default=False, header="JOB"),
    Column("at", lambda row: moment(row.at), default=False),
)


def document(receipt: Receipt, *, tz: tzinfo | None, program: str = PROGRAM) -> Document:
    """One run: what it was, what is left and what to do next, what became of each image.

    The images are read from the receipt as they are written. `program` is how a command begins.
    """
    following = _next(receipt, program)
    blocks: list[Facts | Section] = [
        Facts(f"Run {receipt.head.id}", list(_facts(receipt, following, tz)))
    ]
    if _count(receipt, *TO_DO):
        blocks.append(_section("Left", receipt, left=True))
    data: dict[str, Any] = {
        **data_of(RUNS, receipt),
        "results": dict(receipt.results),
        "requests": receipt.end.requests if receipt.end else None,
        "uploads": receipt.end.uploads if receipt.end else None,
        "stopped_providers": dict(receipt.end.stopped_providers) if receipt.end else {},
        "images": [data_of(IMAGES, row) for row in receipt.images()],
        "reruns": [data_of(rerunning.JOBS, row) for row in receipt.jobs()],
        "next": following.line if following else None,
    }
    if not receipt.reruns or receipt.head.planned:
        blocks.append(_section("Done", receipt, left=False))
    if receipt.reruns:
        blocks.append(Section("Jobs", jobs(receipt.jobs())))
    return Document(
        blocks=blocks,
        data=data,
        listing=jobs(receipt.jobs()) if is_of_jobs(receipt) else _images(receipt.images()),
    )


def is_of_jobs(receipt: Receipt) -> bool:
    """Whether the run was about jobs alone."""
    return bool(receipt.head.planned_jobs) and not receipt.head.planned


def jobs(rows: Iterable[RunJob]) -> Listing[RunJob]:
    """Jobs that were to run again."""
    return Listing(rows, rerunning.JOBS, ident=lambda row: str(row.job_id))


def _section(title: str, receipt: Receipt, *, left: bool) -> Section:
    rows = (row for row in receipt.images() if is_left(row) is left)
    return Section(title, _images(rows), empty="none")


def _images(rows: Iterable[RunImage]) -> Listing[RunImage]:
    return Listing(rows, IMAGES, ident=lambda row: row.image or "")


def _facts(
    receipt: Receipt, following: Command | None, tz: tzinfo | None
) -> Iterator[tuple[str, Cell | str]]:
    head, end = receipt.head, receipt.end
    yield "What", " ".join((head.what, *head.options))
    yield "Database", head.database
    if head.reason:
        yield "Reason", head.reason
    yield "Began", said(moment(head.began), tz)
    yield "Ended", said(moment(end.ended), tz) if end else Cell("not (yet)", Style.BAD)
    if end is not None and end.stopped is not None:
        yield "Stopped", Cell(end.stopped, Style.WARN)
    yield "Planned", _planned(head)
    for name, count in receipt.results.items():
        meaning = f": {MEANINGS[Result(name)]}" if name in set(Result) else ""
        yield name.replace("_", " ").capitalize(), f"{count:,}{meaning}"
    for name, count in receipt.reruns.items():
        yield "Jobs", f"{count:,} {name}"
    if (untold := head.planned - sum(receipt.results.values())) > 0:
        yield "Not begun", f"{untold:,}: the run ended before their turn"
    for provider, why in (end.stopped_providers if end else {}).items():
        yield "Left alone", f"{provider}: {why}"
    for place, line in enumerate(following.lines if following else ()):
        yield "" if place else "Next", line


def _planned(head: RunHead) -> str:
    """`2 images`, `7 jobs`, or both."""
    images = "1 image" if head.planned == 1 else f"{head.planned:,} images"
    jobs = "1 job" if head.planned_jobs == 1 else f"{head.planned_jobs:,} jobs"
    if not head.planned_jobs:
        return images
    return f"{images}, {jobs}" if head.planned else jobs


def _next(receipt: Receipt, program: str) -> Command | None:
    """The command that goes on from here."""
    head = receipt.head
    asked = None if head.verb is None else Asked(head.verb, head.names, head.options)
    count = _count(receipt, *TO_DO)
    wanted = (row.image for row in receipt.images() if is_left(row) and row.image)
    given_up = (row.image for row in receipt.images() if row.result == Result.GIVEN_UP)
    left = Left(
        count=count,
        first=tuple(islice(wanted, _SHOWN)) if count else (),
        given_up=next(given_up, None) if _count(receipt, Result.GIVEN_UP) else None,
        is_all=sum(receipt.results.values()) >= head.planned,
    )
    found = next_command(head.id, asked, left, ended=receipt.end is not None)
    return None if found is None else found.typed_as(program)
