"""Whether somebody comes for the rows of a queue."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from venue_ops.context import Session
from venue_ops.core.db.questions import QueueFacts
from venue_ops.core.moments import age
from venue_ops.core.services.source import naive_utc

IDLE = timedelta(minutes=10)
"""A queue of which no job was begun for so long may have no consumer."""

_QUICKLY = timedelta(seconds=2)
_HINT = "see that a node of the application has this queue"


def warn_where_idle(session: Session, queues: Iterable[str | None], hint: str = _HINT) -> None:
    """Warn of queues of which no job was begun lately, and say what to see to.

    Nothing is said where it takes too long to be told.
    """
    source = session.source
    asked = {**source.common_parameters(), "now": naive_utc(source.now())}
    found = source.database.ask_if_quick(QueueFacts(source.oban_schema), asked, _QUICKLY)
    if found is None:
        return
    begun: dict[str, datetime | None] = {row["queue"]: row["last_attempt"] for row in found}
    for queue in sorted(each for each in queues if each is not None):
        began, now = begun.get(queue), source.now()
        if began is not None and now - began <= IDLE:
            continue
        since = "no job of it is known to have begun"
        if began is not None:
            since = f"its last job was begun {age(began, now)} ago"
        session.console.warn(f"Nothing may consume queue {queue}: {since}; {hint}.")
