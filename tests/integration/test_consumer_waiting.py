"""`--enqueue --wait` from the command line, and a consumer beside it that runs the rows."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("oban", reason="oban for Python is not installed")

from tests.cli.program import Program, Result
from tests.cli.retrying import in_world, nothing_was_asked, statuses
from tests.consumer import Consumer, NodeDied
from tests.elixir import Image, Refusal, Uploads
from tests.enqueueing import RETRY_WORKER, jobs
from tests.retrying import World

SECONDS = 20.0
"""How long to wait for what comes within one."""


@pytest.fixture
def program(here: World, tmp_path: Path) -> Program:
    """At the real time, which is the consumer's."""
    return replace(in_world(here, tmp_path), clock=lambda: datetime.now(UTC))


def enqueued(here: World, program: Program, *more: str) -> Result:
    """`retry city ... --enqueue --wait`, of the city where all the test's venues are."""
    with here.database.connect() as conn:
        row = conn.execute("SELECT min(id) FROM cities").fetchone()
        assert row is not None
    options = ("--enqueue", "--wait", "--yes", "-o", "json")
    done = program("retry", "city", row[0], *options, *more)
    assert nothing_was_asked(here)  # by this program, that is
    return done


def results(done: Result) -> list[str]:
    return [row["result"] for row in done.data]


def refusing(*paths: str) -> Uploads:
    """Of all uploads these fail again."""
    return lambda image: Refusal() if image["provider_url"].endswith(paths) else None


def test_all_are_uploaded(here: World, program: Program) -> None:
    venues = [here.venue(here.image(f"/{n}a"), here.image(f"/{n}b")) for n in range(3)]
    with Consumer(here.database) as consumer, consumer.running():
        done = enqueued(here, program)
    assert done.code == 0
    assert results(done) == ["uploaded"] * 6
    assert [statuses(here, venue) for venue in venues] == [["uploaded", "uploaded"]] * 3
    rows = {job["args"]["venue_id"]: job["id"] for job in jobs(here.database)}
    assert {(row["venue_id"], row["job_id"]) for row in done.data} == set(rows.items())
    assert {job["state"] for job in jobs(here.database)} == {"completed"}


def test_some_fail_again(here: World, program: Program) -> None:
    """Their rows are completed like all others."""
    here.venue(here.image("/well"), here.image("/again"))
    here.venue(here.image("/last", retry_count=2))
    uploads = refusing("/again", "/last")
    with Consumer(here.database, uploads=uploads) as consumer, consumer.running():
        done = enqueued(here, program)
    assert done.code == 5
    assert sorted(results(done)) == ["failed", "permanently_failed", "uploaded"]
    failed = [row for row in done.data if row["result"] != "uploaded"]
    assert {(row["error_type"], row["status_code"]) for row in failed} == {("rate_limited", 429)}
    assert {job["state"] for job in jobs(here.database)} == {"completed"}


def test_what_its_job_could_not_do_is_left(here: World, program: Program) -> None:
    one = here.image("/1")
    venue = here.venue(one)

    def upload(_: Image) -> None:
        raise RuntimeError("connection not available")

    with Consumer(here.database, uploads=upload) as consumer, consumer.running():
        done = enqueued(here, program)
    assert (done.code, results(done)) == (5, ["left"])
    assert "discarded and left it as it was" in done.data[0]["message"]
    assert "connection not available" in done.data[0]["message"]
    assert here.images(venue) == [one]


def test_a_row_that_is_discarded_while_it_runs_is_waited_for(here: World, program: Program) -> None:
    """Lifeline's flicker: what counts is the image, and that moves when the row looks dead."""
    here.venue(here.image("/1"))
    looks = threading.Semaphore(0)

    def clock() -> datetime:
        looks.release()  # the time is asked for whenever an ended row is seen
        return datetime.now(UTC)

    def upload(_: Image) -> None:
        consumer.lifeline()
        assert [job["state"] for job in jobs(here.database)] == ["discarded"]
        while looks.acquire(blocking=False):
            pass
        assert looks.acquire(timeout=SECONDS)
        assert looks.acquire(timeout=SECONDS)

    with Consumer(here.database, uploads=upload) as consumer, consumer.running():
        done = enqueued(here, replace(program, clock=clock))
    assert (done.code, results(done)) == (0, ["uploaded"])


def test_a_row_that_stays_discarded_is_over_when_its_images_have_moved(
    here: World, program: Program
) -> None:
    """Its node died when it had written them; `retry.settle`, two minutes, is not used up."""

    def died() -> None:
        consumer.lifeline()
        raise NodeDied

    here.venue(here.image("/1"))
    with Consumer(here.database, saved=died) as consumer, consumer.running():
        done = enqueued(here, program, "--max-duration", "30s")
    assert [(job["state"], job["errors"]) for job in jobs(here.database)] == [("discarded", [])]
    assert (done.code, results(done)) == (0, ["uploaded"])


def test_a_row_that_died_is_waited_for_no_longer_than_it_may_run(
    here: World, program: Program, tmp_path: Path
) -> None:
    def upload(_: Image) -> None:
        consumer.lifeline()
        raise NodeDied

    program = replace(in_world(here, tmp_path, 'settle = "1s"'), clock=program.clock)
    venue = here.venue(here.image("/1"))
    with Consumer(here.database, uploads=upload) as consumer, consumer.running():
        done = enqueued(here, program)
    assert (done.code, results(done)) == (5, ["left"])
    assert done.data[0]["message"].endswith("is discarded and left it as it was")
    assert statuses(here, venue) == ["failed"]


def test_where_nothing_consumes_the_queue_waiting_ends_by_its_budget(
    here: World, program: Program
) -> None:
    venue = here.venue(here.image("/1"))
    done = enqueued(here, program, "--max-duration", "1s")
    assert (done.code, results(done)) == (7, ["enqueued"])
    assert "Nothing may consume queue venue_enrichment" in done.err
    with Consumer(here.database) as consumer:
        consumer.drain()
    assert statuses(here, venue) == ["uploaded"]


@pytest.mark.parametrize("triggered", [True, False], ids=["by migration 11", "by us"])
def test_a_consumer_that_listens_is_woken(here: World, program: Program, triggered: bool) -> None:
    """Its next poll would be in ten minutes. Since migration 12 no trigger notifies."""
    here.venue(here.image("/1"))
    with here.database.connect(autocommit=True) as hearing:
        if not triggered:
            hearing.execute("DROP TRIGGER oban_notify ON oban_jobs")
        with Consumer(here.database) as consumer, consumer.running(polls=600):
            hearing.execute('LISTEN "public.oban_insert"')
            done = enqueued(here, program, "--max-duration", "20s")
        assert (done.code, results(done)) == (0, ["uploaded"])
        heard = list(hearing.notifies(timeout=SECONDS, stop_after=1))
    assert [json.loads(each.payload) for each in heard] == [{"queue": "venue_enrichment"}]


def test_five_at_once_while_the_rows_are_run(here: World, program: Program) -> None:
    """Promise 17: no image is tried twice, no venue has two rows, and no row is left over."""
    venues = [here.venue(here.image(f"/{n}a"), here.image(f"/{n}b")) for n in range(40)]
    with here.database.connect(autocommit=True) as conn:
        conn.execute(
            "CREATE UNIQUE INDEX ON oban_jobs ((args -> 'venue_id'))"
            " WHERE state IN ('available', 'executing')"
        )
    with Consumer(here.database) as consumer, consumer.running():
        running = [program.start("sweep", "--enqueue", "--wait", "--yes") for _ in range(5)]
        ends = [(process.communicate(timeout=60)[1], process.returncode) for process in running]
    assert [code for _, code in ends] == [0] * 5, ends
    rows = jobs(here.database)
    assert sorted(job["args"]["venue_id"] for job in rows) == venues
    assert {(job["worker"], job["state"]) for job in rows} == {(RETRY_WORKER, "completed")}
    assert len(consumer.tried) == 80
    assert {each for venue in venues for each in statuses(here, venue)} == {"uploaded"}


def test_a_second_time_while_they_wait_and_when_they_have_run(
    here: World, program: Program
) -> None:
    """Moments after a run its venue is left alone: rows may look ended that are not."""
    venue = here.venue(here.image("/1"))
    program("sweep", "--enqueue", "--yes")
    (job,) = jobs(here.database)
    waiting = program("sweep", "--enqueue", "--yes")
    assert f"job {job['id']}, FailedUploadRetryWorker, available" in waiting.err
    with Consumer(here.database, uploads=lambda _: Refusal()) as consumer:
        consumer.drain()
        at_once = program("sweep", "--enqueue", "--yes")
        assert f"job {job['id']}, FailedUploadRetryWorker, completed" in at_once.err
        assert len(jobs(here.database)) == 1
        later = replace(program, clock=lambda: datetime.now(UTC) + timedelta(minutes=3))
        later("sweep", "--enqueue", "--yes")
        assert consumer.drain() == [each["id"] for each in jobs(here.database)[1:]]
    assert (waiting.code, at_once.code) == (0, 0)
    assert [image["retry_count"] for image in here.images(venue)] == [2]
