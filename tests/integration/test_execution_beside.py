"""A run beside others: what was tried meanwhile stays theirs, and what breaks ends it in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.databases import Database
from tests.retrying import World, world

from venue_ops.core.errors import DatabaseError
from venue_ops.core.planning import Policy, VenuePlan
from venue_ops.core.retry.outcomes import Outcome, Result, Stop
from venue_ops.core.retry.run import Budget
from venue_ops.demo.web import Answer

UNAVAILABLE = [Answer(503)]


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[World]:
    with world(sample_database, tmp_path) as made:
        yield made


def execute(here: World, *plans: VenuePlan, **options: Any) -> list[str]:
    """The result of each image."""
    _, outcomes = asyncio.run(here.execute(plans, **options))
    return [str(outcome.result) for outcome in outcomes]


def the_application_writes(here: World, venue: int, **changes: Any) -> None:
    """Into every image of the venue."""
    from psycopg.types.json import Jsonb

    with here.database.connect(autocommit=True) as conn:
        conn.execute(
            "UPDATE venues SET venue_images = (SELECT jsonb_agg(image || %s) FROM"
            " jsonb_array_elements(venue_images) image) WHERE id = %s",
            [Jsonb(changes), venue],
        )


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"upload_status": "uploaded"},
        {"upload_status": "permanently_failed", "retry_count": 3},
        {"error_details": {"error_type": "not_found"}},
        {"retry_count": 1},
        {"provider_url": "https://elsewhere.test/new.jpg"},
    ],
    ids=", ".join,
)
def test_what_changed_since_it_was_planned_is_not_even_asked_for(
    here: World, meanwhile: dict[str, Any]
) -> None:
    venue = here.venue(here.image("/a.jpg"))
    plan = here.plan(venue)
    the_application_writes(here, venue, **meanwhile)
    stands = here.images(venue)
    assert execute(here, plan) == ["changed"]
    assert here.provider_web.requests == []
    assert here.images(venue) == stands


def test_runs_that_planned_the_same_failure_count_it_once(here: World) -> None:
    here.provider.scripts["/a.jpg"] = UNAVAILABLE
    venue = here.venue(here.image("/a.jpg"), here.image("/b.jpg"))
    plan = here.plan(venue)
    assert sorted(execute(here, plan)) == ["failed", "uploaded"]
    assert execute(here, plan) == ["changed", "changed"]
    assert here.images(venue)[0]["retry_count"] == 1


def test_a_failure_is_written_by_the_limit_that_the_plan_was_made_with(here: World) -> None:
    here.provider.scripts["/a.jpg"] = UNAVAILABLE
    venue = here.venue(here.image("/a.jpg", retry_count=3), here.image("/b.jpg"))
    ten = Policy(max_retries=10)
    assert sorted(execute(here, here.plan(venue, ten), policy=ten)) == ["failed", "uploaded"]
    image = here.images(venue)[0]
    assert (image["upload_status"], image["retry_count"]) == ("failed", 4)


def test_a_budget_of_venues_counts_those_with_something_to_try(here: World) -> None:
    gone = here.image("/gone.jpg", error_details={"error_type": "not_found"})
    nothing = [here.venue(gone) for _ in range(3)]
    something = [here.venue(here.image(f"/{n}.jpg")) for n in range(3)]
    plans = [here.plan(venue) for venue in (*nothing, *something)]
    summary, outcomes = asyncio.run(here.execute(plans, Budget(venues=2)))
    assert [outcome.result for outcome in outcomes] == [Result.UPLOADED] * 2
    assert summary.stopped is Stop.LIMIT
    summary, _ = asyncio.run(here.execute(plans, Budget(venues=3)))
    assert summary.stopped is None, "nothing is left beyond the limit"


@pytest.mark.parametrize("problem", [DatabaseError("It went away."), ZeroDivisionError()])
def test_plans_that_break_off_let_what_is_in_flight_finish(here: World, problem: Exception) -> None:
    venues = [here.venue(here.image(f"/{n}.jpg")) for n in range(3)]

    async def breaking() -> AsyncGenerator[VenuePlan, None]:
        for venue in venues:
            yield here.plan(venue)
        while len(here.provider_web.requests) < 3:
            await asyncio.sleep(0.01)
        raise problem

    with pytest.raises(type(problem)):
        asyncio.run(here.execute(breaking()))
    for venue in venues:
        assert here.images(venue)[0]["upload_status"] == "uploaded"


def test_a_reader_that_goes_away_ends_the_run_with_every_result_written(here: World) -> None:
    venues = [here.venue(here.image(f"/{n}.jpg")) for n in range(20)]
    told: list[Outcome] = []

    def tell(outcome: Outcome) -> None:
        told.append(outcome)
        raise BrokenPipeError

    here.concurrency = 2
    with pytest.raises(BrokenPipeError):
        asyncio.run(here.execute((here.plan(venue) for venue in venues), emit=tell))
    uploaded = [outcome for outcome in told if outcome.result is Result.UPLOADED]
    assert 1 <= len(uploaded) < 20
    assert len(here.store.objects) == len(uploaded)
    there = [here.images(venue)[0]["upload_status"] for venue in venues]
    assert there.count("uploaded") == len(uploaded)
