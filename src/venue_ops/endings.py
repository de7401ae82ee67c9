"""How a run begins and ends: its streams, its signals, and what an error is told as."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from venue_ops.context import Flags, Session
from venue_ops.core.errors import UsageError
from venue_ops.exit_codes import ExitCode, exit_code_for
from venue_ops.output.formats import Format

STDOUT, STDERR = 1, 2
_WRITING_FAILED = (errno.EBADF, errno.EFBIG, errno.EIO, errno.ENOSPC)


def open_standard_streams() -> None:
    """Give a process that was started without them (`>&-`) its three streams.

    Or the connection to the database would become the file that others take for stderr. What
    is printed to a stdout that was closed fails as it does to a full disk.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if number == STDERR else os.O_RDONLY)
    sys.stdout = sys.stdout or os.fdopen(STDOUT, "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(STDERR, "w", encoding="utf-8")


def interrupt_on_sigterm() -> Callable[[], bool]:
    """Let SIGTERM end the program as Ctrl-C does; the answer tells afterwards whether it did.

    So the statement that runs is cancelled on the server, too, and does not go on unheard.
    """
    received: list[int] = []

    def interrupt(number: int, _: FrameType | None) -> None:
        received.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    return lambda: bool(received)


def refuse_what_is_no_text(args: Sequence[str]) -> None:
    """Neither PostgreSQL nor JSON can hold bytes that are no UTF-8, or NUL."""
    for word in args:
        if "\0" in word or any("\ud800" <= char <= "\udfff" for char in word):
            from venue_ops.core.references import shortened

            raise UsageError(
                f'An argument is not valid UTF-8: "{shortened(word)}".',
                hint="Check how the terminal or the script encodes its text.",
            )


@contextmanager
def ungrouped() -> Iterator[None]:
    """Let what ends tasks that went side by side end this block as one error, as it was raised."""
    try:
        yield
    except BaseExceptionGroup as group:
        error = one_of(group)
        raise error from error.__cause__


def one_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that a group is told as, with its own cause (pure).

    A wish to stop goes before all; then the first that failed. A reader of stdout that went away
    is the reason only where nothing else is, for it ends the program with 0, and a task that
    was cancelled never is. Kinds that are not told are noted, for --debug.
    """
    errors = list(_leaves(group))
    chosen = min(errors, key=_weight)
    others = Counter(type(error).__name__ for error in errors if type(error) is not type(chosen))
    if others:
        chosen.add_note("besides: " + ", ".join(f"{n} {name}" for name, n in others.items()))
    return chosen


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _weight(error: BaseException) -> int:
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        return 0
    if isinstance(error, BrokenPipeError):
        return 2
    return 1 if isinstance(error, Exception) else 3


def failed(session: Session, error: Exception, args: Sequence[str]) -> int:
    """Say what ended the program, in the way that was asked for; the exit code."""
    if isinstance(error, OSError):
        error = _of_stdout(session, error)
    code = exit_code_for(error)
    if callable(getattr(error, "format_message", None)):  # Typer's own: wrong usage
        error, code = _usage(error), ExitCode.USAGE
        if not str(error):
            return code  # no command was given, and the help stands there already
        if session.flags == Flags() and _wants_json(args):
            session.give(Flags(output=Format.JSON))
    if session.flags.debug:
        import traceback

        trace = traceback.TracebackException.from_exception(error, capture_locals=False)
        session.console.trace("".join(trace.format()))
    if code is ExitCode.UNEXPECTED and not hasattr(error, "hint"):
        error = _unexpected(error)
    session.console.error(error, int(code))
    return code


def _of_stdout(session: Session, error: OSError) -> Exception:
    """The error as it is when it was Typer's own text, a help, that could not be written."""
    from venue_ops.output.writer import failure

    is_of_a_stream = error.filename is None and error.errno in _WRITING_FAILED
    return failure(session.stdout, error) if is_of_a_stream else error


def _usage(error: Any) -> UsageError:
    from venue_ops.misuse import in_our_words

    if type(error).__name__ == "NoArgsIsHelpError":
        message = error.format_message()
        sys.stdout.write(f"{message}\n" if message else "")
        return UsageError("")
    return in_our_words(error)


def _unexpected(error: Exception) -> Exception:
    from venue_ops.core.errors import VenueOpsError

    return VenueOpsError(
        f"Something unexpected happened: {type(error).__name__}: {error}",
        hint="Run again with --debug and report what it prints.",
    )


def _wants_json(args: Sequence[str]) -> bool:
    return any(
        word.removeprefix("--output=").removeprefix("-o") in ("json", "ndjson") for word in args
    )


def abandon_stdout(session: Session) -> None:
    """Write no more, also not at exit: whoever read stdout went away, or nobody wants the rest."""
    from venue_ops.streams import abandon

    abandon(session.stdout)
