"""Whether somebody comes for the rows of a queue."""

from __future__ import annotations

from datetime import datetime, timedelta

from venue_ops.context import Session
from venue_ops.core.db.questions import QueueFacts
from venue_ops.core.moments import age
from venue_ops.core.services.source import naive_utc

IDLE = timedelta(minutes=10)
"""A queue of which no job was begun for so long may have no consumer."""

_QUICKLY = timedelta(seconds=2)
_HINT = "see that a node of the application has this queue"


def warn_where_idle(session: Session, queue: str, hint: str = _HINT) -> None:
    """Warn where no job of the queue was begun lately, and say what to see to."""
    began, now = _last_begun(session, queue), session.source.now()
    if began is not None and now - began <= IDLE:
        return
    since = "no job of it is known to have begun"
    if began is not None:
        since = f"its last job was begun {age(began, now)} ago"
    session.console.warn(f"Nothing may consume queue {queue}: {since}; {hint}.")


def _last_begun(session: Session, queue: str) -> datetime | None:
    source = session.source
    asked = {**source.common_parameters(), "now": naive_utc(source.now())}
    found = source.database.ask_if_quick(QueueFacts(source.oban_schema), asked, _QUICKLY)
    for row in found or ():
        if row["queue"] == queue:
            last: datetime | None = row["last_attempt"]
            return last
    return None
