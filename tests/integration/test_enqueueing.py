from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from tests.cli.retrying import overwrite
from tests.enqueueing import ENRICHMENT_WORKER, RETRY_WORKER, Enqueuer, add_job, jobs
from tests.retrying import World

from venue_ops.core.planning import Policy, Reason

pytestmark = pytest.mark.parametrize(
    "enqueuer", [False, True], indirect=True, ids=["planned", "looked at"]
)


def arguments(enqueuer: Enqueuer) -> list[Any]:
    """The args of all rows of retries."""
    return [job["args"] for job in jobs(enqueuer.here.database) if job["worker"] == RETRY_WORKER]


def reasons(enqueuer: Enqueuer, venue: int) -> list[Reason | None]:
    """Why each failed image of a venue would not be enqueued."""
    (plan,) = enqueuer.look(venue)
    return [item.reason for item in plan.items]


def test_a_row_is_what_the_application_would_insert(enqueuer: Enqueuer, here: World) -> None:
    venue = here.venue(
        here.image("/there", upload_status="uploaded"),
        here.image("/first"),
        here.image("/second", error_details={"error_type": "not_found"}),
        here.image("/third"),
    )
    answers = enqueuer.enqueue(venue)
    (job,) = jobs(here.database)
    assert answers[venue].job_id == job["id"]
    assert job["args"] == {"venue_id": venue, "image_indexes": [0, 2]}
    assert job["worker"] == RETRY_WORKER
    assert (job["state"], job["queue"], job["priority"]) == ("available", "venue_enrichment", 3)
    assert (job["attempt"], job["max_attempts"]) == (0, 1)
    ours, run = job["tags"]
    assert (ours, run.startswith("run-")) == ("venue-ops", True)
    assert job["meta"] == {}
    assert job["inserted_at"] is not None


def test_indexes_count_among_the_failed_images_alone(enqueuer: Enqueuer, here: World) -> None:
    """Trap 2: not among all, and not among those that were given up."""
    venue = here.venue(
        here.image("/given-up", upload_status="permanently_failed"),
        here.image("/dead", error_details={"error_type": "not_found"}),
        here.image("/there", upload_status="uploaded"),
        here.image("/wanted"),
    )
    enqueuer.enqueue(venue)
    assert arguments(enqueuer) == [{"venue_id": venue, "image_indexes": [1]}]


def test_indexes_are_of_the_array_as_it_is_when_the_row_is_inserted(
    enqueuer: Enqueuer, here: World
) -> None:
    dead = here.image("/dead", error_details={"error_type": "not_found"})
    wanted = here.image("/wanted")
    venue = here.venue(wanted, dead)
    plans = enqueuer.plans(venue)
    overwrite(here, venue, [dead, wanted])
    enqueuer.insert(plans)
    assert arguments(enqueuer) == [{"venue_id": venue, "image_indexes": [1]}]


def test_an_image_that_changed_since_it_was_planned_is_left(
    enqueuer: Enqueuer, here: World
) -> None:
    one, two = here.image("/one"), here.image("/two")
    venue, other = here.venue(one, two), here.venue(one)
    plans = enqueuer.plans(venue, other)
    overwrite(here, venue, [{**one, "retry_count": 1}, two])
    overwrite(here, other, [{**one, "upload_status": "uploaded"}])
    answers = enqueuer.insert(plans)
    assert arguments(enqueuer) == [{"venue_id": venue, "image_indexes": [1]}]
    assert [item.place for item in answers[venue].items] == [2]
    assert answers[other].reason is Reason.CHANGED


def test_all_images_of_a_venue_share_one_row(enqueuer: Enqueuer, here: World) -> None:
    venues = [here.venue(*(here.image(f"/{n}/{k}") for k in range(3))) for n in range(4)]
    enqueuer.enqueue(*venues)
    assert arguments(enqueuer) == [
        {"venue_id": venue, "image_indexes": [0, 1, 2]} for venue in venues
    ]


@pytest.mark.parametrize("state", ["available", "scheduled", "executing", "retryable"])
@pytest.mark.parametrize(
    ("worker", "queue"),
    [
        (ENRICHMENT_WORKER, "venue_enrichment"),
        (RETRY_WORKER, "anywhere"),
        ("Another.Worker", "venue_enrichment"),
    ],
)
def test_an_unfinished_job_of_the_venue_stands_in_the_way(
    enqueuer: Enqueuer, here: World, worker: str, queue: str, state: str
) -> None:
    venue, free = here.venue(here.image("/1")), here.venue(here.image("/2"))
    plans = enqueuer.plans(venue, free)
    job = add_job(here.database, {"venue_id": venue}, worker=worker, queue=queue, state=state)
    answers = enqueuer.insert(plans)
    blocker = answers[venue].blocker
    assert blocker is not None
    assert (blocker.job_id, blocker.worker, blocker.state) == (job, worker, state)
    assert answers[venue].job_id is None
    assert answers[free].job_id is not None


@pytest.mark.parametrize(
    "args",
    [{"venue_id": "{}"}, {"venue_ids": [0, "{}"]}, {"venue_ids": ["{}"], "force": True}],
    ids=["its digits", "a batch", "a batch of digits"],
)
def test_however_a_job_names_the_venue(enqueuer: Enqueuer, here: World, args: Any) -> None:
    venue = here.venue(here.image("/1"))
    plans = enqueuer.plans(venue)
    add_job(here.database, json.loads(json.dumps(args).replace("{}", str(venue))))
    answers = enqueuer.insert(plans)
    assert answers[venue].reason is Reason.JOB_UNFINISHED


@pytest.mark.parametrize("state", ["completed", "discarded", "cancelled"])
def test_a_finished_job_does_not(enqueuer: Enqueuer, here: World, state: str) -> None:
    venue = here.venue(here.image("/1"))
    add_job(here.database, {"venue_id": venue}, state=state)
    assert enqueuer.enqueue(venue)[venue].job_id is not None


@pytest.mark.parametrize(("minutes", "stands"), [(1, True), (3, False)])
def test_one_that_was_discarded_moments_ago_may_run_still(
    enqueuer: Enqueuer, here: World, minutes: int, stands: bool
) -> None:
    """Trap 6: Lifeline discards what runs."""
    venue = here.venue(here.image("/1"))
    plans = enqueuer.plans(venue)
    begun = enqueuer.source.now() - timedelta(minutes=minutes)
    add_job(here.database, {"venue_id": venue}, state="discarded", attempted_at=begun)
    assert (enqueuer.insert(plans)[venue].reason is Reason.JOB_UNFINISHED) is stands


def test_a_state_that_is_not_known_today_does(enqueuer: Enqueuer, here: World) -> None:
    venue = here.venue(here.image("/1"))
    with here.database.connect(autocommit=True) as conn:
        conn.execute("ALTER TYPE oban_job_state ADD VALUE 'paused'")
    plans = enqueuer.plans(venue)
    add_job(here.database, {"venue_id": venue}, state="paused")
    answers = enqueuer.insert(plans)
    assert answers[venue].reason is Reason.JOB_UNFINISHED


def test_a_second_time_nothing_is_inserted(enqueuer: Enqueuer, here: World) -> None:
    venue = here.venue(here.image("/1"))
    plans = enqueuer.plans(venue)
    enqueuer.insert(plans)
    enqueuer.insert(plans)
    assert len(jobs(here.database)) == 1


@pytest.mark.parametrize(
    "odd",
    [
        None,
        7,
        "text",
        [],
        [{"url": "https://h.test/1"}],
        {"provider": "here", "upload_status": "uploaded"},
        {"provider": "here", "upload_status": "uploaded", "url": None},
        {"provider": "here", "url": 7, "provider_url": "https://h.test/2"},
        {"provider": "here", "url": "https://h.test/3", "quality_score": "high"},
        {"provider": "here", "url": "https://h.test/3", "quality_score": True},
    ],
    ids=str,
)
def test_a_venue_that_the_application_would_not_save_is_left(
    enqueuer: Enqueuer, here: World, odd: Any
) -> None:
    """Trap 1: it tries its images first and finds out afterwards."""
    venue = here.venue(here.image("/1"), odd)
    assert reasons(enqueuer, venue) == [Reason.UNSAVABLE]
    assert enqueuer.enqueue(venue)[venue].job_id is None
    assert not jobs(here.database)


@pytest.mark.parametrize("quality", [0.25, 1, 0, None, False])
def test_what_it_can_sort_by_is_saved(enqueuer: Enqueuer, here: World, quality: Any) -> None:
    venue = here.venue(here.image("/1"), {"url": "https://h.test/1", "quality_score": quality})
    assert reasons(enqueuer, venue) == [None]


@pytest.mark.parametrize("metadata", ["[]", "null", '"text"', None])
def test_nor_one_whose_metadata_is_no_object(
    enqueuer: Enqueuer, here: World, metadata: str | None
) -> None:
    venue = here.venue(here.image("/1"))
    with here.database.connect(autocommit=True) as conn:
        conn.execute(
            "UPDATE venues SET image_enrichment_metadata = %s WHERE id = %s", [metadata, venue]
        )
    assert reasons(enqueuer, venue) == [Reason.UNSAVABLE]


def test_nor_one_that_holds_an_image_twice(enqueuer: Enqueuer, here: World) -> None:
    twice = here.image("/twice", upload_status="uploaded")
    venue = here.venue(here.image("/1"), twice, {**twice, "url": "https://ik.test/other"})
    assert reasons(enqueuer, venue) == [Reason.TWICE]


@pytest.mark.parametrize(
    "more",
    [
        {"upload_status": "permanently_failed"},
        {"provider_url": None},
        {"provider": None},
        {"provider": 7},
        {"retry_count": "1"},
        {"retry_count": True},
    ],
    ids=str,
)
def test_an_image_that_its_job_cannot_load_is_left(
    enqueuer: Enqueuer, here: World, more: dict[str, Any]
) -> None:
    forced = Policy(force=True, by_job=True)
    venue = here.venue(here.image("/1"), here.image("/2", **more))
    (plan,) = enqueuer.plans(venue, policy=forced)
    assert [item.reason for item in plan.items] == [None, Reason.INLINE_ONLY]
    # and the statement says so by itself
    unaware = enqueuer.plans(venue, policy=Policy(force=True))
    answers = enqueuer.insert(unaware)
    assert [item.place for item in answers[venue].items] == [1]


def test_a_part_of_the_failed_images_is_taken_only_where_no_sorting_moves_them(
    enqueuer: Enqueuer, here: World
) -> None:
    """The application sorts by quality whenever it writes, and indexes would mean others then."""
    dead: dict[str, Any] = {"error_details": {"error_type": "not_found"}}
    best: dict[str, Any] = {"quality_score": 0.9}
    worst: dict[str, Any] = {"quality_score": 0.1}
    moved = here.venue(here.image("/1", **worst), here.image("/2", **best, **dead))
    stays = here.venue(here.image("/3", **best, **dead), here.image("/4", **worst))
    whole = here.venue(here.image("/5", **worst), here.image("/6", **best))
    assert reasons(enqueuer, moved) == [Reason.UNORDERED, Reason.PERMANENT_ERROR]
    assert reasons(enqueuer, stays) == [Reason.PERMANENT_ERROR, None]
    assert reasons(enqueuer, whole) == [None, None]


def test_for_python_the_images_are_named(enqueuer: Enqueuer, here: World) -> None:
    odd = here.venue(
        here.image("/1", quality_score=0.1, retry_count=2),
        here.image("/2", upload_status="permanently_failed", retry_count=3),
        None,
    )
    answers = enqueuer.for_python.enqueue(odd, policy=Policy(force=True))
    (job,) = jobs(here.database)
    (plan,) = enqueuer.plans(odd, policy=Policy(force=True))
    one, two = (str(item.id).rpartition("/")[2] for item in plan.items)
    assert job["queue"] == "venue_ops_retry"
    assert job["args"] == {"venue_id": odd, "image_indexes": [0], "images": {one: 2, two: 3}}
    assert len(answers[odd].items) == 2


def test_looking_inserts_nothing(enqueuer: Enqueuer, here: World) -> None:
    venue = here.venue(here.image("/1"))
    assert reasons(enqueuer, venue) == [None]
    assert not jobs(here.database)
