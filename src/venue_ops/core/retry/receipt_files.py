"""Reading receipts: the head and the end of each for a list, the images only as they are needed.

A receipt of a hundred thousand images is forty megabytes, and none of it is kept in memory.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import IO, Any, TypeVar

from venue_ops.core.errors import ConfigurationError, NotFoundError
from venue_ops.core.references import close_matches
from venue_ops.core.retry.receipts import RunEnd, RunHead, RunImage, RunJob
from venue_ops.core.retry.state import listed

T = TypeVar("T")

_LONGEST = 1_000_000
"""Bytes of a line; what is longer is no line of ours."""

_TAIL = 65_536
_SUFFIX = ".jsonl"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A run; `end` None where it did not come to one. `results` are images by result, `reruns`
    the jobs that were to run again.
    """

    head: RunHead
    end: RunEnd | None
    results: Mapping[str, int]
    path: Path
    reruns: Mapping[str, int] = field(default_factory=dict)

    def images(self) -> Iterator[RunImage]:
        """Its images as they came, read from the file once more. Raises ConfigurationError."""
        try:
            with self.path.open("rb") as file:
                yield from _images(file)
        except OSError as error:
            raise _cannot_read(error) from None

    def jobs(self) -> Iterator[RunJob]:
        """The jobs that were to run again, likewise."""
        try:
            with self.path.open("rb") as file:
                yield from _jobs(file)
        except OSError as error:
            raise _cannot_read(error) from None


def receipts(folder: Path) -> Iterator[Receipt]:
    """All receipts, the newest run first; files that hold none are passed over.

    Raises ConfigurationError where the folder cannot be read.
    """
    for name in reversed(_names(folder)):
        found = read_receipt(folder / f"{name}{_SUFFIX}")
        if found is not None:
            yield found


def find_receipt(folder: Path, run: str) -> Receipt:
    """The receipt of a run by its id or the beginning of it. Raises NotFoundError.

    Raises ConfigurationError where the folder cannot be read.
    """
    known = _names(folder)
    matching = [name for name in known if name == run] or [
        name for name in known if name.startswith(run)
    ]
    found = read_receipt(folder / f"{matching[0]}{_SUFFIX}") if len(matching) == 1 else None
    if found is not None:
        return found
    if len(matching) > 1:
        raise NotFoundError(
            f'{len(matching)} runs begin with "{run}".', hint=f"As {', '.join(matching[:3])}."
        )
    near = close_matches(run, known)
    raise NotFoundError(
        f'There is no run "{run[:100]}".',
        hint=f"Did you mean {' or '.join(near)}?"
        if near
        else "List them with `venue-ops runs list`.",
    )


def read_receipt(path: Path) -> Receipt | None:
    """The receipt in a file, as far as it goes; None where it does not begin as one.

    Of a run that ended only the two ends of the file are read; of another its images are counted.
    """
    try:
        with path.open("rb") as file:
            head = next(_heads(file), None)
            if head is None:
                return None
            end = _end(file)
            if end is not None:
                return Receipt(head, end, end.results, path, end.jobs)
            file.seek(0)
            images = Counter(image.result for image in _images(file))
            file.seek(0)
            return Receipt(head, None, images, path, Counter(job.result for job in _jobs(file)))
    except OSError:
        return None


def _names(folder: Path) -> list[str]:
    try:
        return [path.stem for path in listed(folder) if path.suffix == _SUFFIX]
    except OSError as error:
        raise _cannot_read(error) from None


def _heads(file: IO[bytes]) -> Iterator[RunHead]:
    """Nothing of a run stands before its head."""
    for part in _parts(file):
        kind = part.get("kind")
        if kind == "run" and (head := _made(RunHead, part)) is not None:
            yield head
        elif kind in ("image", "end") and _made(RunImage, part) is not None:
            return


def _images(file: IO[bytes]) -> Iterator[RunImage]:
    for part in _parts(file):
        if part.get("kind") == "image" and (image := _made(RunImage, part)) is not None:
            yield image


def _jobs(file: IO[bytes]) -> Iterator[RunJob]:
    for part in _parts(file):
        if part.get("kind") == "job" and (job := _made(RunJob, part)) is not None:
            yield job


def _end(file: IO[bytes]) -> RunEnd | None:
    """Nothing of a run stands behind its end."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL))
    for line in reversed(file.read(_TAIL).split(b"\n")):
        part = _part(line)
        match part.get("kind"):
            case "end" if (end := _made(RunEnd, part)) is not None:
                return end
            case "image" if _made(RunImage, part) is not None:
                return None
    return None


def _parts(file: IO[bytes]) -> Iterator[dict[str, Any]]:
    while line := file.readline(_LONGEST):
        yield _part(line)


def _part(line: bytes) -> dict[str, Any]:
    """What a line says; nothing where it was cut short, or is of another kind."""
    try:
        found = json.loads(line.decode("utf-8", errors="replace"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, NoneType),
    "int": (int,),
    "int | None": (int, NoneType),
    "Mapping[str, int]": (dict,),
    "Mapping[str, str]": (dict,),
    "tuple[str, ...]": (list,),
}


def _made(kind: type[T], part: Mapping[str, Any]) -> T | None:
    """What a line says, as far as it is known here; None where it says it otherwise."""
    values: dict[str, Any] = {}
    for each in fields(kind):  # type: ignore[arg-type]  # one of the dataclasses
        if each.name not in part and each.default_factory is not MISSING:
            continue
        value, wanted = part.get(each.name), str(each.type)
        if type(value) not in _TYPES[wanted]:
            return None
        if isinstance(value, dict | list):
            inner = int if wanted.endswith("int]") else str
            items = value.values() if isinstance(value, dict) else value
            if not all(type(item) is inner for item in items):
                return None
        values[each.name] = tuple(value) if isinstance(value, list) else value
    return kind(**values)


def _cannot_read(error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"The receipts cannot be read: {error.strerror}.",
        hint="Check the permissions of the state folder, or name another (state_dir).",
    )
