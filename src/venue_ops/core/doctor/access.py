"""What the role may do: what it has to, what a retry needs, and what nobody needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from venue_ops.core.doctor import checks
from venue_ops.core.doctor.facts import OBAN_JOBS, ColumnFact, Relation, Relations, Role
from venue_ops.core.doctor.findings import (
    Detail,
    Finding,
    failed,
    listed,
    passed,
    quoted_name,
    warned,
)

INSERTED: Final = (
    *("state", "queue", "worker", "args", "meta", "tags"),
    *("max_attempts", "priority", "scheduled_at"),
)
"""What a retry that is enqueued as a job will write into `oban_jobs`."""

RERUN: Final = (
    *("state", "args", "max_attempts", "scheduled_at"),
    *("completed_at", "cancelled_at", "discarded_at"),
)
"""What running a job again will change in `oban_jobs`."""

CONSUMED: Final = (
    *("state", "attempt", "max_attempts", "attempted_at", "attempted_by", "scheduled_at"),
    *("completed_at", "cancelled_at", "discarded_at", "errors", "meta"),
)
"""What performing jobs of its own queue changes in `oban_jobs`."""

WRITTEN: Final = ("venue_images", "updated_at")
"""What the outcome of a retry changes in `venues`."""


def reading(role: Role, relations: Relations, columns: Sequence[ColumnFact]) -> Finding:
    """SELECT on every column that is read, and no policy that hides rows."""
    refused = unreadable(relations, columns)
    hidden = [table for table in relations.all_ours() if table.is_filtered]
    if refused:
        grants = [
            *(
                f"GRANT USAGE ON SCHEMA {quoted_name(schema)} TO {quoted_name(role.name)}"
                for schema in dict.fromkeys(
                    t.schema for t in refused.values() if not t.may_use_schema
                )
            ),
            "GRANT SELECT ON "
            + ", ".join(quoted_name(t.schema, t.name) for t in refused.values())
            + f" TO {quoted_name(role.name)}",
        ]
        return failed(
            checks.READING,
            f"Role {role.name} may not read {listed(list(refused), 'or')}.",
            (Detail(t.name, _refusal(t, columns)) for t in refused.values()),
            remedy="Have the owner of the tables run the statement; see docs/how-to/roles.md.",
            sql="; ".join(grants),
        )
    if hidden:
        return warned(
            checks.READING,
            f"Row level security may hide rows of {listed([t.name for t in hidden])}"
            f" from role {role.name}.",
            (Detail(table.name, "has policies that apply to this role") for table in hidden),
            remedy="Add a policy that lets this role read every row, or give it BYPASSRLS.",
        )
    return passed(checks.READING, f"Role {role.name} may read all that it has to.")


def unreadable(relations: Relations, columns: Sequence[ColumnFact]) -> dict[str, Relation]:
    """By name, the tables of which the role may not read all that it has to."""
    return {
        table.name: table
        for table in relations.all_ours()
        if not table.may_use_schema or not _may_read(table, columns)
    }


def _may_read(table: Relation, columns: Sequence[ColumnFact]) -> bool:
    return table.may_select or not _unreadable(table, columns)


def _unreadable(table: Relation, columns: Sequence[ColumnFact]) -> list[str]:
    return [
        column.name
        for column in columns
        if column.table == table.name and column.found is not None and not column.may_select
    ]


def _refusal(table: Relation, columns: Sequence[ColumnFact]) -> str:
    if not table.may_use_schema:
        return f"no USAGE on schema {table.schema}"
    missing = _unreadable(table, columns)
    if len(missing) == sum(column.table == table.name for column in columns):
        return "no SELECT"
    return f"no SELECT on {listed(missing, 'or')}"


def retrying(role: Role, columns: Sequence[ColumnFact], *, is_replica: bool) -> Finding:
    """What this role may write; that it may only look is as it should be.

    The first deed is what `retry`, `sweep` and `reconcile` need, the others no command yet.
    """
    missing = {
        "write what became of an image": _missing(columns, "venues", WRITTEN, "UPDATE"),
        "enqueue a retry as a job": _missing(columns, OBAN_JOBS, INSERTED, "INSERT")
        or ("USAGE of the sequence of ids" if role.may_use_sequence is False else None),
        "run a job again": _missing(columns, OBAN_JOBS, RERUN, "UPDATE"),
    }
    details = [
        Detail(deed, "yes" if lacks is None else f"no: it lacks {lacks}")
        for deed, lacks in missing.items()
    ]
    return passed(checks.RETRYING, _said(role, missing, is_replica=is_replica), details)


def _said(role: Role, missing: Mapping[str, str | None], *, is_replica: bool) -> str:
    if is_replica:
        return "Read only: the server is a replica. Enough to look, not to retry."
    lacks, *others = missing.values()
    if lacks is not None:
        return f"Read only: this role may look, not retry. To retry it lacks {lacks}."
    if role.is_read_only:
        return "Read only: default_transaction_read_only is on. This role may look, not retry."
    if any(other is not None for other in others):
        return "This role may retry."
    return "This role may retry, and change jobs, which no command of this release does."


def _missing(
    columns: Sequence[ColumnFact], table: str, names: Sequence[str], privilege: str
) -> str | None:
    """The right on these columns of a table that the role has not; None where it has all."""
    allowed = {
        column.name
        for column in columns
        if column.table == table
        and (column.may_update if privilege == "UPDATE" else column.may_insert)
    }
    lacking = [name for name in names if name not in allowed]
    return f"{privilege} ({', '.join(lacking)}) on {table}" if lacking else None


def excess(
    role: Role, relations: Relations, columns: Sequence[ColumnFact], *, is_demo: bool
) -> Finding:
    """What a bug or a stolen password could do with it."""
    if is_demo:
        return passed(checks.EXCESS, "The demo's own superuser, which nothing else has.")
    if role.is_superuser:
        details = [Detail(role.name, "is a superuser: may read and change everything")]
    else:
        details = list(_too_much(role, relations, columns))
    if not details:
        return passed(checks.EXCESS, f"Role {role.name} has no more rights than it needs.")
    reason = "is a superuser" if role.is_superuser else "may do more than it needs"
    return warned(
        checks.EXCESS,
        f"Role {role.name} {reason}.",
        details,
        remedy="Give venue-ops a role of its own: docs/how-to/roles.md has the statements.",
    )


def _too_much(role: Role, relations: Relations, columns: Sequence[ColumnFact]) -> list[Detail]:
    details = [Detail(role.name, "may create roles")] if role.may_create_roles else []
    for table in relations.all_ours():
        if table.is_owned:
            details.append(Detail(table.name, "belongs to this role, which may drop it"))
            continue
        rights = ["DELETE"] * table.may_delete + ["TRUNCATE"] * table.may_truncate
        useful = {"venues": (WRITTEN, ()), OBAN_JOBS: ((*RERUN, *CONSUMED), INSERTED)}
        updated, inserted = useful.get(table.name, ((), ()))
        mine = [column for column in columns if column.table == table.name]
        if extra := [c.name for c in mine if c.may_update and c.name not in updated]:
            rights.append(f"UPDATE of {listed(extra)}")
        if extra := [c.name for c in mine if c.may_insert and c.name not in inserted]:
            rights.append(f"INSERT of {listed(extra)}")
        if rights:
            details.append(Detail(table.name, f"this role may {', '.join(rights)}"))
    return details
