"""Why a check could not be made: each cause is told once, by the check that is about it."""

from __future__ import annotations

from venue_ops.core.doctor import access, checks
from venue_ops.core.doctor.facts import OBAN_JOBS, Lock
from venue_ops.core.doctor.findings import Check, Finding, failed, skipped
from venue_ops.core.errors import (
    DatabaseError,
    LockTimeoutError,
    PermissionDeniedError,
    StatementTimeoutError,
    UnreachableError,
)
from venue_ops.core.services.doctor_facts import Facts


def reason_to_skip(check: Check, facts: Facts) -> str | None:
    """Why a check would be about nothing, or would wait in vain; None if neither is known."""
    if check in checks.ON_JOBS and facts.relations().ours(OBAN_JOBS) is None:
        return f"Needs the table {OBAN_JOBS}, which is not there."
    if check in checks.ON_VENUES and facts.relations().ours("venues") is None:
        return "Needs the table venues, which is not there."
    if check in checks.ON_ANY_TABLE and not facts.relations().all_ours():
        return "Needs the application's tables, which are not there."
    table = checks.READS.get(check)
    if table in facts.waited_for and (lock := facts.lock_on(table)):
        return f"{_locked(lock)}, as above."
    return None


def in_place_of_answer(check: Check, error: DatabaseError, facts: Facts) -> Finding:
    """The finding in place of an answer.

    Only that the database does not answer at all is itself what a check was about.
    """
    if check is checks.CONNECTION:
        return failed(check, error.message, remedy=error.hint)
    table = checks.READS.get(check)
    if table and isinstance(error, PermissionDeniedError) and _is_refused(table, facts):
        return skipped(
            check, f"The role may not read {table}: see the check {checks.READING.name}."
        )
    is_late = isinstance(error, StatementTimeoutError | LockTimeoutError)
    if table and is_late and (lock := facts.lock_on(table)):
        facts.waited_for.add(table)
        return skipped(
            check,
            f"{_locked(lock)}.",
            f"Run it again when that session is done; pg_stat_activity says what process"
            f" {lock.process} does.",
        )
    if isinstance(error, StatementTimeoutError):
        return skipped(
            check,
            f"Not finished within {facts.last_budget.total_seconds():g} s.",
            f"Give it more time: --statement-timeout 5m --check {check.name}",
        )
    return skipped(check, error.message, error.hint)


def _is_refused(table: str, facts: Facts) -> bool:
    """Whether the check of the rights says so, too; if not, the reason is another."""
    try:
        return table in access.unreadable(facts.relations(), facts.columns())
    except UnreachableError:
        raise
    except DatabaseError:
        return False


def _locked(lock: Lock) -> str:
    who = f"process {lock.process}" + (f", role {lock.role}" if lock.role else "")
    if lock.is_held:
        return f"Table {lock.table} is locked by another session ({who})"
    return f"Another session ({who}) waits to lock table {lock.table}, and all others behind it"
