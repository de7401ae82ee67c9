"""Receipts of runs to stdout."""

from __future__ import annotations

from itertools import islice

from venue_ops.context import Session
from venue_ops.core.retry.outcomes import JobResult
from venue_ops.core.retry.receipt_files import find_receipt, receipts
from venue_ops.listings.program import program
from venue_ops.listings.width import note_hidden
from venue_ops.output.formats import Format
from venue_ops.output.models import Listing, PageInfo
from venue_ops.views import runs as view


def print_runs(session: Session, *, limit: int) -> None:
    """The newest runs of this database; 0 is all of them."""
    every = receipts(session.state.runs)
    found, page = islice(every, limit or None), PageInfo(limit or None, None, None)
    shown = session.output.listing(
        Listing(found, view.RUNS, ident=lambda row: row.head.id, page=page)
    )
    if next(every, None) is not None:
        session.console.note(f"The newest {shown:,} runs; --limit 0 lists all.")
    note_hidden(session)
    if not shown:
        session.console.note(f"No run on {session.source.database.label} has left a receipt.")


def print_run(session: Session, run: str) -> None:
    """One run in full; of `-o ids` what is left, for `retry image -` or `retry job -`."""
    receipt = find_receipt(session.state.runs, run)
    if session.flags.output is Format.IDS and view.is_of_jobs(receipt):
        left = (row for row in receipt.jobs() if row.result == JobResult.LEFT)
        session.output.listing(view.jobs(left))
        return
    if session.flags.output is Format.IDS:
        images = (row for row in receipt.images() if view.is_left(row) and row.image)
        session.output.listing(Listing(images, view.IMAGES, ident=lambda row: row.image or ""))
        return
    session.output.document(view.document(receipt, tz=session.zone, program=program(session)))
