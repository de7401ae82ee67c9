"""A real terminal of a given width, for the program in this process or in one of its own."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

ROWS = 50
_WINDOW = struct.Struct("HHHH")


@dataclass
class Terminal:
    """The side of a pseudo-terminal that a program writes to, and what it wrote."""

    device: int
    _written: list[bytes] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All that was written, once the terminal is closed."""
        return b"".join(self._written).decode("utf-8")


@contextmanager
def terminal(columns: int) -> Iterator[Terminal]:
    """A terminal that changes nothing of what is written to it."""
    controller, device = pty.openpty()
    tty.setraw(device)
    fcntl.ioctl(device, termios.TIOCSWINSZ, _WINDOW.pack(ROWS, columns, 0, 0))
    made = Terminal(device)
    reader = threading.Thread(target=_read, args=(controller, made._written))
    reader.start()
    try:
        yield made
    finally:
        os.close(device)
        reader.join(10)
        os.close(controller)


def _read(controller: int, into: list[bytes]) -> None:
    """Until the other side is closed, which a terminal reports as an error."""
    while True:
        try:
            piece = os.read(controller, 65_536)
        except OSError:
            return
        if not piece:
            return
        into.append(piece)
