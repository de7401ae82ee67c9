"""W2: images a second of a run without a pace, against a bare loop of the same clients.

The bare loop asks and uploads with the libraries as anybody would, with kept connections and
bodies in memory: no checks, no names, no journal, no lease, no database.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import obstore
from obstore.store import LocalStore

from benchmarks.loopback import Loopback, loopback
from benchmarks.measure import Sample, Timed, in_turn
from benchmarks.report import Figure
from benchmarks.retries import KEY, Writable, retried
from venue_ops.core.net.stores import Store
from venue_ops.core.net.trust import trusted
from venue_ops.core.retry.outcomes import Result

GOAL = 0.6
SIZE, VENUES, IMAGES_A_VENUE, CONCURRENCY = 200_000, 60, 5, 8
IMAGES = VENUES * IMAGES_A_VENUE
NO_PACE = 100_000.0
Keep = Callable[[str, bytes], Awaitable[None]]


def figures(here: Writable, runs: int) -> Iterator[Figure]:
    """Whole runs, from their plan to the last row, in turn with the loop."""
    trusted()  # a process reads its certificates once; neither side shall have to
    with loopback(size=SIZE) as there, tempfile.TemporaryDirectory() as name:
        taken = in_turn(
            {
                "imagekit": _run(here, there, lambda: here.imagekit(there)),
                "bare imagekit": _bare(there, _imagekit(there)),
                "folder": _run(here, there, here.object_folder),
                "bare folder": _bare(there, _folder(Path(name))),
            },
            runs,
        )
    yield _figure("run into ImageKit : bare loop", taken["imagekit"], taken["bare imagekit"])
    yield replace(
        _figure("run into file:// : bare loop", taken["folder"], taken["bare folder"]),
        wanted="",
        holds=None,  # it has no way to a server that the rest could be held against
    )


def _run(here: Writable, there: Loopback, store: Callable[[], Callable[[], Store]]) -> Timed:
    def run() -> float:
        venues = here.failed(VENUES, IMAGES_A_VENUE, there.photo)
        started = time.perf_counter()
        summary = retried(here, there, venues, store=store(), pace=NO_PACE, concurrency=CONCURRENCY)
        seconds = time.perf_counter() - started
        assert summary.results == {Result.UPLOADED: IMAGES}, summary
        return seconds

    return run


def _bare(there: Loopback, keep: Callable[[httpx2.AsyncClient], Keep]) -> Timed:
    async def loop() -> None:
        numbers = iter(range(IMAGES))
        async with httpx2.AsyncClient(verify=trusted(), trust_env=False) as client:
            put = keep(client)

            async def work() -> None:
                for number in numbers:
                    answer = await client.get(there.photo(str(number)))
                    answer.raise_for_status()
                    await put(f"{number}.png", answer.content)

            async with asyncio.TaskGroup() as group:
                for _ in range(CONCURRENCY):
                    group.create_task(work())

    def run() -> float:
        started = time.perf_counter()
        asyncio.run(loop())
        return time.perf_counter() - started

    return run


def _imagekit(there: Loopback) -> Callable[[httpx2.AsyncClient], Keep]:
    def keep(client: httpx2.AsyncClient) -> Keep:
        async def put(name: str, body: bytes) -> None:
            answer = await client.post(
                there.upload_url,
                auth=(KEY, ""),
                data={"fileName": name, "folder": "/venues/bare", "useUniqueFileName": "false"},
                files={"file": (name, body, "image/png")},
            )
            assert answer.raise_for_status().json()["size"] == len(body)

        return put

    return keep


def _folder(folder: Path) -> Callable[[httpx2.AsyncClient], Keep]:
    numbers = itertools.count(1)

    def keep(_: httpx2.AsyncClient) -> Keep:
        place = folder / str(next(numbers))
        store = LocalStore(prefix=place, mkdir=True)
        shutil.rmtree(folder / str(int(place.name) - 1), ignore_errors=True)

        async def put(name: str, body: bytes) -> None:
            await asyncio.to_thread(obstore.put, store, name, body, max_concurrency=1)

        return put

    return keep


def _figure(what: str, ours: Sample, bare: Sample) -> Figure:
    share = bare.median / ours.median
    rates = f"{IMAGES / ours.median:,.0f} : {IMAGES / bare.median:,.0f} images/s"
    return Figure("W2", what, f"{share:.2f} ({rates})", f"at least {GOAL:g}", share >= GOAL)
