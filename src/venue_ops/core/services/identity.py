"""Which database the state folder belongs to."""

from __future__ import annotations

from venue_ops.core.db.questions import DatabaseIdentity
from venue_ops.core.errors import PermissionDeniedError, RefusedError
from venue_ops.core.services.source import Source


def identity_of(source: Source) -> tuple[str, str | None]:
    """The database's name, and what tells it apart from all others; one statement.

    The label and None where the server does not tell (a right that was revoked, a service that
    has no such function). Raises DatabaseError where it cannot be asked at all.
    """
    try:
        (row,) = source.database.ask(DatabaseIdentity(source.oban_schema), {})
    except (PermissionDeniedError, RefusedError):
        return source.database.label, None
    return row["name"], f"{row['system_identifier']}/{row['oid']}"
