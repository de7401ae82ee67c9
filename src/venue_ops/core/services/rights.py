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
    if row["missing"]:
        columns = ", ".join(row["missing"])
        raise PermissionDeniedError(
            f"Role {row['role']} may not write what becomes of an image on {label}.",
            hint=_have_run(f"GRANT UPDATE ({columns}) ON {row['venues']} TO {row['grantee']}"),
        )


def refuse_who_may_not_enqueue(source: Source) -> None:
    """The same for whoever would insert job rows."""
    row = _job_rights(source, inserted=INSERTED)
    _refuse_where_only_read(row, source.database.label)
    grants = []
    if row["not_inserted"]:
        columns = ", ".join(row["not_inserted"])
        grants.append(f"GRANT INSERT ({columns}) ON {row['jobs']} TO {row['grantee']}")
    if row["no_ids"]:
        grants.append(f"GRANT USAGE ON SEQUENCE {row['sequence']} TO {row['grantee']}")
    if grants:
        raise PermissionDeniedError(
            f"Role {row['role']} may not insert job rows on {source.database.label}.",
            hint=_have_run("; ".join(grants)),
        )


def refuse_who_may_not_rerun(source: Source, *, fresh: bool = False) -> None:
    """The same for whoever would have jobs run again; `fresh` changes their args, too."""
    changed = [name for name in RERUN if fresh or name != "args"]
    row = _job_rights(source, updated=changed)
    _refuse_where_only_read(row, source.database.label)
    if row["not_updated"]:
        columns = ", ".join(row["not_updated"])
        raise PermissionDeniedError(
            f"Role {row['role']} may not have jobs run again on {source.database.label}.",
            hint=_have_run(f"GRANT UPDATE ({columns}) ON {row['jobs']} TO {row['grantee']}"),
        )


def refuse_who_may_not_consume(source: Source) -> None:
    """The same for whoever would perform jobs, and write what becomes of their images."""
    row = _job_rights(source, updated=CONSUMED)
    _refuse_where_only_read(row, source.database.label)
    grants = []
    if row["not_updated"]:
        columns = ", ".join(row["not_updated"])
        grants.append(f"GRANT UPDATE ({columns}) ON {row['jobs']} TO {row['grantee']}")
    (images,) = source.database.ask(WriteRights(source.oban_schema), {"columns": list(WRITTEN)})
    if images["missing"]:
        columns = ", ".join(images["missing"])
        grants.append(f"GRANT UPDATE ({columns}) ON {images['venues']} TO {images['grantee']}")
    if grants:
        raise PermissionDeniedError(
            f"Role {row['role']} may not perform jobs on {source.database.label}.",
            hint=f"Have the owner of the tables run `{'; '.join(grants)}`.",
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


def _have_run(sql: str) -> str:
    return f"Have the owner of the table run `{sql}`, or look with --dry-run."
