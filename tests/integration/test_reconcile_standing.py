"""Which entries still speak of an image as it stands, and what is told once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.test_reconcile import (
    Retried,
    entry_of,
    found,
    here,
    overwrite,
    reconciled,
    retried,
)
from tests.retrying import NOW, World

from venue_ops.core.planning import Policy
from venue_ops.core.retry.journal import KEPT, Journal
from venue_ops.core.retry.leases import Leases
from venue_ops.core.retry.outcomes import Result
from venue_ops.core.retry.reconcile import Found
from venue_ops.core.retry.standing import StorePlace

__all__ = ["here", "retried"]  # the fixtures


@pytest.mark.parametrize(
    "place",
    [StorePlace("s3://photos", "/venues"), StorePlace("ImageKit (/venues_test)", "/venues_test")],
    ids=lambda place: place.store,
)
def test_what_lies_in_another_store_is_not_written(here: World, place: StorePlace) -> None:
    """A run at today's store fetches it anew, and reconcile leaves it."""
    venue = here.venue(here.image("/a.jpg"))
    stale = here.images(venue)
    (plan,) = here.plan(venue).taken
    other = entry_of(venue, str(plan.id), store=place.store, root=place.root)
    Journal(here.state.journal).append(other)
    assert [(each.found, each.entry) for each in reconciled(here)] == [(Found.ELSEWHERE, other)]
    assert here.images(venue) == stale
    _, outcomes = here.retry(venue)
    assert [each.result for each in outcomes] == [Result.UPLOADED]
    assert len(here.store.uploads) == 1
    assert found(here) == {Found.ELSEWHERE: 1, Found.FINE: 1}


def test_of_two_stores_each_has_its_own_latest_entry(here: World) -> None:
    venue = here.venue(here.image("/a.jpg"))
    stale = here.images(venue)
    here.retry(venue)
    (first,) = Journal(here.state.journal).entries(venue)
    Journal(here.state.journal).append(replace(first, store="s3://photos", url="https://s3.test/a"))
    overwrite(here, venue, stale)
    assert found(here) == {Found.REPAIRED: 1, Found.ELSEWHERE: 1}
    assert here.images(venue)[0]["url"] == first.url


LATER = [
    {"error_details": {"error_type": "not_found", "timestamp": "2026-11-24T12:00:01Z"}},
    {"error_details": {"error_type": "not_found", "timestamp": "2026-11-24T12:00:00.000001"}},
    {"retried_at": "2026-11-24T14:00:01+02:00"},
    {"fetched_at": "2026-11-25T09:00:00Z", "upload_status": "permanently_failed"},
    {"fetched_at": "2026-11-25T09:00:00", "retried_at": "2026-11-01T00:00:00Z"},
]
EARLIER = [
    {"error_details": {"error_type": "not_found", "timestamp": "2026-11-24T12:00:00Z"}},
    {"error_details": {"error_type": "not_found", "timestamp": "2026-11-24T13:00:00+02:00"}},
    {"fetched_at": "yesterday", "retried_at": None},
    {"fetched_at": 1800000000, "retried_at": {}, "error_details": "2027-01-01T00:00:00Z"},
    {"fetched_at": "2027-02-30T00:00:00Z"},
]


@pytest.mark.parametrize("change", LATER, ids=range(len(LATER)))
def test_what_was_tried_after_our_upload_is_fetched_anew(
    here: World, change: dict[str, Any]
) -> None:
    """It failed since, so what we stored says nothing about it: the object may be gone."""
    venue = here.venue(here.image("/a.jpg"))
    here.retry(venue)
    overwrite(here, venue, [here.image("/a.jpg", **change)])
    before = here.images(venue)
    assert found(here, apply=False) == found(here) == {Found.FAILED_SINCE: 1}
    assert here.images(venue) == before
    _, outcomes = here.retry(venue, policy=Policy(force=True))
    assert [each.result for each in outcomes] == [Result.UPLOADED]
    assert len(here.store.uploads) == 2
    assert found(here) == {Found.FINE: 1}


@pytest.mark.parametrize("change", EARLIER, ids=range(len(EARLIER)))
def test_a_stale_copy_has_older_moments(here: World, change: dict[str, Any]) -> None:
    venue = here.venue(here.image("/a.jpg"))
    here.retry(venue)
    overwrite(here, venue, [here.image("/a.jpg", **change)])
    assert found(here) == {Found.REPAIRED: 1}


def test_force_fetches_anew_whatever_the_journal_says(here: World) -> None:
    venue = here.venue(here.image("/a.jpg"))
    stale = here.images(venue)
    here.retry(venue)
    overwrite(here, venue, stale)
    _, outcomes = here.retry(venue, policy=Policy(force=True))
    assert [each.result for each in outcomes] == [Result.UPLOADED]
    assert len(here.store.uploads) == 2


# --- told once ----------------------------------------------------------------------------------


def news(here: World, **options: Any) -> list[Found]:
    return sorted(each.found for each in reconciled(here, **options) if each.is_new)


def test_what_is_gone_is_told_once(retried: Retried) -> None:
    here, venue, stale = retried
    overwrite(here, venue, [{**stale[0], "upload_status": "skipped_dev"}])
    there = [Found.GONE, Found.GONE, Found.REPLACED]
    assert news(here, apply=False) == news(here, apply=False) == there  # looking tells nobody
    assert news(here) == there
    assert news(here) == news(here, apply=False) == []
    assert found(here) == Counter(there)
    with here.database.connect(autocommit=True) as conn:
        conn.execute("DELETE FROM venues WHERE id = %s", [venue])
    assert news(here) == []


def test_what_comes_back_is_repaired_though_it_was_told_to_be_gone(retried: Retried) -> None:
    here, venue, stale = retried
    overwrite(here, venue, [])
    assert news(here) == [Found.GONE] * 3
    overwrite(here, venue, stale)
    assert news(here) == [Found.REPAIRED] * 3


def test_a_photo_that_was_stored_again_is_told_again(retried: Retried) -> None:
    here, venue, _ = retried
    overwrite(here, venue, [])
    assert news(here) == [Found.GONE] * 3
    journal = Journal(here.state.journal)
    journal.append(replace(journal.entries(venue)[0], at="2026-11-24T13:00:00+00:00"))
    assert news(here) == [Found.GONE]


def test_the_journal_forgets_what_was_settled_30_days_ago(retried: Retried) -> None:
    here, venue, stale = retried
    overwrite(here, venue, here.images(venue)[:1])
    assert news(here) == [Found.FINE, Found.GONE, Found.GONE]
    journal = Journal(here.state.journal)
    reconciled(here, now=NOW + KEPT)
    assert len(journal.entries(venue)) == 3
    reconciled(here, now=NOW + KEPT + timedelta(seconds=1), apply=False)
    assert len(journal.entries(venue)) == 3  # who only looks writes nothing
    reconciled(here, now=NOW + KEPT + timedelta(seconds=1))
    assert len(journal.entries(venue)) == 1
    overwrite(here, venue, stale[:1])
    assert found(here) == {Found.REPAIRED: 1}


def test_a_venue_of_which_nothing_is_left_has_no_file(retried: Retried) -> None:
    here, venue, _ = retried
    overwrite(here, venue, [])
    reconciled(here)
    reconciled(here, now=NOW + 2 * KEPT)
    assert list(Journal(here.state.journal).venues()) == []
    assert list(here.state.journal.rglob("*.*")) == []


def test_a_look_makes_no_folder_and_takes_no_lease(retried: Retried) -> None:
    here, venue, stale = retried
    overwrite(here, venue, stale)
    with Leases(here.state.leases).try_venue(venue) as is_ours:
        assert is_ours
        assert found(here, apply=False) == {Found.OVERWRITTEN: 3}
    elsewhere = replace(here, state=replace(here.state, root=here.state.root / "none"))
    assert found(elsewhere, apply=False) == {}
    assert not elsewhere.state.root.exists()


def test_a_photo_that_is_shown_beside_a_failed_twin_is_fine(retried: Retried) -> None:
    """Nothing is to do: an element of its identity is uploaded, in our place."""
    here, venue, stale = retried
    mended = here.images(venue)
    overwrite(here, venue, [*mended, stale[0]])
    assert found(here) == {Found.FINE: 3}
    assert here.images(venue) == [*mended, stale[0]]


@pytest.mark.parametrize(
    "change",
    [
        {"upload_status": "uploaded", "url": "https://ik.test/by-somebody-else.jpg"},
        {"upload_status": "skipped_dev"},
        {"upload_status": None},
        {"upload_status": "of tomorrow"},
    ],
)
def test_what_somebody_else_made_of_an_image_is_theirs(
    retried: Retried, change: dict[str, Any]
) -> None:
    here, venue, _ = retried
    images = here.images(venue)
    images[0].update(change)
    overwrite(here, venue, images)
    assert found(here) == {Found.REPLACED: 1, Found.FINE: 2}
    assert here.images(venue) == images
