"""The plan of a retry, and what became of each image, as rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from venue_ops.core.moments import brief_duration
from venue_ops.core.planning import Blocker, Item, Reason, Remedy, Totals
from venue_ops.core.planning.words import INLINE, REASONS, REMEDIES, TAKEN_BY
from venue_ops.core.retry.outcomes import Result, Stop, Summary
from venue_ops.core.retry.receipts import RunImage
from venue_ops.core.retry.run import Budget
from venue_ops.output.models import Cell, Column, Style
from venue_ops.views import words
from venue_ops.views.plain import moment

OPENED = {
    "dead_key": "it refused every request, so its key is dead; nothing was written about that",
    "outage": "it failed every time, so it is down; nothing was written about that",
    "no_photos": "it answered with something else than photos every time, as a sign-in page does"
    " or a key that is not valid; nothing was written about that",
    "asked_to_wait": "it asked to wait longer than a run waits",
}

STOPPED = {
    Stop.SIGNAL: "Stopped by a signal; the next run goes on from here.",
    Stop.LIMIT: "Stopped by --limit; the next run goes on from here.",
    Stop.MAX_IMAGES: "Stopped by --max-images; the next run goes on from here.",
    Stop.MAX_DURATION: "Stopped by --max-duration; the next run goes on from here.",
    Stop.MAX_COST: "Stopped by --max-cost; the next run goes on from here.",
}
"""What is said of a run that ended before its plan did; of other ends there is a warning or an
error."""

STOPPED_WAITING = {
    Stop.SIGNAL: "Stopped by a signal; what is enqueued is run all the same.",
    Stop.LIMIT: "Stopped by --limit; the next run goes on from here.",
    Stop.MAX_DURATION: "Stopped waiting (--max-duration); what is enqueued is run all the same.",
}
"""The same of one whose images are retried by somebody else."""

_RESULTS = {
    Result.UPLOADED: Style.GOOD,
    Result.REPAIRED: Style.GOOD,
    Result.FAILED: Style.BAD,
    Result.GIVEN_UP: Style.BAD,
    Result.LEFT: Style.WARN,
    Result.CHANGED: Style.DIM,
    Result.BUSY: Style.DIM,
    Result.ENQUEUED: Style.PLAIN,
}


def of_result(result: str) -> Cell:
    """In its colour; a word of another version as it is."""
    known = result in set(Result)
    return Cell(result, _RESULTS[Result(result)] if known else Style.PLAIN)


def _do(item: Item) -> Cell:
    if item.reason is None:
        return Cell("retry", Style.GOOD)
    return Cell(_why(item.reason), Style.DIM)


PLAN: tuple[Column[Item], ...] = (
    Column("id", lambda row: row.id, header="IMAGE"),
    Column("venue_id", lambda row: row.venue_id, default=False, wide=False),
    Column("venue", lambda row: row.venue_slug, default=False, wide=False),
    Column("place", lambda row: row.place, default=False, right=True),
    Column(
        "provider",
        lambda row: row.identity.provider if row.identity else None,
        flexible=True,
        keep=2,
    ),
    Column(
        "upload_status",
        lambda row: row.status,
        lambda row: words.outcome(row.status),
        default=False,
        header="STATUS",
    ),
    Column("error_type", lambda row: row.error_type, header="ERROR", flexible=True, keep=3),
    Column("status_code", lambda row: row.status_code, default=False, wide=False),
    Column(
        "retryability",
        lambda row: row.retryability,
        lambda row: words.outcome(row.retryability),
        header="CLASS",
        keep=1,
    ),
    Column("retry_count", lambda row: row.retries, header="RETRIES", right=True, keep=1),
    Column("taken", lambda row: row.is_taken, default=False, wide=False),
    Column("reason", lambda row: row.reason, _do, header="PLAN", flexible=True),
    Column("remedy", lambda row: row.remedy, keep=2),
    Column(
        "job_id", lambda row: row.blocker.job_id if row.blocker else None, default=False, wide=False
    ),
    Column(
        "job_worker",
        lambda row: row.blocker.worker if row.blocker else None,
        default=False,
        wide=False,
    ),
    Column(
        "job_state",
        lambda row: row.blocker.state if row.blocker else None,
        default=False,
        wide=False,
    ),
    Column(
        "job_since",
        lambda row: row.blocker.since if row.blocker else None,
        default=False,
        wide=False,
    ),
)

OUTCOMES: tuple[Column[RunImage], ...] = (
    Column("id", lambda row: row.image, header="IMAGE"),
    Column("venue_id", lambda row: row.venue_id, default=False, wide=False),
    Column("venue", lambda row: row.venue, default=False, wide=False),
    Column("provider", lambda row: row.provider, flexible=True, keep=1),
    Column("result", lambda row: row.result, lambda row: of_result(row.result)),
    Column("error_type", lambda row: row.error, header="ERROR", flexible=True, keep=2),
    Column("status_code", lambda row: row.status_code, default=False, wide=False),
    Column("message", lambda row: row.message, flexible=True, keep=3),
    Column("url", lambda row: row.url, default=False),
    Column("path", lambda row: row.path, default=False, wide=False),
    Column("job_id", lambda row: row.job_id, default=False, wide=False),
    Column("at", lambda row: moment(row.at), default=False),
)


def of_plan(totals: Totals, seconds: Decimal | None, cost: Decimal) -> str:
    """`2 images of 1 venue, at least 1s, about $0.014`; no `seconds` where they are unknown."""
    images, venues = words.many(totals.images, "image"), words.many(totals.venues, "venue")
    parts = [f"{images} of {venues}"]
    if totals.images and seconds is not None:
        parts.append(f"at least {brief_duration(float(seconds))}")
    if cost:
        parts.append(f"about {words.money(cost)}")
    return ", ".join(parts)


def of_budget(budget: Budget) -> str | None:
    """`stopping after 5 venues or $2.50`; None where only its end stops a run."""
    stops = []
    if budget.venues is not None:
        stops.append(words.many(budget.venues, "venue"))
    if budget.images is not None:
        stops.append(words.many(budget.images, "image"))
    if budget.seconds is not None:
        stops.append(brief_duration(budget.seconds))
    if budget.cost is not None:
        stops.append(words.money(budget.cost))
    return f"stopping after {' or '.join(stops)}" if stops else None


def left_out(totals: Totals, items: Sequence[Item] = ()) -> Iterator[str]:
    """Lines that say what is left out: `items` one by one, or counts by reason without them."""
    count = sum(totals.left_out.values())
    if not count:
        return
    yield f"Left out, {words.many(count, 'image')}:"
    if items:
        for item in items:
            yield from _named(item)
        return
    yield from words.reasons(totals.left_out, _why)


def blocked(venues: Sequence[tuple[str, Blocker]], count: int) -> Iterator[str]:
    """Lines that name the jobs in the way, of the first of `count` venues."""
    for slug, job in venues:
        name = job.worker.rpartition(".")[2]
        yield (
            f"  {slug}: job {job.job_id}, {name}, {job.state}"
            f" since {job.since:%Y-%m-%d %H:%M:%S} UTC"
        )
    if count > len(venues):
        yield f"  and {count - len(venues):,} more venues: --dry-run -o csv names their jobs."


def _named(item: Item) -> Iterator[str]:
    code = f" ({item.status_code})" if item.status_code else ""
    error = f"{item.error_type}{code}: " if item.error_type else ""
    why = _why(item.reason) if item.reason else ""
    yield f"  {item.id or f'{item.venue_slug}/#{item.place}'}  {error}{why}"
    if item.remedy not in (None, Remedy.RETRY):
        yield f"    What helps: {REMEDIES[item.remedy]}."


def _why(reason: Reason) -> str:
    """`permanent error (--force)`."""
    if reason in INLINE:
        return f"{REASONS[reason]} (without --enqueue)"
    widens = TAKEN_BY.get(reason)
    return f"{REASONS[reason]} ({widens})" if widens else REASONS[reason]


def of_summary(summary: Summary) -> str:
    """`3 uploaded, 1 failed; 5 requests.` Requests that are not known are not told."""
    found = ", ".join(f"{summary.results[r]:,} {r}" for r in Result if summary.results[r])
    asked = f"; {words.many(summary.requests, 'request')}" if summary.requests else ""
    return f"{found or 'Nothing was tried'}{asked}."


def of_refused(provider: str, count: int) -> str:
    """A provider refused the key, and no image of it came that would show the key alive."""
    its = "its image" if count == 1 else f"its {count:,} images"
    return (
        f"{provider} refused the key and gave no photo, so nothing was written about {its}:"
        " look at the key."
    )
