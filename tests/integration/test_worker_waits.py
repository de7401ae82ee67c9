"""What a worker does not finish goes back to the queue: busy venues, faults of ours, its end."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.cli.retrying import at_the_first_request, nothing_was_asked, statuses
from tests.enqueueing import ENRICHMENT_WORKER, RETRY_WORKER, add_job
from tests.retrying import World
from tests.uploads import closed_port
from tests.working import QUEUE, Shift, add, args_of, is_given_back, run_sql

from venue_ops.core.errors import (
    ConfigurationError,
    DatabaseError,
    NetworkError,
    StoreError,
)
from venue_ops.core.retry.leases import Leases
from venue_ops.core.retry.outcomes import Outcome
from venue_ops.core.services.working import refuse_a_queue_of_the_application
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer

pytest.importorskip("oban", reason="oban for Python wants Python 3.12")


@pytest.fixture
def here(shift: Shift) -> World:
    return shift.here


def test_a_job_at_the_venue_is_waited_for(shift: Shift, here: World) -> None:
    venue = here.venue(here.image("/a"))
    (job,) = shift.enqueue(venue)
    other = add_job(here.database, {"venue_id": venue}, state="executing")
    shift.stops_after = 1
    assert shift.work(drains=False) == signal.SIGINT
    row = shift.job(job)
    assert is_given_back(row, seconds=60)
    assert row["meta"]["snoozed"] == 1
    assert row["meta"]["busy_since"]
    assert shift.results() == ["busy"]
    assert nothing_was_asked(here)
    run_sql(here, "DELETE FROM oban_jobs WHERE id = %s", other)
    run_sql(here, "UPDATE oban_jobs SET scheduled_at = now() - interval '1 minute'")
    shift.work()
    assert statuses(here, venue) == ["uploaded"]
    assert shift.job(job)["state"] == "completed"


@pytest.mark.parametrize("meta", ['{"snoozed": "often"}', '{"snoozed": null}', "[]"])
def test_it_goes_back_whatever_stands_in_its_meta(shift: Shift, here: World, meta: str) -> None:
    """oban counts the snoozes there, and would lose the job over a count that is none."""
    venue = here.venue(here.image("/a"))
    (job,) = shift.enqueue(venue)
    run_sql(here, "UPDATE oban_jobs SET meta = %s", meta)
    add_job(here.database, {"venue_id": venue}, state="executing")
    shift.stops_after = 1
    shift.work(drains=False)
    assert is_given_back(shift.job(job), seconds=60)


def test_another_run_of_this_machine_at_the_venue_is_waited_for(shift: Shift, here: World) -> None:
    venue = here.venue(here.image("/a"))
    (job,) = shift.enqueue(venue)
    shift.stops_after = 1
    with Leases(here.state.leases).try_venue(venue) as is_ours:
        assert is_ours
        shift.work(drains=False)
    assert is_given_back(shift.job(job), seconds=60)
    assert nothing_was_asked(here)


def test_a_store_that_refuses_our_key_ends_the_worker_and_marks_nothing(
    shift: Shift, here: World
) -> None:
    here.key = "private_wrong"
    venues = [here.venue(here.image(f"/{n}")) for n in range(3)]
    before = here.images_of(venues)
    found = shift.enqueue(*venues)
    with pytest.raises(StoreError, match="refused"):
        shift.work(jobs=1)
    assert here.images_of(venues) == before
    assert is_given_back(shift.job(found[0]), seconds=60)
    assert {shift.job(each)["state"] for each in found} <= {"scheduled", "available"}


def test_no_network_at_all_ends_the_worker_and_marks_nothing(shift: Shift, here: World) -> None:
    here.provider_web.address = ("127.0.0.1", closed_port())
    venue = here.venue(here.image("/a"))
    before = here.images(venue)
    (job,) = shift.enqueue(venue)
    with pytest.raises(NetworkError):
        shift.work()
    assert here.images(venue) == before
    assert is_given_back(shift.job(job), seconds=60)


def test_one_host_that_is_away_is_no_missing_network(shift: Shift, here: World) -> None:
    """Where others answered just now, its job waits and the worker goes on."""
    port = closed_port()
    shift.allowed = (("127.0.0.1", port),)
    away = f"http://127.0.0.1:{port}/a.jpg"
    lost = {**here.image("/a", provider="here", provider_url=away), "url": away}
    venues = [here.venue(here.image("/a")), here.venue(lost), here.venue(here.image("/b"))]
    found = shift.enqueue(*venues)
    shift.stops_after = 3
    assert shift.work(drains=False, jobs=1) == signal.SIGINT
    assert [shift.job(each)["state"] for each in found] == ["completed", "scheduled", "completed"]
    assert here.images(venues[1]) == [lost]


def test_a_dead_key_is_found_out_over_many_jobs(shift: Shift, here: World) -> None:
    """Trap 8: nothing is written about it, and after five refusals nobody is asked any more."""
    here.provider_web._handler = lambda _: Answer(403)
    venues = [here.venue(here.image(f"/{n}")) for n in range(8)]
    before = here.images_of(venues)
    found = shift.enqueue(*venues)
    shift.work(jobs=1)
    assert here.images_of(venues) == before
    assert len(here.provider_web.requests) == 5
    assert "HTTP 403" in shift.reason(found[0])
    for job in found[4:]:
        assert shift.reason(job).startswith("foursquare is left alone: it refused every request")
    assert shift.results() == ["left"] * 8


def test_a_signal_lets_what_is_in_flight_finish(shift: Shift, here: World) -> None:
    here.concurrency = 1
    here.provider_web._handler = lambda request: Answer(200, png(request.path), delay=0.2)
    venue = here.venue(*(here.image(f"/{n}") for n in range(4)))
    (job,) = shift.enqueue(venue)
    uploaded: list[str] = []

    def emit(outcome: Outcome) -> None:
        uploaded.append(str(outcome.result))
        if len(uploaded) == 1:
            os.kill(os.getpid(), signal.SIGTERM)

    shift.emit = emit
    assert shift.work() == signal.SIGTERM
    assert statuses(here, venue).count("uploaded") == len(here.store.uploads) < 4
    row = shift.job(job)
    assert is_given_back(row, seconds=0)
    shift.emit = lambda _: None
    shift.work()
    assert statuses(here, venue) == ["uploaded"] * 4
    assert len(here.store.uploads) == 4
    assert shift.job(job)["state"] == "completed"


def test_a_job_that_takes_too_long_is_done_in_parts(shift: Shift, here: World) -> None:
    """No job of a live worker becomes so old that it would be rescued."""
    here.concurrency = 1
    here.provider_web._handler = lambda request: Answer(200, png(request.path), delay=0.4)
    venue = here.venue(*(here.image(f"/{n}") for n in range(7)))
    (job,) = shift.enqueue(venue)
    shift.work(rescue_after=timedelta(seconds=3))
    assert statuses(here, venue) == ["uploaded"] * 7
    assert len(here.store.uploads) == 7
    assert len(shift.performed) > 1
    assert shift.rescued == []
    assert shift.job(job)["state"] == "completed"


def test_abandoned_jobs_of_ours_are_done_and_no_others(shift: Shift, here: World) -> None:
    """With GREATEST, or the row would be fetched by nobody and the queue stand still."""
    venues = [here.venue(here.image(f"/{n}")) for n in range(3)]
    old = datetime.now(UTC) - timedelta(minutes=16)
    young = datetime.now(UTC) - timedelta(minutes=14)
    executing: dict[str, Any] = {
        "state": "executing",
        "attempt": 1,
        "attempted_at": old.replace(tzinfo=None),
    }
    ours = add(here, args_of(here, venues[0]), **executing)
    alive = add(
        here, args_of(here, venues[1]), **{**executing, "attempted_at": young.replace(tzinfo=None)}
    )
    elsewhere = add_job(here.database, {"venue_id": 10**9}, worker=RETRY_WORKER, **executing)
    assert shift.work() is None
    assert shift.rescued == [ours]
    row = shift.job(ours)
    assert (row["state"], row["attempt"], row["max_attempts"]) == ("completed", 2, 2)
    assert statuses(here, venues[0]) == ["uploaded"]
    assert {shift.job(each)["state"] for each in (alive, elsewhere)} == {"executing"}


def test_a_queue_with_the_jobs_of_others_is_refused(shift: Shift, here: World) -> None:
    venue = here.venue(here.image("/a"))
    (job,) = shift.enqueue(venue)
    add_job(here.database, {"venue_id": 1}, queue=QUEUE.name)
    add_job(here.database, {"venue_id": 1}, queue=QUEUE.name, state="executing")
    with pytest.raises(ConfigurationError) as caught:
        shift.work()
    assert caught.value.message == (
        f"Queue {QUEUE.name} holds 2 unfinished jobs of another worker, {ENRICHMENT_WORKER}."
    )
    assert shift.job(job)["state"] == "available"
    run_sql(here, "UPDATE oban_jobs SET state = 'completed' WHERE worker = %s", ENRICHMENT_WORKER)
    shift.work()
    assert shift.job(job)["state"] == "completed"


def test_jobs_of_others_are_not_woken(shift: Shift, here: World) -> None:
    """Theirs may come at any time, and their time is not for us to look at."""
    others: list[int] = []
    due: dict[str, Any] = {"state": "scheduled", "queue": QUEUE.name}

    def emit(_: Outcome) -> None:
        others.append(add_job(here.database, {"venue_id": 1}, **due))
        others.append(add_job(here.database, {"venue_id": 1}, **{**due, "state": "retryable"}))
        ours.append(add(here, args_of(here, venues[1]), state="scheduled"))

    ours: list[int] = []
    venues = [here.venue(here.image("/a")), here.venue(here.image("/b"))]
    shift.enqueue(venues[0])
    shift.emit = lambda outcome: None if ours else emit(outcome)
    shift.work()
    assert statuses(here, venues[1]) == ["uploaded"]
    assert shift.job(ours[0])["state"] == "completed"
    assert [shift.job(each)["state"] for each in others] == ["scheduled", "retryable"]


def test_jobs_of_others_that_come_later_end_the_worker(shift: Shift, here: World) -> None:
    shift.enqueue(here.venue(here.image("/a")))

    def emit(_: Outcome) -> None:
        add_job(here.database, {"venue_id": 1}, queue=QUEUE.name)

    shift.emit = emit
    with pytest.raises(ConfigurationError, match="of another worker"):
        shift.work(drains=False, rescue_after=timedelta(seconds=1))


def test_the_queues_of_the_application_are_refused() -> None:
    refuse_a_queue_of_the_application("venue_ops_retry", ["venue_enrichment", "venue_backfill"])
    with pytest.raises(ConfigurationError, match="the application's own"):
        refuse_a_queue_of_the_application("venue_backfill", ["venue_enrichment", "venue_backfill"])


def test_a_database_that_goes_away_ends_the_worker(shift: Shift, here: World) -> None:
    """What was stored is written by whoever goes on: the row is rescued, nothing is lost."""
    venue = here.venue(here.image("/a"))
    (job,) = shift.enqueue(venue)
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'venue-ops'"
    )
    rename = "ALTER TABLE oban_jobs RENAME TO oban_jobs_away"

    def away() -> None:
        run_sql(here, rename)
        run_sql(here, cut)

    at_the_first_request(here, away)
    with pytest.raises(DatabaseError):
        shift.work()
    run_sql(here, "ALTER TABLE oban_jobs_away RENAME TO oban_jobs")
    run_sql(here, "UPDATE oban_jobs SET attempted_at = attempted_at - interval '1 hour'")
    shift.work()
    assert statuses(here, venue) == ["uploaded"]
    assert here.images(venue)[0]["retry_count"] == 1
    assert len(here.store.uploads) == 1
    assert shift.job(job)["state"] == "completed"
