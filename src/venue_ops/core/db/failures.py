"""psycopg's errors as ours: one sentence, one hint, and never a password.

libpq repeats what it was given, so the text of an error about the connection string itself
is never passed on; other texts go through redaction when they are printed.
"""

from __future__ import annotations

import re

import psycopg
from psycopg import errors

from venue_ops.core.errors import (
    DatabaseError,
    LockTimeoutError,
    PermissionDeniedError,
    RefusedError,
    StatementTimeoutError,
    UnreachableError,
    VenueOpsError,
)

WRITTEN_NEXT_TIME = "What was stored is in the journal: the next run writes it, uploading nothing."
_RELATION = re.compile(r'(relation|type|schema) "([^"]+)"')


def connecting(error: psycopg.Error, label: str) -> VenueOpsError:
    """Why there is no connection to the database called `label`."""
    text = _first_line(error)
    if isinstance(error, psycopg.ProgrammingError):
        return UnreachableError(
            f"The settings of {label} are not a valid connection string.",
            hint="Check VENUE_OPS_DATABASE_URL or --database-url; see `venue-ops --help`.",
        )
    if "password authentication failed" in text or "no password supplied" in text:
        hint = "Check that the password in the URL, PGPASSWORD or ~/.pgpass is right."
    elif "failed to resolve host" in text or "could not translate host name" in text:
        hint = "Check the name of the host in the URL, and that this machine can look it up."
    elif "does not exist" in text:
        hint = "Check the name of the database and of the role."
    elif "unsupported startup parameter" in text:
        hint = "A pooler refuses it: take `options` out of the URL; --oban-schema names a schema."
    else:
        hint = "Check that the server runs and that this machine may reach it."
    return UnreachableError(f"Cannot connect to {label}: {text}", hint=hint)


def asking(error: psycopg.Error, label: str) -> VenueOpsError:
    """Why a statement did not come back from the database called `label`."""
    match error:
        case errors.QueryCanceled() if "user request" in _first_line(error):
            return DatabaseError(
                f"An administrator of {label} stopped the statement.", hint="Try again later."
            )
        case errors.QueryCanceled():
            return StatementTimeoutError(
                f"{label} took longer than the statement timeout and was stopped.",
                hint="Narrow the question (--city, --since, --limit) or raise --statement-timeout.",
            )
        case errors.LockNotAvailable():
            return LockTimeoutError(
                f"A lock on {label} did not come in time.",
                hint="Something holds it: look at pg_stat_activity, then try again.",
            )
        case errors.InsufficientPrivilege():
            return PermissionDeniedError(
                f"The role may not do this on {label}: {_first_line(error)}",
                hint="Grant SELECT on oban_jobs, venues, cities, countries to the role.",
            )
        case errors.UndefinedTable() | errors.UndefinedObject() | errors.InvalidSchemaName():
            return _not_the_application(error, label)
        case errors.UndefinedColumn():
            return _not_the_application(error, label)
        case errors.ReadOnlySqlTransaction():
            return DatabaseError(
                f"{label} is read only.", hint="Point the settings at the primary server."
            )
        case psycopg.OperationalError() if "statement pooling mode" in _first_line(error):
            return DatabaseError(
                f"{label} is behind a pooler in statement mode, which has no transactions.",
                hint="Ask for pool_mode = transaction for this database, or go past the pooler.",
            )
        case psycopg.OperationalError() if not _is_gone(error):
            return DatabaseError(
                f"{label} could not do it: {_first_line(error)}",
                hint="Nothing was changed. Try again when the server is well.",
            )
        case psycopg.OperationalError():
            return DatabaseError(
                f"The connection to {label} broke: {_first_line(error)}",
                hint="Nothing was changed. Try again when the server is back.",
            )
        case _:
            return RefusedError(
                f"{label} refused a statement: {_first_line(error)}",
                hint="Run again with --debug and report what it prints.",
            )


def writing(error: psycopg.Error, label: str) -> VenueOpsError:
    """Why the outcome of an image is not in its row."""
    failed = asking(error, label)
    match error:
        case errors.InsufficientPrivilege():
            failed.hint = "Grant UPDATE (venue_images, updated_at) on venues to the role."
        case errors.LockNotAvailable() | errors.QueryCanceled():
            failed.hint = "Another session may hold the row: look at pg_stat_activity."
    return of_a_run(failed)


def of_a_run(failed: VenueOpsError) -> VenueOpsError:
    """The same in the middle of a run, which has changed rows before and is there to go on."""
    hint = (failed.hint or "").removeprefix("Nothing was changed. ")
    if WRITTEN_NEXT_TIME not in hint:
        failed.hint = f"{hint} {WRITTEN_NEXT_TIME}".strip()
    return failed


def _is_gone(error: psycopg.Error) -> bool:
    """Whether there is no connection any more; the server itself names other reasons by a code."""
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))


def _not_the_application(error: psycopg.Error, label: str) -> DatabaseError:
    found = _RELATION.search(_first_line(error))
    what = f"{found[1]} {found[2]}" if found else "an expected table or column"
    return DatabaseError(
        f"{label} does not look like the application's database: {what} is missing.",
        hint="Check the database's name, and --oban-schema if Oban's tables have a prefix.",
    )


def _first_line(error: psycopg.Error) -> str:
    text = (error.diag.message_primary or str(error)).strip()
    line = text.splitlines()[0] if text else type(error).__name__
    return line.rstrip(".") + "."
