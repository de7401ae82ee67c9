"""A run repairs what its plan takes, writes what became of each image, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest
from tests.databases import Database
from tests.retrying import World, world

from venue_ops.core.errors import DatabaseError, StoreError
from venue_ops.core.planning import VenuePlan
from venue_ops.core.retry.journal import Journal
from venue_ops.core.retry.leases import Leases
from venue_ops.core.retry.outcomes import Outcome, Result, Stop
from venue_ops.core.retry.run import Budget
from venue_ops.core.retry.standing import Entry
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[World]:
    with world(sample_database, tmp_path) as made:
        yield made


def results(outcomes: list[Outcome]) -> dict[str, str]:
    """The result of each image by the last part of its source's path."""
    return {
        outcome.item.identity.url.rpartition("/")[2]: str(outcome.result)
        for outcome in outcomes
        if outcome.item.identity
    }


def test_a_failed_image_is_fetched_stored_and_written(here: World) -> None:
    kept = {"provider": "here", "url": "https://x.test/1", "upload_status": "uploaded", "a": 1.50}
    venue = here.venue(kept, here.image("/a.jpg", retry_count=1), "odd", slug="noce")
    summary, outcomes = here.retry(venue)
    assert results(outcomes) == {"a.jpg": "uploaded"}
    assert (summary.requests, summary.uploads, summary.stopped) == (1, 1, None)
    first, image, odd = here.images(venue)
    assert (first, odd) == (kept, "odd")
    (path,) = here.store.objects
    assert image == {
        "provider": "foursquare",
        "provider_url": here.url("/a.jpg"),
        "url": f"https://ik.demo.test/demo{path}",
        "imagekit_path": path,
        "upload_status": "uploaded",
        "retry_count": 2,
        "retried_at": "2026-11-24T12:00:00Z",
        "quality_score": 0.5,
    }
    assert path.startswith("/venues/noce/fs-")
    assert here.store.objects[path].content == png("/a.jpg")
    assert here.store.objects[path].fields["tags"] == "foursquare,venue:noce"


def test_a_second_run_finds_nothing_to_do(here: World) -> None:
    venue = here.venue(here.image("/a.jpg"))
    plan = here.plan(venue)
    here.retry(venue)
    assert here.plan(venue).taken == ()
    requests = len(here.provider_web.requests)
    _, outcomes = asyncio.run(here.execute([plan]))  # a plan from before
    assert results(outcomes) == {"a.jpg": "changed"}
    assert len(here.provider_web.requests) == requests


def test_a_fault_that_passes_is_waited_out(here: World) -> None:
    here.provider.scripts["/a.jpg"] = [Answer(503), Answer(reset=True), Answer(200, png("a"))]
    venue = here.venue(here.image("/a.jpg"))
    summary, outcomes = here.retry(venue)
    assert results(outcomes) == {"a.jpg": "uploaded"}
    assert summary.requests == 3


def test_what_fails_for_good_is_given_up_and_says_why(here: World) -> None:
    here.provider.scripts["/gone.jpg"] = [Answer(404)]
    venue = here.venue(here.image("/gone.jpg"))
    _, outcomes = here.retry(venue)
    assert results(outcomes) == {"gone.jpg": "permanently_failed"}
    (image,) = here.images(venue)
    assert image["upload_status"] == "permanently_failed"
    assert image["error_details"] == {
        "error": "HTTP 404",
        "error_type": "not_found",
        "status_code": 404,
        "timestamp": "2026-11-24T12:00:00Z",
        "retry_attempt": 1,
    }


def test_what_still_fails_counts_a_retry_once_the_provider_answers_others(here: World) -> None:
    here.provider.scripts["/a.jpg"] = [Answer(503)]
    venue = here.venue(here.image("/a.jpg"), here.image("/b.jpg"))
    _, outcomes = here.retry(venue)
    assert results(outcomes) == {"a.jpg": "failed", "b.jpg": "uploaded"}
    failed = next(i for i in here.images(venue) if i["upload_status"] == "failed")
    assert failed["retry_count"] == 1
    assert failed["error_details"]["error_type"] == "service_unavailable"


def test_a_dead_key_marks_nothing_and_stops_its_provider(here: World) -> None:
    """Domain, section 5, trap 8."""
    images = [here.image(f"/{n}.jpg") for n in range(12)]
    for n in range(12):
        here.provider.scripts[f"/{n}.jpg"] = [Answer(403)]
    other = here.image("/other.jpg", provider="unsplash")
    venue = here.venue(*images, other)
    here.concurrency = 1
    before = here.images(venue)
    summary, outcomes = here.retry(venue)
    found = results(outcomes)
    assert found.pop("other.jpg") == "uploaded"
    assert set(found.values()) == {"left"}
    assert here.images(venue)[:12] == before[:12]
    assert summary.stopped is Stop.BREAKER
    assert summary.stopped_providers == {"foursquare": "dead_key"}
    assert summary.requests == 5 + 1


def test_a_403_among_successes_is_the_photos_own(here: World) -> None:
    here.provider.scripts["/no.jpg"] = [Answer(403)]
    venue = here.venue(here.image("/no.jpg"), here.image("/yes.jpg"))
    here.concurrency = 1
    _, outcomes = here.retry(venue)
    assert results(outcomes) == {"no.jpg": "permanently_failed", "yes.jpg": "uploaded"}


def test_an_outage_marks_nothing(here: World) -> None:
    for n in range(8):
        here.provider.scripts[f"/{n}.jpg"] = [Answer(502)]
    venue = here.venue(*(here.image(f"/{n}.jpg") for n in range(8)))
    before = here.images(venue)
    summary, outcomes = here.retry(venue)
    assert set(results(outcomes).values()) == {"left"}
    assert here.images(venue) == before
    assert summary.stopped_providers == {"foursquare": "outage"}


def test_our_own_key_ends_the_run_and_marks_nothing(here: World) -> None:
    venue = here.venue(here.image("/a.jpg"), here.image("/b.jpg"))
    here.key = "private_wrong"
    before = here.images(venue)
    with pytest.raises(StoreError, match="refused the private key"):
        here.retry(venue)
    assert here.images(venue) == before
    assert here.store.objects == {}


def test_a_photo_in_the_journal_is_not_uploaded_again(here: World) -> None:
    """A crash came between the upload and the row (promises 1 and 2)."""
    venue = here.venue(here.image("/a.jpg"))
    (item,) = here.plan(venue).taken
    entry = Entry(
        "2026-11-24T11:00:00Z", "run-0", venue, item.id or "", "https://ik.test/a", "/a",
        "ImageKit (/venues)", "/venues",
    )  # fmt: skip
    Journal(here.state.journal).append(entry)
    summary, outcomes = here.retry(venue)
    assert results(outcomes) == {"a.jpg": "repaired"}
    assert (summary.requests, summary.uploads) == (0, 0)
    assert here.images(venue)[0]["url"] == "https://ik.test/a"


def test_a_venue_that_another_run_has_is_left_to_it(here: World) -> None:
    venue, other = here.venue(here.image("/a.jpg")), here.venue(here.image("/b.jpg"))
    with Leases(here.state.leases).try_venue(venue) as is_ours:
        assert is_ours
        _, outcomes = here.retry(venue, other)
    assert results(outcomes) == {"a.jpg": "busy", "b.jpg": "uploaded"}
    _, outcomes = here.retry(venue)
    assert results(outcomes) == {"a.jpg": "uploaded"}


@pytest.mark.parametrize(
    ("job", "result"),
    [
        (("executing", "one", "11:59:00", None), "busy"),
        (("executing", "batch", "11:59:00", None), "busy"),
        (("executing", "one", "03:00:00", None), "busy"),
        (("completed", "one", "11:59:00", None), "busy"),
        (("completed", "one", "11:30:00", "11:59:30"), "busy"),
        (("completed", "one", "11:30:00", "11:40:00"), "uploaded"),
    ],
    ids=lambda each: "-".join(str(word) for word in each) if isinstance(each, tuple) else each,
)
def test_a_venue_is_left_alone_while_a_job_is_at_it_and_moments_after(
    here: World, job: tuple[str, str, str, str | None], result: str
) -> None:
    state, kind, attempted, completed = job
    venue = here.venue(here.image("/a.jpg"))
    args = f'{{"venue_ids": ["{venue}"]}}' if kind == "batch" else f'{{"venue_id": {venue}}}'
    with here.database.connect(autocommit=True) as conn:
        conn.execute(
            "INSERT INTO oban_jobs (state, queue, worker, args, attempt, attempted_at,"
            " completed_at) VALUES (%s, 'venue_enrichment',"
            " 'EventasaurusDiscovery.VenueImages.EnrichmentJob', %s, 1, %s, %s)",
            [
                state,
                args,
                f"2026-11-24 {attempted}",
                completed and f"2026-11-24 {completed}",
            ],
        )
    _, outcomes = here.retry(venue)
    assert results(outcomes) == {"a.jpg": result}
    assert len(here.provider_web.requests) == (result == "uploaded")


def test_a_run_stops_at_its_budget(here: World) -> None:
    venues = [here.venue(here.image(f"/{n}.jpg")) for n in range(6)]
    here.concurrency = 2
    summary, outcomes = here.retry(*venues, budget=Budget(images=3))
    assert summary.stopped is Stop.MAX_IMAGES
    assert list(results(outcomes).values()).count("uploaded") == 3
    assert len(here.store.objects) == 3


def test_a_plan_that_breaks_off_lets_what_is_in_flight_finish(here: World) -> None:
    """The plans of a city or a sweep come page by page from a database that may go away."""
    here.provider.scripts["/a.jpg"] = [Answer(200, png("a"), delay=0.3)]
    first = here.venue(here.image("/a.jpg"))
    planned = here.plan(first)

    async def broken() -> AsyncGenerator[VenuePlan, None]:
        yield planned
        while not here.provider_web.requests:
            await asyncio.sleep(0.01)
        raise DatabaseError("Gone.", hint="Nothing was changed. Try again.")

    outcomes: list[Outcome] = []
    with pytest.raises(DatabaseError, match="Gone") as ended:
        asyncio.run(here.execute(broken(), outcomes=outcomes))
    assert results(outcomes) == {"a.jpg": "uploaded"}
    assert here.images(first)[0]["upload_status"] == "uploaded"
    assert str(ended.value.hint).startswith("Try again. What was stored is in the journal")


def test_25_photos_of_one_width_become_25_objects(here: World) -> None:
    """Promise 5."""
    path = "/maps.googleapis.com/maps/api/place/photo"
    images = [
        here.image(f"{path}?maxwidth=1600&photo_reference=R{n}", provider="google_places")
        for n in range(25)
    ]
    venue = here.venue(*images)
    summary, _ = here.retry(venue)
    assert summary.results[Result.UPLOADED] == 25
    assert len(here.store.objects) == 25
    assert len({image["url"] for image in here.images(venue)}) == 25
