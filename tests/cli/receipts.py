"""Receipts that tests write themselves, and where the program looks for them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from tests.cli.program import Program
from tests.databases import NOW

from venue_ops.context import Session
from venue_ops.core.planning import Identity, Item
from venue_ops.core.retry.outcomes import Outcome, Result, Stop, Summary
from venue_ops.core.retry.receipts import ReceiptWriter, RunHead
from venue_ops.core.retry.state import StateFolder


def item(n: int, **more: Any) -> Item:
    """A failed image that a plan took."""
    values: dict[str, Any] = {
        **{"venue_id": 14, "venue_slug": "noce-krk", "place": n, "id": f"noce-krk/fs-{n:010x}"},
        **{"identity": Identity("foursquare", f"https://photos.test/{n}.jpg"), "status": "failed"},
        **{"retryability": None, "error_type": "rate_limited", "status_code": 429, "retries": 1},
        **{"reason": None, "remedy": None},
    }
    return Item(**{**values, **more})


UPLOADED = {"url": "https://ik.test/venues/noce-krk/fs-1.jpg", "path": "/venues/noce-krk/fs-1.jpg"}
GONE = {"error_type": "not_found", "status_code": 404, "message": "HTTP 404"}
OUTCOMES: tuple[tuple[Result, dict[str, Any]], ...] = (
    (Result.UPLOADED, UPLOADED),
    (Result.GIVEN_UP, GONE),
    (Result.LEFT, {"message": "the run ended before its turn"}),
)


def write_receipt(
    state: StateFolder,
    number: int,
    *outcomes: tuple[Result, dict[str, Any]],
    what: str = "venue noce-krk",
    stopped: Stop | None = None,
    ends: bool = True,
    began: datetime = NOW,
    clean: Callable[[str], str] = str,
    **options: Any,
) -> str:
    """A receipt of a run in the state folder; the run's id."""
    state.make()
    run = f"20251024-1800{number:02}-abcd"
    head = RunHead(
        id=run,
        began=(began + timedelta(seconds=number)).isoformat(),
        database="eventasaurus on db.test",
        what=what,
        reason=options.get("reason"),
        planned=len(outcomes),
    )
    writer, summary = ReceiptWriter(state.runs, head, clean), Summary(stopped=stopped)
    for place, (result, more) in enumerate(outcomes, start=1):
        at = began + timedelta(seconds=number, milliseconds=100 * place)
        outcome = Outcome(options.get("item", item)(place), result, at, **more)
        writer.image(outcome)
        summary.add(outcome)
    summary.requests = summary.uploads = len(outcomes)
    if ends:
        writer.end(summary, began + timedelta(seconds=number + 90))
    return run


def state_of(program: Program) -> StateFolder:
    """The state folder of the program: its database is asked which it is."""
    session = Session(env=program.environment(), clock=program.clock)
    with closing(session):
        return session.state
