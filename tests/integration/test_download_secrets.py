"""No text of an error of a download holds the URL, its key or what a server echoed of them.

All that a traceback, a log or a journal could come by is looked at: the error's own texts, those
of every error behind it, shown or not, and the printed traceback.
"""

from __future__ import annotations

import ssl
import traceback
from collections.abc import Iterator

import httpcore2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.downloading import KEY, PATH, TRANSPORT, Fault, anonymous, answered, fetch, meet

from venue_ops.core.net.errors import ImageError
from venue_ops.demo.web import Answer

ECHO = {"X-Asked": PATH, "Location": f"http://127.0.0.1/{PATH}", "Content-Type": PATH}
ANSWERS = {
    **{str(n): Answer(n, PATH.encode(), ECHO) for n in (201, 302, 401, 403, 404, 429, 500, 503)},
    "no picture": Answer(200, PATH.encode(), ECHO),
    "json": Answer(200, f'{{"error": "{PATH}"}}'.encode(), ECHO),
    "compressed": Answer(200, b"", {"Content-Encoding": f"gzip, {PATH}"}),
    "too large": Answer(200, b"x", {"Content-Length": "99999999999"}),
    "odd retry-after": Answer(429, b"", {"Retry-After": PATH}),
    "redirect to junk": Answer(302, b"", {"Location": f"http://[{KEY}]/{PATH}"}),
    "redirect to a host": Answer(302, b"", {"Location": f"http://{KEY}.example.com:99999/"}),
    "redirect to a scheme": Answer(302, b"", {"Location": f"x{KEY}:{PATH}"}),
    "odd length": Answer(200, b"", {"Content-Length": PATH}),
    "odd encoding": Answer(200, b"", {"Transfer-Encoding": PATH}),
}
FAULTS = {**TRANSPORT, **{name: Fault(answered(each), "") for name, each in ANSWERS.items()}}
URLS = [
    f"http://[{KEY}]{PATH}",
    f"http://{KEY}:port{PATH}",
    f"http://{KEY}:99999{PATH}",
    f"http://{KEY * 9}.example.com{PATH}",
    f"http://xn--{KEY}.example.com{PATH}",
    f"http://.{KEY}.example.com{PATH}",
    f"http://{KEY}\u2100.example.com{PATH}",
    f"http://\ud800{KEY}.example.com{PATH}",
    f"http://127.0.0.1{PATH}\x00",
    f"http://127.0.0.1{PATH}" + "a" * 70_000,
    f"{KEY}://127.0.0.1{PATH}",
    f"https://127.0.0.1{PATH}",
    f"http://{KEY}@127.0.0.1{PATH}",
    KEY,
]


def everything(error: BaseException) -> Iterator[str]:
    """Every text of an error and of those behind it."""
    seen: list[BaseException] = []
    left: list[BaseException | None] = [error]
    while left:
        each = left.pop()
        if each is None or each in seen:
            continue
        seen.append(each)
        left += [each.__cause__, each.__context__]
        yield from (str(each), repr(each), repr(each.args), repr(vars(each)))
        yield from getattr(each, "__notes__", ())
        yield "".join(traceback.format_exception(each))


def assert_silent(error: BaseException) -> None:
    for text in everything(error):
        assert KEY.lower() not in text.lower()
        assert "/photo.png" not in text


@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_tells_the_url(name: str) -> None:
    error, _ = meet(FAULTS[name])
    assert_silent(error)


@pytest.mark.parametrize("url", URLS, ids=range(len(URLS)))
def test_no_url_that_cannot_be_fetched_is_told(url: str) -> None:
    with pytest.raises(ImageError) as caught:
        fetch(url)
    assert_silent(caught.value)


class Nowhere(httpcore2.AsyncNetworkBackend):
    """Refuses every connection."""

    async def connect_tcp(self, *_: object, **__: object) -> httpcore2.AsyncNetworkStream:
        raise httpcore2.ConnectError(KEY)


async def public(host: str, port: int) -> list[str]:
    host.encode("idna")  # as the system's look-up does
    return ["8.8.8.8"]


TLS = anonymous(ssl.PROTOCOL_TLS_CLIENT)
TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from("@:/\\?#[]%.\ud800"), max_size=30)


@given(st.sampled_from(["", "http://", "https://", "http://[", "http://h:", "//"]), TEXT, TEXT)
def test_no_url_is_a_surprise(start: str, middle: str, end: str) -> None:
    """Whatever a row holds, it ends with an error of the image that tells nothing."""
    with pytest.raises(ImageError) as caught:
        fetch(f"{start}{middle}{KEY}{end}", resolve=public, backend=Nowhere(), tls=TLS)
    assert_silent(caught.value)
