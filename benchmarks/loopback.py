"""A provider and an ImageKit on loopback, in a process of their own and as cheap as they can be.

`python -m benchmarks.loopback BYTES SECONDS` answers every GET with a picture of so many bytes
after so many seconds, and takes every upload. It prints its two ports, and at the end of its
input when it heard each GET (monotonic seconds, which all processes of a machine read alike).
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from venue_ops.demo.pictures import png

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_FIELD = re.compile(rb'name="(folder|fileName)"\r\n(?:[^\r]*\r\n)*?\r\n([^\r]*)\r\n')
_OVERHEAD = re.compile(rb'name="file"[^\r]*\r\n(?:[^\r]+\r\n)*\r\n')
_FIELDS = 2_000
"""The form's fields stand in its first bytes, before the photo."""


@dataclass
class Loopback:
    """The servers as their user sees them; `heard` is there when they have ended."""

    provider: tuple[str, int]
    store: tuple[str, int]
    heard: list[float] = field(default_factory=list)

    @property
    def upload_url(self) -> str:
        """ImageKit's."""
        return f"http://{self.store[0]}:{self.store[1]}/api/v1/files/upload"

    def photo(self, name: str) -> str:
        """The URL of a photo; there is one under every name."""
        return f"http://{self.provider[0]}:{self.provider[1]}/{name}.png"


@contextmanager
def loopback(*, size: int, delay: float = 0.0) -> Iterator[Loopback]:
    """Both servers, until the block ends."""
    command = [sys.executable, "-m", "benchmarks.loopback", str(size), str(delay)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        provider, store = json.loads(process.stdout.readline())
        made = Loopback(("127.0.0.1", provider), ("127.0.0.1", store))
        try:
            yield made
        finally:
            made.heard += json.loads(process.communicate()[0])


class _Provider(asyncio.Protocol):
    """Sends the same answer to every request, and notes when it came."""

    def __init__(self, answer: bytes, delay: float, heard: list[float]) -> None:
        self._answer, self._delay, self._heard = answer, delay, heard
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self._seen += data
        while b"\r\n\r\n" in self._seen:
            head, _, self._seen = self._seen.partition(b"\r\n\r\n")
            self._heard.append(now)
            closes = b"connection: close" in head.lower()
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._send, closes)
            else:
                self._send(closes)

    def _send(self, closes: bool) -> None:
        self._transport.write(self._answer)
        if closes:
            self._transport.close()


class _ImageKit(asyncio.Protocol):
    """Takes uploads; of their bytes it keeps the fields and the count."""

    def __init__(self) -> None:
        self._start, self._left = b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._left:
            self._left -= len(data)
            room = _FIELDS - len(self._start)
            self._start += data[: max(room, 0)]
        else:
            self._start += data
            end = self._start.find(b"\r\n\r\n")
            length = _LENGTH.search(self._start, 0, end + 2) if end >= 0 else None
            if length is None:
                return
            self._length = int(length[1])
            self._left = end + 4 + self._length - len(self._start)
            self._start = self._start[end + 4 :]
        if self._left <= 0:
            self._answer()

    def _answer(self) -> None:
        fields = {key.decode(): value.decode() for key, value in _FIELD.findall(self._start)}
        path = f"{fields['folder']}/{fields['fileName']}"
        said = {"url": "https://ik.demo.test" + path, "filePath": path, "size": self._size()}
        body = json.dumps(said).encode()
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (len(body), body)
        )
        self._start, self._left = b"", 0

    def _size(self) -> int:
        """The photo's bytes: what the form takes besides is its head and its last boundary."""
        head = _OVERHEAD.search(self._start)
        boundary = self._start[: self._start.index(b"\r\n")]
        assert head is not None, "the photo stands behind the first fields of the form"
        return self._length - head.end() - len(boundary) - 6


async def _serve(size: int, delay: float) -> None:
    body = png("a benchmark's", size=size)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {len(body)}\r\n\r\n"
    heard: list[float] = []
    ports = []
    protocols: tuple[Callable[[], asyncio.Protocol], ...] = (
        lambda: _Provider(head.encode() + body, delay, heard),
        _ImageKit,
    )
    loop = asyncio.get_running_loop()
    for protocol in protocols:
        server = await loop.create_server(protocol, "127.0.0.1", 0, backlog=1024)
        ports.append(server.sockets[0].getsockname()[1])
    print(json.dumps(ports), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    print(json.dumps(heard), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
