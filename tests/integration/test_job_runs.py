"""A run by job rows that is stopped: before it inserts, and while it follows."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from tests.databases import NOW
from tests.enqueueing import Enqueuer, jobs
from tests.retrying import World

from venue_ops.core.planning import VenuePlan
from venue_ops.core.retry.outcomes import Outcome, Result, Stop, Summary
from venue_ops.core.retry.run import NO_BUDGET, Budget
from venue_ops.core.services.job_runs import JobRun


def run(
    enqueuer: Enqueuer,
    plans: Iterator[VenuePlan],
    emit: Callable[[Outcome], None],
    budget: Budget = NO_BUDGET,
    **options: Any,
) -> Summary:
    rows, summary = enqueuer.here.rows(), Summary()
    service = enqueuer.service()
    made = JobRun(
        run_id=service.rows.run_id,
        state=enqueuer.here.state,
        clock=time.monotonic,
        now=lambda: NOW,
        enqueueing=service,
        rows=rows,
        settle=timedelta(minutes=2),
        **{"waits": False, **options},
    )
    try:
        made.execute(plans, budget, emit, summary)
    finally:
        rows.database.close()
    return summary


def test_a_signal_while_it_is_planned_inserts_nothing(enqueuer: Enqueuer, here: World) -> None:
    venues = [here.venue(here.image(f"/{n}")) for n in range(3)]

    def plans() -> Iterator[VenuePlan]:
        for number, plan in enumerate(enqueuer.plans(*venues)):
            if number == 1:
                signal.raise_signal(signal.SIGINT)
            yield plan

    summary = run(enqueuer, plans(), lambda _: None)
    assert (summary.signal, summary.stopped) == (signal.SIGINT, Stop.SIGNAL)
    assert jobs(here.database) == []
    assert not summary.results


def test_a_signal_while_ends_are_told_leaves_the_rest_enqueued(
    enqueuer: Enqueuer, here: World
) -> None:
    venues = [here.venue(here.image(f"/{n}")) for n in range(4)]
    told: list[Result] = []

    def emit(outcome: Outcome) -> None:
        told.append(outcome.result)
        if len(told) == 1:
            signal.raise_signal(signal.SIGTERM)

    finished(here)
    summary = run(enqueuer, iter(enqueuer.plans(*venues)), emit, waits=True)
    assert summary.signal == signal.SIGTERM
    assert sorted(told) == ["enqueued"] * 3 + ["left"]


def test_a_budget_ends_it_among_many_ends(enqueuer: Enqueuer, here: World) -> None:
    venues = [here.venue(here.image(f"/{n}")) for n in range(4)]
    told: list[Result] = []

    def emit(outcome: Outcome) -> None:
        told.append(outcome.result)
        time.sleep(1.2)

    finished(here)
    planned = iter(enqueuer.plans(*venues))
    summary = run(enqueuer, planned, emit, Budget(seconds=1), waits=True)
    assert summary.stopped is Stop.MAX_DURATION
    assert sorted(told) == ["enqueued"] * 3 + ["left"]


def finished(here: World) -> None:
    """From now on a row is over as soon as it is inserted."""
    with here.database.connect(autocommit=True) as conn:
        conn.execute(
            "CREATE FUNCTION over() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.state := 'completed'; RETURN NEW; END $$;"
            " CREATE TRIGGER over BEFORE INSERT ON oban_jobs"
            " FOR EACH ROW EXECUTE FUNCTION over()"
        )
