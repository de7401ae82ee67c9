"""One provider and one store on loopback, and the tries of one image between them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.bucket import Bucket, found_in_environment
from tests.retrying import Provider as Script
from tests.uploads import closed_port

from venue_ops.core.errors import StoreError
from venue_ops.core.net.connecting import PublicOnly
from venue_ops.core.net.download import Download, Downloader, Limits
from venue_ops.core.net.errors import ImageError
from venue_ops.core.net.imagekit import ImageKit
from venue_ops.core.net.objects import ObjectStore
from venue_ops.core.net.stores import Store, StoredObject, Upload
from venue_ops.core.retry.attempts import Attempts, Counts, Provider, Tries
from venue_ops.core.retry.breaker import Breaker
from venue_ops.core.retry.pacing import Pacer
from venue_ops.demo.imagekit_server import DEMO_KEY, ImageKitServer
from venue_ops.demo.web import Web, serving

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TRIES = Tries(most=3, most_of_store=3, first_wait=1.0, longest_step=30.0, longest_wait=300.0)
QUICK = Limits(connect=1, read=0.3, total=0.6, most_bytes=300_000)
PUBLIC = "https://photos.example.com"
KINDS = ("imagekit", "s3")


class Time:
    """A clock that only sleeping moves; what was slept is kept."""

    def __init__(self) -> None:
        self.seconds = 10_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds - 10_000.0)


@dataclass
class Bench:
    """The two servers, their scripts, and what is made to talk to them."""

    folder: Path
    kind: str
    time: Any
    provider_web: Web
    store_web: Web
    script: Script
    server: ImageKitServer | Bucket
    rate: float = 1_000.0
    tries: Tries = TRIES
    counts: Counts = field(default_factory=Counts)
    breaker: Breaker = field(default_factory=Breaker)
    refused: bool = False

    @property
    def requests(self) -> int:
        """What the provider heard."""
        return len(self.provider_web.requests)

    @property
    def uploads(self) -> int:
        """What the store heard."""
        return len(self.store_web.requests)

    @property
    def stored(self) -> list[bytes]:
        """What lies in the store."""
        if isinstance(self.server, Bucket):
            return [body for body, _ in self.server.objects.values()]
        return [kept.content for kept in self.server.objects.values()]

    def _store(self, url: str) -> Store:
        if self.kind == "s3":
            timeout = {"timeout": "600ms", "connect_timeout": "600ms", "allow_http": True}
            options = {"client_options": timeout, "endpoint": url}
            return ObjectStore("s3://b", public_url=PUBLIC, options=options)
        return ImageKit(
            DEMO_KEY, now=self.time.now, root="/venues", url=f"{url}/api/v1/files/upload",
            timeout=0.3, total=0.6,
        )  # fmt: skip

    @asynccontextmanager
    async def attempts(self) -> AsyncIterator[tuple[Attempts, Provider]]:
        """What a run would make."""
        url = f"http://127.0.0.1:{closed_port()}" if self.refused else self.store_web.url
        store = self._store(url)
        downloader = Downloader(
            PublicOnly(allowed=[self.provider_web.address]),
            now=self.time.now, agent="venue-ops-tests", limits=QUICK,
        )  # fmt: skip
        pacer = Pacer(self.folder, "here", self.rate, clock=self.time, sleep=self.time.sleep)
        slots = asyncio.Semaphore(8)
        try:
            yield (
                Attempts(
                    downloader, store, self.tries, self.counts, self.time.sleep,
                    random.Random(7).random,
                ),
                Provider("here", pacer, self.breaker, slots),
            )  # fmt: skip
        finally:
            await downloader.aclose()
            await store.aclose()

    def fetch(self, *paths: str) -> list[StoredObject | BaseException]:
        """Each of these, side by side: the object, or what was raised."""

        async def all_of_them() -> list[StoredObject | BaseException]:
            async with self.attempts() as (attempts, provider):
                return await asyncio.gather(
                    *(
                        attempts.fetch_and_store(self.url(path), provider, _upload(path))
                        for path in paths
                    ),
                    return_exceptions=True,
                )

        return asyncio.run(all_of_them())

    def one(self, path: str = "/a.png") -> StoredObject | BaseException:
        (found,) = self.fetch(path)
        return found

    def fails(self, path: str = "/a.png") -> ImageError | StoreError:
        found = self.one(path)
        assert isinstance(found, ImageError | StoreError)
        return found

    def url(self, path: str) -> str:
        return path if "://" in path else self.provider_web.url + path


def _upload(path: str) -> Callable[[Download], Upload]:
    name = path.rpartition("/")[2]
    return lambda download: Upload(
        "/venues/noce-krk", name, download.body, download.size, download.picture.format
    )


@contextmanager
def bench(folder: Path, kind: str, time: Any | None = None) -> Iterator[Bench]:
    """Both servers by a clock of their own, which is moved by the tries' sleeping."""
    clock = time or Time()
    script = Script()
    server: ImageKitServer | Bucket = Bucket() if kind == "s3" else ImageKitServer()
    with (
        serving(Web(script, clock)) as provider_web,
        serving(Web(server, clock)) as store_web,
        found_in_environment(store_web),
    ):
        yield Bench(folder, kind, clock, provider_web, store_web, script, server)
