"""Whether the server and the role would take what is to be written, before anything is begun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from venue_ops.core.db.questions import JobRights, WriteRights
from venue_ops.core.doctor.access import CONSUMED, INSERTED, RERUN, WRITTEN
from venue_ops.core.errors import DatabaseError, PermissionDeniedError
from venue_ops.core.services.source import Source


def refuse_who_may_not_write(source: Source) -> None:
    """Raise DatabaseError for a standby or a read-only session, PermissionDeniedError for a role.

    A photo that was stored and cannot be written would be an upload for nothing.
    """
    label = source.database.label
    (row,) = source.database.ask(WriteRights(source.oban_schema), {"columns": list(WRITTEN)})
    _refuse_where_only_read(row, label)
    _refuse(row, label, "write what becomes of an image", _image_grants(row))


def refuse_who_may_not_enqueue(source: Source) -> None:
    """The same for whoever would insert job rows."""
    row = _job_rights(source, inserted=INSERTED)
    _refuse_where_only_read(row, source.database.label)
    grants = _grants("INSERT", row["not_inserted"], row["jobs"], row)
    if row["no_ids"]:
        grants.append(f"GRANT USAGE ON SEQUENCE {row['sequence']} TO {row['grantee']}")
    _refuse(row, source.database.label, "insert job rows", grants)


def refuse_who_may_not_rerun(source: Source, *, fresh: bool = False) -> None:
    """The same for whoever would have jobs run again; `fresh` changes their args, too."""
    changed = [name for name in RERUN if fresh or name != "args"]
    row = _job_rights(source, updated=changed)
    _refuse_where_only_read(row, source.database.label)
    _refuse(row, source.database.label, "have jobs run again", _job_grants(row))


def refuse_who_may_not_consume(source: Source) -> None:
    """The same for whoever would perform jobs, and write what becomes of their images."""
    row = _job_rights(source, updated=CONSUMED)
    label = source.database.label
    _refuse_where_only_read(row, label)
    (images,) = source.database.ask(WriteRights(source.oban_schema), {"columns": list(WRITTEN)})
    grants = [*_job_grants(row), *_image_grants(images)]
    _refuse(row, label, "perform jobs", grants, or_else="")


def _image_grants(row: Mapping[str, Any]) -> list[str]:
    return _grants("UPDATE", row["missing"], row["venues"], row)


def _job_grants(row: Mapping[str, Any]) -> list[str]:
    return _grants("UPDATE", row["not_updated"], row["jobs"], row)


def _grants(right: str, columns: Sequence[str], on: str, row: Mapping[str, Any]) -> list[str]:
    """The statement that adds a right on columns; none where none is missing."""
    return [f"GRANT {right} ({', '.join(columns)}) ON {on} TO {row['grantee']}"] if columns else []


def _refuse(
    row: Mapping[str, Any],
    label: str,
    deed: str,
    grants: Sequence[str],
    or_else: str = ", or look with --dry-run",
) -> None:
    if grants:
        raise PermissionDeniedError(
            f"Role {row['role']} may not {deed} on {label}.",
            hint=f"Have the owner of the table run `{'; '.join(grants)}`{or_else}.",
        )


def _job_rights(
    source: Source, *, inserted: Sequence[str] = (), updated: Sequence[str] = ()
) -> Mapping[str, Any]:
    asked = {
        "oban_schema": source.oban_schema,
        "inserted": list(inserted),
        "updated": list(updated),
    }
    (row,) = source.database.ask(JobRights(source.oban_schema), asked)
    return row


def _refuse_where_only_read(row: Mapping[str, Any], label: str) -> None:
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
