"""A run against a real database, a real provider and a real ImageKit on loopback."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.databases import Database

from venue_ops.core.classification.values import elements
from venue_ops.core.db import connection
from venue_ops.core.models import JobKind
from venue_ops.core.net.connecting import PublicOnly
from venue_ops.core.net.download import Downloader, Limits
from venue_ops.core.net.imagekit import ImageKit
from venue_ops.core.planning import Policy, Venue, VenuePlan, failed_images, plan_venue
from venue_ops.core.retry import attempts as tried
from venue_ops.core.retry.attempts import Attempts, Counts, Tries
from venue_ops.core.retry.breaker import Breaker
from venue_ops.core.retry.execution import Execution
from venue_ops.core.retry.journal import Journal
from venue_ops.core.retry.leases import Leases
from venue_ops.core.retry.outcomes import Outcome, Summary
from venue_ops.core.retry.pacing import Pacer
from venue_ops.core.retry.rows import Rows, RowsPool
from venue_ops.core.retry.run import NO_BUDGET, Budget, Run
from venue_ops.core.retry.state import StateFolder
from venue_ops.demo.imagekit_server import DEMO_KEY, ImageKitServer
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer, Request, Web, serving
from venue_ops.settings.model import WorkerNames

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DEFAULT = Policy()
QUICK = Limits(connect=2, read=2, total=4, most_bytes=300_000)
TRIES = Tries(most=3, most_of_store=3, first_wait=0.01, longest_step=0.02, longest_wait=5.0)


@dataclass
class Provider:
    """Answers a picture for every path, or what a script says: a list is used up in turn."""

    scripts: dict[str, list[Answer]] = field(default_factory=dict)

    def __call__(self, request: Request) -> Answer:
        path = request.path.partition("?")[0]
        script = self.scripts.get(path)
        if script:
            return script.pop(0) if len(script) > 1 else script[0]
        return Answer(200, png(path), {"Content-Type": "image/png"})


@dataclass
class World:
    """Everything that a run works with."""

    database: Database
    provider: Provider
    provider_web: Web
    store: ImageKitServer
    store_web: Web
    state: StateFolder
    tries: Tries = TRIES
    limits: Limits = QUICK
    rates: dict[str, float] = field(default_factory=dict)
    concurrency: int = 8
    key: str = DEMO_KEY
    settle: timedelta = timedelta(seconds=120)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, path: str) -> str:
        return self.provider_web.url + path

    def image(self, path: str, *, provider: str = "foursquare", **more: Any) -> dict[str, Any]:
        """A failed image as the application writes one."""
        return {
            "provider": provider,
            "url": self.url(path),
            "provider_url": self.url(path),
            "upload_status": "failed",
            "error_details": {"error_type": "rate_limited", "status_code": 429},
            "quality_score": 0.5,
            **more,
        }

    def venue(self, *images: Any, slug: str | None = None) -> int:
        """A new venue with these images; its id."""
        number = next(self.ids)
        with self.database.connect(autocommit=True) as conn:
            row = conn.execute(
                "INSERT INTO venues (name, slug, city_id, latitude, longitude, venue_images,"
                " provider_ids, inserted_at, updated_at) VALUES (%s, %s, (SELECT min(id) FROM"
                " cities), 0, 0, %s, %s, now(), now()) RETURNING id",
                [
                    f"Venue {number}",
                    slug or f"retried-{number}",
                    json.dumps(images),
                    json.dumps({"foursquare": f"place-{number}"}),
                ],
            ).fetchone()
            assert row
            return int(row[0])

    def images(self, venue: int) -> list[Any]:
        with self.database.connect() as conn:
            row = conn.execute("SELECT venue_images FROM venues WHERE id = %s", [venue]).fetchone()
            assert row
            found: list[Any] = row[0]
            return found

    def images_of(self, venues: list[int]) -> list[list[Any]]:
        """Of many venues, in their order."""
        with self.database.connect() as conn:
            rows = conn.execute(
                "SELECT venue_images FROM venues WHERE id = ANY(%s) ORDER BY id", [venues]
            ).fetchall()
            assert len(rows) == len(venues)
            return [row[0] for row in rows]

    def plan(self, venue: int, policy: Policy = DEFAULT) -> VenuePlan:
        with self.database.connect() as conn:
            row = conn.execute("SELECT slug, name FROM venues WHERE id = %s", [venue]).fetchone()
            assert row
        images = failed_images(elements(self.images(venue)))
        return plan_venue(Venue(venue, row[0], row[1]), list(images), policy)

    def retry(
        self, *venues: int, policy: Policy = DEFAULT, budget: Budget = NO_BUDGET, **options: Any
    ) -> tuple[Summary, list[Outcome]]:
        """Plan and execute; the summary and every outcome."""
        return asyncio.run(
            self.execute([self.plan(venue, policy) for venue in venues], budget, policy, **options)
        )

    async def execute(
        self,
        plans: Iterable[VenuePlan] | AsyncGenerator[VenuePlan, None],
        budget: Budget = NO_BUDGET,
        policy: Policy = DEFAULT,
        outcomes: list[Outcome] | None = None,
        **options: Any,
    ) -> tuple[Summary, list[Outcome]]:
        """`outcomes` are given to have them whatever ends the run."""
        outcomes = [] if outcomes is None else outcomes
        pool = RowsPool(self.rows, 4)
        downloader = Downloader(
            PublicOnly(allowed=[self.provider_web.address]),
            now=lambda: NOW,
            agent="venue-ops-tests",
            limits=self.limits,
        )
        store = ImageKit(
            self.key,
            now=lambda: NOW,
            root="/venues",
            url=self.store_web.url + "/api/v1/files/upload",
            timeout=5,
        )
        attempts = Attempts(
            downloader, store, self.tries, Counts(), asyncio.sleep, random.Random(7).random
        )
        run = Run(
            id="run-1",
            rows=pool,
            attempts=attempts,
            journal=Journal(self.state.journal),
            leases=Leases(self.state.leases),
            provider=self.provider_of,
            source_url=lambda url: url,
            root="/venues",
            policy=policy,
            clock=time.monotonic,
            now=lambda: NOW,
            budget=budget,
            **{"emit": outcomes.append, **options},
        )
        try:
            each = plans if isinstance(plans, AsyncGenerator) else _async(plans)
            summary = await Execution(run).execute(each)
        finally:
            await downloader.aclose()
            await store.aclose()
            pool.close()
        return summary, outcomes

    def provider_of(self, name: str) -> tried.Provider:
        rate = self.rates.get(name, 1000.0)
        return tried.Provider(
            name,
            Pacer(self.state.pace, name, rate, clock=time.monotonic),
            Breaker(longest_wait=self.tries.longest_wait),
            asyncio.Semaphore(self.concurrency),
        )

    def rows(self) -> Rows:
        workers = WorkerNames()
        return Rows(
            connection.Database(
                self.database.conninfo, label="test", statement_timeout=timedelta(seconds=20)
            ),
            "public",
            {
                f"{kind}_workers": list(getattr(workers, kind))
                for kind in (JobKind.ENRICHMENT, JobKind.RETRY)
            },
            "venue_enrichment",
            self.settle,
        )


async def _async(plans: Iterable[VenuePlan]) -> AsyncGenerator[VenuePlan, None]:
    for plan in plans:
        yield plan


@contextmanager
def world(database: Database, folder: Path) -> Iterator[World]:
    """Servers and a state folder for one test."""
    provider, store = Provider(), ImageKitServer()
    state = StateFolder(folder / "state", "test")
    state.make()
    with (
        serving(Web(provider, time.monotonic)) as provider_web,
        serving(Web(store, time.monotonic)) as store_web,
    ):
        yield World(database, provider, provider_web, store, store_web, state)
