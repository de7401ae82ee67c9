"""Only whole pictures are stored (promise 12): what passes, and what does not."""

from __future__ import annotations

import mmap
import struct
import tempfile
import zlib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from venue_ops.core.net.errors import ImageError
from venue_ops.core.net.images import MOST_PIXELS, Picture, PictureFormat, check
from venue_ops.demo.pictures import png

FOLDER = Path(__file__).parents[1] / "pictures"
GOOD = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.suffix != ".md"}
FORMATS = dict(zip((".jpg", ".png", ".gif", ".webp"), PictureFormat, strict=True))
JPEG, PNG = GOOD["baseline.jpg"], GOOD["truecolour.png"]
GIF, WEBP = GOOD["static.gif"], GOOD["lossy.webp"]


def refused(body: bytes) -> ImageError:
    with pytest.raises(ImageError) as caught:
        check(body)
    return caught.value


# --- what is stored ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", GOOD)
def test_a_real_picture_passes(name: str) -> None:
    size = (24, 16) if name.startswith("animated") else (48, 32)
    assert check(GOOD[name]) == Picture(FORMATS[Path(name).suffix], *size)


def test_every_kind_is_there() -> None:
    assert len(GOOD) == 13
    assert {Path(name).suffix for name in GOOD} == set(FORMATS)
    assert max(map(len, GOOD.values())) < 3_000


GAIN_MAP = GOOD["gray.jpg"]


@pytest.mark.parametrize(
    "body",
    [
        JPEG + b"\0" * 100,
        JPEG + GAIN_MAP,
        JPEG + b"\0" * 7 + GAIN_MAP + b"\0\0",
        GOOD["exif.jpg"] + GAIN_MAP + GOOD["progressive.jpg"],
        JPEG.replace(b"\xff\xda", b"\xff\xff\xff\xda", 1),  # fill bytes before a marker
        PNG + b"\0" * 512,
        GIF + b"\0",
        WEBP + b"\0\0",
    ],
    ids=["padding", "second", "both", "three", "fill", "png", "gif", "webp"],
)
def test_more_of_the_same_photo_and_padding_may_follow(body: bytes) -> None:
    assert check(body).width == 48


# --- what is not ------------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def header(width: int, height: int) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


DATA, END = chunk(b"IDAT", zlib.compress(b"\0\0\0\0")), chunk(b"IEND", b"")


def riff(*chunks: bytes, size: int | None = None) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


def webp_chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)


def box(brand: bytes) -> bytes:
    return struct.pack(">I4s4sI", 24, b"ftyp", brand, 0) + brand + b"mif1" + bytes(200)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
ZIP = b"PK\x03\x04" + bytes(26) + b"PK\x05\x06" + bytes(18)
JS = b"/*" + bytes(8) + b"*/=1;alert(document.domain)//"
FRAME = JPEG.index(b"\xff\xc0")
SCAN = JPEG.index(b"\xff\xda")

WRONG = {
    "nothing": b"",
    "one byte": b"\xff",
    "html": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "html behind a mark": b"\xef\xbb\xbf\n <HTML><head></head></html>",
    "json with 200": b'{"error_message": "This IP is not authorized", "status": "REQUEST_DENIED"}',
    "text": b"Too many requests\n",
    "zeros": bytes(1000),
    "svg": SVG,
    "svg with a prolog": b'<?xml version="1.0"?>' + SVG,
    "xml": b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
    "pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n",
    "zip": ZIP,
    "gzip": b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + bytes(20),
    "mp4": box(b"isom"),
    "avif": box(b"avif"),
    "heic": box(b"heic"),
    "tiff": b"II*\0\x08\0\0\0" + bytes(100),
    "tiff big endian": b"MM\0*\0\0\0\x08" + bytes(100),
    "bmp": b"BM" + struct.pack("<IHHI", 100, 0, 0, 54) + bytes(86),
    "ico": b"\0\0\x01\0\x01\0" + bytes(100),
    "jxl": b"\xff\x0a" + bytes(50),
    "javascript": b"alert(1)",
    # JPEG
    "jpeg header alone": JPEG[:20],
    "jpeg up to its scan": JPEG[:SCAN] + b"\xff\xd9",
    "jpeg with an empty scan": JPEG[: SCAN + 14] + b"\xff\xd9",
    "jpeg without a frame": JPEG[:FRAME] + JPEG[FRAME + 2 + 17 :],
    "jpeg with two frames": JPEG[: FRAME + 19] + JPEG[FRAME:],
    "jpeg in a jpeg": JPEG[:2] + JPEG,
    "jpeg with a stuffed marker": JPEG[:2] + b"\xff\x00" + JPEG[2:],
    "jpeg of no height": JPEG[: FRAME + 5] + b"\0\0" + JPEG[FRAME + 7 :],
    "jpeg of no width": JPEG[: FRAME + 7] + b"\0\0" + JPEG[FRAME + 9 :],
    "jpeg of absurd size": JPEG[: FRAME + 5] + b"\xff\xff\xff\xff" + JPEG[FRAME + 9 :],
    "jpeg and zip": JPEG + ZIP,
    "jpeg and zip that ends like one": JPEG + b"\xff\xd8\xff" + ZIP + b"\xff\xd9",
    "jpeg and html": JPEG + b"<script>alert(1)</script>",
    "jpeg and half a jpeg": JPEG + GAIN_MAP[:-40],
    "jpeg and too many": JPEG + GAIN_MAP * 20,
    "jpeg and a png": JPEG + PNG,
    "jpeg as javascript": b"\xff\xd8\xff\xe0" + JS + JPEG[20:],
    "jpeg of two bytes a part": b"\xff\xd8" + b"\xff\xe0\0\x02" * 300_000 + JPEG[2:],
    # PNG
    "png signature alone": PNG[:8],
    "png without data": png_of(header(1, 1), END),
    "png with empty data": png_of(header(1, 1), chunk(b"IDAT", b""), END),
    "png without a header": png_of(DATA, END),
    "png with a late header": png_of(chunk(b"tEXt", b"a\0b"), header(1, 1), DATA, END),
    "png with two headers": png_of(header(1, 1), header(9, 9), DATA, END),
    "png with a short header": png_of(chunk(b"IHDR", bytes(8)), DATA, END),
    "png without an end": png_of(header(1, 1), DATA),
    "png with a bad checksum": PNG[:-1] + bytes([PNG[-1] ^ 1]),
    "png with a flipped bit": PNG[:60] + bytes([PNG[60] ^ 1]) + PNG[61:],
    "png of no width": png_of(header(0, 1), DATA, END),
    "png of no height": png_of(header(1, 0), DATA, END),
    "png of absurd size": png_of(header(2**31 - 1, 2**31 - 1), DATA, END),
    "png one pixel too many": png_of(header(MOST_PIXELS + 1, 1), DATA, END),
    "png with a huge part": png_of(header(1, 1), b"\xff\xff\xff\xffIDAT" + bytes(100)),
    "png with data behind its end": PNG + b"<?php system($_GET[0]); ?>",
    "png and zip": PNG + ZIP,
    "png and png": PNG + PNG,
    "png through a text filter": PNG.replace(b"\r\n", b"\n"),
    # GIF
    "gif header alone": GIF[:13],
    "gif without a picture": GIF[:10] + b"\0\0\0;",
    "gif with an empty picture": b"GIF89a\1\0\1\0\0\0\0" + b",\0\0\0\0\1\0\1\0\0\2\0;",
    "gif with javascript": b"GIF89a/*" + GIF[8:] + b"*/=1;alert(1)",
    "gif as javascript": b"GIF89a=1;alert(1);//" + bytes(100),
    "gif and html": GIF + b"<script>alert(1)</script>",
    "gif and zip": GIF + ZIP,
    "gif without its end": GIF[:-1],
    "gif of no size": GIF[:6] + bytes(4) + GIF[10:],
    "gif of absurd size": GIF[:6] + b"\xff\xff\xff\xff" + GIF[10:],
    "gif with an odd block": GIF[:-1] + b"\x99;",
    "gif of too many blocks": GIF[:-1] + b"!\xfe" + b"\x01a" * 300_000 + b"\0;",
    # WebP
    "webp header alone": WEBP[:12],
    "webp with nothing in it": riff(),
    "webp with no picture": riff(webp_chunk(b"VP8X", bytes(10))),
    "webp with an empty header": riff(b"VP8X\0\0\0\0", WEBP[12:]),
    "webp with a short picture": riff(webp_chunk(b"VP8 ", WEBP[20:26])),
    "webp with a wrong start": WEBP[:23] + b"abc" + WEBP[26:],
    "webp with a wrong signature": GOOD["lossless.webp"].replace(b"\x2f", b"\x2e", 1),
    "webp that claims more": riff(WEBP[12:], size=len(WEBP) + 1000),
    "webp with a part that claims more": riff(WEBP[12:16] + b"\xff\xff\xff\x7f" + WEBP[20:]),
    "webp with data behind its end": WEBP + b"<script>",
    "webp of absurd size": riff(webp_chunk(b"VP8X", bytes(4) + b"\xff" * 6), WEBP[12:]),
    "webp of no size": WEBP[:26] + bytes(4) + WEBP[30:],
    "a sound": b"RIFF\x24\0\0\0WAVEfmt " + bytes(24),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_body_is_refused(name: str) -> None:
    found = refused(WRONG[name])
    absurd = "absurd" in name or "one pixel" in name
    assert found.error_type == ("file_too_large" if absurd else "download_failed")


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("tenth", range(1, 10))
def test_a_picture_that_broke_off_is_refused(name: str, tenth: int) -> None:
    body = GOOD[name]
    assert refused(body[: len(body) * tenth // 10]).error_type == "download_failed"


@pytest.mark.parametrize("name", GOOD)
def test_no_beginning_of_a_picture_passes(name: str) -> None:
    body = GOOD[name]
    for length in range(len(body)):
        refused(body[:length])


def test_what_it_is_instead_is_said() -> None:
    assert str(refused(WRONG["html"])) == "The answer is no image: it is a page of HTML"
    assert str(refused(WRONG["json with 200"])) == "The answer is no image: it is JSON"
    assert str(refused(SVG)) == "The answer is no image: it is XML or SVG"
    assert str(refused(b"")) == "The answer is no image: it is empty"
    assert str(refused(JPEG[:-2])).startswith("The answer is no image: the JPEG breaks off")


# --- whatever the bytes are -------------------------------------------------------------------


def answer(body: bytes | mmap.mmap) -> Picture | tuple[str, str]:
    """Whichever way it ends; anything but a picture or ImageError fails the test."""
    try:
        return check(body)
    except ImageError as error:
        return error.error_type, str(error)


def mapped(body: bytes) -> Picture | tuple[str, str]:
    with tempfile.TemporaryFile() as file:
        file.write(body)
        file.flush()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            return answer(whole)


@pytest.mark.parametrize("name", [*GOOD, *(name for name in WRONG if WRONG[name])])
def test_a_file_is_answered_as_its_bytes(name: str) -> None:
    body = GOOD.get(name) or WRONG[name]
    assert mapped(body) == answer(body)


HEADS = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x20\0\0\0WEBP"]


@given(st.sampled_from(HEADS), st.binary(max_size=300))
def test_no_bytes_are_a_surprise(head: bytes, rest: bytes) -> None:
    body = head + rest
    found = answer(body)
    if body:
        assert mapped(body) == found


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A good file with bytes changed, cut out, put in, and its end replaced by another's."""
    body = bytearray(GOOD[draw(st.sampled_from(sorted(GOOD)))])
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(body)))
        length = draw(st.integers(0, 8))
        body[place : place + length] = draw(st.binary(max_size=8))
    if draw(st.booleans()):
        other = GOOD[draw(st.sampled_from(sorted(GOOD)))]
        body += other[draw(st.integers(0, len(other))) :]
    return bytes(body)


@given(mutations())
@example(JPEG[:2] + b"\xff" * 5_000)
@example(JPEG[:-2] + b"\xff" * 5_000)
def test_no_change_of_a_picture_is_a_surprise(body: bytes) -> None:
    found = answer(body)
    if body:
        assert mapped(body) == found
    if isinstance(found, Picture):
        assert 0 < found.width * found.height <= MOST_PIXELS


@given(st.sampled_from(sorted(GOOD)), st.binary(min_size=1, max_size=40))
def test_nothing_foreign_may_stand_behind_a_picture(name: str, more: bytes) -> None:
    if more.strip(b"\0"):
        refused(GOOD[name] + more)


@given(st.text(max_size=20), st.integers(1, 99), st.integers(1, 99), st.integers(0, 2_000))
def test_the_samples_own_pictures_pass(name: str, width: int, height: int, size: int) -> None:
    body = png(name, width=width, height=height, size=size)
    assert check(body) == Picture(PictureFormat.PNG, width, height)
