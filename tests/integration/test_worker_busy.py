"""Rows that find somebody at their venue, or that somebody else marked: none is lost."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta

import pytest
from psycopg.types.json import Jsonb
from tests.cli.retrying import at_the_first_request, statuses
from tests.enqueueing import RETRY_WORKER, add_job
from tests.retrying import NOW, World
from tests.working import QUEUE, Shift, add, args_of, is_given_back, run_sql, seconds_until

from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer

pytest.importorskip("oban", reason="oban for Python wants Python 3.12")


@pytest.fixture
def here(shift: Shift) -> World:
    return shift.here


def found_busy(here: World, job: int, *, since: timedelta, last: timedelta) -> None:
    """So long ago for the first and the last time, as its row keeps it."""
    now = datetime.now(UTC)
    meta = {"busy_since": (now - since).isoformat(), "busy_last": (now - last).isoformat()}
    run_sql(here, "UPDATE oban_jobs SET meta = %s WHERE id = %s", Jsonb(meta), job)


def test_a_venue_that_stays_busy_is_not_waited_for_for_ever(shift: Shift, here: World) -> None:
    venue = here.venue(here.image("/a"))
    (job,) = shift.enqueue(venue)
    other = add_job(here.database, {"venue_id": venue}, state="executing")
    found_busy(here, job, since=timedelta(minutes=61), last=timedelta(minutes=2))
    shift.work()
    assert shift.reason(job) == (
        f"Its venue was busy for 60 minutes: job {other} is at its venue (executing)."
    )


def test_a_venue_busy_twice_an_hour_apart_is_waited_for(shift: Shift, here: World) -> None:
    """Behind many others a row is looked at seldom, and nobody knows of the time between."""
    venue = here.venue(here.image("/a"))
    (job,) = shift.enqueue(venue)
    add_job(here.database, {"venue_id": venue}, state="executing")
    hour = timedelta(minutes=61)
    found_busy(here, job, since=hour, last=hour)
    shift.stops_after = 1
    shift.work(drains=False)
    row = shift.job(job)
    assert is_given_back(row, seconds=60)
    assert row["meta"]["busy_since"] == row["meta"]["busy_last"]
    assert -5 < -seconds_until(row["meta"]["busy_last"]) < 60


def test_a_row_that_was_begun_is_not_busy_any_more(shift: Shift, here: World) -> None:
    here.concurrency = 1
    here.provider_web._handler = lambda request: Answer(200, png(request.path), delay=0.2)
    (job,) = shift.enqueue(here.venue(*(here.image(f"/{n}") for n in range(4))))
    found_busy(here, job, since=timedelta(minutes=59), last=timedelta(minutes=1))
    at_the_first_request(here, lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert shift.work() == signal.SIGTERM
    row = shift.job(job)
    assert is_given_back(row, seconds=0)
    assert row["meta"] == {"snoozed": 1, "busy_since": None, "busy_last": None}


@pytest.mark.parametrize("jobs", [1, 4])
def test_two_rows_of_one_venue_do_not_wait_for_each_other(
    shift: Shift, here: World, jobs: int
) -> None:
    """Whoever enqueued the second has not seen the first; the older one is done."""
    venue = here.venue(here.image("/a"))
    (first,) = shift.enqueue(venue)
    second = add(here, args_of(here, venue))
    shift.stops_after = 2
    shift.work(drains=False, jobs=jobs)
    assert shift.job(first)["state"] == "completed"
    assert statuses(here, venue) == ["uploaded"]
    assert is_given_back(shift.job(second), seconds=60)


@pytest.mark.parametrize(
    ("queue", "state", "since", "blocks"),
    [
        (QUEUE.name, "available", None, False),
        (QUEUE.name, "scheduled", None, False),
        (QUEUE.name, "executing", timedelta(minutes=-1), True),
        (QUEUE.name, "executing", timedelta(0), False),
        (QUEUE.name, "executing", timedelta(minutes=1), False),
        (QUEUE.name, "executing", None, True),
        ("venue_enrichment", "available", None, True),
        ("venue_enrichment", "executing", timedelta(minutes=1), True),
    ],
)
def test_which_of_two_retries_of_one_venue_goes_first(
    shift: Shift, here: World, queue: str, state: str, since: timedelta | None, blocks: bool
) -> None:
    venue = here.venue(here.image("/a"))
    at = None if since is None else NOW.replace(tzinfo=None) + since
    begun = {"state": "executing", "attempt": 1, "attempted_at": NOW.replace(tzinfo=None)}
    first = add(here, args_of(here, venue), **begun)
    second = add(here, {"venue_id": venue}, queue=queue, state=state, attempted_at=at)
    rows = here.rows()
    found = rows.blockers([venue], NOW, besides=first)
    assert {venue: each.job_id for venue, each in found.items()} == (
        {venue: second} if blocks else {}
    )
    assert rows.blockers([venue], NOW, besides=second)[venue].job_id == first
    assert rows.blockers([venue], NOW)[venue].job_id == first
    rows.database.close()


LIFELINE = (
    "UPDATE oban_jobs SET state = 'discarded', discarded_at = timezone('UTC', now())"
    " WHERE state = 'executing' AND worker = %s"
)
"""The application's, where it takes a job for dead that has no attempt left."""


def test_a_row_that_is_discarded_while_it_runs_goes_back_when_the_worker_stops(
    shift: Shift, here: World
) -> None:
    here.concurrency = 1
    venue = here.venue(*(here.image(f"/{n}") for n in range(4)))
    (job,) = shift.enqueue(venue)

    def discarded_and_stopped() -> None:
        run_sql(here, LIFELINE, RETRY_WORKER)
        os.kill(os.getpid(), signal.SIGTERM)

    at_the_first_request(here, discarded_and_stopped)
    assert shift.work() == signal.SIGTERM
    row = shift.job(job)
    assert is_given_back(row, seconds=0)
    assert (row["discarded_at"], row["meta"]["snoozed"]) == (None, 1)
    shift.work()
    assert statuses(here, venue) == ["uploaded"] * 4
    assert shift.job(job)["state"] == "completed"


def test_a_row_that_is_discarded_while_its_venue_is_found_busy_goes_back(
    shift: Shift, here: World
) -> None:
    venue = here.venue(here.image("/a"))
    (job,) = shift.enqueue(venue)
    add_job(here.database, {"venue_id": venue}, state="executing")
    run_sql(
        here,
        """CREATE FUNCTION discard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             NEW.state = 'discarded'; NEW.discarded_at = timezone('UTC', now()); RETURN NEW;
           END $$;
           CREATE TRIGGER lifeline BEFORE UPDATE ON oban_jobs FOR EACH ROW
             WHEN (NEW.state = 'executing') EXECUTE FUNCTION discard()""",
    )
    shift.stops_after = 1
    shift.work(drains=False)
    row = shift.job(job)
    assert is_given_back(row, seconds=60)
    assert row["meta"]["busy_since"] is not None


@pytest.mark.parametrize(
    "since", ["attempt = attempt + 1, max_attempts = 3", "attempted_at = '2030-01-01'"]
)
def test_a_row_that_somebody_else_had_since_is_left_alone(
    shift: Shift, here: World, since: str
) -> None:
    (job,) = shift.enqueue(here.venue(*(here.image(f"/{n}") for n in range(9))))
    here.concurrency = 1

    def taken_and_stopped() -> None:
        run_sql(here, LIFELINE, RETRY_WORKER)
        run_sql(here, f"UPDATE oban_jobs SET {since}")
        os.kill(os.getpid(), signal.SIGTERM)

    at_the_first_request(here, taken_and_stopped)
    assert shift.work() == signal.SIGTERM
    assert shift.job(job)["state"] == "discarded"
