"""What a consumer makes of rows in each state: why they are inserted and retried as they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

pytest.importorskip("oban", reason="oban for Python is not installed")

from tests.consumer import Consumer, NodeDied
from tests.databases import NOW, Database
from tests.elixir import Image, Refusal
from tests.enqueueing import ENRICHMENT_WORKER, RETRY_WORKER, Enqueuer, add_job, jobs
from tests.retrying import World

from venue_ops.core.planning.enqueueing import Inserted

OBANS_RULE = (
    "UPDATE oban_jobs SET state = 'available', scheduled_at = timezone('UTC', now()),"
    " completed_at = NULL, cancelled_at = NULL, discarded_at = NULL{} WHERE id = %s"
    " AND state NOT IN ('available', 'executing')"
)
GREATEST = ", max_attempts = GREATEST(max_attempts, attempt + 1)"


def retried(database: Database, job: int, and_set: str = GREATEST) -> None:
    """A row that Oban's own retry puts back."""
    with database.connect(autocommit=True) as conn:
        conn.execute(OBANS_RULE.format(and_set), [job])


def state_of(database: Database, job: int) -> str:
    (found,) = [row["state"] for row in jobs(database) if row["id"] == job]
    return str(found)


def spent_enrichment(database: Database, venue: int) -> int:
    """A job that was discarded at its last attempt."""
    return add_job(
        database,
        {"venue_id": venue},
        state="discarded",
        attempt=3,
        max_attempts=3,
        priority=0,
        discarded_at="2025-10-20",
    )


# --- a retried job (trap 5) -------------------------------------------------------------------


def test_a_discarded_job_that_is_retried_runs_and_those_behind_it_too(
    enqueuer: Enqueuer, here: World
) -> None:
    venue = here.venue(here.image("/1"))
    spent = spent_enrichment(here.database, here.venue())
    answer = enqueuer.enqueue(venue)[venue]
    retried(here.database, spent)
    with Consumer(here.database) as consumer:
        assert consumer.drain() == [spent, answer.job_id]
    assert {job["state"] for job in jobs(here.database)} == {"completed"}


def test_without_greatest_the_whole_queue_stands_still(enqueuer: Enqueuer, here: World) -> None:
    venue = here.venue(here.image("/1"))
    spent = spent_enrichment(here.database, here.venue())
    answer = enqueuer.enqueue(venue)[venue]
    retried(here.database, spent, "")
    with Consumer(here.database) as consumer:
        assert consumer.drain() == []
        assert {job["state"] for job in jobs(here.database)} == {"available"}
        assert not consumer.tried
        # Raising it is all that was missing.
        with here.database.connect(autocommit=True) as conn:
            conn.execute(f"UPDATE oban_jobs SET {GREATEST.strip(', ')} WHERE id = %s", [spent])
        assert consumer.drain() == [spent, answer.job_id]


def test_an_unforced_job_that_is_retried_skips_itself(here: World) -> None:
    """Trap 11: its first attempt noted when the venue was checked."""
    asked: list[int] = []

    def fetch(venue: int) -> list[Image]:
        asked.append(venue)
        raise RuntimeError("API authentication/configuration error: REQUEST_DENIED")

    venue = here.venue()
    job = add_job(here.database, {"venue_id": venue}, max_attempts=1)
    with Consumer(here.database, fetch=fetch) as consumer:
        consumer.drain()
        assert state_of(here.database, job) == "discarded"
        retried(here.database, job)
        consumer.drain()
        (row,) = jobs(here.database)
        assert (row["state"], row["meta"]["status"]) == ("completed", "skipped")
        assert asked == [venue]
        retried(here.database, job, GREATEST + """, args = args || '{"force": true}'""")
        consumer.drain()
    assert asked == [venue, venue]
    assert state_of(here.database, job) == "discarded"


def test_a_batch_is_completed_whatever_its_venues_come_to(here: World) -> None:
    def fetch(venue: int) -> list[Image]:
        if venue == venues[0]:
            raise RuntimeError("REQUEST_DENIED")
        return [here.image("/new", upload_status="uploaded")]

    venues = [here.venue(), here.venue()]
    add_job(here.database, {"venue_ids": venues})
    with Consumer(here.database, fetch=fetch) as consumer:
        consumer.drain()
    (job,) = jobs(here.database)
    assert (job["state"], job["errors"]) == ("completed", [])
    assert job["meta"] == {"status": "batch_completed", "failed": 1, "enriched": 1}


# --- a run that dies (trap 4) -----------------------------------------------------------------


def two_images(here: World) -> int:
    """A venue where index 0 means `/dead` as soon as `/wanted` is there."""
    dead: dict[str, Any] = {"error_details": {"error_type": "not_found"}}
    return here.venue(here.image("/wanted"), here.image("/dead", **dead))


def died() -> None:
    raise NodeDied


def test_a_row_whose_run_died_is_not_run_again(enqueuer: Enqueuer, here: World) -> None:
    venue = two_images(here)
    enqueuer.enqueue(venue)
    with Consumer(here.database, saved=died) as consumer:
        with pytest.raises(NodeDied):
            consumer.drain()
        assert [job["state"] for job in jobs(here.database)] == ["executing"]
        consumer.lifeline()
        assert consumer.drain() == []
    (job,) = jobs(here.database)
    assert (job["state"], job["attempt"], job["errors"]) == ("discarded", 1, [])
    assert [each["upload_status"] for each in here.images(venue)] == ["failed", "uploaded"]


def test_with_attempts_left_it_would_try_another_image(here: World) -> None:
    """As the application's own rows do, which have three."""
    args = {"venue_id": two_images(here), "image_indexes": [0]}
    add_job(here.database, args, worker=RETRY_WORKER, max_attempts=3)
    with Consumer(here.database, saved=died) as consumer:
        for _ in range(2):
            with pytest.raises(NodeDied):
                consumer.drain()
            consumer.lifeline()
    first, second = (image["provider_url"].rpartition("/")[2] for image in consumer.tried)
    assert (first, second) == ("wanted", "dead")


def test_after_a_run_that_died_before_it_wrote_the_images_are_enqueued_anew(
    enqueuer: Enqueuer, here: World
) -> None:
    deaths = [NodeDied()]

    def upload(_: Image) -> Refusal | None:
        if deaths:
            raise deaths.pop()
        return None

    venue = here.venue(here.image("/1"), here.image("/2"))
    enqueuer.enqueue(venue)
    with Consumer(here.database, uploads=upload) as consumer:
        with pytest.raises(NodeDied):
            consumer.drain()
        assert enqueuer.enqueue(venue)[venue].blocker is not None
        consumer.lifeline()
        assert enqueuer.enqueue(venue)[venue].blocker is not None  # it may be at work still
        with here.database.connect(autocommit=True) as conn:
            conn.execute("UPDATE oban_jobs SET attempted_at = %s", [NOW - timedelta(minutes=3)])
        answer = enqueuer.enqueue(venue)[venue]
        assert consumer.drain() == [answer.job_id]
    assert {image["upload_status"] for image in here.images(venue)} == {"uploaded"}


# --- Lifeline (trap 6) ------------------------------------------------------------------------


def test_a_row_is_discarded_while_it_runs_and_completed_after_all(
    enqueuer: Enqueuer, here: World
) -> None:
    """The flicker: it has both moments then, and no error."""
    venue = here.venue(here.image("/1"))
    enqueuer.enqueue(venue)
    during: list[Any] = []

    def upload(_: Image) -> None:
        consumer.lifeline()
        during.extend(jobs(here.database))

    with Consumer(here.database, uploads=upload) as consumer:
        consumer.drain()
    assert [(job["state"], job["errors"]) for job in during] == [("discarded", [])]
    (job,) = jobs(here.database)
    assert (job["state"], job["errors"]) == ("completed", [])
    assert job["discarded_at"] is not None
    assert job["completed_at"] is not None


def test_a_row_with_attempts_left_runs_twice_at_once(enqueuer: Enqueuer, here: World) -> None:
    """As the application's own rows do; those of ours have no second attempt."""

    def upload(_: Image) -> None:
        if len(consumer.tried) == 1:
            consumer.lifeline()
            ran_beside.extend(consumer.drain())

    ran_beside: list[int] = []
    venue = here.venue(here.image("/1"))
    args = {"venue_id": venue, "image_indexes": [0]}
    job = add_job(here.database, args, worker=RETRY_WORKER, max_attempts=3)
    with Consumer(here.database, uploads=upload) as consumer:
        assert consumer.drain() == [job]
    assert ran_beside == [job]
    assert len(consumer.tried) == 2
    ran_beside.clear()
    other = here.venue(here.image("/2"))
    enqueuer.enqueue(other)
    with Consumer(here.database, uploads=upload) as consumer:
        consumer.drain()
    assert ran_beside == []
    assert len(consumer.tried) == 1


def test_beside_a_row_that_only_looks_discarded_none_is_inserted(
    enqueuer: Enqueuer, here: World
) -> None:
    """Its indexes would be stale as soon as the first is done: 0 would mean `/dead`."""
    venue = two_images(here)
    plans = enqueuer.plans(venue)
    enqueuer.insert(plans)
    answers: list[Inserted] = []

    def upload(_: Image) -> None:
        consumer.lifeline()
        answers.append(enqueuer.insert(plans)[venue])

    with Consumer(here.database, uploads=upload) as consumer:
        consumer.drain()
    blocker = answers[0].blocker
    assert blocker is not None
    assert blocker.state == "discarded"
    assert len(jobs(here.database)) == len(consumer.tried) == 1


# --- what else may come between ---------------------------------------------------------------


def test_an_enrichment_in_between_may_turn_indexes_but_nothing_is_lost(
    enqueuer: Enqueuer, here: World
) -> None:
    """It is asked for after the row was inserted and runs before: nothing can prevent that."""
    venue = here.venue(here.image("/old"))
    enqueuer.enqueue(venue)
    add_job(here.database, {"venue_id": venue, "force": True}, priority=2)
    new = here.image("/new", quality_score=0.9)
    with Consumer(here.database, fetch=lambda _: [new]) as consumer:
        consumer.drain()
        assert [image["provider_url"] for image in consumer.tried] == [new["provider_url"]]
        enqueuer.enqueue(venue)
        consumer.drain()
    assert [image["upload_status"] for image in here.images(venue)] == ["uploaded", "uploaded"]


@pytest.mark.parametrize("state", ["scheduled", "retryable"])
def test_what_is_due_later_waits(here: World, state: str) -> None:
    job = add_job(
        here.database,
        {"venue_id": here.venue()},
        worker=ENRICHMENT_WORKER,
        state=state,
        scheduled_at="2999-01-01",
    )
    with Consumer(here.database) as consumer:
        assert consumer.drain() == []
        with here.database.connect(autocommit=True) as conn:
            conn.execute("UPDATE oban_jobs SET scheduled_at = '2000-01-01'")
        assert consumer.drain() == [job]
