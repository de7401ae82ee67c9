"""A pager for what is longer than the screen, as git and psql have it.

Output is held until it fills the screen. What ends before is written as ever, and no pager is
started. Otherwise the pager gets what was held and everything that follows as it comes.
"""

from __future__ import annotations

import math
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

from venue_ops.output.layout import display_width
from venue_ops.output.pager_command import PagerCommand
from venue_ops.output.safe import Safe
from venue_ops.output.writer import Writer

_DEFAULTS: Final = {"LESS": "FRX", "LV": "-c"}
"""What git sets: less ends by itself on one screen, lets colours through, leaves the text."""
_SGR = re.compile(r"\x1b\[[0-9;]*m")
_HELD: Final = 65_536
"""Bytes that a pipe takes from us without the pager having read any of them."""
_AT_ONCE: Final = 1.0
"""Seconds within which a pager that ends with an error has not been used by a person."""


class _PagerLeftError(KeyboardInterrupt):
    """The reader left the pager: whatever is still being asked is stopped as by Ctrl-C."""


@dataclass(frozen=True, slots=True)
class Paging:
    """How to page: the command, its environment, the screen, and who is told of a failure.

    `warn` gets a sentence and a hint.
    """

    command: PagerCommand
    env: Mapping[str, str]
    lines: int
    columns: int
    warn: Callable[[str, str], None]
    clock: Callable[[], float] = time.monotonic


def rows_taken(text: str, columns: int) -> int:
    """How many rows of the screen the lines of a text fill, wrapped ones more than one."""
    lines = _SGR.sub("", text).split("\n")
    wrapped = sum(max(0, math.ceil(display_width(line) / columns) - 1) for line in lines)
    return len(lines) - 1 + wrapped


class Pager:
    """Takes the place of a Writer while a listing or document is written.

    A reader who leaves is BrokenPipeError, as with `| head`. A pager that cannot be started, or
    ends at once with an error, costs one warning: everything is then written as without it.
    """

    def __init__(self, plain: Writer, paging: Paging) -> None:
        self._plain = plain
        self._paging = paging
        self._process: subprocess.Popen[bytes] | None = None
        self._held: list[Safe] | None = []
        self._rows = self._sent = 0
        self._is_plain = False
        self._started = 0.0
        self._feeding = False
        self._handlers: dict[int, Any] = {}

    def write(self, text: Safe) -> None:
        """Buffered; errors may come later."""
        if self._is_plain:
            self._plain.write(text)
        elif self._process is not None:
            self._remember(text)
            self._feed(text)
        else:
            self._remember(text)
            self._rows += rows_taken(text, self._paging.columns)
            if self._rows >= self._paging.lines:
                self._start()

    def flush(self) -> None:
        """What the pager has not got yet goes to it; what is held for it stays held."""
        if self._is_plain:
            self._plain.flush()
        elif self._process is not None:
            self._feed(Safe(""), flush=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Write within; at the end the reader is waited for."""
        try:
            yield
            with suppress(_PagerLeftError):
                self._end()
        except _PagerLeftError:
            self._end()
            raise BrokenPipeError from None
        except KeyboardInterrupt:
            if self._process is not None:
                self._process.terminate()
            self._end()
            raise
        except BaseException:
            with suppress(BrokenPipeError, _PagerLeftError):
                self._end()
            raise

    def _remember(self, text: Safe) -> None:
        """As long as the pager may not have read any of it."""
        if self._held is not None:
            self._held.append(text)
            self._sent += len(text)
            if self._process is not None and self._sent > _HELD:
                self._held = None

    def _start(self) -> None:
        command = self._paging.command
        if command.fault:
            self._go_on_without(command.fault)
            return
        env = {**_DEFAULTS, **self._paging.env}
        try:
            self._process = subprocess.Popen(command.words, stdin=subprocess.PIPE, env=env)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            self._give_up(reason or "it is not a command")
            return
        self._started = self._paging.clock()
        self._feeding = True
        if threading.current_thread() is threading.main_thread():
            # Ctrl-C is the pager's own, as long as it runs.
            self._handlers = {
                signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
                signal.SIGCHLD: signal.signal(signal.SIGCHLD, self._child_changed),
            }
        self._feed(Safe("".join(self._held or ())), flush=True)

    def _child_changed(self, _: int, __: FrameType | None) -> None:
        """Do not wait for a slow statement whose rows nobody will read."""
        ended = self._process is not None and self._process.poll() is not None
        if ended and self._feeding and not self._failed_at_once():
            self._feeding = False
            raise _PagerLeftError

    def _feed(self, text: Safe, *, flush: bool = False) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            process.stdin.write(text.encode())
            if flush:
                process.stdin.flush()
        except BrokenPipeError:
            self._feeding = False
            process.wait()
            if not self._failed_at_once():
                raise
            self._give_up(f"it ended with {process.returncode}")

    def _failed_at_once(self) -> bool:
        status = None if self._process is None else self._process.returncode
        is_early = self._paging.clock() - self._started < _AT_ONCE
        return bool(status) and self._held is not None and is_early

    def _give_up(self, reason: str) -> None:
        name = self._paging.command.words[0]
        self._go_on_without(f"The pager {name} did not work ({reason}).")

    def _go_on_without(self, why: str) -> None:
        """Go on without a pager, from the first line on."""
        self._settle()
        self._paging.warn(why, "Mend it, or do without: --no-pager.")
        self._is_plain, held, self._held = True, self._held or (), None
        for text in held:
            self._plain.write(text)

    def _end(self) -> None:
        """Wait for the reader; what was too short for a pager, or not taken, is written now."""
        self._feeding = False
        process = self._process
        if process is not None and not self._is_plain:
            if process.stdin is not None:
                with suppress(BrokenPipeError):
                    process.stdin.close()
            process.wait()
            if self._failed_at_once():
                self._give_up(f"it ended with {process.returncode}")
            self._settle()
        elif not self._is_plain:
            for text in self._held or ():
                self._plain.write(text)
        self._plain.flush()

    def _settle(self) -> None:
        """The signals are ours again, the pipe is closed."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers = {}
        if self._process is not None and self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
