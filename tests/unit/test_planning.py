"""What a retry takes, what it leaves and why, and what would mend each image."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import IMAGES, to_json

from venue_ops.core.classification.images import Verdict, verdict
from venue_ops.core.models import Json, Retryability
from venue_ops.core.planning import (
    Blocker,
    Item,
    Policy,
    Reason,
    Remedy,
    Totals,
    Venue,
    decide,
    failed_images,
    plan_venue,
    remedy_for,
)

VENUE = Venue(17, "noce-krk", "Noce", {"foursquare": "4b-noce"})
DEFAULT = Policy()
FORCE = Policy(force=True)
EVERY_CLASS = Policy(classes=frozenset(Retryability))
URL = "https://fastly.4sqi.net/a.jpg"
OTHER_URL = "https://fastly.4sqi.net/b.jpg"


def failed(error: str | None = "rate_limited", **more: Json) -> dict[str, Json]:
    details: dict[str, Json] = {} if error is None else {"error_type": error}
    image: dict[str, Json] = {
        "provider": "foursquare",
        "url": URL,
        "upload_status": "failed",
        "error_details": details,
    }
    return {**image, **more}


def planned(*images: Json, policy: Policy = DEFAULT, blocker: Blocker | None = None) -> list[Item]:
    return list(plan_venue(VENUE, list(enumerate(images, start=1)), policy, blocker).items)


@pytest.mark.parametrize(
    ("image", "default", "forced"),
    [
        (failed(), None, None),
        (failed("not_found"), Reason.PERMANENT_ERROR, None),
        (failed("download_failed"), Reason.AMBIGUOUS_ERROR, None),
        (failed(None), Reason.AMBIGUOUS_ERROR, None),
        (failed(retry_count=3), Reason.RETRIES_SPENT, None),
        (failed(retry_count=2), None, None),
        (failed(upload_status="permanently_failed"), Reason.GIVEN_UP, None),
        (failed(url="data:image/png;base64,x"), Reason.NO_USABLE_URL, Reason.NO_USABLE_URL),
        (failed(upload_status="uploaded"), Reason.UPLOADED, Reason.UPLOADED),
        (
            failed(upload_status="skipped_dev"),
            Reason.NOT_UPLOADED_IN_DEVELOPMENT,
            Reason.NOT_UPLOADED_IN_DEVELOPMENT,
        ),
        (failed(upload_status="resting"), Reason.UNKNOWN_STATUS, Reason.UNKNOWN_STATUS),
        ({"url": URL}, Reason.NO_STATUS, Reason.NO_STATUS),
        ("a text", Reason.NOT_AN_IMAGE, Reason.NOT_AN_IMAGE),
        (None, Reason.NOT_AN_IMAGE, Reason.NOT_AN_IMAGE),
    ],
    ids=json.dumps,
)
def test_what_is_taken(image: Json, default: Reason | None, forced: Reason | None) -> None:
    assert decide(image, DEFAULT) == default
    assert decide(image, FORCE) == forced


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (Policy(classes=frozenset({Retryability.AMBIGUOUS})), Reason.NOT_CHOSEN),
        (Policy(providers=("here",)), Reason.NOT_CHOSEN),
        (Policy(providers=("here", "foursquare")), None),
        (Policy(errors=("network_error",)), Reason.NOT_CHOSEN),
        (Policy(errors=("rate_limited",)), None),
        (Policy(errors=("TOO many",)), None),
        (Policy(errors=("rate",)), Reason.NOT_CHOSEN),
        (Policy(max_retries=1), Reason.RETRIES_SPENT),
        (Policy(max_retries=0), Reason.RETRIES_SPENT),
    ],
    ids=str,
)
def test_a_policy_narrows(policy: Policy, reason: Reason | None) -> None:
    details = {"error_type": "rate_limited", "message": "HTTP 429: Too many requests"}
    assert decide(failed(retry_count=1, error_details=details), policy) is reason


def test_classes_widen_but_never_to_what_was_given_up() -> None:
    assert decide(failed("download_failed"), EVERY_CLASS) is None
    assert decide(failed("not_found"), EVERY_CLASS) is None
    assert decide(failed(upload_status="permanently_failed"), EVERY_CLASS) is Reason.GIVEN_UP


@given(IMAGES.map(lambda image: json.loads(to_json(image), parse_float=Decimal)))
def test_the_default_policy_is_what_the_lists_call_retryable(image: Any) -> None:
    """`show venue`, `stats` and exports say `retry` of exactly the images a retry takes."""
    said = verdict(image, max_retries=DEFAULT.max_retries)
    assert (decide(image, DEFAULT) is None) == (said is Verdict.RETRY)
    assert decide(image, DEFAULT) == (None if said is Verdict.RETRY else Reason(said.value))


@pytest.mark.parametrize(
    ("image", "remedy"),
    [
        (failed(), Remedy.RETRY),
        (failed("not_found"), Remedy.FETCH_AGAIN),
        (failed("not_found", provider="here"), Remedy.GEOCODE),
        (failed("not_found", provider=None), Remedy.FETCH_AGAIN),
        (failed("invalid_provider_url"), Remedy.FETCH_AGAIN),
        (failed("forbidden"), Remedy.FIX_KEY),
        (failed("auth_error"), Remedy.FIX_KEY),
        (failed("file_too_large"), Remedy.GIVE_UP),
        (failed("novel_error"), Remedy.RETRY),
        (failed(url=None), Remedy.FETCH_AGAIN),
        (failed(upload_status="uploaded"), None),
        (17, None),
    ],
    ids=json.dumps,
)
def test_what_would_mend_it(image: Json, remedy: Remedy | None) -> None:
    assert remedy_for(image, {"foursquare": "4b-noce", "here": None}) is remedy


@pytest.mark.parametrize("provider_ids", [None, {}, [], "4b-noce", {"foursquare": None}])
def test_a_photo_of_a_place_that_its_provider_does_not_know_wants_a_geocoding(
    provider_ids: Json,
) -> None:
    assert remedy_for(failed("not_found"), provider_ids) is Remedy.GEOCODE
    assert remedy_for(failed(), provider_ids) is Remedy.RETRY


def test_two_failed_images_of_one_identity_are_both_left() -> None:
    other = failed(url=OTHER_URL)
    items = planned(failed(), other, failed(provider_url=URL, url="x"))
    assert [item.reason for item in items] == [Reason.TWICE, None, Reason.TWICE]


def test_an_image_that_is_there_twice_once_uploaded_is_taken() -> None:
    """The write is guarded by the status, so it can tell them apart."""
    assert [item.reason for item in planned(failed(), failed(upload_status="uploaded"))] == [
        None,
        Reason.UPLOADED,
    ]


def test_a_venue_that_a_job_is_at_is_left_alone() -> None:
    since = datetime(2025, 10, 24, 14, tzinfo=UTC)
    busy = Blocker(Reason.JOB_UNFINISHED, 146, "EnrichmentJob", "executing", since)
    items = planned(failed(), failed("not_found", url=OTHER_URL), blocker=busy)
    assert [item.reason for item in items] == [Reason.JOB_UNFINISHED, Reason.PERMANENT_ERROR]
    assert [item.remedy for item in items] == [Remedy.RETRY, Remedy.FETCH_AGAIN]


def test_an_image_is_known_by_its_source_and_not_by_its_place() -> None:
    one, again = planned(failed(provider_url="https://x.test/1", url="https://ik.test/1"))[0], None
    again = planned("other", failed(provider_url="https://x.test/1"))[1]
    assert (one.place, again.place) == (1, 2)
    assert one.id == again.id
    assert one.identity == again.identity


def test_totals() -> None:
    totals = Totals()
    google = failed(provider="google_places", url="https://maps.googleapis.com/x")
    gone = failed("not_found", url=OTHER_URL)
    totals.add(plan_venue(VENUE, [(1, failed()), (2, google), (3, gone)], DEFAULT))
    totals.add(plan_venue(Venue(18, "b", "B"), [(1, {**google, "provider": None})], DEFAULT))
    totals.add(plan_venue(Venue(19, "c", "C"), [(1, failed("not_found"))], DEFAULT))
    assert (totals.venues, totals.images) == (2, 3)
    assert totals.providers == {"foursquare": 1, "google_places": 1, "unknown": 1}
    assert totals.left_out == {Reason.PERMANENT_ERROR: 2}
    assert totals.seconds({"google_places": Decimal(2)}, Decimal(10)) == Decimal("0.5")
    assert totals.cost({"google_places": Decimal("0.007")}) == Decimal("0.007")
    assert Totals().seconds({}, Decimal(10)) == Totals().cost({}) == Decimal(0)


@given(st.lists(IMAGES, max_size=4).map(lambda images: json.loads(to_json(images))))
def test_a_plan_of_any_array(images: Any) -> None:
    """Every failed element is in it once, with a decision; nothing crashes."""
    plan = plan_venue(VENUE, list(failed_images(images)), FORCE)
    assert [item.place for item in plan.items] == [
        place
        for place, image in enumerate(images, start=1)
        if isinstance(image, dict)
        and image.get("upload_status") in ("failed", "permanently_failed")
    ]
    assert all(item.identity for item in plan.taken)
