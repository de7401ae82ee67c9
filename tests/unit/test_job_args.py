"""What a job row asks of the worker: any JSON can stand there, and nothing is guessed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import ANYTHING, IMAGES, to_json

from venue_ops.core.db.loading import loads
from venue_ops.core.models import Retryability
from venue_ops.core.planning import Policy, Reason, Venue, plan_venue
from venue_ops.core.planning.job_args import JobArgs, job_args, plan_job, policy_of_job, run_of

json_values = ANYTHING.map(lambda value: loads(to_json(value)))
images_of_any_kind = st.lists(IMAGES.map(lambda value: loads(to_json(value))), max_size=4)
VENUE = Venue(7, "noce-krk", "Noce KRK")


def image(path: str, **more: Any) -> dict[str, Any]:
    return {
        "provider": "foursquare",
        "provider_url": f"https://h.test/{path}",
        "upload_status": "failed",
        "error_details": {"error_type": "rate_limited"},
        **more,
    }


def names(*images: Any) -> list[str]:
    """The ends of the ids of these images."""
    whole = plan_venue(VENUE, list(enumerate(images, start=1)), Policy())
    return [(item.id or "").rpartition("/")[2] for item in whole.items]


def test_what_enqueueing_writes_is_understood() -> None:
    args: dict[str, Any] = {"venue_id": 7, "image_indexes": [0], "images": {"fs-1": 0, "fs-2": 2}}
    assert job_args(args) == JobArgs(7, {"fs-1": 0, "fs-2": 2})
    assert job_args({**args, "force": True}) == JobArgs(7, {"fs-1": 0, "fs-2": 2}, force=True)


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (None, "no object"),
        ([], "no object"),
        ("venue_id", "no object"),
        ({}, "no venue"),
        ({"venue_id": "7", "images": {"a": 0}}, "no venue"),
        ({"venue_id": "abc", "images": {"a": 0}}, "no venue"),
        ({"venue_id": True, "images": {"a": 0}}, "no venue"),
        ({"venue_id": 1.5, "images": {"a": 0}}, "no venue"),
        ({"venue_id": -1, "images": {"a": 0}}, "no venue"),
        ({"venue_id": 2**63, "images": {"a": 0}}, "no venue"),
        ({"venue_id": 7}, "no images"),
        ({"venue_id": 7, "image_indexes": [0]}, "no images"),
        ({"venue_id": 7, "images": {}}, "no images"),
        ({"venue_id": 7, "images": ["a"]}, "no images"),
        ({"venue_id": 7, "images": {str(n): 0 for n in range(10_001)}}, "more than 10,000"),
        ({"venue_id": 7, "images": {"a": "0"}}, "no whole number"),
        ({"venue_id": 7, "images": {"a": -1}}, "no whole number"),
        ({"venue_id": 7, "images": {"a": None}}, "no whole number"),
        ({"venue_id": 7, "images": {"a": 0}, "force": "yes"}, "neither yes nor no"),
    ],
)
def test_anything_else_is_refused_in_a_sentence(args: Any, reason: str) -> None:
    said = job_args(args)
    assert isinstance(said, str)
    assert reason in said
    assert said.endswith(".")


@given(json_values)
def test_no_json_is_too_strange(args: Any) -> None:
    assert isinstance(job_args(args), str | JobArgs)
    for key in ("venue_id", "images", "force"):
        odd = {"venue_id": 7, "images": {"a": 0}, key: args}
        assert isinstance(job_args(odd), str | JobArgs)


@given(json_values)
def test_the_run_is_what_the_tags_say(tags: Any) -> None:
    assert run_of(tags, 12)


def test_a_row_without_such_a_tag_is_a_run_of_its_own() -> None:
    assert run_of(["venue-ops", "run-20261126-1"], 12) == "20261126-1"
    assert run_of(["venue-ops", "run-"], 12) == run_of(None, 12) == "job-12"


@given(images_of_any_kind, st.booleans())
def test_a_venue_of_any_shape_can_be_planned(images: list[Any], force: bool) -> None:
    asked = JobArgs(7, {"fs-0123456789": 0}, force)
    plan, gone = plan_job(VENUE, images, asked, policy_of_job(asked, 3))
    assert len(plan.items) + len(gone) == 1


def test_only_what_is_named_is_planned() -> None:
    images = [image("a"), image("b"), image("c")]
    first, _, third = names(*images)
    asked = JobArgs(7, {first: 0, third: 0})
    plan, gone = plan_job(VENUE, images, asked, policy_of_job(asked, 3))
    assert [item.place for item in plan.taken] == [1, 3]
    assert not gone


def test_one_that_was_tried_since_or_is_there_is_not_taken() -> None:
    images = [image("a", retry_count=1), image("b", upload_status="uploaded"), image("c")]
    first, second, third = names(*images)
    asked = JobArgs(7, {first: 0, second: 0, third: 0, "fs-gone": 0})
    plan, gone = plan_job(VENUE, images, asked, policy_of_job(asked, 3))
    assert [item.reason for item in plan.items] == [Reason.CHANGED, Reason.UPLOADED, None]
    assert gone == {"fs-gone"}


def test_whoever_enqueued_it_has_chosen_the_class_and_the_limit() -> None:
    odd = image("a", error_details={"error_type": "server_error"}, retry_count=4)
    asked = JobArgs(7, {names(odd)[0]: 4})
    policy = policy_of_job(asked, 3)
    plan, _ = plan_job(VENUE, [odd], asked, policy)
    assert policy.max_retries == 5
    assert len(plan.taken) == 1


@pytest.mark.parametrize(("typed", "limit"), [(None, 3), (5, 5), (2, 2), (1, 2)])
def test_the_limit_is_that_of_the_row_else_of_the_settings(typed: int | None, limit: int) -> None:
    args: dict[str, Any] = {"venue_id": 7, "images": {"fs-a": 1}}
    if typed is not None:
        args["max_retries"] = typed
    asked = job_args(args)
    assert isinstance(asked, JobArgs)
    assert policy_of_job(asked, 3).max_retries == limit


@pytest.mark.parametrize("typed", ["5", 2.5, True, [], {}])
def test_a_limit_that_is_none(typed: Any) -> None:
    said = job_args({"venue_id": 7, "images": {"fs-a": 1}, "max_retries": typed})
    assert isinstance(said, str)
    assert "max_retries" in said


def test_one_that_was_given_up_wants_force() -> None:
    given_up = image("a", upload_status="permanently_failed", retry_count=3)
    for force in (False, True):
        asked = JobArgs(7, {names(given_up)[0]: 3}, force)
        plan, _ = plan_job(VENUE, [given_up], asked, policy_of_job(asked, 3))
        assert bool(plan.taken) is force
    assert policy_of_job(asked, 3).classes == frozenset(Retryability)
