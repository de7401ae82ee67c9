"""Where bytes go: to stdout, or to a file that is there whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from venue_ops.core.errors import OutputError, UsageError
from venue_ops.output.writer import failure


def write_stream(stream: TextIO, pieces: Iterable[bytes]) -> None:
    """All pieces to a text stream, as they are; BrokenPipeError when its reader went away."""
    try:
        stream.flush()
        raw: Any = getattr(stream, "buffer", None)
        for piece in pieces:
            if raw is None:
                stream.write(piece.decode("utf-8"))
            else:
                raw.write(piece)
        stream.flush()
    except (OSError, ValueError) as error:
        raise failure(stream, error) from error


def write_file(path: Path, pieces: Iterable[bytes], *, force: bool) -> None:
    """All pieces to a file, which appears when it is complete.

    It is written under another name beside its own. Without `force` a file that is there already
    is refused, also when it appears meanwhile. A device or a pipe is written directly.
    Raises UsageError or OutputError; whatever ends the writing, nothing half-written stays.
    """
    refuse_existing(path, force=force)
    try:
        if is_special(path):
            with path.open("wb") as file:
                file.writelines(pieces)
            return
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise _not_written(path, error) from error
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in pieces:
                _write(path, file, piece)
            _finish(path, file, _mode(path))
        _put_in_place(part, path, force=force)
    finally:
        part.unlink(missing_ok=True)


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raise UsageError for a file that must not be overwritten, or for a folder."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", hint="Name a file in it.")
    if not force and path.exists() and not is_special(path):
        raise UsageError(f"{path} exists already.", hint="Take another name, or --force.")


def is_special(path: Path) -> bool:
    """Whether it is a device or a pipe, which is written directly."""
    with suppress(OSError):
        return not stat.S_ISREG(path.stat().st_mode)
    return False


def _write(path: Path, file: Any, piece: bytes) -> None:
    try:
        file.write(piece)
    except OSError as error:
        raise _not_written(path, error) from error


def _mode(path: Path) -> int:
    """The permissions of the file that is replaced, else those of any new file."""
    with suppress(OSError):
        return stat.S_IMODE(path.stat().st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _finish(path: Path, file: Any, mode: int) -> None:
    try:
        file.flush()
        os.fchmod(file.fileno(), mode)  # mkstemp's own is 0600
        os.fsync(file.fileno())
    except OSError as error:
        raise _not_written(path, error) from error


def _put_in_place(part: Path, path: Path, *, force: bool) -> None:
    try:
        if force:
            part.replace(path)
        else:
            os.link(part, path)  # fails where a rename would overwrite
    except FileExistsError:
        refuse_existing(path, force=False)
        raise
    except OSError as error:
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> OutputError:
    reason = error.strerror or type(error).__name__
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            hint = "Make room there, or name another place."
        case errno.ENOENT | errno.ENOTDIR:
            hint = f"Make the folder {path.parent} first, or name another place."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            hint = "Name a place that you may write to."
        case _:
            hint = "Name another place."
    return OutputError(f"{path} could not be written: {reason}.", hint=hint)
