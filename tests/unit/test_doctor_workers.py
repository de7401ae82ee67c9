"""What doctor says of the workers that the settings name: a pure function and its limits."""

from __future__ import annotations

from typing import Any

import pytest

from venue_ops.core.doctor import workers
from venue_ops.core.doctor.facts import MissingWorker, Workers
from venue_ops.core.doctor.findings import Finding, Level
from venue_ops.core.models import JobKind
from venue_ops.core.services.doctor_workers import beside_settings

USUAL = {"backfill": 1, "enrichment": 9}
KINDS = [kind for kind in JobKind if kind != JobKind.OTHER]


def judged(missing: MissingWorker, by_kind: dict[str, int], **more: Any) -> Finding:
    return workers.workers(
        Workers(10, by_kind, (missing,), **{"neighbours": {}, "unnamed": {}, **more})
    )


def missing(
    name: str, kind: str, likely: dict[str, int] | None = None, *, is_default: bool = True
) -> MissingWorker:
    return MissingWorker(name, kind, is_default=is_default, likely=likely or {})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("likely", [{}, {"A.Other": 3}], ids=["nothing like it", "one like it"])
def test_a_name_that_somebody_set_and_no_job_has_fails_for_every_kind(
    kind: JobKind, likely: dict[str, int]
) -> None:
    by_kind = {str(each): 5 for each in KINDS if each != kind}
    found = judged(missing("A.B", kind, likely, is_default=False), by_kind)
    assert found.level is Level.FAIL
    assert f"workers.{kind}" in found.summary
    assert found.remedy


@pytest.mark.parametrize("kind", KINDS)
def test_a_default_name_without_jobs_does_not_fail(kind: JobKind) -> None:
    """Such a job may never have run, or Oban has deleted it."""
    by_kind = {str(each): 5 for each in KINDS if each != kind}
    usual = kind in {JobKind.RETRY, JobKind.CLEANUP}
    assert judged(missing("A.B", kind), by_kind).level is (Level.PASS if usual else Level.WARN)


@pytest.mark.parametrize(
    ("kind", "likely", "level"),
    [
        ("backfill", "Other.Thing", Level.FAIL),
        ("enrichment", "Other.Thing", Level.FAIL),
        ("cleanup", "App.Images.CleanupSchedulers", Level.FAIL),
        ("cleanup", "App.Elsewhere.CleanupScheduler", Level.FAIL),
        ("cleanup", "App.Sources.SyncScheduler", Level.WARN),
    ],
)
def test_a_default_name_and_one_that_resembles_it(kind: str, likely: str, level: Level) -> None:
    by_kind = {each: 5 for each in ("backfill", "enrichment", "retry") if each != kind}
    found = judged(missing("App.Images.CleanupScheduler", kind, {likely: 9}), by_kind)
    assert found.level is level
    assert likely in found.details[0].text


@pytest.mark.parametrize("is_default", [True, False])
def test_a_name_of_the_past_beside_one_that_is_in_use(*, is_default: bool) -> None:
    old = missing("A.Old", "enrichment", is_default=is_default)
    assert judged(old, USUAL).level is Level.PASS
    near = missing("A.Old", "enrichment", {"A.Older": 2}, is_default=is_default)
    assert judged(near, USUAL).level is Level.WARN


def test_the_names_to_choose_from_are_beside_one_that_resembles_none() -> None:
    unnamed = {f"App.Job{n}": 100 - n for n in range(9)}
    found = judged(missing("A.B", "retry", is_default=False), USUAL, unnamed=unnamed)
    assert found.summary == (
        "No job is by B, which workers.retry names, and no worker of the table resembles it."
    )
    assert [each.subject for each in found.details] == ["A.B", *list(unnamed)[:5]]
    assert found.remedy == (
        "Set workers.retry to the name in the table, or take it out of the settings to have the"
        " default again."
    )


def test_a_worker_that_moved_to_another_module_is_told_apart_by_its_whole_name() -> None:
    found = judged(missing("Old.Place.Job", "enrichment", {"New.Place.Job": 1}), {"backfill": 1})
    assert found.summary == (
        "No job is by Old.Place.Job, which workers.enrichment names; 1 job is by New.Place.Job."
    )


def test_several_wrong_names_are_all_told_and_the_line_to_copy_comes_last() -> None:
    found = workers.workers(
        Workers(
            10,
            {},
            (
                missing("A.B", "backfill", {"A.C": 1}, is_default=False),
                missing("A.D", "retry", is_default=False),
            ),
            neighbours={},
            unnamed={},
        )
    )
    assert found.summary == (
        "No job is by B (workers.backfill) or D (workers.retry), which the settings name."
    )
    assert found.remedy
    assert found.remedy.startswith("Set workers.retry to the name")
    assert found.remedy.endswith('configuration file: backfill = ["A.C"]')


@pytest.mark.parametrize("set_by_hand", ["Far.Off", "App.Images.FetchJobs", "x"])
def test_the_programs_own_name_is_the_likeliest_where_it_stands_in_the_table(
    set_by_hand: str,
) -> None:
    own = "App.Images.FetchJob"
    facts = beside_settings(
        {own: 7, "App.Images.FetchJobz": 9, "App.Mail": 50},
        {set_by_hand: JobKind.ENRICHMENT},
        {own: JobKind.ENRICHMENT, "App.Images.Retry": JobKind.RETRY},
    )
    (only,) = facts.missing
    assert not only.is_default
    assert next(iter(only.likely.items())) == (own, 7)
    assert list(facts.unnamed) == ["App.Mail", "App.Images.FetchJobz", own]


def test_a_default_name_that_means_another_kind_now_is_not_proposed() -> None:
    facts = beside_settings(
        {"A.Own": 7},
        {"A.Own": JobKind.RETRY, "B.Xyz": JobKind.ENRICHMENT},
        {"A.Own": JobKind.ENRICHMENT},
    )
    assert [dict(each.likely) for each in facts.missing] == [{}]
