"""The exit codes, and the one place that chooses among them."""

from __future__ import annotations

from enum import IntEnum

from venue_ops.core.errors import (
    ConfigurationError,
    DatabaseError,
    NetworkError,
    NotFoundError,
    StoreError,
    UsageError,
)


class ExitCode(IntEnum):
    """What the process tells its caller; documented in docs/reference/exit-codes.md."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    NOT_FOUND = 3
    ENVIRONMENT = 4
    STILL_FAILING = 5
    FAILURES_LISTED = 6
    STOPPED = 7
    INTERRUPTED = 130
    TERMINATED = 143


def exit_code_for(error: BaseException) -> ExitCode:
    """The exit code for whatever ended the program; every unknown kind is UNEXPECTED."""
    match error:
        case UsageError():
            return ExitCode.USAGE
        case NotFoundError():
            return ExitCode.NOT_FOUND
        case ConfigurationError() | DatabaseError() | NetworkError() | StoreError():
            return ExitCode.ENVIRONMENT
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED
        case _:
            return ExitCode.UNEXPECTED
