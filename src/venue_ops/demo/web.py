"""A real HTTP server on loopback that answers as scripted, faults included.

Demo and tests talk to it over sockets. It serves each connection's requests in turn, and can
do what a broken server does: break off, reset, drip, never end, lie about its length.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_LONGEST_HEAD = 65_536
_GONE = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: `path` with its query, header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent, and how badly.

    `length` stands in for the body's own in Content-Length (None: no length, ended by closing).
    `cut_after` closes after so many bytes of the body, `reset` with a TCP reset. `drip` is the
    seconds between single bytes. `endless` repeats the body until the other side has enough.
    `head` are the very bytes sent in place of status line and headers: what no server should
    send can be scripted with it, and broken off within with `cut_after=0`.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    length: int | None = -1
    cut_after: int | None = None
    reset: bool = False
    drip: float | None = None
    endless: bool = False
    head: bytes | None = None


Handler = Callable[[Request], Answer | Awaitable[Answer]]


class Web:
    """The server; `requests` are those it heard so far, in their order.

    With `tls` it speaks https.
    """

    def __init__(
        self,
        handler: Handler,
        clock: Callable[[], float],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._handler = handler
        self._clock = clock
        self._tls = tls
        self.requests: list[Request] = []
        self.connections = 0
        self.address = ("127.0.0.1", 0)

    @property
    def url(self) -> str:
        """Where it is: `http://127.0.0.1:40123`."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{self.address[0]}:{self.address[1]}"

    async def start(self) -> asyncio.Server:
        """Listen on a free port of loopback."""
        server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, limit=_LONGEST_HEAD, ssl=self._tls
        )
        self.address = server.sockets[0].getsockname()[:2]
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with suppress(*_GONE):
                while (request := await self._read(reader)) is not None:
                    self.requests.append(request)
                    made = self._handler(request)
                    answer = made if isinstance(made, Answer) else await made
                    if not await _send(writer, answer, with_body=request.method != "HEAD"):
                        break
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader) -> Request | None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in lines if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        if "chunked" in headers.get("transfer-encoding", ""):
            body = await _chunks(reader)
        else:
            body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Request(method, path, headers, body, self._clock())


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readline()
    return body


async def _send(writer: asyncio.StreamWriter, answer: Answer, *, with_body: bool) -> bool:
    """Whether the connection can go on."""
    if answer.delay:
        await asyncio.sleep(answer.delay)
    length = len(answer.body) if answer.length == -1 else answer.length
    headers = dict(answer.headers)
    if length is not None and not answer.endless:
        headers.setdefault("Content-Length", str(length))
    is_whole = length == len(answer.body) and answer.cut_after is None and answer.head is None
    goes_on = is_whole and not answer.endless
    if not goes_on or answer.reset:
        headers["Connection"] = "close"
    lines = [f"HTTP/1.1 {answer.status} Scripted", *(f"{k}: {v}" for k, v in headers.items())]
    if answer.reset and answer.cut_after is None:
        _reset(writer)
        return False
    made = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    writer.write(made if answer.head is None else answer.head)
    if with_body:
        await _send_body(writer, answer)
    await writer.drain()
    if answer.reset:
        _reset(writer)
    return goes_on and not answer.reset


async def _send_body(writer: asyncio.StreamWriter, answer: Answer) -> None:
    body = answer.body if answer.cut_after is None else answer.body[: answer.cut_after]
    if answer.drip is not None:
        for byte in body:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(answer.drip)
        return
    writer.write(body)
    while answer.endless:
        await writer.drain()
        writer.write(body)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST instead of FIN."""
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextmanager
def serving(web: Web) -> Iterator[Web]:
    """The server in a thread of its own, until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(web.start(), loop).result(10)
    try:
        yield web
    finally:

        async def end() -> None:
            server.close()
            busy = asyncio.all_tasks() - {asyncio.current_task()}
            for task in busy:
                task.cancel()
            await asyncio.gather(*busy, return_exceptions=True)
            await asyncio.sleep(0)  # connections say goodbye a moment after they are closed

        asyncio.run_coroutine_threadsafe(end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
