"""Jobs that run again: one a venue, a city and a day, and what else stands in their way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.retrying import cleared
from tests.databases import Database
from tests.enqueueing import RETRY_WORKER, add_job
from tests.rerunning import BACKFILL_WORKER, JUST_NOW, LONG_AGO, Rerunner
from tests.retrying import world
from tests.sources import source_of

from venue_ops.core.planning.jobs import JobReason

OWN = "EventasaurusDiscovery.VenueImages."


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[Rerunner]:
    cleared(sample_database)
    with world(sample_database, tmp_path) as made, source_of(sample_database) as source:
        yield Rerunner(made, source)


def test_the_newest_of_a_venue_is_taken(here: Rerunner) -> None:
    venue, other = here.venue(), here.venue()
    first, second = here.at(venue), here.job({"venue_id": str(venue)})
    batch = here.job({"venue_ids": [other, venue]})
    alone = here.at(here.venue())
    answers = here.service().look([first, second, batch, alone])
    assert answers[first].newer_id == batch
    newer = JobReason.NEWER_CHOSEN
    assert here.reasons(first, second, batch, alone) == [newer, newer, None, None]


def test_an_older_one_is_taken_where_the_newer_cannot_be(here: Rerunner) -> None:
    """A retry's row is none that runs again; that it is over makes it none that stands there."""
    venue = here.venue()
    job = here.at(venue)
    row = here.at(venue, worker=RETRY_WORKER)
    assert here.reasons(job, row) == [None, JobReason.RETRY_ROW]


@pytest.mark.parametrize("worker", [OWN + "EnrichmentJob", RETRY_WORKER, "Another.Worker"])
def test_another_job_at_the_venue_blocks(here: Rerunner, worker: str) -> None:
    for state in ("available", "scheduled", "executing", "retryable"):
        venue = here.venue()
        job = here.at(venue)
        other = add_job(
            here.database, {"venue_id": venue}, worker=worker, state=state, attempted_at=LONG_AGO
        )
        assert here.reasons(job) == [JobReason.JOB_UNFINISHED]
        blocker = here.answer(job).blocker
        assert blocker is not None
        assert (blocker.job_id, blocker.worker, blocker.state) == (other, worker, state)
        assert state == "available" or blocker.since.replace(tzinfo=None) == LONG_AGO


def test_a_batch_blocks_and_so_does_what_lifeline_gave_up(here: Rerunner) -> None:
    one, other = here.venue(), here.venue()
    first, second = here.at(one), here.at(other)
    add_job(here.database, {"venue_ids": [99999, one]}, state="executing")
    here.at(other, attempted_at=JUST_NOW, errors=[])
    assert here.reasons(first, second) == [JobReason.JOB_UNFINISHED] * 2


def test_jobs_of_another_queue_and_of_others_venues_do_not_block(here: Rerunner) -> None:
    venue = here.venue()
    job = here.at(venue)
    add_job(here.database, {"venue_id": venue}, worker="Another.Worker", queue="mailers")
    add_job(here.database, {"venue_id": here.venue()})
    assert here.reasons(job) == [None]


def test_what_a_newer_one_did_the_work_of_is_passed_over_on_request(here: Rerunner) -> None:
    """Or a sweep would pay for each old failure of a venue that is mended."""
    venue, other = here.venue(), here.venue()
    job, newest = here.at(venue), here.at(other)
    worked = {"status": "batch_completed", "enriched": 1}
    done = here.job({"venue_ids": [venue]}, state="completed", meta=json.dumps(worked))
    here.at(other, state="cancelled")
    for status in ("skipped", "error"):
        here.at(other, state="completed", meta=json.dumps({"status": status}))
    answers = here.service(passes_over=True).look([job, newest])
    assert (answers[job].reason, answers[job].newer_id) == (JobReason.RUN_SINCE, done)
    assert answers[newest].reason is None
    assert here.reasons(job, newest) == [None, None]


def succeeded(here: Rerunner, args: Any, **meta: Any) -> int:
    found = {"status": "success", "images_uploaded": 1, **meta}
    return here.job(args, state="completed", errors=[], meta=json.dumps(found))


def test_a_batch_is_passed_over_where_each_of_its_venues_was_done_since(here: Rerunner) -> None:
    """One of them is not enough: the others would never be asked for again. A gone one is none."""
    one, other = here.venue(), here.venue()
    batch = here.job({"venue_ids": [one, other, 999999]})
    succeeded(here, {"venue_id": one})
    service = here.service(passes_over=True)
    assert service.look([batch])[batch].reason is None
    last = succeeded(here, {"venue_id": other})
    answer = service.look([batch])[batch]
    assert (answer.reason, answer.newer_id) == (JobReason.RUN_SINCE, last)


def test_a_batch_that_did_a_part_did_the_work_of_none_of_its_venues(here: Rerunner) -> None:
    """It does not say of which. The job of one venue that kept some images says so of them."""
    one, other = here.venue(), here.venue()
    both, daily = [here.at(one), here.at(other)], here.job({})
    some = {"status": "batch_completed", "enriched": 1, "failed": 1}
    for args in ({"venue_ids": [one, other]}, {}):
        here.job(args, state="completed", errors=[], meta=json.dumps(some))
    answers = here.service(passes_over=True).look([*both, daily])
    assert {each.reason for each in answers.values()} == {None}
    succeeded(here, {"venue_id": one}, images_failed=1)
    answers = here.service(passes_over=True).look([*both, daily])
    since = JobReason.RUN_SINCE
    assert [answers[each].reason for each in (*both, daily)] == [since, None, None]


def test_two_unfinished_ones_of_a_venue_block_each_other(here: Rerunner) -> None:
    venue = here.venue()
    both = here.at(venue, state="scheduled"), here.at(venue, state="retryable")
    assert here.reasons(*both) == [JobReason.JOB_UNFINISHED] * 2


def test_one_daily_run_at_a_time(here: Rerunner) -> None:
    first, second = here.job({}), here.job({})
    assert here.answer(second).venues is None
    assert here.reasons(first, second) == [JobReason.NEWER_CHOSEN, None]
    assert here.reasons(first) == [JobReason.JOB_UNFINISHED]


def city_of(here: Rerunner) -> int:
    with here.database.connect() as conn:
        row = conn.execute("SELECT min(id) FROM cities").fetchone()
        assert row
        conn.execute("UPDATE venues SET city_id = NULL, venue_type = 'region'")
        return int(row[0])


def test_a_backfill_runs_for_exactly_the_venues_that_were_agreed(here: Rerunner) -> None:
    city = city_of(here)
    here.venue()
    here.venue(checked="2025-10-01T00:00:00Z")
    here.venue(checked="2025-10-23T00:00:00Z")
    here.venue(images=[here.here.image("/a")])
    job = here.job({"city_id": city, "limit": 10}, worker=BACKFILL_WORKER, queue="venue_backfill")
    assert here.answer(job).venues == 2
    for respawn in (None, 1, 3):
        assert here.reasons(job, respawn=respawn) == [JobReason.NOT_RESPAWNED]
    assert here.reasons(job, respawn=2, fresh=True) == [None]
    assert here.row(job)["args"] == {"city_id": city, "limit": 10}


@pytest.mark.parametrize(
    ("more", "venues"),
    [({"limit": 1}, 1), ({"limit": None}, 101), ({}, 100), ({"limit": "x"}, 100)],
)
def test_the_limit_of_a_backfill(here: Rerunner, more: dict[str, Any], venues: int) -> None:
    city = city_of(here)
    with here.database.connect(autocommit=True) as conn:
        conn.execute(
            "INSERT INTO venues (name, slug, city_id, latitude, longitude, inserted_at, updated_at)"
            " SELECT 'V', 'v-' || n, %s, 0, 0, now(), now() FROM generate_series(1, 101) AS n",
            [city],
        )
    job = here.job({"city_id": city, **more}, worker=BACKFILL_WORKER)
    assert here.answer(job).venues == venues


def test_one_backfill_of_a_city_at_a_time(here: Rerunner) -> None:
    city = city_of(here)
    here.venue()
    job = here.job({"city_id": city}, worker=BACKFILL_WORKER)
    add_job(here.database, {"city_id": str(city)}, worker=BACKFILL_WORKER, queue="venue_backfill")
    assert here.reasons(job, respawn=1) == [JobReason.JOB_UNFINISHED]


def test_images_that_are_retried_now_go_first(here: Rerunner) -> None:
    one, other = here.venue(), here.venue()
    job, batch = here.at(one), here.job({"venue_ids": [other, one]})
    answers = here.service().look([job, batch], image_venues=[one])
    assert {each.reason for each in answers.values()} == {JobReason.IMAGES_FIRST}
