"""What every answer and every fault of a provider means for an image (promise 7, the download).

The downloader tries once: whether to try again is decided above it, from what is asserted here.
"""

from __future__ import annotations

import resource
import ssl
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest
from tests.downloading import (
    NOW,
    PATH,
    PATIENT,
    PHOTO,
    TRANSPORT,
    Fault,
    anonymous,
    answered,
    fetch,
    fetch_all,
    meet,
    web,
)
from tests.uploads import closed_port

from venue_ops.core.errors import StoreError
from venue_ops.core.models import Retryability
from venue_ops.core.net.errors import ImageError
from venue_ops.core.net.images import Picture, PictureFormat
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer, Request

TRANSIENT = {"rate_limited", "bad_gateway", "service_unavailable", "gateway_timeout"}
TRANSIENT_TRANSPORT = {"network_error", "network_timeout"}
STATUSES = {
    401: "auth_error",
    403: "forbidden",
    404: "not_found",
    410: "not_found",
    413: "file_too_large",
    429: "rate_limited",
    500: "server_error",
    502: "bad_gateway",
    503: "service_unavailable",
    504: "gateway_timeout",
}
OTHERS = [
    201, 202, 203, 204, 205, 206, 207, 226, 300, 304, 305, 306, 400, 402, 405, 406, 407, 408,
    409, 411, 412, 414, 415, 416, 417, 418, 421, 422, 423, 424, 425, 426, 428, 431, 451, 499, 501,
    505, 506, 507, 508, 510, 511, 520, 521, 522, 523, 524, 525, 526, 530, 599, 999,
]  # fmt: skip


# --- statuses ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [*STATUSES, *OTHERS])
def test_every_status(status: int) -> None:
    """A picture that comes with any other status than 200 is not what was asked for."""
    body = b"" if status in (204, 304) else PHOTO
    error, requests = meet(Fault(answered(Answer(status, body)), ""))
    assert error.error_type == STATUSES.get(status, "http_error")
    assert (error.status_code, str(error)) == (status, f"HTTP {status}")
    assert error.is_transient == (error.error_type in TRANSIENT)
    assert (error.is_unreachable, error.retry_after, requests) == (False, None, 1)


PERMANENT = {401, 403, 404, 410, 413}


def test_classes_of_statuses_are_the_applications() -> None:
    for status, kind in STATUSES.items():
        error, _ = meet(Fault(answered(Answer(status)), kind))
        expected = Retryability.TRANSIENT if kind in TRANSIENT else Retryability.AMBIGUOUS
        assert error.retryability is (Retryability.PERMANENT if status in PERMANENT else expected)


@pytest.mark.parametrize("status", [429, 503, 500, 403])
@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("7", 7.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("later", None),
    ],
)
def test_what_a_server_asks_to_wait(status: int, asked: str, seconds: float | None) -> None:
    answer = Answer(status, headers={"Retry-After": asked, "X-RateLimit-Reset": "1795435200"})
    error, _ = meet(Fault(answered(answer), ""))
    assert error.retry_after == seconds


@pytest.mark.parametrize("status", [100, 102, 103])
def test_what_comes_before_an_answer_is_passed_over(status: int) -> None:
    head = f"HTTP/1.1 {status} Soon\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n".encode()
    with web(Answer(head=head, body=PHOTO)) as served:
        assert fetch(served.url + PATH, served.address).body == PHOTO
        assert len(served.requests) == 1


# --- faults of transport ----------------------------------------------------------------------


@pytest.mark.parametrize("name", TRANSPORT)
def test_every_fault_of_transport(name: str) -> None:
    fault = TRANSPORT[name]
    error, requests = meet(fault)
    assert error.error_type == fault.error_type
    assert error.is_transient == (fault.error_type in TRANSIENT_TRANSPORT)
    assert error.is_unreachable == fault.is_unreachable
    assert (error.status_code, error.retry_after) == (None, None)
    assert requests == fault.requests


def test_a_disk_that_is_full_is_no_images_fault() -> None:
    """Domain, section 5, trap 8: it ends the run, and no image is marked."""
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    with web(Answer(200, png("large", size=3_000_000))) as served:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_200_000, most[1]))
        try:
            with pytest.raises(StoreError) as caught:
                fetch(served.url, served.address, limits=replace(PATIENT, most_bytes=10_000_000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert not caught.value.is_transient


# --- redirects --------------------------------------------------------------------------------


def chain(hops: int, status: int = 302) -> list[Answer]:
    answers = [Answer(status, b"x" * 9, {"Location": f"/{n}.png?n={n}#f"}) for n in range(hops)]
    return [*answers, Answer(200, PHOTO)]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("hops", [1, 5])
def test_redirects_are_followed(status: int, hops: int) -> None:
    with web(*chain(hops, status)) as served:
        assert fetch(served.url + PATH, served.address).body == PHOTO
        paths = [request.path for request in served.requests]
    assert paths == [PATH, *(f"/{n}.png?n={n}" for n in range(hops))]
    assert {request.method for request in served.requests} == {"GET"}


def test_but_not_for_ever() -> None:
    error, requests = meet(Fault(answered(*chain(6)), ""))
    assert (error.error_type, requests) == ("download_failed", 6)
    error, requests = meet(Fault(answered(Answer(302, headers={"Location": PATH})), ""))
    assert (error.error_type, requests) == ("download_failed", 6)
    assert str(error) == "There are too many redirects"


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("other.png", "/a/other.png"),
        ("../other.png", "/other.png"),
        ("/other.png", "/other.png"),
        ("?b=1", "/a/b?b=1"),
        ("/a b", "/a%20b"),
        ("/\xc3\xa9", "/%C3%A9"),  # UTF-8, byte for byte
        ("/\xe9", "/%C3%A9"),  # Latin-1
        ("/%C3%A9", "/%C3%A9"),
        ("./../../../x", "/x"),
    ],
)
def test_a_redirect_may_be_relative(location: str, path: str) -> None:
    with web(Answer(302, headers={"Location": location}), Answer(200, PHOTO)) as served:
        fetch(served.url + "/a/b?c=1", served.address)
        assert served.requests[1].path == path


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Location": ""},
        {"Location": "http://[::1"},
        {"Location": "http://127.0.0.1:99999/"},
        {"Location": "mailto:a@example.com"},
        {"Location": "javascript:alert(1)"},
        {"Location": "http://10.0.0.1/login"},
    ],
)
def test_a_redirect_that_leads_nowhere(headers: dict[str, str]) -> None:
    """What a redirect says is the server's word; the stored URL may be as good as ever."""
    error, requests = meet(Fault(answered(Answer(302, headers=headers)), ""))
    assert (error.error_type, error.is_transient, requests) == ("download_failed", False, 1)
    assert not error.is_the_images_own


def test_who_answered_with_a_redirect_was_reached() -> None:
    """Nobody listens where it leads, but there is a network."""
    with web(handler=lambda _: away) as served:
        away = Answer(302, headers={"Location": f"http://127.0.0.1:{closed_port()}/"})
        host, port = away.headers["Location"].removesuffix("/").rpartition("/")[2].split(":")
        with pytest.raises(ImageError) as caught:
            fetch(served.url, served.address, (host, int(port)))
    assert (caught.value.error_type, caught.value.is_unreachable) == ("network_error", False)


def test_no_redirect_leads_from_https_to_http() -> None:
    with web(Answer(200, PHOTO)) as plain:
        away = Answer(302, headers={"Location": plain.url + PATH})
        error, requests = meet(Fault(answered(away, tls=True), ""))
        assert plain.connections == 0
    assert (error.error_type, requests) == ("download_failed", 1)
    assert str(error) == "A redirect leads from https to http"


def test_a_redirect_may_lead_from_http_to_https() -> None:
    away = Answer(301)
    with web(Answer(200, PHOTO), tls=True) as safe, web(handler=lambda _: away) as plain:
        away = Answer(301, headers={"Location": safe.url + PATH})
        context = anonymous(ssl.PROTOCOL_TLS_CLIENT)
        found = fetch(plain.url, plain.address, safe.address, tls=context)
    assert found.body == PHOTO


def test_what_a_redirect_says_is_not_read() -> None:
    endless = Answer(302, b"x" * 9_999, {"Location": "/photo.png"}, endless=True)
    with web(endless, Answer(200, PHOTO)) as served:
        assert fetch(served.url, served.address).body == PHOTO


# --- what is asked, and what comes ------------------------------------------------------------


def test_nothing_is_asked_that_tells_more_than_the_url() -> None:
    with web(Answer(302, headers={"Location": "/b", "Set-Cookie": "a=b"}), Answer(200, PHOTO)) as w:
        fetch(w.url.replace("://", "://user:word@") + PATH, w.address)
        first, second = w.requests
    expected = {
        "host": f"127.0.0.1:{w.address[1]}",
        "user-agent": "venue-ops-tests",
        "accept": "image/*",
        "accept-encoding": "identity",
        "connection": "close",
    }
    assert (dict(first.headers), dict(second.headers)) == (expected, expected)


@pytest.mark.parametrize("size", [0, 50_000, 1 << 20, (1 << 20) + 1, 3_000_000])
@pytest.mark.parametrize("form", ["length", "chunked", "closing"])
def test_a_picture_comes_byte_for_byte(size: int, form: str) -> None:
    """In memory and beyond it, with each of HTTP's ways to end a body."""
    photo = png("photo", size=size)
    answer = Answer(200, photo, length=None if form == "closing" else -1)
    if form == "chunked":
        pieces = [photo[n : n + 9_999] for n in range(0, len(photo), 9_999)]
        body = b"".join(f"{len(each):x};a=b\r\n".encode() + each + b"\r\n" for each in pieces)
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = Answer(head=head, body=body + b"0\r\nX: y\r\n\r\n")
    with web(answer) as served:
        limits = replace(PATIENT, most_bytes=5_000_000)
        found = fetch(served.url, served.address, limits=limits)
    assert (found.body, found.size) == (photo, len(photo))
    assert found.picture == Picture(PictureFormat.PNG, 32, 24)


def test_each_image_has_a_connection_of_its_own() -> None:
    with web(Answer(200, PHOTO)) as served:
        fetch_all([served.url + f"/{n}" for n in range(5)], served.address)
        assert (len(served.requests), served.connections) == (5, 5)


def test_what_stands_behind_one_answer_is_not_the_next_photo() -> None:
    """A length that is too small leaves bytes over: no other image may be made of them."""
    other = png("other", width=99)
    smuggled = f"HTTP/1.1 200 OK\r\nContent-Length: {len(other)}\r\n\r\n".encode() + other

    def handler(request: Request) -> Answer:
        if request.path == "/first":
            return Answer(200, PHOTO + smuggled, {"Content-Length": str(len(PHOTO))})
        return Answer(200, png("second"))

    with web(handler=handler) as served:
        urls = [served.url + "/first", served.url + "/second"]
        found = fetch_all(urls, served.address)
    assert [each.body for each in found] == [PHOTO, png("second")]


def test_a_page_with_status_200_is_no_picture() -> None:
    error, requests = meet(Fault(answered(Answer(200, b"<html>Sign in</html>")), ""))
    assert (error.error_type, error.status_code, requests) == ("download_failed", None, 1)
