"""A run from its means: the plans go in, the images come out, whatever happens on the way."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import suppress
from typing import Any

from venue_ops.core.planning import VenuePlan
from venue_ops.core.retry.execution import Execution
from venue_ops.core.retry.outcomes import Outcome, Stop, Summary
from venue_ops.core.retry.run import Budget
from venue_ops.core.services.tools import Means, open_tools


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
        heed_again(handler)


def heed_again(handler: Any) -> None:
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
    async with open_tools(means) as tools:
        run = tools.run(
            id=means.run_id,
            policy=means.policy,
            provider=tools.provider,
            emit=emit,
            summary=summary,
            budget=budget,
        )
        execution = Execution(run)

        def stop(number: int) -> None:
            summary.signal = number
            execution.stop(Stop.SIGNAL)
            heard()

        heed_signals(stop)
        await execution.execute(_in_thread(plans))


def heed_signals(first: Callable[[int], None]) -> None:
    """Until the loop ends: the first of SIGINT and SIGTERM calls `first` with its number, a second
    one cancels the task that called this."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    heard: list[int] = []

    def heed(number: int) -> None:
        heard.append(number)
        if len(heard) == 1:
            first(number)
        elif task is not None:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, ValueError, RuntimeError):  # not in the main thread
            loop.add_signal_handler(number, heed, number)


async def _in_thread(plans: Iterator[VenuePlan]) -> AsyncGenerator[VenuePlan, None]:
    """The plans one by one, each asked for in a thread: they come from the database."""
    while (plan := await asyncio.to_thread(next, plans, None)) is not None:
        yield plan
