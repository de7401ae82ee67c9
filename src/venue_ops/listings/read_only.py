"""Whether anything may be written at all."""

from __future__ import annotations

from collections.abc import Callable

from venue_ops.context import Session
from venue_ops.core.errors import ConfigurationError
from venue_ops.core.services.rights import refuse_who_may_not_write
from venue_ops.core.services.source import Source


def refuse_where_read_only(
    session: Session, refuse_who_may_not: Callable[[Source], None] = refuse_who_may_not_write
) -> None:
    """Raise where nothing may be written, before anything is begun.

    ConfigurationError where the settings say so, DatabaseError where the server or the role would,
    which `refuse_who_may_not` finds out.
    """
    if session.settings.read_only:
        where = session.settings.sources.get("read_only", "the settings")
        raise ConfigurationError(
            f"{session.source.database.label} is read only ({where}).",
            hint="Choose another --profile, or --dry-run to look.",
        )
    refuse_who_may_not(session.source)
