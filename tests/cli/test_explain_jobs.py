"""`explain job`: what it met, whether a retry helps, and what has to be done otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb
from tests.cli.explaining import FIRST, PARTIAL, RETRY, explained
from tests.cli.program import Program


def test_a_job_that_failed_before_any_image_was_known(program: Program) -> None:
    """One of the user's seven: a retry of images does nothing for them."""
    found = explained(program, "job", 136)
    assert found["title"] == "Job 136, enrichment, failed"
    assert found["why"][0] == (
        "google_places answered REQUEST_DENIED: it refuses the key; waiting does not help."
    )
    assert found["why"][1].startswith("3 attempts failed; the last said: ")
    assert "there is no image to retry: the job has to run again" in found["retry"][0]
    assert found["next"] == ["venue-ops retry job 136 --fresh", "venue-ops show job 136"]


def test_a_job_that_was_partial(program: Program) -> None:
    found = explained(program, "job", 146)
    assert found["title"] == "Job 146, enrichment, partial"
    assert "1 image failed with rate_limited." in found["why"]
    assert found["retry"] == ["A retry of its venue would try 1 image again."]
    assert found["next"][0] == f"venue-ops retry venue {PARTIAL}"


def test_a_job_that_did_well(program: Program) -> None:
    number = program("list", "-s", "success", "-k", "enrichment", "-n", 1, "-o", "ids").ids[0]
    found = explained(program, "job", number)
    assert found["why"] == ["Nothing of it failed."]
    assert found["retry"] == ["No image of its venue would be taken by a retry."]


def test_a_backfill_names_what_became_of_its_jobs(program: Program) -> None:
    found = explained(program, "job", 134)
    (said,) = found["why"]
    assert said.startswith("It started ")
    assert "failed" in said
    assert found["retry"][0].startswith("A backfill that runs again asks and pays for every venue")
    assert found["next"][0] == "venue-ops retry city krakow,pl --dry-run"
    child = found["next"][1].removeprefix("venue-ops explain job ")
    assert "failed" in explained(program, "job", child)["title"]


@pytest.mark.parametrize(
    "meta",
    [
        None,
        {},
        {"images_found": 3},
        {"status": "success", "images_found": "many", "providers": ["x"]},
        {"enriched": 2, "failed": 1, "skipped": 0, "by_provider": {"here": 2}},
        {"failure_breakdown": "odd", "failed_images": {"a": 1}},
        [],
        "text",
    ],
    ids=str,
)
def test_legacy_and_odd_meta(sample: Program, add_venue: Any, add_job: Any, meta: Any) -> None:
    add_venue(FIRST)
    number = add_job(meta=None if meta is None else Jsonb(meta), ago=timedelta(days=1))
    found = explained(sample, "job", number)
    assert found["why"]
    assert found["retry"] == ["A retry of its venue would try 1 image again."]


def test_a_job_that_the_lifeline_took_for_dead(
    sample: Program, add_venue: Any, add_job: Any
) -> None:
    add_venue(FIRST)
    number = add_job(state="discarded", attempt=3, max_attempts=3, ago=timedelta(days=1))
    assert "Oban's Lifeline took it for dead" in explained(sample, "job", number)["why"][-1]


def test_a_job_of_a_venue_that_is_gone(sample: Program, add_job: Any) -> None:
    number = add_job(args=Jsonb({"venue_id": 987_654}), ago=timedelta(days=1))
    assert explained(sample, "job", number)["next"] == [f"venue-ops show job {number}"]


@pytest.mark.parametrize("worker", [RETRY, "EventasaurusDiscovery.VenueImages.CleanupScheduler"])
def test_a_job_of_another_kind(sample: Program, add_job: Any, worker: str) -> None:
    number = add_job(worker, args=Jsonb({}), ago=timedelta(days=1))
    (said,) = explained(sample, "job", number)["retry"]
    assert said == "Jobs of this kind are not run again; the images of the venue can be."
