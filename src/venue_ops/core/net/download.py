"""One photo from its provider: bounded in bytes, time and redirects, at public addresses only."""

from __future__ import annotations

import asyncio
import mmap
import re
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

import httpcore2
import httpx2

from venue_ops.core.errors import StoreError
from venue_ops.core.net.connecting import PublicOnly
from venue_ops.core.net.errors import ImageError, status_error
from venue_ops.core.net.faults import LIBRARY_ERRORS, fault_of, hop
from venue_ops.core.net.images import Picture, check
from venue_ops.core.net.refusals import LOOK, refusal_in
from venue_ops.core.net.trust import trusted
from venue_ops.core.net.waiting import retry_after

_REDIRECTS = (301, 302, 303, 307, 308)
_IN_MEMORY = 1 << 20
_COMPRESSED = re.compile(r"\b(?:gzip|deflate|compress|br|zstd)\b", re.IGNORECASE)
"""What bytes are no picture under; of other words (`binary`, `utf-8`) servers mean nothing."""

_HOST = re.compile(rb"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]+")
"""A name of the DNS, or an address; whatever else there is need not be looked up."""

_LOOK_SECONDS = 2.0
"""For the words of an answer that is none: its status is known already."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one photo may take: seconds, bytes and hops."""

    connect: float = 10.0
    read: float = 20.0
    total: float = 60.0
    most_bytes: int = 25_000_000
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Download:
    """A whole picture: its bytes in a file that is gone when closed, and what they are."""

    body: IO[bytes]
    size: int
    picture: Picture


class Downloader:
    """Fetches pictures; one for a run, used by many tasks at once.

    The client asks for bytes as they are (no compression), so that what is counted is what
    comes, and follows redirects itself, so that each hop is checked. Each request has a
    connection of its own: what a server sends beyond one answer would be taken for the next
    image's, and a connection that it closed meanwhile for a fault. Nothing waits for another's
    connection to end, which would be neither at the pace nor the image's own time: how many
    there are at once is up to the run.
    """

    def __init__(
        self,
        network: PublicOnly,
        *,
        now: Callable[[], datetime],
        agent: str,
        limits: Limits = Limits(),
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._limits = limits
        self._now = now
        self._headers = [
            (b"User-Agent", agent.encode("ascii")),
            (b"Accept", b"image/*"),
            (b"Accept-Encoding", b"identity"),
            (b"Connection", b"close"),
        ]
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl_context or trusted(),
            max_connections=None,  # how many there are is for who asks; a queue here is unpaced
            network_backend=network,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    @asynccontextmanager
    async def fetch(
        self, url: str, *, sent: Callable[[], None] = lambda: None
    ) -> AsyncIterator[Download]:
        """The picture at a URL, until the block ends; `sent` is called when it is asked for.

        Raises ImageError, and StoreError where this machine has no room for it.
        """
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as body:
            size = await self._bounded(body, url, sent)
            picture = _checked(body)
            body.seek(0)
            yield Download(body, size, picture)

    async def _bounded(self, body: IO[bytes], url: str, sent: Callable[[], None]) -> int:
        """As `_into`, in time, and with ImageError alone.

        A library's exception can hold the URL or what a server said: it is left behind
        altogether, not only hidden, so that no log finds it in the error's context.
        """
        try:
            async with asyncio.timeout(self._limits.total):
                return await self._into(body, url, sent)
        except ImageError as error:
            fault = error
        except LIBRARY_ERRORS as error:
            fault = fault_of(error)
        fault.__context__ = None
        raise fault

    async def _into(self, body: IO[bytes], url: str, sent: Callable[[], None]) -> int:
        """The bytes behind all redirects into a file; how many they are."""
        place = _parsed(url)
        for number in range(self._limits.redirects + 1):
            with hop(number):
                following = await self._one(body, place, sent if number == 0 else None)
            if isinstance(following, int):
                return following
            place = following
        raise ImageError("download_failed", "There are too many redirects")

    async def _one(
        self, body: IO[bytes], place: httpx2.URL, sent: Callable[[], None] | None
    ) -> int | httpx2.URL:
        """One request: the size of what came, or where it is instead."""
        extensions = self._timeouts()
        if sent is not None:
            extensions["trace"] = _tracing(sent)
        async with self._pool.stream(
            "GET", _target(place), headers=self._headers_for(place), extensions=extensions
        ) as response:
            if response.status in _REDIRECTS:
                return _next(place, _headers(response).get("location"))
            await self._refuse(response)
            return await self._read(body, response)

    def _headers_for(self, place: httpx2.URL) -> list[tuple[bytes, bytes]]:
        return [(b"Host", place.netloc.rpartition(b"@")[2]), *self._headers]

    def _timeouts(self) -> dict[str, Any]:
        limits = self._limits
        return {
            "timeout": {
                "connect": limits.connect,
                "read": limits.read,
                "write": limits.read,
            }
        }

    async def _refuse(self, response: Any) -> None:
        headers = _headers(response)
        status = response.status
        if status != 200:
            wait = retry_after(headers, self._now())
            start = await _start(response) if status == 400 else b""
            raise refusal_in(start, status, retry_after=wait) or status_error(
                status, retry_after=wait
            )
        if _COMPRESSED.search(headers.get("content-encoding", "")):
            raise ImageError("download_failed", "The answer is compressed, which was not asked for")
        if int(headers.get("content-length", "0")) > self._limits.most_bytes:  # h11 checked it
            raise self._too_large()

    async def _read(self, body: IO[bytes], response: Any) -> int:
        size = 0
        async for piece in response.aiter_stream():
            size += len(piece)
            if size > self._limits.most_bytes:
                raise self._too_large()
            with _on_disk():
                body.write(piece)
        with _on_disk():
            body.flush()
        return size

    def _too_large(self) -> ImageError:
        return ImageError("file_too_large", f"It is larger than {self._limits.most_bytes:,} bytes")


def _tracing(sent: Callable[[], None]) -> Callable[[str, Any], Awaitable[None]]:
    """httpcore's hook; a request without a body is sent when its head is."""

    async def trace(event: str, _: Any) -> None:
        if event == "http11.send_request_headers.complete":
            sent()

    return trace


async def _start(response: Any) -> bytes:
    """The first bytes of a body; those that came in time where it breaks off."""
    found = b""
    with suppress(*LIBRARY_ERRORS):
        async with asyncio.timeout(_LOOK_SECONDS):
            async for piece in response.aiter_stream():
                found += piece
                if len(found) >= LOOK:
                    break
    return found


@contextmanager
def _on_disk() -> Iterator[None]:
    """A disk that is full is no image's fault."""
    try:
        yield
    except OSError:
        raise StoreError(
            "A photo could not be kept while it was fetched: the disk is full or refuses it.",
            hint=f"Make room in {tempfile.gettempdir()}: no image was marked for it.",
        ) from None


def _parsed(url: str) -> httpx2.URL:
    try:
        found = httpx2.URL(url)
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        raise ImageError("invalid_provider_url", "The URL cannot be read") from None
    if found.scheme not in ("http", "https") or not found.host:
        raise ImageError("invalid_provider_url", "The URL is neither http nor https")
    if not (_HOST.fullmatch(found.raw_host) and (found.port is None or 0 < found.port < 65536)):
        raise ImageError("invalid_provider_url", "The URL's host or port cannot exist")
    return found


def _next(place: httpx2.URL, location: str | None) -> httpx2.URL:
    """Where a redirect leads; never from https back to http."""
    if not location:
        raise ImageError("download_failed", "A redirect leads nowhere")
    try:
        joined = str(place.join(location))
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        raise ImageError("download_failed", "A redirect leads nowhere") from None
    try:
        following = _parsed(joined)
    except ImageError:
        raise ImageError("download_failed", "A redirect leads nowhere") from None
    if place.scheme == "https" and following.scheme == "http":
        raise ImageError("download_failed", "A redirect leads from https to http")
    return following


def _target(place: httpx2.URL) -> httpcore2.URL:
    return httpcore2.URL(
        scheme=place.raw_scheme, host=place.raw_host, port=place.port, target=place.raw_path
    )


def _headers(response: Any) -> dict[str, str]:
    return {
        name.decode("ascii", "replace").lower(): _text(value) for name, value in response.headers
    }


def _text(value: bytes) -> str:
    """A header's value; some servers put UTF-8 into a Location."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _checked(body: IO[bytes]) -> Picture:
    """Walk the file where it lies: what outgrew memory is looked at through a mapping."""
    body.seek(0)
    try:
        if not getattr(body, "_rolled", False):
            return check(body.read())
        with mmap.mmap(body.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return check(mapped)
    except ImageError as error:
        body.seek(0)
        said = None if error.is_photo else refusal_in(body.read(LOOK), 200)
        raise said or error from None
