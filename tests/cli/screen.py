"""The program as the foreground job of a real terminal, for what a pager does there."""

from __future__ import annotations

import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import ioctl

import pytest
from tests.cli.program import Program, command, unmeasured

PATIENCE = 60

TAGGED = 'sed "s/^/| /"'
LONG = ("list", "-k", "all", "-n", "40")
SHORT = ("list", "-n", "5")


@dataclass
class Screen:
    """The program at a terminal of 24 lines, as its foreground job."""

    program: Program
    terminal: int = -1
    pid: int = 0
    text: str = ""

    @contextmanager
    def run(self, *argv: str | int, **env: str) -> Iterator[Screen]:
        with self.start(command(*argv), **env):
            yield self

    @contextmanager
    def start(self, words: Sequence[str], **env: str) -> Iterator[Screen]:
        self.text = ""
        given = {"TERM": "xterm", **env}
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            # A suite that runs in the background has it ignored, which would be inherited.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
            whole = unmeasured(self.program.environment(given))
            named = {k: v for k, v in whole.items() if v != "UNSET"}
            os.execve(words[0], list(words), named)  # noqa: S606 (the terminal has to be its own)
        try:
            yield self
        finally:
            os.close(self.terminal)
            try:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            except (ChildProcessError, ProcessLookupError):
                pass  # it has ended

    def press(self, keys: str) -> None:
        os.write(self.terminal, keys.encode())

    def until(self, what: str | Callable[[], bool]) -> str:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self._read(0.02)
            if what in self.text if isinstance(what, str) else what():
                return self.text
        pytest.fail(f"never seen {what!r}: {self.text!r}")

    def ended(self) -> int:
        """The exit code, once the program has ended by itself."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self._read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._read(0.05)
                return os.waitstatus_to_exitcode(status)
        pytest.fail(f"never ended: {self.text!r}")

    def _read(self, seconds: float) -> None:
        while select.select([self.terminal], [], [], seconds)[0]:
            try:
                piece = os.read(self.terminal, 65_536)
            except OSError:
                return
            self.text += piece.decode()
