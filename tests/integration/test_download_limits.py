"""What a server sends is bounded in bytes, time and memory (promise 11, the download)."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import replace

import pytest
from tests.downloading import PATIENT, PHOTO, Fault, answered, fetch, meet, web

from venue_ops.core.net.errors import ImageError
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer

MOST = PATIENT.most_bytes
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(bytes(50_000_000))


def test_a_body_of_the_limit_passes_and_a_byte_more_does_not() -> None:
    for length in (-1, None):
        with web(Answer(200, png("a", size=MOST), length=length)) as served:
            assert fetch(served.url, served.address).size == MOST
        too_large = Fault(answered(Answer(200, png("a", size=MOST + 1), length=length)), "")
        error, requests = meet(too_large)
        assert (error.error_type, requests) == ("file_too_large", 1)
        assert str(error) == "It is larger than 100,000 bytes"


def test_a_length_that_is_too_large_is_believed() -> None:
    """Nothing is read of a body that says itself that it is too large."""
    for length in (MOST + 1, 10**19):
        answer = Answer(200, PHOTO, length=length, drip=30)
        error, requests = meet(Fault(answered(answer), ""))
        assert (error.error_type, requests) == ("file_too_large", 1)


def endless(head: bytes, piece: bytes) -> Answer:
    """Goes on with the piece until the client has enough."""
    return Answer(head=head, body=piece, endless=True)


def encoded(word: str, body: bytes) -> Answer:
    return Answer(200, body, {"Content-Encoding": word})


SHORT = Answer(200, PHOTO, length=len(PHOTO) + 1, cut_after=999)
LARGE_CHUNK = CHUNKED + b"f" * 15 + b"\r\n"
LIES = {
    "file_too_large": {
        "endless": Answer(200, b"x" * 9_999, endless=True),
        "endless chunks": endless(CHUNKED, b"9\r\n" + b"x" * 9 + b"\r\n"),
        "a chunk without end": endless(LARGE_CHUNK, b"x" * 9_999),
    },
    "network_error": {
        "length too large": SHORT,
        "an endless size of a chunk": endless(CHUNKED, b"0" * 9_999),
        "an endless note of a chunk": endless(CHUNKED + b"5;", b"x" * 9_999),
        "endless trailers": endless(CHUNKED + b"0\r\n", b"X: y\r\n" * 99),
        "endless headers": endless(OK, b"X: y\r\n" * 99),
        "an endless header": endless(OK + b"X: ", b"y" * 9_999),
        "an endless status": endless(OK[:-2], b"K" * 9_999),
        "a header of a megabyte": Answer(200, PHOTO, {"X": "y" * 1_000_000}),
        "100,000 headers": Answer(200, PHOTO, {f"X{n}": "" for n in range(100_000)}),
    },
    "download_failed": {
        "length too small": Answer(200, PHOTO, length=20),
        "length of nothing": Answer(200, PHOTO, length=0),
        "gzip": encoded("gzip", gzip.compress(PHOTO)),
        "x-gzip": encoded("x-gzip", gzip.compress(PHOTO)),
        "deflate": encoded("deflate", zlib.compress(PHOTO)),
        "brotli": encoded("br", b"\x0b\x02\x80"),
        "zstandard": encoded("identity, ZSTD", b"\x28\xb5\x2f\xfd"),
        "gzip, unsaid": Answer(200, gzip.compress(PHOTO)),
        "a bomb": encoded("gzip", BOMB),
        "a bomb, unsaid": Answer(200, BOMB),
    },
}


@pytest.mark.parametrize(
    ("error_type", "name"), [(kind, name) for kind, named in LIES.items() for name in named]
)
def test_a_server_that_lies_or_never_ends(error_type: str, name: str) -> None:
    error, requests = meet(Fault(answered(LIES[error_type][name]), ""))
    assert (error.error_type, requests) == (error_type, 1)


@pytest.mark.parametrize("word", ["identity", "", "binary", "utf-8", "aws-chunked"])
def test_a_word_that_means_no_compression_is_passed_over(word: str) -> None:
    with web(Answer(200, PHOTO, {"Content-Encoding": word})) as served:
        assert fetch(served.url, served.address).body == PHOTO


@pytest.mark.parametrize(
    "answer",
    [
        Answer(head=b"", body=b"HTTP/1.1 102 Wait\r\n\r\n" * 99, endless=True),
        Answer(head=OK, body=b"X: y\r\n" * 999, drip=0.01),
        Answer(head=CHUNKED, body=b"1\r\nx\r\n" * 999, drip=0.01),
    ],
    ids=["answers before the answer", "headers", "chunks"],
)
def test_what_never_comes_to_an_end_does_so_in_time(answer: Answer) -> None:
    """Each step is in time, all of them together are not."""
    with web(answer) as served, pytest.raises(ImageError) as caught:
        fetch(served.url, served.address, limits=replace(PATIENT, total=0.5))
    assert caught.value.error_type == "network_timeout"
    assert len(served.requests) == 1
