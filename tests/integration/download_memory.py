"""A process that fetches all at once what a server has for it, and says how much it grew (KiB)."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from venue_ops.core.net.connecting import PublicOnly
from venue_ops.core.net.download import Downloader, Limits
from venue_ops.core.net.errors import ImageError


def most() -> int:
    """The highest resident size so far; not `ru_maxrss`, which begins with the parent's."""
    status = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


async def main(asked: dict[str, Any]) -> None:
    host, port = asked["host"], asked["port"]
    downloader = Downloader(
        PublicOnly(allowed=[(host, port)]),
        now=lambda: datetime.now(UTC),
        agent="venue-ops-tests",
        limits=Limits(read=120, total=300),
    )
    ends: dict[str, str | None] = {}

    async def fetch(path: str) -> None:
        try:
            async with downloader.fetch(f"http://{host}:{port}/{path}"):
                ends[path] = None
        except ImageError as error:
            ends[path] = error.error_type

    await fetch("warm")
    before = most()
    await asyncio.gather(*map(fetch, asked["paths"]))
    growth = most() - before
    await downloader.aclose()
    ends.pop("warm")
    sys.stdout.write(json.dumps({"growth": growth, "ends": ends}))


asyncio.run(main(json.loads(sys.argv[1])))
