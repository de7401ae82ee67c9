"""Fetches from the scripted server, and everything that can go wrong with one."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from venue_ops.core.net.connecting import PublicOnly
from venue_ops.core.net.download import Downloader, Limits
from venue_ops.core.net.errors import ImageError
from venue_ops.core.net.images import Picture
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer, Handler, Web, serving

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PHOTO = png("photo")
KEY = "AIzaCANARYCANARYCANARY"
PATH = f"/photo.png?maxwidth=8&key={KEY}"
PATIENT = Limits(most_bytes=100_000)
QUICK = Limits(connect=0.4, read=0.4, total=0.8, most_bytes=100_000)
"""Only where time has to run out: a machine may be busy."""

STALLED = 30.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came, and what it took."""

    body: bytes
    size: int
    picture: Picture


def fetch(
    url: str,
    *allowed: tuple[str, int],
    limits: Limits = PATIENT,
    tls: ssl.SSLContext | None = None,
    **network: Any,
) -> Fetched:
    """What is at a URL, for a downloader of its own. Raises ImageError."""
    return fetch_all([url], *allowed, limits=limits, tls=tls, **network)[0]


def fetch_all(
    urls: Sequence[str],
    *allowed: tuple[str, int],
    limits: Limits = PATIENT,
    tls: ssl.SSLContext | None = None,
    **network: Any,
) -> list[Fetched]:
    """One after the other, by one downloader."""

    async def run() -> list[Fetched]:
        downloader = Downloader(
            PublicOnly(allowed=allowed, **network),
            now=lambda: NOW,
            agent="venue-ops-tests",
            limits=limits,
            ssl_context=tls,
        )
        found = []
        try:
            for url in urls:
                async with downloader.fetch(url) as got:
                    found.append(Fetched(got.body.read(), got.size, got.picture))
        finally:
            await downloader.aclose()
        return found

    return asyncio.run(run())


@contextmanager
def web(*answers: Answer, handler: Handler | None = None, tls: bool = False) -> Iterator[Web]:
    """A server that gives these answers in turn, the last for ever."""
    script = list(answers)
    made = handler or (lambda _: script.pop(0) if len(script) > 1 else script[0])
    context = anonymous(ssl.PROTOCOL_TLS_SERVER) if tls else None
    with serving(Web(made, time.monotonic, context)) as served:
        yield served


def anonymous(side: int) -> ssl.SSLContext:
    """TLS without any certificate, so that none has to be made for a test."""
    context = ssl.SSLContext(side)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    return context


# --- faults -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fault is met: `heard` are the requests that came there so far."""

    url: str
    address: tuple[str, int]
    heard: Callable[[], int]
    network: dict[str, Any] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A way to fail, and how it is to be understood."""

    place: Callable[[ExitStack], Place]
    error_type: str
    requests: int = 1
    is_unreachable: bool = False

    @property
    def limits(self) -> Limits:
        """Time has to run out where that is the fault, and must not elsewhere."""
        return QUICK if self.error_type == LATE else PATIENT


def meet(fault: Fault) -> tuple[ImageError, int]:
    """The error it ends with, and how many requests were made for it."""
    with ExitStack() as stack:
        place = fault.place(stack)
        with pytest.raises(ImageError) as caught:
            fetch(place.url, place.address, limits=fault.limits, tls=place.tls, **place.network)
        return caught.value, place.heard()


def answered(*answers: Answer, tls: bool = False) -> Callable[[ExitStack], Place]:
    """The scripted server does it."""

    def place(stack: ExitStack) -> Place:
        served = stack.enter_context(web(*answers, tls=tls))
        context = anonymous(ssl.PROTOCOL_TLS_CLIENT) if tls else None
        return Place(served.url + PATH, served.address, lambda: len(served.requests), {}, context)

    return place


def in_another_tongue(scheme: str, *, tls: bool) -> Callable[[ExitStack], Place]:
    """https is asked for where http is spoken, or the other way round."""

    def place(stack: ExitStack) -> Place:
        served = stack.enter_context(web(Answer(200, PHOTO), tls=tls))
        host, port = served.address
        return Place(f"{scheme}://{host}:{port}{PATH}", served.address, lambda: 0)

    return place


def nobody(stack: ExitStack) -> Place:
    """A port that nothing listens on."""
    taken = stack.enter_context(socket.socket())
    taken.bind(("127.0.0.1", 0))
    address: tuple[str, int] = taken.getsockname()
    return Place(f"http://127.0.0.1:{address[1]}{PATH}", address, lambda: 0)


def full(stack: ExitStack) -> Place:
    """A host that swallows what is to begin a connection: its queue is full."""
    taken = stack.enter_context(socket.socket())
    taken.bind(("127.0.0.1", 0))
    taken.listen(0)
    address: tuple[str, int] = taken.getsockname()
    for _ in range(4):
        waiting = stack.enter_context(socket.socket())
        waiting.setblocking(False)
        waiting.connect_ex(address)
    return Place(f"http://127.0.0.1:{address[1]}{PATH}", address, lambda: 0)


def nameless(stack: ExitStack) -> Place:
    """A host that the DNS does not know."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, f"{host}: Name or service not known")

    url = f"https://{KEY.lower()}.photos.example.com{PATH}"
    return Place(url, ("", 0), lambda: 0, {"resolve": resolve})


def speaking(scheme: str, *said: bytes) -> Callable[[ExitStack], Place]:
    """A listener that says something of its own; after a handshake where there are two texts."""

    def place(stack: ExitStack) -> Place:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

        def speak() -> None:
            with suppress(OSError):
                taken, _ = server.accept()
                if len(said) > 1:
                    wrapped = anonymous(ssl.PROTOCOL_TLS_SERVER).wrap_socket(taken, True)
                    wrapped.recv(65_536)
                    wrapped.sendall(said[0])
                    taken = socket.socket(fileno=wrapped.detach())
                with taken:
                    taken.sendall(said[-1])
                    time.sleep(0.1)

        thread = threading.Thread(target=speak, daemon=True)
        thread.start()
        stack.callback(thread.join, 5)
        host, port = server.getsockname()
        tls = anonymous(ssl.PROTOCOL_TLS_CLIENT) if len(said) > 1 else None
        return Place(f"{scheme}://{host}:{port}{PATH}", (host, port), lambda: 0, {}, tls)

    return place


HEAD = f"HTTP/1.1 200 OK\r\nContent-Length: {len(PHOTO)}\r\n\r\n".encode()
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ECHO = f"X-Asked: {PATH}\r\n".encode()


def raw(head: bytes, body: bytes = b"", **more: Any) -> Callable[[ExitStack], Place]:
    """Bytes that no server should send, after which the connection closes."""
    return answered(Answer(head=head, body=body, **{"cut_after": len(body), **more}))


BROKEN, LATE = "network_error", "network_timeout"
TRANSPORT = {
    "refused": Fault(nobody, BROKEN, 0, is_unreachable=True),
    "no such host": Fault(nameless, BROKEN, 0, is_unreachable=True),
    "connecting takes too long": Fault(full, LATE, 0, is_unreachable=True),
    "reset before an answer": Fault(answered(Answer(reset=True)), BROKEN),
    "closed before an answer": Fault(raw(b""), BROKEN),
    "reset within headers": Fault(raw(HEAD[:25] + ECHO, reset=True), BROKEN),
    "closed within headers": Fault(raw(HEAD[:25] + ECHO), BROKEN),
    "reset within the body": Fault(answered(Answer(200, PHOTO, cut_after=40, reset=True)), BROKEN),
    "closed within the body": Fault(answered(Answer(200, PHOTO, cut_after=40)), BROKEN),
    "closed before the body": Fault(answered(Answer(200, PHOTO, cut_after=0)), BROKEN),
    "closed within a chunk": Fault(raw(CHUNKED, b"ff\r\nabc"), BROKEN),
    "closed between chunks": Fault(raw(CHUNKED, b"3\r\nabc\r\n"), BROKEN),
    "closed within a body of no length": Fault(
        answered(Answer(200, PHOTO, length=None, cut_after=40)), "download_failed"
    ),
    "no answer in time": Fault(answered(Answer(200, PHOTO, delay=STALLED)), LATE),
    "the body stands still": Fault(answered(Answer(200, PHOTO, drip=STALLED)), LATE),
    "the body drips": Fault(answered(Answer(200, PHOTO, drip=0.02)), LATE),
    "the headers drip": Fault(raw(b"", HEAD * 9, drip=0.02), LATE),
    "https where http is spoken": Fault(
        in_another_tongue("https", tls=False), LATE, 0, is_unreachable=True
    ),
    "https where another protocol is spoken": Fault(
        speaking("https", b"220 mail.example.com ESMTP\r\n"), BROKEN, 0, is_unreachable=True
    ),
    "http where https is spoken": Fault(in_another_tongue("http", tls=True), BROKEN, 0),
    "no certificate": Fault(in_another_tongue("https", tls=True), BROKEN, 0, is_unreachable=True),
    "no TLS any more": Fault(
        speaking("https", HEAD, b"\x17\x03\x03\x00\x20" + b"x" * 99), BROKEN, 0
    ),
    "https closed within the body": Fault(
        answered(Answer(200, PHOTO, cut_after=40), tls=True), BROKEN
    ),
    "no HTTP": Fault(raw(b"SSH-2.0-OpenSSH_9.6 " + PATH.encode() + b"\r\n\r\n"), BROKEN),
    "HTTP 0.9": Fault(raw(PHOTO), BROKEN),
    "a header without a colon": Fault(raw(HEAD[:17] + PATH.encode() + b"\r\n\r\n"), BROKEN),
    "a header with a control": Fault(raw(HEAD[:17] + b"A: \x00" + ECHO + b"\r\n"), BROKEN),
    "a length below zero": Fault(raw(HEAD[:17] + b"Content-Length: -5\r\n\r\n", PHOTO), BROKEN),
    "a length in words": Fault(raw(HEAD[:17] + b"Content-Length: many\r\n\r\n", PHOTO), BROKEN),
    "two lengths": Fault(
        raw(HEAD[:17] + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", PHOTO), BROKEN
    ),
    "a length of 5,000 digits": Fault(
        raw(HEAD[:17] + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n", PHOTO), BROKEN
    ),
    "an odd transfer encoding": Fault(
        raw(HEAD[:17] + b"Transfer-Encoding: gzip, chunked\r\n\r\n", b"0\r\n\r\n"), BROKEN
    ),
    "another protocol, unasked": Fault(answered(Answer(101)), BROKEN),
    "a chunk of no size": Fault(raw(CHUNKED, b"zz\r\nabc\r\n0\r\n\r\n"), BROKEN),
}
