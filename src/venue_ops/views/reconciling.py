"""How the journal's photos stand beside their rows."""

from __future__ import annotations

from collections.abc import Mapping

from venue_ops.core.retry.reconcile import SETTLED, Found, Reconciled
from venue_ops.output.models import Cell, Column, Style
from venue_ops.views.plain import moment

MEANINGS = {
    Found.FINE: "its row says so",
    Found.OVERWRITTEN: "the application overwrote its row",
    Found.REPAIRED: "its row was written again",
    Found.FAILED_SINCE: "the application tried it later, and it failed",
    Found.REPLACED: "its row names another object now",
    Found.GONE: "its element is gone from the row",
    Found.VENUE_GONE: "its venue is gone",
    Found.AMBIGUOUS: "two elements have its identity",
    Found.BUSY: "another run or a job is at its venue",
    Found.ELSEWHERE: "it lies in another store than today's",
}

_STYLES = {
    Found.FINE: Style.DIM,
    Found.OVERWRITTEN: Style.WARN,
    Found.REPAIRED: Style.GOOD,
    Found.FAILED_SINCE: Style.WARN,
    Found.REPLACED: Style.DIM,
    Found.GONE: Style.BAD,
    Found.VENUE_GONE: Style.BAD,
    Found.AMBIGUOUS: Style.BAD,
    Found.BUSY: Style.DIM,
    Found.ELSEWHERE: Style.DIM,
}

COLUMNS: tuple[Column[Reconciled], ...] = (
    Column("image", lambda row: row.entry.image),
    Column("venue_id", lambda row: row.entry.venue_id, default=False, wide=False),
    Column("found", lambda row: row.found, lambda row: Cell(str(row.found), _STYLES[row.found])),
    Column("meaning", lambda row: MEANINGS[row.found], flexible=True, keep=1),
    Column("stored_at", lambda row: moment(row.entry.at), header="STORED", keep=2),
    Column("store", lambda row: row.entry.store, default=False),
    Column("run", lambda row: row.entry.run, default=False),
    Column("url", lambda row: row.entry.url, default=False),
)


def is_news(row: Reconciled) -> bool:
    """Whether it is listed without --all."""
    return row.is_new and row.found not in (Found.FINE, Found.ELSEWHERE)


def of_counts(counts: Mapping[Found, int], told_before: int, label: str) -> str:
    """`3 fine, 1 gone in eventasaurus on db. Told this once, for nothing is left to write: gone.`

    `told_before` are those that an earlier run told.
    """
    said = [f"{counts[found]:,} {found}" for found in Found if counts.get(found)]
    if told_before:
        said.append(f"{told_before:,} told before")
    if not said:
        return f"Nothing in the journal of {label} is of today's store."
    settled = ", ".join(str(found) for found in Found if found in SETTLED and counts.get(found))
    once = f" Told this once, for nothing is left to write: {settled}." if settled else ""
    return f"{', '.join(said)} in {label}.{once}"


def of_elsewhere(store: str, count: int, today: str) -> str:
    """`2 photos lie in another store (s3://old) and were not used: today's is ImageKit.`"""
    photos = "1 photo lies" if count == 1 else f"{count:,} photos lie"
    was = "was" if count == 1 else "were"
    return f"{photos} in another store ({store}) and {was} not used: today's is {today}."
