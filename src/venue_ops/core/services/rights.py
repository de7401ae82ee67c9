"""Whether the server and the role would take an outcome, before a photo is asked for."""

from __future__ import annotations

from venue_ops.core.db.questions import WriteRights
from venue_ops.core.doctor.access import WRITTEN
from venue_ops.core.errors import DatabaseError, PermissionDeniedError
from venue_ops.core.services.source import Source


def refuse_who_may_not_write(source: Source) -> None:
    """Raise DatabaseError for a standby or a read-only session, PermissionDeniedError for a role.

    A photo that was stored and cannot be written would be an upload for nothing.
    """
    label = source.database.label
    (row,) = source.database.ask(WriteRights(source.oban_schema), {"columns": list(WRITTEN)})
    if row["is_replica"]:
        raise DatabaseError(
            f"{label} is a standby, which may only be read.",
            hint="Point the settings at the primary server, or look with --dry-run.",
        )
    if row["is_read_only"]:
        raise DatabaseError(
            f"{label} is read only for role {row['role']} (default_transaction_read_only).",
            hint="Connect as a role that may retry (docs/how-to/roles.md), or look with --dry-run.",
        )
    if row["missing"]:
        columns = ", ".join(row["missing"])
        raise PermissionDeniedError(
            f"Role {row['role']} may not write what becomes of an image on {label}.",
            hint="Have the owner of the table run"
            f" `GRANT UPDATE ({columns}) ON {row['venues']} TO {row['grantee']}`,"
            " or look with --dry-run.",
        )
