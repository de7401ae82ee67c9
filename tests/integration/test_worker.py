"""A worker performs job rows by oban for Python as an inline retry would (domain, section 5)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.cli.retrying import at_the_first_request, nothing_was_asked, overwrite, statuses
from tests.enqueueing import RETRY_WORKER, add_job, jobs
from tests.retrying import World
from tests.working import QUEUE, Shift, add, run_sql

from venue_ops.core.oban.values import Completed
from venue_ops.core.planning import Policy
from venue_ops.core.retry.outcomes import Outcome, Result
from venue_ops.demo.web import Answer

pytest.importorskip("oban", reason="oban for Python wants Python 3.12")


@pytest.fixture
def here(shift: Shift) -> World:
    return shift.here


def test_what_is_enqueued_is_done_and_the_queue_is_empty_then(shift: Shift, here: World) -> None:
    venues = [here.venue(here.image(f"/{n}/a"), here.image(f"/{n}/b")) for n in range(12)]
    found = shift.enqueue(*venues)
    assert shift.work() is None
    assert [statuses(here, venue) for venue in venues] == [["uploaded"] * 2] * 12
    assert all(image["retry_count"] == 1 for venue in venues for image in here.images(venue))
    assert len(here.store.uploads) == 24
    for job in map(shift.job, found):
        assert (job["state"], job["attempt"], job["max_attempts"]) == ("completed", 1, 1)
        assert job["completed_at"] is not None
        assert job["errors"] == []
    assert {each.job_id for each in shift.performed} == set(found)
    assert {outcome.job_id for outcome in shift.outcomes} == set(found)


def test_the_rows_are_the_same_as_an_inline_run_leaves(shift: Shift, here: World) -> None:
    """What was uploaded, what failed again, what is gone for good, and what was not asked for."""

    def images(venue: str) -> list[Any]:
        return [
            here.image(f"/{venue}/there", upload_status="uploaded"),
            here.image(f"/{venue}/comes"),
            here.image(f"/{venue}/gone"),
            here.image(f"/{venue}/broken", retry_count=1),
            here.image(f"/{venue}/dead", error_details={"error_type": "not_found"}),
            {"upload_status": "failed"},
            None,
        ]

    for venue in ("inline", "job"):
        here.provider.scripts[f"/{venue}/gone"] = [Answer(404)]
        here.provider.scripts[f"/{venue}/broken"] = [Answer(200, b"no picture")]
    inline, by_job = here.venue(*images("inline")), here.venue(*images("job"))
    here.retry(inline)
    shift.enqueue(by_job)
    shift.work()
    one, other = (json.dumps(here.images(venue)) for venue in (inline, by_job))
    assert one.replace("retried-1", "retried-2").replace("inline", "job") == mended(other, one)


def mended(text: str, like: str) -> str:
    """File names hash the URL, which differs between the two."""
    names = [
        [image["imagekit_path"] for image in json.loads(each) if image and "imagekit_path" in image]
        for each in (text, like)
    ]
    for mine, theirs in zip(*names, strict=True):
        text = text.replace(mine.rpartition("/")[2], theirs.rpartition("/")[2])
    return text


def test_only_what_is_as_it_was_enqueued_is_tried(shift: Shift, here: World) -> None:
    venue = here.venue(here.image("/a"), here.image("/b"), here.image("/c"), here.image("/d"))
    (job,) = shift.enqueue(venue)
    first, second, third, _ = here.images(venue)
    new = here.image("/new")
    tried = {**second, "retry_count": 1}
    overwrite(here, venue, [new, third, tried, {**first, "upload_status": "uploaded"}])
    shift.work()
    assert statuses(here, venue) == ["failed", "uploaded", "failed", "uploaded"]
    assert [request.path for request in here.provider_web.requests] == ["/c"]
    assert sorted(shift.results()) == ["changed"] * 3 + ["uploaded"]
    said = {outcome.message for outcome in shift.outcomes if outcome.result is Result.CHANGED}
    assert "it is not in its venue any more" in said
    assert shift.job(job)["state"] == "completed"


def test_what_was_given_up_is_tried_where_it_is_forced(shift: Shift, here: World) -> None:
    venue = here.venue(here.image("/a", upload_status="permanently_failed", retry_count=3))
    shift.enqueue(venue, policy=Policy(force=True))
    shift.work()
    assert shift.results() == ["changed"]
    run_sql(
        here,
        "UPDATE oban_jobs SET state = 'available', attempt = 0, args = args || %s",
        json.dumps({"force": True}),
    )
    shift.work()
    assert statuses(here, venue) == ["uploaded"]
    assert here.images(venue)[0]["retry_count"] == 4


@pytest.mark.parametrize("args", [{}, [], 7, {"venue_id": "abc", "images": {"a": 0}}])
def test_args_that_are_not_ours_cancel_the_job(shift: Shift, here: World, args: Any) -> None:
    job = add(here, args)
    shift.work()
    assert shift.reason(job).startswith("Its args ")
    assert nothing_was_asked(here)


def test_a_venue_that_is_gone_cancels_the_job(shift: Shift, here: World) -> None:
    job = add(here, {"venue_id": 2**40, "images": {"fs-0123456789": 0}})
    shift.work()
    assert shift.reason(job) == "Its venue is gone."


def test_rows_that_oban_would_stumble_over_hold_nobody_up(shift: Shift, here: World) -> None:
    """Attempts that are spent would be fetched each time and never run; numbers beyond any."""
    spent = [add(here, {}, attempt=1, priority=0) for _ in range(5)]
    huge = add(here, {"venue_id": 1})
    run_sql(here, f"UPDATE oban_jobs SET args = '{{\"venue_id\": {'9' * 5000}}}' WHERE id = {huge}")
    meta = add(here, {}, meta="[1]", errors=[])
    null = add(here, {}, meta=None, tags=None)
    venue = here.venue(here.image("/a"))
    (last,) = shift.enqueue(venue)
    shift.work(jobs=2)
    assert {shift.job(each)["state"] for each in spent} == {"available"}
    assert {shift.job(each)["state"] for each in (huge, meta, null)} == {"cancelled"}
    assert shift.job(last)["state"] == "completed"
    assert statuses(here, venue) == ["uploaded"]


def test_only_rows_of_ours_are_fetched(shift: Shift, here: World) -> None:
    """By queue and by worker: the second belt holds where the first has been taken off."""
    venue = here.venue(here.image("/a"))
    (job,) = shift.enqueue(venue)
    others = [
        add_job(here.database, {"venue_id": 1}),
        add_job(here.database, {"venue_id": 1}, worker=RETRY_WORKER),
    ]

    def foreign(_: Outcome) -> None:
        others.append(add_job(here.database, {"venue_id": 1}, queue=QUEUE.name))

    shift.emit = foreign
    shift.work()
    assert shift.job(job)["state"] == "completed"
    assert [shift.job(each)["state"] for each in others] == ["available"] * 3


def test_no_table_is_made_and_nobody_is_elected(shift: Shift, here: World) -> None:
    tables = "SELECT array_agg(relname ORDER BY relname) FROM pg_class WHERE relnamespace = 2200"
    with here.database.connect(autocommit=True) as conn:
        before = conn.execute(tables).fetchone()
        shift.enqueue(here.venue(here.image("/a")))
        shift.work()
        assert conn.execute(tables).fetchone() == before


def test_a_job_that_the_application_takes_for_dead_is_done_all_the_same(
    shift: Shift, here: World
) -> None:
    """Trap 6: its Lifeline discards what has no attempt left, while we are at it."""
    venue = here.venue(here.image("/a"))
    (job,) = shift.enqueue(venue)
    discard = "UPDATE oban_jobs SET state = 'discarded', discarded_at = now() WHERE id = %s"
    at_the_first_request(here, lambda: run_sql(here, discard, job))
    shift.work()
    assert statuses(here, venue) == ["uploaded"]
    assert shift.job(job)["state"] == "discarded"
    assert isinstance(shift.performed[0].ending, Completed)


def test_what_goes_wrong_within_us_is_told_in_the_row_without_secrets(
    shift: Shift, here: World
) -> None:
    """And the worker goes on: one job that nobody understands is not the end of the others."""
    broken, fine = here.venue(here.image("/a")), here.venue(here.image("/b"))
    found = shift.enqueue(broken, fine)

    def emit(outcome: Outcome) -> None:
        if outcome.item.venue_id == broken:
            raise RuntimeError(
                "\0 at https://maps.googleapis.com/x?key=AIzaSyD-very-secret-key-0001"
            )

    shift.emit = emit
    shift.work(jobs=1)
    assert [shift.job(each)["state"] for each in found] == ["discarded", "completed"]
    (error,) = shift.job(found[0])["errors"]
    assert "RuntimeError" in error["error"]
    assert "AIza" not in error["error"]
    assert isinstance(shift.performed[0].problem, RuntimeError)
    assert len(jobs(here.database)) == 2
