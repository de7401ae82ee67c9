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


class RefusedError(DatabaseError):
    """The server does not know, or does not allow, something in the statement itself."""


class LockTimeoutError(DatabaseError):
    """Another session held a lock for longer than the role may wait for one."""


class NetworkError(VenueOpsError):
    """Nothing could be reached, so nothing was found out about any image."""

    code = "network"


class StoreError(VenueOpsError):
    """The store of photos failed, which is no image's fault: nothing is written about any.

    `is_transient`: it may pass within moments; else the run has to end (a refused key, a full
    disk). `retry_after` are the seconds that it asked to wait.
    """

    code = "store"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        is_transient: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.is_transient = is_transient
        self.retry_after = retry_after


class OutputError(VenueOpsError):
    """What was found could not be written: a full disk, a closed device."""

    code = "output"
