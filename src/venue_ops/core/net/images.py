"""Whether bytes are one whole picture and nothing else (pure; nothing is decoded).

A page of HTML with status 200, a body that broke off, a script that calls itself a picture:
none of these may be stored. The structure of the file is walked from its first byte to its
last; what stands behind the end has to be more of the same photo, or nothing. The walk copies
no large part of the file and ends after a bounded number of steps, whatever the bytes are.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from mmap import mmap

from venue_ops.core.net.errors import ImageError

Bytes = bytes | mmap

MOST_PIXELS = 200_000_000
"""More than any camera takes; a picture that claims more is a bomb for whoever decodes it."""

_MOST_PARTS = 200_000
"""Segments, chunks or blocks; twice what a GIF of 25 MB needs."""


class PictureFormat(StrEnum):
    """What is stored; SVG is not a photo and can hold scripts."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    GIF = "image/gif"
    WEBP = "image/webp"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's format and its size in pixels."""

    format: PictureFormat
    width: int
    height: int


class _BrokenError(Exception):
    """Why it is no whole picture."""


def check(body: Bytes) -> Picture:
    """The picture that these bytes are; ImageError `download_failed` where they are none."""
    try:
        walk = _walker(body)
    except _BrokenError as problem:
        raise ImageError("download_failed", f"The answer is no image: {problem}") from None
    try:
        found = walk(body, iter(range(_MOST_PARTS)))
    except _BrokenError as problem:
        raise _damaged(f"The answer is no image: {problem}") from None
    except (IndexError, struct.error):
        raise _damaged("The answer is no whole image: it breaks off") from None
    if not (found.width > 0 and found.height > 0):
        raise _damaged("The answer is no image: it has no pixels")
    if found.width * found.height > MOST_PIXELS:
        raise ImageError(
            "file_too_large", f"The image claims {found.width} x {found.height} pixels"
        )
    return found


def _damaged(said: str) -> ImageError:
    return ImageError("download_failed", said, is_photo=True)


def _walker(body: Bytes) -> Callable[[Bytes, Iterator[int]], Picture]:
    head = body[:256]
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png
    if head.startswith((b"GIF87a", b"GIF89a")):
        return _gif
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _webp
    if not head:
        raise _BrokenError("it is empty")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise _BrokenError("it is a page of HTML")
    if start.startswith((b"<svg", b"<?xml")):
        raise _BrokenError("it is XML or SVG")
    if start.startswith((b"{", b"[")):
        raise _BrokenError("it is JSON")
    raise _BrokenError("it begins like no JPEG, PNG, GIF or WebP")


def _count(parts: Iterator[int]) -> None:
    """One more part, of which there may not be too many: the walk holds up other work."""
    if next(parts, None) is None:
        raise _BrokenError("it has too many parts")


_ZEROS = re.compile(rb"\0*")


def _behind_zeros(body: Bytes, place: int) -> int:
    padding = _ZEROS.match(body, place)
    return padding.end() if padding else place


def _ends_here(body: Bytes, place: int, name: str) -> None:
    if _behind_zeros(body, place) < len(body):
        raise _BrokenError(f"something else stands behind the end of the {name}")


# --- JPEG (ITU T.81, annex B) -----------------------------------------------------------------

_SEGMENT = re.compile(rb"\xff+([^\xff])", re.DOTALL)
_DATA_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # neither a stuffed byte nor a restart
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_NEVER, _START, _END, _SCAN = 0x00, 0xD8, 0xD9, 0xDA
_MOST_FURTHER = 8


def _jpeg(body: Bytes, parts: Iterator[int]) -> Picture:
    """Phones put further JPEGs (a depth map, a gain map) and padding behind the first."""
    size, place = _one_jpeg(body, 0, parts)
    for _ in range(_MOST_FURTHER):
        place = _behind_zeros(body, place)
        if body[place : place + 3] != b"\xff\xd8\xff":
            break
        _, place = _one_jpeg(body, place, parts)
    _ends_here(body, place, "JPEG")
    return Picture(PictureFormat.JPEG, *size)


def _one_jpeg(body: Bytes, place: int, parts: Iterator[int]) -> tuple[tuple[int, int], int]:
    """The size of the JPEG that begins here, and where it ends."""
    size: tuple[int, int] | None = None
    place, scans = place + 2, 0
    while True:
        _count(parts)
        found = _SEGMENT.match(body, place)
        if found is None:
            raise _BrokenError("a marker of the JPEG is missing")
        place = found.end()
        marker = body[place - 1]
        if marker == _END:
            break
        if marker in _STANDALONE:
            continue
        if marker in (_NEVER, _START):
            raise _BrokenError("a marker of the JPEG is wrong")
        (length,) = struct.unpack_from(">H", body, place)
        if length < 2 or place + length > len(body):
            raise _BrokenError("a part of the JPEG breaks off")
        if marker in _FRAMES:
            if size is not None or length < 8:
                raise _BrokenError("the frame of the JPEG is damaged")
            height, width = struct.unpack_from(">HH", body, place + 3)
            size = width, height
        place += length
        if marker == _SCAN:
            scans += 1
            place = _behind_scan(body, place)
    if size is None or not scans:
        raise _BrokenError("the JPEG holds no picture")
    return size, place


def _behind_scan(body: Bytes, place: int) -> int:
    """Where the entropy-coded data ends, of which there has to be some."""
    end = _DATA_END.search(body, place)
    if end is None:
        raise _BrokenError("the JPEG breaks off")
    if end.start() == place:
        raise _BrokenError("a scan of the JPEG is empty")
    return end.start()


# --- PNG --------------------------------------------------------------------------------------


def _png(body: Bytes, parts: Iterator[int]) -> Picture:
    length, kind, width, height = struct.unpack_from(">I4sII", body, 8)
    if (length, kind) != (13, b"IHDR"):
        raise _BrokenError("the PNG does not begin with its header")
    place, data = 8, 0
    while kind != b"IEND":
        _count(parts)
        length, kind = struct.unpack_from(">I4s", body, place)
        end = place + 8 + length
        (checksum,) = struct.unpack_from(">I", body, end)
        if _crc32(body, place + 4, end) != checksum:
            raise _BrokenError("a part of the PNG is damaged")
        if kind == b"IHDR" and place > 8:
            raise _BrokenError("the PNG has two headers")
        if kind == b"IDAT":
            data += length
        place = end + 4
    if not data:
        raise _BrokenError("the PNG holds no picture")
    _ends_here(body, place, "PNG")
    return Picture(PictureFormat.PNG, width, height)


def _crc32(body: Bytes, start: int, end: int) -> int:
    with memoryview(body) as whole, whole[start:end] as part:
        return zlib.crc32(part)


# --- GIF --------------------------------------------------------------------------------------

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B


def _gif(body: Bytes, parts: Iterator[int]) -> Picture:
    width, height, flags = struct.unpack_from("<HHB", body, 6)
    place, pictures = 13 + _colours(flags), 0
    while (block := body[place]) != _TRAILER:
        _count(parts)
        if block == _EXTENSION:
            place = _behind_blocks(body, place + 2, parts)
        elif block == _IMAGE:
            place += 11 + _colours(body[place + 9])
            pictures += body[place] > 0
            place = _behind_blocks(body, place, parts)
        else:
            raise _BrokenError("a part of the GIF is damaged")
    if not pictures:
        raise _BrokenError("the GIF holds no picture")
    _ends_here(body, place + 1, "GIF")
    return Picture(PictureFormat.GIF, width, height)


def _colours(flags: int) -> int:
    """The bytes of a table of colours."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _behind_blocks(body: Bytes, place: int, parts: Iterator[int]) -> int:
    while length := body[place]:
        _count(parts)
        place += 1 + length
    return place + 1


# --- WebP (RFC 9649) --------------------------------------------------------------------------

_SHORTEST = {b"VP8X": 10, b"VP8 ": 10, b"VP8L": 5, b"ANMF": 24}
_PICTURES = (b"VP8 ", b"VP8L", b"ANMF")


def _webp(body: Bytes, parts: Iterator[int]) -> Picture:
    (length,) = struct.unpack_from("<I", body, 4)
    end = 8 + length
    if end > len(body):
        raise _BrokenError("the WebP breaks off")
    _ends_here(body, end, "WebP")
    size: tuple[int, int] | None = None
    place, pictures = 12, 0
    while place < end:
        _count(parts)
        kind, length = struct.unpack_from("<4sI", body, place)
        place += 8
        if place + length > end or length < _SHORTEST.get(kind, 0):
            raise _BrokenError("a part of the WebP breaks off")
        size = size or _webp_size(kind, body, place)
        pictures += kind in _PICTURES
        place += length + (length & 1)
    if size is None or not pictures:
        raise _BrokenError("the WebP holds no picture")
    return Picture(PictureFormat.WEBP, *size)


def _webp_size(kind: bytes, body: Bytes, place: int) -> tuple[int, int] | None:
    match kind:
        case b"VP8X":
            width = int.from_bytes(body[place + 4 : place + 7], "little") + 1
            return width, int.from_bytes(body[place + 7 : place + 10], "little") + 1
        case b"VP8 ":
            if body[place + 3 : place + 6] != b"\x9d\x01\x2a":
                raise _BrokenError("a part of the WebP is damaged")
            width, height = struct.unpack_from("<HH", body, place + 6)
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", body, place + 1)
            if body[place] != 0x2F:
                raise _BrokenError("a part of the WebP is damaged")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            return None
