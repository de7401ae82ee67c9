"""What becomes of a standard stream that cannot be written to any more."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO


def abandon(stream: TextIO) -> None:
    """Points a standard stream that failed at the null device.

    Python flushes it again at exit and would add a complaint and exit code 120 of its own.
    """
    if stream not in {sys.stdout, sys.__stdout__, sys.stderr, sys.__stderr__}:
        return
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
