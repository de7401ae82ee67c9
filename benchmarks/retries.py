"""Runs of the program's executor: a database with failed images, a state folder, a store."""

from __future__ import annotations

import itertools
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import asked
from benchmarks.loopback import Loopback
from venue_ops.core.db.connection import Database
from venue_ops.core.net.connecting import PublicOnly
from venue_ops.core.net.download import Limits
from venue_ops.core.net.imagekit import ImageKit
from venue_ops.core.net.objects import ObjectStore
from venue_ops.core.net.stores import Store
from venue_ops.core.planning import Grain, Policy
from venue_ops.core.retry.attempts import Tries
from venue_ops.core.retry.outcomes import Summary
from venue_ops.core.retry.rows import Rows
from venue_ops.core.retry.run import NO_BUDGET
from venue_ops.core.retry.state import StateFolder
from venue_ops.core.services.plans import Scope, plans
from venue_ops.core.services.retrying import execute
from venue_ops.core.services.source import Source
from venue_ops.core.services.tools import Means
from venue_ops.demo.bulk import load_bulk
from venue_ops.demo.cluster import Cluster

PROVIDER, KEY, ROOT = "foursquare", "private_benchmark", "/venues"
_VENUES, _JOBS, _CITIES = 2_000, 6_000, 20
"""What is there besides, so that look-ups in the jobs are no look-ups in nothing."""

_SERVER = {"listen_addresses": "", "unix_socket_permissions": "0700", "shared_buffers": "256MB"}
"""Otherwise as it is installed: a commit waits for the disk."""


@dataclass
class Writable:
    """A database of our own, and a folder that is gone with it."""

    dsn: str
    folder: Path
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def server(self) -> str:
        """Its name and version."""
        with psycopg.connect(self.dsn) as conn:
            return f"PostgreSQL {conn.info.parameter_status('server_version')}"

    def failed(self, venues: int, images: int, url: Callable[[str], str]) -> tuple[int, ...]:
        """New venues with so many failed images each, as the application writes them."""
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            return tuple(self._venue(conn, images, url) for _ in range(venues))

    def _venue(self, conn: psycopg.Connection[Any], images: int, url: Callable[[str], str]) -> int:
        number = next(self.numbers)
        made = self.images(images, lambda place: url(f"{number}-{place}"))
        row = conn.execute(
            "INSERT INTO venues (name, slug, city_id, latitude, longitude, venue_images,"
            " inserted_at, updated_at) VALUES (%s, %s, (SELECT min(id) FROM cities), 0, 0, %s,"
            " now(), now()) RETURNING id",
            [f"Measured {number}", f"measured-{number}", json.dumps(made)],
        ).fetchone()
        assert row is not None
        return int(row[0])

    def images(self, many: int, url: Callable[[str], str]) -> list[dict[str, object]]:
        """So many failed images; each URL is asked for by its place."""
        return [_image(url(str(place))) for place in range(many)]

    def database(self) -> Database:
        return Database(self.dsn, label="measured", statement_timeout=timedelta(seconds=30))

    def rows(self) -> Rows:
        common = asked.source(asked.nowhere()).common_parameters()
        return Rows(self.database(), "public", common, "venue_enrichment", timedelta(minutes=2))

    def state(self) -> StateFolder:
        """A new one for every run."""
        state = StateFolder(self.folder / f"state-{next(self.numbers)}", "measured")
        state.make()
        return state

    def imagekit(self, there: Loopback) -> Callable[[], Store]:
        return lambda: ImageKit(KEY, now=_now, root=ROOT, url=there.upload_url)

    def object_folder(self) -> Callable[[], Store]:
        place = (self.folder / f"photos-{next(self.numbers)}").as_uri()
        return lambda: ObjectStore(place, public_url="https://photos.example.com")


def retried(
    here: Writable,
    there: Loopback,
    venues: tuple[int, ...],
    *,
    store: Callable[[], Store],
    pace: float,
    concurrency: int,
) -> Summary:
    """One run over these venues, from its plan to the last row."""
    means = Means(
        run_id="measured",
        rows=here.rows,
        network=lambda: PublicOnly(allowed=[there.provider]),
        store=store,
        state=here.state(),
        root=ROOT,
        pace=lambda _: pace,
        prices={},
        source_url=lambda url: url,
        policy=Policy(),
        concurrency=concurrency,
        tries=Tries(),
        limits=Limits(),
        clock=time.monotonic,
        now=_now,
    )
    source, rows = _source(here), here.rows()
    scope = Scope(Grain.VENUE, "measured", venues=venues)
    try:
        summary = Summary()
        planned = plans(source, rows, scope, means.policy)
        execute(means, planned, NO_BUDGET, lambda _: None, summary)
        return summary
    finally:
        source.database.close()
        rows.database.close()


@contextmanager
def writable() -> Iterator[Writable]:
    """A database on a server of its own, which is gone when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="venue-ops-benchmarks-"))
    cluster = Cluster(folder / "postgres", _SERVER)
    try:
        dsn = cluster.start().conninfo("postgres")
        with psycopg.connect(dsn, autocommit=True) as conn:
            load_bulk(
                conn,
                venues=_VENUES,
                jobs=_JOBS,
                cities=_CITIES,
                seed=1,
                now=_now(),
                poison=False,
            )
            conn.execute("VACUUM ANALYZE")
        yield Writable(dsn, folder)
    finally:
        cluster.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def _source(here: Writable) -> Source:
    return asked.source(here.database())


def _image(url: str) -> dict[str, object]:
    return {
        "url": url,
        "provider": PROVIDER,
        "provider_url": url,
        "upload_status": "failed",
        "error_details": {
            "error": "Download failed: HTTP 429",
            "error_type": "rate_limited",
            "status_code": 429,
            "timestamp": "2025-11-07T09:30:12.204591Z",
        },
        "width": 1920,
        "height": 1080,
        "attribution": "A photographer",
        "attribution_url": "https://example.com/a-photographer",
        "quality_score": 0.75,
        "fetched_at": "2025-11-07T09:30:11.871263Z",
    }


def _now() -> datetime:
    return datetime.now(UTC)
