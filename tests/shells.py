"""A real shell at a real terminal, for what happens when somebody presses TAB.

`venue-ops` on its PATH is a stand-in that hands `__complete` to the program under test and
writes down, NUL-ended, the words of any other call: so a test sees what the shell made of a
line, quotes and all.
"""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

STAND_IN = """#!/bin/sh
if [ "$1" = __complete ]; then exec '{python}' -m venue_ops "$@"; fi
for word in "$@"; do printf '%s\\0' "$word"; done > '{heard}.part'
mv '{heard}.part' '{heard}'
"""
STARTS: Mapping[str, tuple[str, ...]] = {
    "bash": ("bash", "--norc", "--noprofile", "-i"),
    "zsh": ("zsh", "-f", "-i"),
    "fish": ("fish", "--no-config", "-i"),
}
LOADS: Mapping[str, str] = {
    "bash": "source '{script}'",
    "zsh": "autoload -Uz compinit; compinit -u -D; source '{script}'",
    "fish": "source '{script}'",
}
PATIENCE = 60


def shell_param(name: str) -> object:
    """A parameter for pytest: bash is taken to be there, the others are `external`."""
    missing = pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")
    marks = [missing] if name == "bash" else [missing, pytest.mark.external]
    return pytest.param(name, marks=marks)


SHELLS = [shell_param(name) for name in STARTS]


@dataclass
class Shell:
    """One shell, in a folder of its own, with the completion loaded."""

    name: str
    folder: Path
    env: Mapping[str, str]
    shown: str = field(default="", init=False)

    def __post_init__(self) -> None:
        programs = self.folder / "bin"
        programs.mkdir(parents=True)
        stand_in = programs / "venue-ops"
        stand_in.write_text(STAND_IN.format(python=sys.executable, heard=self._heard))
        stand_in.chmod(0o755)
        self._path = f"{programs}{os.pathsep}{os.environ['PATH']}"

    @property
    def _heard(self) -> Path:
        return self.folder / "heard"

    def load(self, script: str) -> None:
        """Keep the completion script where `press` finds it."""
        (self.folder / "script").write_text(script, encoding="utf-8")

    def press(self, keys: str) -> list[str]:
        """Type the keys and Enter at a fresh prompt; the words that `venue-ops` was called with.

        What the terminal showed stands in `shown` afterwards.
        """
        self._heard.unlink(missing_ok=True)
        with self._prompt() as terminal:
            self.shown = self._type(terminal, f"{keys}\n", self._heard.exists)
        return self._heard.read_text("utf-8").split("\0")[:-1]

    def look(self, keys: str, *, until: str) -> str:
        """Type the keys at a fresh prompt; what the terminal shows, once it shows a text."""
        with self._prompt() as terminal:
            return self._type(terminal, keys, until)

    @contextmanager
    def _prompt(self) -> Iterator[int]:
        load = LOADS[self.name].format(script=self.folder / "script")
        pid, terminal = pty.fork()
        if not pid:
            os.chdir(self.folder)
            os.execvpe(STARTS[self.name][0], STARTS[self.name], self._environment())  # noqa: S606
        try:
            self._type(terminal, f"{load}; echo re''ady\n", "ready")
            yield terminal
        finally:
            os.kill(pid, signal.SIGKILL)
            os.close(terminal)
            os.waitpid(pid, 0)

    def _environment(self) -> dict[str, str]:
        own = {"PATH": self._path, "TERM": "xterm", "PS1": "$ ", "INPUTRC": os.devnull}
        return {**self.env, **own, "LC_ALL": "C.UTF-8", "VENUE_OPS_COMPLETION_TIMEOUT": "20s"}

    def _type(self, terminal: int, keys: str, until: str | Callable[[], bool]) -> str:
        """Until a text is shown, or until something holds; what was shown."""
        os.write(terminal, keys.encode())
        shown = ""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if select.select([terminal], [], [], 0.02)[0]:
                shown += os.read(terminal, 65_536).decode(errors="replace")
            if until in shown if isinstance(until, str) else until():
                return shown
        pytest.fail(f"nothing came of {keys!r}: {shown!r}")
