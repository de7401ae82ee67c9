"""One run on this machine at a venue at a time, by a lock on a file that its end releases.

However a process ends, the kernel lets its locks go: a lease is never stale.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from venue_ops.core.errors import ConfigurationError


class Leases:
    """The leases below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def try_venue(self, venue_id: int) -> Iterator[bool]:
        """Whether the venue is ours until the block ends; another run has it otherwise.

        Raises ConfigurationError where the folder takes no lock.
        """
        path = self._folder / f"{venue_id}.lock"
        try:
            handle = _locked(path)
        except OSError as error:
            raise ConfigurationError(
                f"A venue cannot be locked: {error.strerror}.",
                hint="Make room on the disk of the state folder, or name another (state_dir).",
            ) from None
        if handle is None:
            yield False
            return
        try:
            yield True
        finally:
            with suppress(OSError):
                path.unlink()  # while it is locked, so that nobody waits on a ghost
            os.close(handle)


def _locked(path: Path) -> int | None:
    """An open, locked file that still is the one at `path`; None where another has it."""
    while True:
        handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(handle, path):
                return handle
        except BlockingIOError:
            os.close(handle)
            return None
        except OSError:
            os.close(handle)
            raise
        os.close(handle)  # its owner removed it just before we locked it


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
