"""What became of a job: one table per rule."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from venue_ops.core.classification.jobs import (
    JobFacts,
    children_outcome,
    error_texts,
    job_outcome,
    job_providers,
    job_scope,
    provider_answers,
)
from venue_ops.core.models import JobKind, JobScope, Json, Outcome

ONE = {"venue_id": 7}
DENIED: Json = {"status": "failed", "reason": '"API error: REQUEST_DENIED"'}
NOTHING_THERE: Json = {"status": "failed", "reason": '"API error: ZERO_RESULTS"'}
FOUND: Json = {"status": "success", "images_fetched": 3}


def enrichment(meta: Json, *, args: Json = None, errors: tuple[Json, ...] = ()) -> Outcome:
    facts = JobFacts(JobKind.ENRICHMENT, "completed", ONE if args is None else args, meta, errors)
    return job_outcome(facts)


def backfill(meta: Json, children: tuple[Outcome, ...] = ()) -> Outcome:
    return job_outcome(JobFacts(JobKind.BACKFILL, "completed", {"city_id": 5}, meta), children)


@pytest.mark.parametrize("kind", JobKind)
@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        *(("available", "pending"), ("scheduled", "pending"), ("suspended", "pending")),
        ("executing", "running"),
        ("retryable", "retrying"),
        ("cancelled", "cancelled"),
        ("discarded", "failed"),
        *(("a state of tomorrow", "unknown"), ("", "unknown"), ("Completed", "unknown")),
    ],
)
def test_the_state_decides_for_every_kind(kind: JobKind, state: str, outcome: str) -> None:
    assert job_outcome(JobFacts(kind, state, ONE, {"status": "success"})) == outcome


@pytest.mark.parametrize(
    ("kind", "meta", "outcome"),
    [
        ("enrichment", {"images_uploaded": 3, "images_failed": 1}, "partial"),
        ("enrichment", {"images_uploaded": 0, "images_failed": 1}, "failed"),
        ("enrichment", {"images_uploaded": "3"}, "failed"),
        ("backfill", {"enriched": 2}, "partial"),
        ("backfill", None, "failed"),
        *((kind, {"images_uploaded": 3}, "failed") for kind in ("retry", "cleanup", "other")),
    ],
)
def test_discarded_is_failed_or_partial_where_images_came_in_spite_of_it(
    kind: str, meta: Json, outcome: str
) -> None:
    assert job_outcome(JobFacts(JobKind(kind), "discarded", ONE, meta)) == outcome


@pytest.mark.parametrize("meta", [None, {}, [], "text", 7, True, [{"status": "success"}]])
def test_rule_1_without_meta_nobody_knows(meta: Json) -> None:
    assert enrichment(meta) == "unknown"
    assert backfill(meta) == "unknown"


@pytest.mark.parametrize("kind", [JobKind.RETRY, JobKind.CLEANUP, JobKind.OTHER])
def test_rule_1_other_workers_never_say(kind: JobKind) -> None:
    assert job_outcome(JobFacts(kind, "completed", ONE, {"images_uploaded": 3})) == "unknown"


COUNTED = [
    ({"enriched": 3, "failed": 1}, "partial"),
    ({"enriched": 0, "failed": 1}, "failed"),
    ({"enriched": 3, "failed": 0, "skipped": 2}, "success"),
    ({"enriched": 0, "failed": 0, "skipped": 9}, "skipped"),
    ({"enriched": "3", "failed": True}, "skipped"),
    ({"enriched": None, "failed": 2}, "failed"),
]


@pytest.mark.parametrize(("meta", "outcome"), COUNTED)
@pytest.mark.parametrize("args", [{"venue_ids": [1, 2]}, {"venue_ids": "junk"}, {}])
def test_rule_2_batches_and_daily_runs_count_venues(
    args: Json, meta: dict[str, Json], outcome: str
) -> None:
    assert enrichment({"status": "batch_completed", **meta}, args=args) == outcome


@pytest.mark.parametrize(("meta", "outcome"), COUNTED)
def test_rule_2_so_does_a_backfill_of_the_old_shape(meta: Json, outcome: str) -> None:
    assert backfill(meta) == outcome


def test_rule_2_the_old_shape_is_told_by_enriched_even_when_status_looks_new() -> None:
    assert backfill({"status": "success", "enriched": 1, "failed": 1, "total_venues": 2}) == (
        "partial"
    )


@pytest.mark.parametrize("status", ["orchestrating", "success"])
@pytest.mark.parametrize("size", ["total_venues", "jobs_spawned"])
def test_rule_3_a_backfill_of_the_new_shape_is_what_its_children_are(
    status: str, size: str
) -> None:
    meta: Json = {"status": status, size: 2}
    assert backfill(meta, (Outcome.SUCCESS, Outcome.FAILED)) == "partial"
    assert backfill(meta, (Outcome.NO_IMAGES,)) == "no_images"
    assert backfill(meta) == "unknown"


def test_rule_3_nothing_to_do_is_skipped() -> None:
    assert backfill({"status": "success", "total_venues": 0, "jobs_spawned": 0}) == "skipped"
    assert backfill({"status": "orchestrating"}, (Outcome.SUCCESS,)) == "skipped"
    assert enrichment({"status": "no_work"}, args={}) == "skipped"
    assert enrichment({"status": "no_work"}) == "skipped"


def test_rule_4_a_second_attempt_that_skips_itself_hides_what_the_first_one_met() -> None:
    meta = {"status": "skipped", "reason": "not_stale"}
    assert enrichment(meta) == "skipped"
    assert enrichment(meta, errors=({"attempt": 1, "error": "boom"},)) == "failed"
    assert enrichment(meta, errors=(None,)) == "failed"


@pytest.mark.parametrize(
    ("providers", "outcome"),
    [
        ({"google_places": DENIED}, "failed"),
        ({"google_places": DENIED, "here": DENIED}, "failed"),
        ({"google_places": DENIED, "here": NOTHING_THERE}, "success"),
        ({"google_places": DENIED, "here": FOUND}, "success"),
        ({"google_places": NOTHING_THERE}, "success"),
        ({"google_places": DENIED, "timeout": FOUND}, "failed"),
        ({"timeout": DENIED}, "success"),
        ({}, "success"),
    ],
)
def test_rule_5_every_provider_refused_outweighs_the_counts(providers: Json, outcome: str) -> None:
    """The counts are of the venue's whole array, not of this run."""
    counts: dict[str, Json] = {"images_uploaded": 4, "images_failed": 0}
    meta: Json = {"status": "success", "providers": providers, **counts}
    assert enrichment(meta) == outcome


@pytest.mark.parametrize(
    ("meta", "outcome"),
    [
        ({"images_uploaded": 4, "images_failed": 2}, "partial"),
        ({"images_uploaded": 0, "images_failed": 2}, "failed"),
        ({"images_uploaded": 4, "images_failed": 0}, "success"),
        ({"images_uploaded": 4}, "success"),
        ({"images_uploaded": "4", "images_failed": 1}, "failed"),
        ({"images_uploaded": 0.5}, "success"),
        ({"images_found": 4}, "success"),
        ({"images_found": 4, "images_failed": 1}, "partial"),
        ({"images_uploaded": 0, "images_found": 4}, "no_images"),
        ({"images_uploaded": None, "images_found": 4}, "no_images"),
        ({"images_uploaded": -1, "images_failed": True}, "no_images"),
    ],
)
def test_rule_6_images_uploaded_and_failed(meta: dict[str, Json], outcome: str) -> None:
    """Legacy meta has `images_found` alone; it counts only where `images_uploaded` is absent."""
    assert enrichment({"status": "success", **meta}) == outcome


@pytest.mark.parametrize(
    ("meta", "outcome"),
    [
        ({"status": "error"}, "failed"),
        ({"status": "failed"}, "failed"),
        ({"status": "success", "providers": {"a": DENIED, "b": NOTHING_THERE}}, "failed"),
        ({"status": "no_images", "providers": {"a": NOTHING_THERE}}, "no_images"),
        ({"status": "no_images"}, "no_images"),
        ({"status": "success", "providers": {"a": FOUND}}, "no_images"),
        ({"status": "success", "providers": [DENIED]}, "no_images"),
        ({"status": ["failed"]}, "no_images"),
        ({"status": "Failed"}, "no_images"),
    ],
)
def test_rule_7_no_counts_but_an_error(meta: Json, outcome: str) -> None:
    assert enrichment(meta) == outcome


@pytest.mark.parametrize(
    ("kind", "args", "scope"),
    [
        ("backfill", {"venue_id": 1}, JobScope.CITY),
        ("retry", {}, JobScope.VENUE),
        ("enrichment", {"venue_id": 1, "venue_ids": [1]}, JobScope.VENUE),
        ("enrichment", {"venue_id": None}, JobScope.VENUE),
        ("enrichment", {"venue_ids": []}, JobScope.BATCH),
        ("enrichment", {"force": True}, JobScope.DAILY),
        ("enrichment", ["venue_id"], JobScope.DAILY),
        ("cleanup", {"venue_id": 1}, None),
        ("other", {"venue_id": 1}, None),
    ],
)
def test_scope_venue_id_wins_over_venue_ids_and_neither_is_the_daily_run(
    kind: str, args: Json, scope: JobScope | None
) -> None:
    assert job_scope(JobKind(kind), args) is scope


@pytest.mark.parametrize(
    "reason",
    [
        *('"API error: ZERO_RESULTS"', "ZERO_RESULTS", '"No images found"', '"no images"'),
        *(":no_images", ":no_results", ":no_place_id", '{:error, "no_place_id"}'),
    ],
)
def test_no_photos_is_no_error_however_it_is_quoted(reason: str) -> None:
    for status in ("failed", "error", "ERROR"):
        said: Json = {"status": status, "reason": reason}
        (answer,) = provider_answers({"providers": {"here": said}})
        assert answer.failed
        assert not answer.is_error


def test_a_reason_stands_under_the_first_of_three_keys_that_holds_a_text() -> None:
    answer: Json = {
        "status": "failed",
        "reason": {"a": 1},
        "message": ":no_images",
        "error": "boom",
    }
    (read,) = provider_answers({"providers": {"here": answer}})
    assert (read.provider, read.reason, read.is_error) == ("here", ":no_images", False)
    (silent,) = provider_answers({"providers": {"here": {"status": "failed"}}})
    assert silent.is_error


def test_the_timeout_entry_is_a_killed_task_and_no_provider() -> None:
    meta: Json = {"providers": {"timeout": DENIED, "here": FOUND}}
    assert [answer.provider for answer in provider_answers(meta)] == ["here"]
    assert job_providers({"providers": ["timeout", "here"]}, meta) == ("here",)


def test_providers_from_all_four_places_each_once() -> None:
    args: Json = {"provider": "a", "providers": ["b", 7, "a", None]}
    meta: Json = {"providers": {"c": None, "b": {}}, "by_provider": {"d": 1}}
    assert job_providers(args, meta) == ("a", "b", "c", "d")
    assert job_providers({"provider": ["x"], "providers": "y"}, None) == ("x", "y")
    assert job_providers(None, [1]) == ()


def test_error_texts_come_from_every_place_that_says_what_went_wrong() -> None:
    meta: dict[str, Any] = {
        "error": "meta",
        "reason": "not an error",
        "providers": {"a": DENIED, "b": {"status": "success", "reason": "fine"}, "timeout": DENIED},
        "failure_breakdown": {"rate_limited": 2},
        "failed_images": [{"error_type": "not_found"}, {"error_type": 7}, None],
    }
    job = JobFacts(JobKind.ENRICHMENT, "completed", ONE, meta, ({"error": "attempt"}, {}, "x"))
    assert list(error_texts(job)) == [
        *("attempt", "meta", '"API error: REQUEST_DENIED"', "rate_limited", "not_found")
    ]


FINISHED = [Outcome.SUCCESS, Outcome.PARTIAL, Outcome.FAILED, Outcome.CANCELLED]
FINISHED += [Outcome.NO_IMAGES, Outcome.SKIPPED, Outcome.UNKNOWN]


@pytest.mark.parametrize("unfinished", [Outcome.PENDING, Outcome.RUNNING, Outcome.RETRYING])
def test_children_any_unfinished_is_running(unfinished: Outcome) -> None:
    for size in range(4):
        for finished in combinations(FINISHED, size):
            assert children_outcome([*finished, unfinished]) == "running"


@pytest.mark.parametrize(
    ("children", "outcome"),
    [
        ("", "unknown"),
        ("unknown", "unknown"),
        ("success success", "success"),
        ("success no_images skipped unknown", "success"),
        ("success failed", "partial"),
        ("success cancelled", "partial"),
        ("partial", "partial"),
        ("partial skipped", "partial"),
        ("failed failed no_images skipped", "failed"),
        ("failed cancelled", "failed"),
        *(("cancelled no_images", "cancelled"), ("no_images skipped", "no_images")),
        ("skipped unknown", "skipped"),
    ],
)
def test_children_mixed_is_partial(children: str, outcome: str) -> None:
    words = [Outcome(word) for word in children.split()]
    assert children_outcome(words) == outcome
    assert children_outcome(words[::-1]) == outcome
