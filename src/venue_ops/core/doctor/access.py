"""What the role may do: what it has to, what a retry will need, and what nobody needs."""

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
"""What a retry that is enqueued as a job writes into `oban_jobs`."""

RERUN: Final = (
    *("state", "args", "max_attempts", "scheduled_at"),
    *("completed_at", "cancelled_at", "discarded_at"),
)
"""What running a job again changes in `oban_jobs`."""

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
    """What this role could write one day; that it may only look is as it should be."""
    may = {
        "write what became of an image": _all(columns, "venues", WRITTEN, "update"),
        "enqueue a retry as a job": _all(columns, OBAN_JOBS, INSERTED, "insert")
        and role.may_use_sequence is not False,
        "run a job again": _all(columns, OBAN_JOBS, RERUN, "update"),
    }
    details = [Detail(deed, "yes" if allowed else "no") for deed, allowed in may.items()]
    return passed(checks.RETRYING, _said(may, is_replica=is_replica), details)


def _said(may: Mapping[str, bool], *, is_replica: bool) -> str:
    if is_replica:
        return "Read only: the server is a replica. Enough to look, not to retry."
    if not any(may.values()):
        return "Read only: this role may look, not retry. No command of this release writes."
    if all(may.values()):
        return "This role may also retry. No command of this release writes."
    allowed = [deed for deed, yes in may.items() if yes]
    refused = [deed for deed, yes in may.items() if not yes]
    return f"This role may {listed(allowed)}, but not {listed(refused, 'or')}."


def _all(columns: Sequence[ColumnFact], table: str, names: Sequence[str], privilege: str) -> bool:
    allowed = {
        column.name
        for column in columns
        if column.table == table
        and (column.may_update if privilege == "update" else column.may_insert)
    }
    return allowed.issuperset(names)


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
        useful = {"venues": (WRITTEN, ()), OBAN_JOBS: (RERUN, INSERTED)}
        updated, inserted = useful.get(table.name, ((), ()))
        mine = [column for column in columns if column.table == table.name]
        if extra := [c.name for c in mine if c.may_update and c.name not in updated]:
            rights.append(f"UPDATE of {listed(extra)}")
        if extra := [c.name for c in mine if c.may_insert and c.name not in inserted]:
            rights.append(f"INSERT of {listed(extra)}")
        if rights:
            details.append(Detail(table.name, f"this role may {', '.join(rights)}"))
    return details
