"""One photo that the store does not take costs one photo; a store that takes none ends the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.databases import Database
from tests.retrying import World, world

from venue_ops.core.errors import StoreError
from venue_ops.core.retry.outcomes import Result
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer, Request


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[World]:
    with world(sample_database, tmp_path) as made:
        made.concurrency = 1
        yield made


def images(here: World, many: int) -> int:
    return here.venue(*(here.image(f"/{n}.jpg") for n in range(many)))


def refuse(here: World, status: int, *paths: str) -> None:
    """The store answers this to the photos at these paths, or to all."""
    photos = [png(path) for path in paths]

    def instead(request: Request) -> Answer | None:
        is_meant = not photos or any(photo in request.body for photo in photos)
        return Answer(status) if is_meant else None

    here.store.instead = instead


def test_a_photo_that_the_store_fails_at_is_left_and_the_others_go_on(here: World) -> None:
    venue = images(here, 6)
    refuse(here, 500, "/0.jpg", "/1.jpg", "/4.jpg", "/5.jpg")
    summary, outcomes = here.retry(venue)
    assert summary.results == {Result.UPLOADED: 2, Result.LEFT: 4}
    left = {each.message for each in outcomes if each.result is Result.LEFT}
    assert left == {"the store did not take it"}
    assert not any(i.get("retry_count") for i in here.images(venue) if "imagekit_path" not in i)


@pytest.mark.parametrize("many", [1, 2, 8])
def test_a_store_that_fails_at_three_in_a_row_ends_the_run(here: World, many: int) -> None:
    venue = images(here, many)
    before = here.images(venue)
    refuse(here, 500)
    with pytest.raises(StoreError, match="HTTP 500"):
        here.retry(venue)
    assert here.images(venue) == before
    assert len(here.provider_web.requests) == min(many, 3)


@pytest.mark.parametrize("status", [400, 415, 422])
def test_a_photo_that_the_store_refuses_beside_others_is_the_photos_own(
    here: World, status: int
) -> None:
    venue = images(here, 6)
    refuse(here, status, *(f"/{n}.jpg" for n in (0, 1, 2, 3, 5)))
    summary, _ = here.retry(venue)
    assert summary.results == {Result.UPLOADED: 1, Result.FAILED: 5}
    assert summary.stopped_providers == {}


@pytest.mark.parametrize("status", [400, 415, 422])
def test_a_store_that_refuses_every_photo_ends_the_run(here: World, status: int) -> None:
    venue = images(here, 9)
    before = here.images(venue)
    refuse(here, status)
    with pytest.raises(StoreError, match="refuses every photo") as caught:
        here.retry(venue)
    assert "folder" in (caught.value.hint or "")
    assert here.images(venue) == before
    assert len(here.provider_web.requests) == 5


def test_few_that_are_refused_are_left_where_none_was_stored(here: World) -> None:
    venue = images(here, 2)
    before = here.images(venue)
    refuse(here, 400)
    summary, _ = here.retry(venue)
    assert summary.results == {Result.LEFT: 2}
    assert here.images(venue) == before


def test_a_photo_that_is_too_large_for_the_store_is_so_at_once(here: World) -> None:
    venue = images(here, 1)
    refuse(here, 413)
    summary, _ = here.retry(venue)
    assert summary.results == {Result.GIVEN_UP: 1}
