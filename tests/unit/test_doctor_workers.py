"""What doctor says of workers and queues: pure functions and their limits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.databases import NOW

from venue_ops.core.doctor import workers
from venue_ops.core.doctor.facts import (
    MissingWorker,
    Queue,
    Workers,
)
from venue_ops.core.doctor.findings import Level


@pytest.mark.parametrize(
    ("missing", "by_kind", "level"),
    [
        ((), {"backfill": 1, "enrichment": 9}, Level.PASS),
        ((MissingWorker("A.Old", "enrichment"),), {"backfill": 1, "enrichment": 9}, Level.PASS),
        ((MissingWorker("A.B", "enrichment", "A.C", 9),), {"backfill": 1}, Level.FAIL),
        ((MissingWorker("A.B", "backfill"),), {"enrichment": 9}, Level.WARN),
        (
            (MissingWorker("A.R", "retry", "A.Retry", 2),),
            {"backfill": 1, "enrichment": 9},
            Level.WARN,
        ),
        (
            (MissingWorker("A.Old", "enrichment", "A.Older", 2),),
            {"backfill": 1, "enrichment": 9},
            Level.WARN,
        ),
        ((MissingWorker("A.R", "retry"),), {"backfill": 1, "enrichment": 9}, Level.PASS),
    ],
)
def test_workers(missing: tuple[MissingWorker, ...], by_kind: dict[str, int], level: Level) -> None:
    assert workers.workers(Workers(10, by_kind, missing, {})).level is level


@pytest.mark.parametrize(
    ("since", "attempt", "running", "dead"),
    [
        (9, None, 0, False),
        (11, None, 0, True),
        (11, 11, 0, True),
        (600, 9, 0, False),
        (600, 600, 1, False),
    ],
)
def test_a_queue_is_dead_when_jobs_wait_and_none_is_begun(
    since: int, attempt: int | None, running: int, *, dead: bool
) -> None:
    last = None if attempt is None else NOW - timedelta(minutes=attempt)
    queue = Queue("photos", 3, NOW - timedelta(minutes=since), running, last)
    lively = Queue("enrichment", 0, None, 0, NOW)
    found = workers.queues((queue, lively), {"enrichment": "enrichment"}, now=NOW)
    assert found.level is (Level.WARN if dead else Level.PASS)
    named = workers.queues((queue,), {"enrichment": "photos"}, now=NOW)
    assert (named.level is Level.FAIL) == dead
