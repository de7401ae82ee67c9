"""What a run is made from, opened: the connections, the downloader, the store, the folders."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from venue_ops.core.net.connecting import PublicOnly
from venue_ops.core.net.download import Downloader, Limits
from venue_ops.core.net.stores import Store
from venue_ops.core.planning import Policy
from venue_ops.core.retry.attempts import Attempts, Counts, Provider, Tries
from venue_ops.core.retry.breaker import Breaker
from venue_ops.core.retry.journal import Journal
from venue_ops.core.retry.leases import Leases
from venue_ops.core.retry.outcomes import Outcome, Summary
from venue_ops.core.retry.pacing import Pacer
from venue_ops.core.retry.rows import Rows, RowsPool
from venue_ops.core.retry.run import NO_BUDGET, Budget, Run
from venue_ops.core.retry.state import StateFolder

AGENT = "venue-ops"
_CONNECTIONS = 4
"""To the database: a write takes milliseconds, a download seconds."""
_THREADS = 32
"""All of them wait: for a look-up, for the disk to take a line of the journal, for the database.
Python's own number is small where there are few processors, and one slow name held up all."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a run is made from. `clock` is monotonic seconds, as `pace` is of requests a second."""

    run_id: str
    rows: Callable[[], Rows]
    network: Callable[[], PublicOnly]
    store: Callable[[], Store]
    state: StateFolder
    root: str
    pace: Callable[[str], float]
    prices: Mapping[str, Decimal]
    source_url: Callable[[str], str]
    policy: Policy
    concurrency: int
    tries: Tries
    limits: Limits
    clock: Callable[[], float]
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Tools:
    """Means that are open; one run or many at once work with them."""

    means: Means
    pool: RowsPool
    downloader: Downloader
    store: Store
    journal: Journal
    leases: Leases

    def pacer(self, name: str) -> Pacer:
        """Keeps a provider's pace on this machine."""
        means = self.means
        return Pacer(means.state.pace, name, means.pace(name), clock=means.clock)

    def breaker(self) -> Breaker:
        """Of a provider that has done nothing yet."""
        return Breaker(longest_wait=self.means.tries.longest_wait)

    def provider(self, name: str) -> Provider:
        """One of a run by itself."""
        slots = asyncio.Semaphore(self.means.concurrency)
        return Provider(name, self.pacer(name), self.breaker(), slots)

    def run(
        self,
        *,
        id: str,
        policy: Policy,
        provider: Callable[[str], Provider],
        emit: Callable[[Outcome], None],
        summary: Summary,
        budget: Budget = NO_BUDGET,
        job_id: int | None = None,
    ) -> Run:
        """A run with them; what it asks of the network is counted by itself."""
        means = self.means
        return Run(
            id=id,
            rows=self.pool,
            attempts=Attempts(
                self.downloader, self.store, means.tries, Counts(), asyncio.sleep, random.random
            ),
            journal=self.journal,
            leases=self.leases,
            provider=provider,
            source_url=means.source_url,
            root=means.root,
            policy=policy,
            clock=means.clock,
            now=means.now,
            emit=emit,
            budget=budget,
            prices=means.prices,
            summary=summary,
            job_id=job_id,
        )


@asynccontextmanager
async def open_tools(means: Means) -> AsyncIterator[Tools]:
    """The means, open until the block ends; its loop works with the threads that they need."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS))
    pool = RowsPool(means.rows, _CONNECTIONS)
    downloader = Downloader(means.network(), now=means.now, agent=AGENT, limits=means.limits)
    store = means.store()
    try:
        journal, leases = Journal(means.state.journal), Leases(means.state.leases)
        yield Tools(means, pool, downloader, store, journal, leases)
    finally:
        await downloader.aclose()
        await store.aclose()
        pool.close()
