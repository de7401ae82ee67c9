"""Where the embedded server's Unix socket lives.

The address of a Unix socket holds about a hundred bytes, and a data directory deep in a home
or a temporary folder is easily longer. Then a short directory of its own under the system's
temporary folder takes its place.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
import tempfile
from pathlib import Path

from venue_ops.core.errors import ConfigurationError

LONGEST_ADDRESS = 103
"""Bytes, without the final NUL: the limit of macOS; Linux allows 107."""

PORT = 5432
"""Only a part of the socket's name: the server listens on no network address."""


def socket_file(directory: Path, port: int = PORT) -> Path:
    """The name that PostgreSQL gives a socket."""
    return directory / f".s.PGSQL.{port}"


def socket_dir(data: Path) -> Path:
    """The data directory itself, or a short one derived from its name."""
    if len(os.fsencode(socket_file(data))) <= LONGEST_ADDRESS:
        return data
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:10]
    short = Path(tempfile.gettempdir()) / f"venue-ops-{os.geteuid()}-{digest}"
    if len(os.fsencode(socket_file(short))) <= LONGEST_ADDRESS:
        return short
    # TMPDIR can be long as well (macOS); /tmp is there on every system with such sockets.
    return Path("/tmp") / short.name  # noqa: S108 (prepare_socket_dir looks at who owns it)


def prepare_socket_dir(data: Path, owner: pwd.struct_passwd | None) -> Path:
    """`socket_dir`, there and closed to everyone else.

    In a folder that all share, someone may have made the directory before us and could then
    pose as the server: one of a stranger, or a link, is refused with ConfigurationError.
    """
    directory = socket_dir(data)
    if directory == data:
        return directory
    uid = owner.pw_uid if owner else os.geteuid()
    try:
        directory.mkdir(mode=0o700)
        if owner:
            os.chown(directory, owner.pw_uid, owner.pw_gid)
    except FileExistsError:
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
            raise ConfigurationError(
                f"{directory} belongs to someone else.",
                hint="Set VENUE_OPS_DEMO_DIR to a directory with a shorter path.",
            ) from None
    return directory
