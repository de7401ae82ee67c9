"""Memory stays bounded whatever a provider sends (promise 11): growth under 64 MB."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.downloading import PATIENT, PHOTO, fetch, web

from venue_ops.core.net.images import Picture, PictureFormat
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer, Request

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process"
)
BOUND = 64 * 1024  # KiB, as the system counts
LARGE = 25_000_000


def jpeg(size: int) -> bytes:
    """A picture of many bytes, one scan of them."""
    body = (Path(__file__).parents[1] / "pictures" / "baseline.jpg").read_bytes()
    return body[:-2] + b"\x55" * (size - len(body)) + body[-2:]


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HEADERS = b"HTTP/1.1 200 OK\r\nX: y\r\n"


def sent() -> dict[str, Answer]:
    """Large pictures, and what is no picture and large."""
    return {
        "endless": Answer(200, b"x" * 65_536, endless=True),
        "chunks": Answer(head=CHUNKED, body=b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n", endless=True),
        "headers": Answer(head=HEADERS, body=b"X: y\r\n" * 9_999, endless=True),
        "header": Answer(head=HEADERS + b"Z: ", body=b"y" * 65_536, endless=True),
        "bomb": Answer(200, gzip.compress(bytes(500_000_000), 1), {"Content-Encoding": "gzip"}),
        "png": Answer(200, png("large", size=LARGE)),
        "jpeg": Answer(200, jpeg(LARGE)),
        "zeros": Answer(200, png("zeros") + bytes(LARGE - 1_000)),
        "fill": Answer(200, b"\xff\xd8" + b"\xff" * (LARGE - 2)),
        "redirect": Answer(302, b"x" * 65_536, {"Location": "/png"}, endless=True),
    }


PASS = {"png", "jpeg", "zeros", "redirect"}


def test_memory_stays_bounded_whatever_comes() -> None:
    """All at once, two of each kind, in a process of its own, with the program's own limits."""
    answers = sent()

    def handler(request: Request) -> Answer:
        return answers.get(request.path.strip("/"), Answer(200, PHOTO))

    child = Path(__file__).with_name("download_memory.py")
    with web(handler=handler) as served:
        host, port = served.address
        asked = json.dumps({"host": host, "port": port, "paths": list(answers) * 2})
        done = subprocess.run(
            [sys.executable, str(child), asked], capture_output=True, text=True, check=True
        )
    found = json.loads(done.stdout)
    assert found["growth"] < BOUND
    assert {name for name, kind in found["ends"].items() if kind is None} == PASS
    assert found["ends"]["endless"] == "file_too_large"


def test_a_large_picture_is_what_it_was() -> None:
    answer = Answer(200, jpeg(LARGE))
    with web(answer) as served:
        found = fetch(served.url, served.address, limits=replace(PATIENT, most_bytes=LARGE))
    assert found.size == LARGE
    assert found.picture == Picture(PictureFormat.JPEG, 48, 32)
    assert found.body == answer.body
