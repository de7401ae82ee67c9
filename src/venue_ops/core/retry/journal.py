"""Photos that were put into the store, written down before their rows are.

A crash between the upload and the row is mended from here without another upload; so is a row
that the application overwrites later. One append-only file a venue, a line an entry, flushed to
the disk. No line holds a secret: an image goes by its id, which leaves the key out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from venue_ops.core.errors import ConfigurationError
from venue_ops.core.retry.standing import Entry, moment_of
from venue_ops.core.retry.state import listed

_SHARDS = 256
"""Folders below the journal, so that none holds too many files."""

KEPT = timedelta(days=30)
"""So long an entry outlives the day it was settled: a stale copy comes within hours."""

LARGE = 16_384
"""Bytes of a venue's file above which lines that others took the place of are dropped, too."""


@dataclass(frozen=True, slots=True)
class Settled:
    """That an entry was told to stand for nothing any more: its image is gone, or another's.

    `entry_at` is the moment of the entry, `at` that of the telling.
    """

    settled: str
    entry_at: str
    at: str


@dataclass(slots=True)
class Recorded:
    """What the journal knows of one venue: the latest entry of each image in each store."""

    latest: dict[tuple[str, str, str], Entry] = field(default_factory=dict)
    told: dict[tuple[str, str], Settled] = field(default_factory=dict)
    lines: int = 0
    size: int = 0

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries that count, the oldest first."""
        return tuple(self.latest.values())

    def settled(self, entry: Entry) -> Settled | None:
        """Whether it was told already that this entry stands for nothing."""
        return self.told.get((entry.image, entry.at))


class Journal:
    """The journal of one database. Only who has a venue's lease writes its file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def recorded(self, venue_id: int) -> Recorded:
        """What is known of a venue. Raises ConfigurationError."""
        found = Recorded()
        for part in _read(self._file(venue_id), found):
            if isinstance(part, Settled):
                found.told[part.settled, part.entry_at] = part
            elif part.venue_id == venue_id:
                key = (part.image, part.store, part.root)
                found.latest.pop(key, None)
                found.latest[key] = part
        return found

    def entries(self, venue_id: int) -> tuple[Entry, ...]:
        """The latest entry of each image of a venue in each store. Raises ConfigurationError."""
        return self.recorded(venue_id).entries

    def append(self, entry: Entry) -> None:
        """Write one down for good. Raises ConfigurationError where the disk refuses it."""
        self._append(entry.venue_id, entry)

    def settle(self, entry: Entry, now: datetime) -> None:
        """Remember that it was told. Raises ConfigurationError where the disk refuses it."""
        self._append(entry.venue_id, Settled(entry.image, entry.at, now.isoformat()))

    def compact(self, venue_id: int, now: datetime) -> bool:
        """Drop what was settled long ago; of a large file also lines that count no more.

        Whole or not at all: whoever reads meanwhile sees the old file or the new one. Raises
        ConfigurationError where the disk refuses it.
        """
        path, known = self._file(venue_id), self.recorded(venue_id)
        kept: list[Entry | Settled] = []
        for entry in known.entries:
            told = known.settled(entry)
            if told is not None and _is_old(told, now):
                continue
            kept += [entry] if told is None else [entry, told]
        dropped = len(known.entries) - sum(isinstance(each, Entry) for each in kept)
        if not dropped and (known.size <= LARGE or len(kept) == known.lines):
            return False
        try:
            _replace(path, b"".join(_line(each) for each in kept))
        except OSError as error:
            raise _cannot_write(error) from None
        return True

    def venues(self) -> Iterator[int]:
        """The venues that have entries, in no order. Raises ConfigurationError."""
        try:
            for shard in listed(self._folder):
                for path in listed(shard) if shard.is_dir() else ():
                    stem = path.stem
                    if stem.isascii() and stem.isdecimal() and path == self._file(int(stem)):
                        yield int(stem)
        except OSError as error:
            raise _cannot_read(error) from None

    def _append(self, venue_id: int, part: Entry | Settled) -> None:
        path = self._file(venue_id)
        try:
            if not path.parent.exists():
                path.parent.mkdir(mode=0o700, exist_ok=True)
                _sync_folder(self._folder)
            is_new = not path.exists()
            handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                # Behind a line that a crash cut short, this one has to stand by itself.
                _write_all(handle, (b"" if _ends_well(handle) else b"\n") + _line(part))
                os.fsync(handle)
            finally:
                os.close(handle)
            if is_new:
                _sync_folder(path.parent)
        except OSError as error:
            raise _cannot_write(error) from None

    def _file(self, venue_id: int) -> Path:
        return self._folder / f"{venue_id % _SHARDS:02x}" / f"{venue_id}.jsonl"


def _read(path: Path, counted: Recorded) -> Iterator[Entry | Settled]:
    """All whole lines; one that is not (a crash, another version) is passed over."""
    try:
        text = path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return
    except OSError as error:
        raise _cannot_read(error) from None
    counted.size = len(text)
    for line in text.split("\n"):
        counted.lines += bool(line)
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        part = _part(found)
        if part is not None:
            yield part


def _part(found: Any) -> Entry | Settled | None:
    """What a line says; a later version may say more than is known here."""
    if not isinstance(found, dict):
        return None
    kind: type[Entry] | type[Settled] = Settled if "settled" in found else Entry
    known: dict[str, Any] = {each.name: found.get(each.name) for each in fields(kind)}
    fits = all(type(value) is (int if name == "venue_id" else str) for name, value in known.items())
    return kind(**known) if fits else None


def _is_old(told: Settled, now: datetime) -> bool:
    at = moment_of(told.at)
    return at is None or now - at > KEPT


def _line(part: Entry | Settled) -> bytes:
    return (json.dumps(asdict(part), separators=(",", ":")) + "\n").encode()


def _replace(path: Path, content: bytes) -> None:
    """A file of nothing is none."""
    if not content:
        path.unlink(missing_ok=True)
        _sync_folder(path.parent)
        return
    new = path.with_suffix(".new")
    flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC
    try:
        handle = os.open(new, flags, 0o600)
        try:
            _write_all(handle, content)
            os.fsync(handle)
        finally:
            os.close(handle)
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _write_all(handle: int, data: bytes) -> None:
    """On a disk that fills up, the system takes a part and only the next call fails."""
    while data:
        data = data[os.write(handle, data) :]


def _ends_well(handle: int) -> bool:
    size = os.fstat(handle).st_size
    return size == 0 or os.pread(handle, 1, size - 1) == b"\n"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _cannot_write(error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"The journal cannot be written: {error.strerror}.",
        hint="Make room on the disk of the state folder, or name another (state_dir).",
    )


def _cannot_read(error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"The journal cannot be read: {error.strerror}.",
        hint="Check the permissions of the state folder, or name another (state_dir).",
    )
