"""Rows that are enqueued, run by a consumer that does what the application does."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("oban", reason="oban for Python is not installed")

from tests.cli.retrying import overwrite, statuses
from tests.consumer import Consumer
from tests.elixir import Image, Refusal, by_quality
from tests.enqueueing import RETRY_WORKER, Enqueuer, add_job, jobs
from tests.retrying import World

from venue_ops.core.planning import Reason

DEAD: dict[str, Any] = {"error_details": {"error_type": "not_found", "status_code": 404}}


def addresses(images: list[Image]) -> list[str]:
    """What tells the images of these tests apart."""
    return [image["provider_url"].rpartition("/")[2] for image in images]


def others_of(here: World) -> list[Image]:
    """What a whole retry by the application forgets or gives up (trap 1)."""
    old = here.image("/old", upload_status="uploaded")
    del old["upload_status"]
    return [
        here.image("/given-up", upload_status="permanently_failed", retry_count=3),
        here.image("/development", upload_status="skipped_dev"),
        old,
        here.image("/dead", quality_score=0.9, **DEAD),
        here.image("/there", upload_status="uploaded", url="https://ik.test/there"),
    ]


def test_exactly_the_images_that_were_meant_are_tried(enqueuer: Enqueuer, here: World) -> None:
    others = others_of(here)
    venue = here.venue(*others, here.image("/1"), here.image("/2"))
    enqueuer.enqueue(venue)
    with Consumer(here.database) as consumer:
        assert len(consumer.drain()) == 1
    assert addresses(consumer.tried) == ["1", "2"]
    (job,) = jobs(here.database)
    assert (job["state"], job["errors"], job["attempt"]) == ("completed", [], 1)
    stored = here.images(venue)
    assert [image for image in stored if image not in others] == [
        image for image in stored if addresses([image])[0] in {"1", "2"}
    ]
    assert all(image in stored for image in others)
    uploaded = [image for image in stored if "retried_at" in image]
    assert [image["upload_status"] for image in uploaded] == ["uploaded", "uploaded"]


def test_without_indexes_images_are_lost(here: World) -> None:
    """Trap 1, and why every row of ours has them."""
    venue = here.venue(*others_of(here), here.image("/1"))
    add_job(here.database, {"venue_id": venue}, worker=RETRY_WORKER, max_attempts=1)
    with Consumer(here.database) as consumer:
        consumer.drain()
    assert sorted(addresses(here.images(venue))) == ["1", "dead", "there"]


def test_what_fails_again_is_counted_and_given_up_at_the_third(
    enqueuer: Enqueuer, here: World
) -> None:
    venue = here.venue(here.image("/1"))
    refusal = Refusal("service_unavailable", 503)
    found = []
    with Consumer(here.database, uploads=lambda _: refusal) as consumer:
        for _ in range(4):
            enqueuer.enqueue(venue)
            consumer.drain()
            found += statuses(here, venue)
    assert found == ["failed", "failed", "permanently_failed", "permanently_failed"]
    assert len(consumer.tried) == len(jobs(here.database)) == 3


def test_sorted_between_plan_and_insert(enqueuer: Enqueuer, here: World) -> None:
    """The indexes are of the array as it is then."""
    images = [
        here.image("/worst", quality_score=0.1),
        here.image("/dead", quality_score=0.5, **DEAD),
        here.image("/best", quality_score=0.9),
    ]
    venue = here.venue(*images)
    plans = enqueuer.plans(venue)
    overwrite(here, venue, by_quality(images))
    enqueuer.insert(plans)
    with Consumer(here.database) as consumer:
        consumer.drain()
    assert addresses(consumer.tried) == ["best", "worst"]


def test_sorted_between_insert_and_run(enqueuer: Enqueuer, here: World) -> None:
    """All that failed are meant, so it does not matter where they stand."""
    images = [here.image(f"/{n}", quality_score=n / 10) for n in range(5)]
    venue = here.venue(*images)
    enqueuer.enqueue(venue)
    overwrite(here, venue, by_quality(images))
    with Consumer(here.database) as consumer:
        consumer.drain()
    assert sorted(addresses(consumer.tried)) == ["0", "1", "2", "3", "4"]


def test_a_part_that_a_sorting_would_turn_is_refused(enqueuer: Enqueuer, here: World) -> None:
    images = [
        here.image("/wanted", quality_score=0.1),
        here.image("/dead", quality_score=0.9, **DEAD),
    ]
    venue = here.venue(*images)
    assert enqueuer.enqueue(venue)[venue].reason is Reason.UNORDERED
    # That is why: the same row, made by hand, tries the other image.
    add_job(
        here.database,
        {"venue_id": venue, "image_indexes": [0]},
        worker=RETRY_WORKER,
        max_attempts=1,
    )
    overwrite(here, venue, by_quality(images))
    with Consumer(here.database) as consumer:
        consumer.drain()
    assert addresses(consumer.tried) == ["dead"]


def test_once_the_application_has_sorted_it_is_taken(enqueuer: Enqueuer, here: World) -> None:
    """Its write after a retry sorts the venue, and the next time nothing is in the way."""
    venue = here.venue(
        here.image("/1", quality_score=0.1),
        here.image("/2", quality_score=0.9, error_details={"error_type": "unknown_error"}),
        here.image("/3", quality_score=0.5, upload_status="permanently_failed"),
    )
    assert enqueuer.enqueue(venue)[venue].reason is Reason.UNORDERED
    overwrite(here, venue, by_quality(here.images(venue)))
    enqueuer.enqueue(venue)
    with Consumer(here.database, uploads=lambda _: Refusal()) as consumer:
        consumer.drain()
        enqueuer.enqueue(venue)
        consumer.drain()
    assert addresses(consumer.tried) == ["1", "1"]
    assert sorted(addresses(here.images(venue))) == ["1", "2", "3"]


@pytest.mark.parametrize(
    "odd",
    [
        None,
        {"provider": "here", "upload_status": "uploaded"},
        {"provider": "here", "upload_status": "uploaded", "url": None},
        {"provider": "here", "url": 7},
        {"provider": "here", "url": "https://h.test/3", "quality_score": "high"},
        {"provider": "here", "url": "https://h.test/3", "quality_score": True},
    ],
    ids=str,
)
def test_where_the_application_would_not_save_the_uploads_are_lost(
    enqueuer: Enqueuer, here: World, odd: Any
) -> None:
    """So nothing is enqueued there."""
    venue = here.venue(here.image("/1"), odd)
    assert enqueuer.enqueue(venue)[venue].reason is Reason.UNSAVABLE
    assert loses_uploads(here, venue)


@pytest.mark.parametrize("metadata", ["[]", "null", '"text"', None])
def test_nor_where_the_metadata_is_no_object(
    enqueuer: Enqueuer, here: World, metadata: str | None
) -> None:
    venue = here.venue(here.image("/1"))
    with here.database.connect(autocommit=True) as conn:
        conn.execute(
            "UPDATE venues SET image_enrichment_metadata = %s WHERE id = %s", [metadata, venue]
        )
    assert enqueuer.enqueue(venue)[venue].reason is Reason.UNSAVABLE
    assert loses_uploads(here, venue)


UNSAVABLE: list[dict[str, Any]] = [
    *({"name": name} for name in ("", "  ", "\t\u00a0\u2003")),
    {"venue_type": ""},
    *({"latitude": degrees} for degrees in (90.5, -91, float("inf"))),
    *({"longitude": degrees} for degrees in (180.5, -181)),
]
SAVABLE: list[dict[str, Any]] = [
    *({"name": name} for name in (" x", "0")),
    {"venue_type": "region", "city_id": None},
    *({"latitude": degrees, "longitude": 2 * degrees} for degrees in (90, -90)),
]


@pytest.mark.parametrize("columns", UNSAVABLE, ids=repr)
def test_nor_where_its_own_columns_are_refused(
    enqueuer: Enqueuer, here: World, columns: dict[str, Any]
) -> None:
    """Other programs write them, and the application asks at every save."""
    venue = here.venue(here.image("/1"))
    change(here, venue, columns)
    assert enqueuer.enqueue(venue)[venue].reason is Reason.UNSAVABLE
    assert loses_uploads(here, venue)


@pytest.mark.parametrize("columns", SAVABLE, ids=repr)
def test_what_its_own_columns_may_be(
    enqueuer: Enqueuer, here: World, columns: dict[str, Any]
) -> None:
    venue = here.venue(here.image("/1"))
    change(here, venue, columns)
    enqueuer.enqueue(venue)
    with Consumer(here.database) as consumer:
        consumer.drain()
    assert statuses(here, venue) == ["uploaded"]


def change(here: World, venue: int, columns: dict[str, Any]) -> None:
    assignments = ", ".join(f"{name} = %s" for name in columns)
    with here.database.connect(autocommit=True) as conn:
        conn.execute(f"UPDATE venues SET {assignments} WHERE id = %s", [*columns.values(), venue])


@pytest.mark.parametrize("odd", [7, "text", []], ids=str)
def test_some_break_it_off_before_it_begins(enqueuer: Enqueuer, here: World, odd: Any) -> None:
    venue = here.venue(here.image("/1"), odd)
    assert enqueuer.enqueue(venue)[venue].reason is Reason.UNSAVABLE
    assert not loses_uploads(here, venue)


def loses_uploads(here: World, venue: int) -> bool:
    """Whether a row made by hand uploads what it cannot write; the venue stays as it was."""
    before = here.images(venue)
    add_job(
        here.database,
        {"venue_id": venue, "image_indexes": [0]},
        worker=RETRY_WORKER,
        max_attempts=1,
    )
    with Consumer(here.database) as consumer:
        consumer.drain()
    (job,) = jobs(here.database)
    assert job["state"] == "discarded"
    assert len(job["errors"]) == 1
    assert here.images(venue) == before
    return bool(consumer.tried)
