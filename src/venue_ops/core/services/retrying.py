"""A run from its means: the plans go in, the images come out, whatever happens on the way."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from venue_ops.core.net.connecting import PublicOnly
from venue_ops.core.net.download import Downloader, Limits
from venue_ops.core.net.stores import Store
from venue_ops.core.planning import Policy, VenuePlan
from venue_ops.core.retry.attempts import Attempts, Counts, Tries
from venue_ops.core.retry.breaker import Breaker
from venue_ops.core.retry.execution import Execution
from venue_ops.core.retry.journal import Journal
from venue_ops.core.retry.leases import Leases
from venue_ops.core.retry.outcomes import Outcome, Stop, Summary
from venue_ops.core.retry.pacing import Pacer
from venue_ops.core.retry.rows import Rows, RowsPool
from venue_ops.core.retry.run import Budget, Run
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


def execute(
    means: Means,
    plans: Iterator[VenuePlan],
    budget: Budget,
    emit: Callable[[Outcome], None],
    summary: Summary,
    heard: Callable[[], None] = lambda: None,
) -> None:
    """Work through the plans. SIGINT and SIGTERM end it after what is in flight; a second at once.

    `heard` is called when the first of them came. `summary` is what the run comes to, also when
    this raises what ended it: VenueOpsError, what `emit` raised, or KeyboardInterrupt for a
    second signal.
    """
    handler = signal.getsignal(signal.SIGTERM)
    try:
        asyncio.run(_execute(means, plans, budget, emit, summary, heard))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        _heed_again(handler)


def _heed_again(handler: Any) -> None:
    """The loop leaves SIGTERM to the system, which would cut short what is told now."""
    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGTERM, handler)


async def _execute(
    means: Means,
    plans: Iterator[VenuePlan],
    budget: Budget,
    emit: Callable[[Outcome], None],
    summary: Summary,
    heard: Callable[[], None],
) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS))
    pool = RowsPool(means.rows, _CONNECTIONS)
    downloader = Downloader(means.network(), now=means.now, agent=AGENT, limits=means.limits)
    store = means.store()
    try:
        attempts = Attempts(downloader, store, means.tries, Counts(), asyncio.sleep, random.random)
        run = Run(
            id=means.run_id,
            rows=pool,
            attempts=attempts,
            journal=Journal(means.state.journal),
            leases=Leases(means.state.leases),
            pacer=lambda name: Pacer(means.state.pace, name, means.pace(name), clock=means.clock),
            breaker=lambda: Breaker(longest_wait=means.tries.longest_wait),
            source_url=means.source_url,
            root=means.root,
            policy=means.policy,
            clock=means.clock,
            now=means.now,
            emit=emit,
            budget=budget,
            prices=means.prices,
            concurrency=means.concurrency,
            summary=summary,
        )
        execution = Execution(run)
        _heed_signals(execution, heard)
        await execution.execute(_in_thread(plans))
    finally:
        await downloader.aclose()
        await store.aclose()
        pool.close()


def _heed_signals(execution: Execution, heard: Callable[[], None]) -> None:
    """The first lets what is in flight finish, the second does not."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def heed(number: int) -> None:
        if execution.summary.signal is not None and task is not None:
            task.cancel()
        if execution.summary.signal is None:
            execution.summary.signal = number
            execution.stop(Stop.SIGNAL)
            heard()

    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, ValueError, RuntimeError):  # not in the main thread
            loop.add_signal_handler(number, heed, number)


async def _in_thread(plans: Iterator[VenuePlan]) -> AsyncGenerator[VenuePlan, None]:
    """The plans one by one, each asked for in a thread: they come from the database."""
    while (plan := await asyncio.to_thread(next, plans, None)) is not None:
        yield plan
