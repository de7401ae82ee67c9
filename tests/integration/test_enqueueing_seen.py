"""Between the look at a plan and its insert: what is as it was is not read again, all else is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.cli.retrying import overwrite
from tests.databases import NOW
from tests.elixir import by_quality
from tests.enqueueing import Enqueuer, add_job, jobs
from tests.retrying import World

from venue_ops.core.enums import Engine
from venue_ops.core.errors import DatabaseError
from venue_ops.core.planning import Policy, Reason, VenuePlan
from venue_ops.core.planning.enqueueing import Inserted
from venue_ops.core.retry.outcomes import Outcome, Result, Summary
from venue_ops.core.retry.run import NO_BUDGET
from venue_ops.core.services.job_runs import JobRun

DEAD: dict[str, Any] = {"error_details": {"error_type": "not_found"}}


@pytest.fixture
def looking(enqueuer: Enqueuer) -> Enqueuer:
    """One that looks at every plan."""
    return replace(enqueuer, looks=True)


def parts(enqueuer: Enqueuer, plans: list[VenuePlan]) -> list[dict[int, Inserted]]:
    """What became of the plans, by transaction."""
    found = enqueuer.service().insert(plans)
    return [{each.plan.venue_id: each for each in some} for some in found]


def two_images(here: World) -> int:
    """The second is the better one: a sorting turns them."""
    return here.venue(
        here.image("/1", quality_score=0.1, retry_count=1),
        here.image("/2", quality_score=0.9),
    )


@pytest.mark.parametrize("engine", Engine)
def test_the_row_is_the_one_that_would_be_decided_anew(
    enqueuer: Enqueuer, looking: Enqueuer, here: World, engine: Engine
) -> None:
    if engine is Engine.PYTHON:
        enqueuer, looking = (
            replace(each, rows=replace(each.for_python.rows, forced=True, max_retries=9))
            for each in (enqueuer, looking)
        )
    venue = here.venue(
        here.image("/there", upload_status="uploaded"),
        here.image("/1", retry_count=2, quality_score=0.9),
        here.image("/dead", **DEAD),
        here.image('/"2"\n\\', quality_score=None),
    )
    plans = looking.plans(venue)
    (seen,) = parts(looking, plans)
    with here.database.connect(autocommit=True) as conn:
        conn.execute("UPDATE oban_jobs SET state = 'completed'")
    (anew,) = parts(enqueuer, enqueuer.plans(venue))
    assert plans[0].seen is not None
    assert seen[venue].items == anew[venue].items
    assert (seen[venue].left, anew[venue].left) == ((), ())
    first, second = (comparable(job) for job in jobs(here.database))
    assert first == second
    assert first["args"]["image_indexes"] == [0, 2]


def comparable(job: dict[str, Any]) -> dict[str, Any]:
    own = {"id", "state", "inserted_at"}
    ours, run = job["tags"]
    return {**{k: v for k, v in job.items() if k not in own}, "tags": [ours, run[:4]]}


def sql(statement: str) -> Callable[[World, int], None]:
    """Does it to a venue, in place of `%s`."""

    def change(here: World, venue: int) -> None:
        with here.database.connect(autocommit=True) as conn:
            conn.execute(statement.encode(), [venue] if "%s" in statement else None)

    return change


def turned(here: World, venue: int) -> None:
    """As the application leaves it whenever it writes."""
    overwrite(here, venue, by_quality(here.images(venue)))


def tried_since(here: World, venue: int) -> None:
    one, two = here.images(venue)
    overwrite(here, venue, [{**one, "retry_count": 2}, two])


@pytest.mark.parametrize(
    ("change", "indexes"),
    [
        (sql("UPDATE venues SET updated_at = now() WHERE id = %s"), [0, 1]),
        (sql("UPDATE venues SET name = 'Renamed' WHERE id = %s"), [0, 1]),
        (sql("VACUUM FULL venues"), [0, 1]),
        (turned, [0, 1]),
    ],
    ids=["touched", "renamed", "moved to another place", "turned"],
)
def test_a_venue_that_was_written_is_looked_at_again(
    looking: Enqueuer, here: World, change: Callable[[World, int], None], indexes: list[int]
) -> None:
    """Whatever was written: only the very row that was seen is taken as read."""
    sql("DELETE FROM venues WHERE venue_images IS NULL")(here, 0)  # so that a row is moved
    venue = two_images(here)
    plans = looking.plans(venue)
    change(here, venue)
    assert looking.plans(venue)[0].seen != plans[0].seen
    (part,) = parts(looking, plans)
    assert [item.place for item in part[venue].items] == [1, 2]
    (job,) = jobs(here.database)
    assert job["args"] == {"venue_id": venue, "image_indexes": indexes}


def test_indexes_are_those_of_the_row_that_there_is(looking: Enqueuer, here: World) -> None:
    dead, wanted = here.image("/dead", **DEAD), here.image("/wanted")
    venue = here.venue(dead, wanted)
    plans = looking.plans(venue)
    assert plans[0].seen is not None
    overwrite(here, venue, [wanted, dead])
    looking.insert(plans)
    (job,) = jobs(here.database)
    assert job["args"] == {"venue_id": venue, "image_indexes": [0]}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (sql("UPDATE venues SET image_enrichment_metadata = '[]' WHERE id = %s"), Reason.UNSAVABLE),
        (sql("UPDATE venues SET venue_images = '[]' WHERE id = %s"), Reason.CHANGED),
        (sql("DELETE FROM venues WHERE id = %s"), Reason.CHANGED),
    ],
    ids=["savable no more", "without images", "deleted"],
)
def test_what_stands_in_the_way_since_is_found(
    looking: Enqueuer, here: World, change: Callable[[World, int], None], reason: Reason
) -> None:
    venue = two_images(here)
    plans = looking.plans(venue)
    change(here, venue)
    answer = looking.insert(plans)[venue]
    assert (answer.job_id, answer.reason) == (None, reason)
    assert len(answer.left) == 2
    assert not jobs(here.database)


def test_an_image_that_was_tried_since_is_left(looking: Enqueuer, here: World) -> None:
    venue = two_images(here)
    looking = looking.for_python
    plans = looking.plans(venue)
    tried_since(here, venue)
    answer = looking.insert(plans)[venue]
    assert [item.place for item in answer.items] == [2]
    assert [item.place for item in answer.left] == [1]


@pytest.mark.parametrize("named", ["venue_id", "venue_ids"])
def test_a_job_that_came_in_between_stands_in_the_way(
    looking: Enqueuer, here: World, named: str
) -> None:
    """Of two venues of one transaction the other one gets its row."""
    venue, free = two_images(here), two_images(here)
    plans = looking.plans(venue, free)
    job = add_job(here.database, {named: [str(venue)] if named == "venue_ids" else venue})
    first, second = parts(looking, plans)
    assert set(first) == {free}
    blocker = second[venue].blocker
    assert blocker is not None
    assert blocker.job_id == job
    assert [row["args"]["venue_id"] for row in jobs(here.database)[1:]] == [free]


def test_only_what_changed_is_read_again(looking: Enqueuer, here: World) -> None:
    venues = [two_images(here) for _ in range(4)]
    plans = looking.plans(*venues)
    turned(here, venues[2])
    first, second = parts(looking, plans)
    assert list(first) == [venues[0], venues[1], venues[3]]
    assert list(second) == [venues[2]]
    assert {job["args"]["venue_id"] for job in jobs(here.database)} == set(venues)


def test_nothing_is_seen_of_a_venue_that_may_not_be_enqueued(
    looking: Enqueuer, here: World
) -> None:
    blocked, unsavable = two_images(here), here.venue(here.image("/1"), None)
    add_job(here.database, {"venue_id": blocked})
    assert [plan.seen for plan in looking.plans(blocked, unsavable)] == [None, None]


def test_rows_that_are_there_are_told_though_a_later_statement_fails(
    looking: Enqueuer, here: World
) -> None:
    """Those that were seen and all others are two transactions."""
    seen, changed = two_images(here), two_images(here)
    plans = looking.plans(seen, changed)
    turned(here, changed)
    with here.database.connect(autocommit=True) as conn:
        conn.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$;"
            " CREATE TRIGGER refuse BEFORE INSERT ON oban_jobs FOR EACH ROW"
            f" WHEN (NEW.args->>'venue_id' = '{changed}') EXECUTE FUNCTION refuse()"
        )
    told: list[Outcome] = []
    with pytest.raises(DatabaseError, match="no room"), running(looking) as run:
        run.execute(iter(plans), NO_BUDGET, told.append, Summary())
    (job,) = jobs(here.database)
    assert {(each.item.venue_id, each.result, each.job_id) for each in told} == {
        (seen, Result.ENQUEUED, job["id"])
    }


def test_nothing_more_is_inserted_where_what_was_cannot_be_told(
    looking: Enqueuer, here: World
) -> None:
    seen, changed = two_images(here), two_images(here)
    plans = looking.plans(seen, changed)
    turned(here, changed)
    summary = Summary()

    def fail(_: Outcome) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"), running(looking, waits=False) as run:
        run.execute(iter(plans), NO_BUDGET, fail, summary)
    assert [job["args"]["venue_id"] for job in jobs(here.database)] == [seen]
    assert summary.results == {Result.ENQUEUED: 2}


@contextmanager
def running(enqueuer: Enqueuer, *, waits: bool = True) -> Iterator[JobRun]:
    service, rows = enqueuer.service(), enqueuer.here.rows()
    yield JobRun(
        run_id=service.rows.run_id,
        state=enqueuer.here.state,
        clock=lambda: 0.0,
        now=lambda: NOW,
        enqueueing=service,
        rows=rows,
        settle=timedelta(minutes=2),
        waits=waits,
    )
    rows.database.close()


def test_what_is_forced_is_seen_as_it_was_planned(looking: Enqueuer, here: World) -> None:
    forced = replace(looking, rows=replace(looking.for_python.rows, forced=True))
    venue = here.venue(here.image("/1", upload_status="permanently_failed", retry_count=3))
    forced.enqueue(venue, policy=Policy(force=True))
    (job,) = jobs(here.database)
    assert job["args"]["force"] is True
    assert list(job["args"]["images"].values()) == [3]
