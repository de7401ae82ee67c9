"""Everything that can go wrong, as types.

The core raises these and knows nothing of exit codes or terminals; `venue_ops.exit_codes`
maps each kind to one exit code and `venue_ops.cli` prints message and hint.
"""

from __future__ import annotations


class VenueOpsError(Exception):
    """A failure that an operator can act on.

    `message` is one sentence that says what happened; `hint` is one that says what to do
    next, with the next command where there is one. Both may hold text from outside: whoever
    prints them redacts and escapes.
    """

    code = "error"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(VenueOpsError):
    """What was asked cannot be meant: an unknown column, a malformed date, two matches."""

    code = "usage"


class AmbiguousReferenceError(UsageError):
    """A name stands for more than one thing; `hint` lists what it could be."""

    code = "ambiguous"


class NotFoundError(VenueOpsError):
    """A city, venue, job or image that was named does not exist."""

    code = "not_found"


class ConfigurationError(VenueOpsError):
    """The settings are missing, contradict each other or cannot be read."""

    code = "configuration"


class DatabaseError(VenueOpsError):
    """The database cannot be reached, refused the role, or is not the application's."""

    code = "database"


class UnreachableError(DatabaseError):
    """There is no connection, so no other question can be answered either."""


class StatementTimeoutError(DatabaseError):
    """A statement was cancelled because it ran longer than `--statement-timeout`."""

    code = "statement_timeout"


class PermissionDeniedError(DatabaseError):
    """The role lacks a right that the statement needs."""


class LockTimeoutError(DatabaseError):
    """Another session held a lock for longer than the role may wait for one."""


class OutputError(VenueOpsError):
    """What was found could not be written: a full disk, a closed device."""

    code = "output"
