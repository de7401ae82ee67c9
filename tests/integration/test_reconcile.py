"""What the application overwrites from a stale copy is found and repaired (promise 4)."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.databases import Database
from tests.retrying import NOW, World, world

from venue_ops.core.retry.journal import Journal
from venue_ops.core.retry.leases import Leases
from venue_ops.core.retry.outcomes import Outcome, Result
from venue_ops.core.retry.reconcile import Found, Reconciled, Reconciling
from venue_ops.core.retry.standing import Entry, StorePlace

ENRICHMENT = "EventasaurusDiscovery.VenueImages.EnrichmentJob"


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[World]:
    with world(sample_database, tmp_path) as made:
        yield made


def entry_of(venue: int, image: str, **changed: Any) -> Entry:
    known = Entry(
        NOW.isoformat(), "r", venue, image, "https://ik.test/a", "/a", PLACE.store, PLACE.root
    )
    return replace(known, **changed)


PLACE = StorePlace("ImageKit (/venues)", "/venues")


def reconciled(
    here: World, *, apply: bool = True, place: StorePlace = PLACE, now: datetime = NOW
) -> list[Reconciled]:
    """How each entry of the journal stands."""
    rows = here.rows()
    with closing(rows.database):
        journal, leases = Journal(here.state.journal), Leases(here.state.leases)
        reconciling = Reconciling(journal, leases, rows, place, now)
        return list(reconciling.apply() if apply else reconciling.look())


def found(here: World, *, apply: bool = True) -> Counter[Found]:
    """How the journal's entries stand, once each."""
    return Counter(each.found for each in reconciled(here, apply=apply))


def overwrite(here: World, venue: int, images: Any) -> None:
    """As the application does: the whole array, without a lock and whatever is there."""
    with here.database.connect(autocommit=True) as conn:
        conn.execute(
            "UPDATE venues SET venue_images = %s WHERE id = %s", [json.dumps(images), venue]
        )


# --- promise 4 ----------------------------------------------------------------------------------


def test_50_overwrites_are_found_and_repaired_without_an_upload(here: World) -> None:
    """A writer reads all arrays, sleeps while a run mends them, and writes them all back."""
    kept = {"provider": "here", "url": "https://x.test/1", "upload_status": "uploaded", "a": 1.50}
    venues = [here.venue(kept, here.image(f"/{n}.jpg"), "odd", None) for n in range(50)]
    stale = {venue: here.images(venue) for venue in venues}
    here.retry(*venues)
    mended = {venue: here.images(venue) for venue in venues}
    uploads = list(here.store.uploads)
    assert len(uploads) == 50
    for venue in venues:
        overwrite(here, venue, stale[venue])

    assert found(here, apply=False) == {Found.OVERWRITTEN: 50}
    assert {venue: here.images(venue) for venue in venues} == stale
    requests = len(here.provider_web.requests), len(here.store_web.requests)
    assert found(here) == {Found.REPAIRED: 50}
    assert {venue: here.images(venue) for venue in venues} == mended
    assert found(here) == {Found.FINE: 50}
    assert here.store.uploads == uploads
    assert (len(here.provider_web.requests), len(here.store_web.requests)) == requests


def test_50_overwrites_in_the_midst_of_a_run_are_repaired_too(here: World) -> None:
    """Of each venue the first image is overwritten while the second is fetched."""
    venues = [here.venue(here.image(f"/{n}a.jpg"), here.image(f"/{n}b.jpg")) for n in range(50)]
    stale = {venue: here.images(venue) for venue in venues}
    overwritten: list[int] = []

    class Writer(threading.Thread):
        def run(self) -> None:
            while len(overwritten) < len(venues):
                for venue in set(venues) - set(overwritten):
                    images = here.images(venue)
                    if images != stale[venue]:
                        overwrite(here, venue, stale[venue])
                        overwritten.append(venue)

    writer = Writer()
    writer.start()
    summary, _ = here.retry(*venues)
    writer.join(60)
    assert sorted(overwritten) == venues
    assert summary.results[Result.UPLOADED] == summary.uploads == 100
    lost = sum(
        image["upload_status"] == "failed" for venue in venues for image in here.images(venue)
    )
    assert lost >= 50
    assert found(here) == +Counter({Found.REPAIRED: lost, Found.FINE: 100 - lost})
    assert found(here) == {Found.FINE: 100}
    assert len(here.store.uploads) == 100


def test_an_overwritten_image_is_repaired_by_the_next_run_too(here: World) -> None:
    venue = here.venue(here.image("/a.jpg"))
    stale = here.images(venue)
    here.retry(venue)
    overwrite(here, venue, stale)
    summary, outcomes = here.retry(venue)
    assert [each.result for each in outcomes] == [Result.REPAIRED]
    assert (summary.requests, summary.uploads) == (0, 0)


def test_a_repair_happens_as_often_as_it_is_needed(here: World) -> None:
    venue = here.venue(here.image("/a.jpg", retry_count=1))
    stale = here.images(venue)
    here.retry(venue)
    mended = here.images(venue)
    for _ in range(5):
        overwrite(here, venue, stale)
        assert found(here) == {Found.REPAIRED: 1}
        assert here.images(venue) == mended  # the count of retries does not grow with it


# --- what is repaired, and what is not ----------------------------------------------------------


@pytest.fixture
def retried(here: World) -> tuple[World, int, list[Any]]:
    """A venue of three, all uploaded by a run, and its array from before."""
    venue = here.venue(*(here.image(f"/{name}.jpg", quality_score=0.1) for name in "abc"))
    stale = here.images(venue)
    _, outcomes = here.retry(venue)
    assert [each.result for each in outcomes] == [Result.UPLOADED] * 3
    return here, venue, stale


Retried = tuple[World, int, list[Any]]


def test_images_are_found_wherever_they_were_moved(retried: Retried) -> None:
    here, venue, stale = retried
    moved = [{"new": True, "url": "https://x.test/new"}, stale[2], None, stale[0], stale[1], 7]
    overwrite(here, venue, moved)
    assert found(here) == {Found.REPAIRED: 3}
    after = here.images(venue)
    assert [after[0], after[2], after[5]] == [moved[0], None, 7]
    assert [image["provider_url"] for image in (after[1], after[3], after[4])] == [
        stale[place]["provider_url"] for place in (2, 0, 1)
    ]
    assert {image["upload_status"] for image in (after[1], after[3], after[4])} == {"uploaded"}


def test_elements_that_are_gone_are_said_and_never_added(retried: Retried) -> None:
    here, venue, stale = retried
    overwrite(here, venue, stale[:1])
    assert found(here) == {Found.GONE: 2, Found.REPAIRED: 1}
    assert len(here.images(venue)) == 1
    overwrite(here, venue, [])
    assert found(here) == {Found.GONE: 3}
    assert here.images(venue) == []


@pytest.mark.parametrize("images", [None, {}, "text", 7, [None, 7, "x", [], {}]])
def test_what_is_no_array_of_images_is_left_as_it_is(retried: Retried, images: Any) -> None:
    here, venue, _ = retried
    with here.database.connect(autocommit=True) as conn:
        conn.execute("DROP INDEX venues_without_images_idx")  # it would refuse what is no array
    overwrite(here, venue, images)
    assert found(here) == {Found.GONE: 3}
    assert here.images(venue) == images


def test_a_venue_that_is_gone_is_said(retried: Retried) -> None:
    here, venue, _ = retried
    with here.database.connect(autocommit=True) as conn:
        conn.execute("DELETE FROM venues WHERE id = %s", [venue])
    assert found(here) == {Found.VENUE_GONE: 3}


@pytest.mark.parametrize("other", ["failed", "uploaded", "skipped_dev"])
def test_two_images_of_one_identity_are_left_to_people(retried: Retried, other: str) -> None:
    here, venue, stale = retried
    twin = {**stale[0], "upload_status": other, "quality_score": 0.9}
    overwrite(here, venue, [*stale, twin])
    before = here.images(venue)
    assert found(here) == {Found.AMBIGUOUS: 1, Found.REPAIRED: 2}
    after = here.images(venue)
    assert (after[0], after[3]) == (before[0], before[3])


def test_a_key_that_was_renewed_does_not_hide_an_image(here: World) -> None:
    """The application writes the URL with the key of the day; the id leaves keys out."""
    path = "/maps/api/place/photo?maxwidth=1600&photo_reference=R1&key="
    venue = here.venue(here.image(path + "AIzaOld", provider="google_places"))
    here.retry(venue)
    overwrite(here, venue, [here.image(path + "AIzaNew", provider="google_places")])
    assert found(here) == {Found.REPAIRED: 1}
    (image,) = here.images(venue)
    assert image["upload_status"] == "uploaded"
    assert image["provider_url"].endswith("AIzaNew")
    text = "".join(file.read_text() for file in here.state.root.rglob("*.jsonl"))
    assert "gp-" in text
    assert "AIza" not in text


def test_a_permanent_failure_that_came_from_a_stale_copy_is_repaired(retried: Retried) -> None:
    here, venue, stale = retried
    stale[0]["upload_status"] = "permanently_failed"
    overwrite(here, venue, stale)
    assert found(here) == {Found.REPAIRED: 3}


# --- beside others ------------------------------------------------------------------------------


def test_a_venue_that_a_run_has_is_left_to_it(retried: Retried) -> None:
    here, venue, stale = retried
    overwrite(here, venue, stale)
    with Leases(here.state.leases).try_venue(venue) as is_ours:
        assert is_ours
        assert found(here) == {Found.BUSY: 3}
        assert here.images(venue) == stale
        overwrite(here, venue, [])
        assert found(here) == {Found.GONE: 3}
        overwrite(here, venue, stale)
    assert found(here) == {Found.REPAIRED: 3}


def test_a_venue_that_a_job_is_at_is_left_for_the_next_time(retried: Retried) -> None:
    """It may write its stale copy still."""
    here, venue, stale = retried
    overwrite(here, venue, stale[:2])
    with here.database.connect(autocommit=True) as conn:
        conn.execute(
            "INSERT INTO oban_jobs (state, queue, worker, args, attempted_at, attempt) VALUES"
            " ('executing', 'venue_enrichment', %s, %s, '2026-11-24 11:59:00', 1)",
            [ENRICHMENT, json.dumps({"venue_id": venue})],
        )
    assert found(here) == {Found.BUSY: 2, Found.GONE: 1}
    assert here.images(venue) == stale[:2]
    assert found(here, apply=False) == {Found.OVERWRITTEN: 2, Found.GONE: 1}


def test_an_entry_that_nobody_knows_any_more_changes_nothing(here: World) -> None:
    venue = here.venue(here.image("/a.jpg"))
    journal = Journal(here.state.journal)
    assert found(here) == {}
    known = entry_of(venue, "x/fs-0000000000")
    for image in ("x/fs-0000000000", "", "/", "no id"):
        journal.append(replace(known, image=image))
    before = here.images(venue)
    assert found(here) == {Found.GONE: 4}
    assert here.images(venue) == before


def test_runs_and_reconciling_at_once_upload_each_image_once(here: World) -> None:
    venues = [here.venue(here.image(f"/{n}.jpg")) for n in range(20)]
    plans = [here.plan(venue) for venue in venues]
    done = threading.Event()
    outcomes: list[Outcome] = []

    def reconciling() -> None:
        while not done.is_set():
            found(here)

    other = threading.Thread(target=reconciling)
    other.start()
    try:
        _, outcomes = asyncio.run(here.execute(plans))
    finally:
        done.set()
        other.join(30)
    uploaded = sum(each.result is Result.UPLOADED for each in outcomes)
    assert len(here.store.uploads) == uploaded == len(set(here.store.uploads))
    assert found(here) == {Found.FINE: uploaded}
