"""The enrichments a backfill started, found without a parent id.

They are the enrichment jobs of the venues it names, with its providers, inserted while it ran
(five seconds of slack), as many as it says it started, and younger than itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.databases import Database, Databases
from tests.integration.children import ANY, DURING, END, START, Jobs
from tests.sources import NAMES, source_of

from venue_ops.core.classification.jobs import children_outcome
from venue_ops.core.models import JobKind, Outcome, VenueTally
from venue_ops.core.queries import JobQuery
from venue_ops.core.services.operations import all_operations, operations_page, total_operations
from venue_ops.core.services.source import Source
from venue_ops.demo.schema import Layout


@pytest.fixture(scope="module")
def table(databases: Databases) -> Iterator[tuple[Database, Source]]:
    with databases.copy_of(databases.empty(Layout())) as database, source_of(database) as source:
        yield database, source


@pytest.fixture
def jobs(table: tuple[Database, Source]) -> Iterator[Jobs]:
    database, source = table
    with database.connect(autocommit=True) as connection:
        connection.execute("TRUNCATE oban_jobs RESTART IDENTITY")
        yield Jobs(connection, source)


def test_a_backfill_is_what_its_children_came_to(jobs: Jobs) -> None:
    parent = jobs.backfill([1, 2, 3])
    for venue, outcome in ((1, "success"), (2, "failed"), (3, "no_images")):
        jobs.enrichment(venue, Outcome(outcome))
    read = jobs.read(parent)
    assert read.outcome == "partial"
    assert read.venues == VenueTally(
        total=9, spawned=3, outcomes={"success": 1, "failed": 1, "no_images": 1}
    )
    assert read.venues.children == 3


def test_pruned_children_leave_it_unknown(jobs: Jobs) -> None:
    read = jobs.read(jobs.backfill([1, 2]))
    assert read.outcome == "unknown"
    assert read.venues is not None
    assert (read.venues.children, read.venues.spawned) == (0, 2)


def test_what_is_left_of_them_is_told_as_n_of_m(jobs: Jobs) -> None:
    parent = jobs.backfill([1, 2, 3])
    jobs.enrichment(2, Outcome.FAILED)
    assert jobs.read(parent).outcome == "failed"
    assert jobs.children(parent) == 1


EVERYTHING: tuple[dict[str, Any], ...] = (
    {"providers": []},
    {"providers": None},
    {"force": True},
    {"provider": None},
)
GOOGLE: tuple[dict[str, Any], ...] = (
    {"providers": ["google_places"]},
    {"provider": "google_places"},
    {"provider": "google_places", "providers": None},
)
OTHERS: tuple[dict[str, Any], ...] = (
    {"providers": ["here"]},
    {"providers": ["google_places", "here"]},
    {"provider": "here"},
)


@pytest.mark.parametrize("spellings", [EVERYTHING, GOOGLE])
def test_the_same_providers_in_any_spelling(jobs: Jobs, spellings: tuple[Any, ...]) -> None:
    for parents, childs in product(spellings, spellings):
        parent = jobs.backfill([1], args=parents)
        jobs.enrichment(1, **childs)
        assert jobs.children(parent) == 1, (parents, childs)
        jobs.connection.execute("TRUNCATE oban_jobs")


def test_other_providers_are_another_run(jobs: Jobs) -> None:
    groups = (EVERYTHING, GOOGLE, OTHERS[:1], OTHERS[1:2])
    for mine, others in product(groups, groups):
        if mine is not others:
            parent = jobs.backfill([1], args=mine[0])
            jobs.enrichment(1, **others[0])
            assert jobs.children(parent) == 0, (mine[0], others[0])
            jobs.connection.execute("TRUNCATE oban_jobs")


@pytest.mark.parametrize(
    ("listed", "named"),
    [*product([7, "7", 7.0], [7, "7"]), *product([5000, "5000", 5000.0], [5000, "5000"])],
    ids=repr,
)
def test_ids_may_be_texts_on_either_side(jobs: Jobs, listed: Any, named: Any) -> None:
    parent = jobs.backfill([listed])
    jobs.enrichment(named)
    assert jobs.children(parent) == 1


def test_junk_among_the_venues_does_no_harm(jobs: Jobs) -> None:
    parent = jobs.backfill([None, "abc", 1.5, [], {"id": 2}, 1, "1", True], spawned=8)
    jobs.enrichment(1)
    jobs.enrichment("abc")
    jobs.enrichment(None)
    assert jobs.children(parent) == 1


@pytest.mark.parametrize("venues", ["1,2", None, {"1": 1}, 7])
def test_venues_that_are_no_array_have_no_jobs(jobs: Jobs, venues: Any) -> None:
    parent = jobs.backfill(venues, spawned=2)
    jobs.enrichment(1)
    assert jobs.read(parent).outcome == "unknown"


MICROSECOND = timedelta(microseconds=1)
SLACK = timedelta(seconds=5)


@pytest.mark.parametrize(
    ("at", "counted"),
    [
        (START - SLACK - MICROSECOND, 0),
        (START - SLACK, 1),
        (START, 1),
        (END, 1),
        (END + SLACK, 1),
        (END + SLACK + MICROSECOND, 0),
    ],
)
def test_two_clocks_may_differ_by_five_seconds(jobs: Jobs, at: datetime, counted: int) -> None:
    parent = jobs.backfill([1])
    jobs.enrichment(1, at=at)
    assert jobs.children(parent) == counted


def test_no_more_than_it_says_it_started_the_earliest_first(jobs: Jobs) -> None:
    parent = jobs.backfill([1, 2], spawned=2)
    jobs.enrichment(1, Outcome.SUCCESS)
    jobs.enrichment(2, Outcome.NO_IMAGES)
    jobs.enrichment(1, Outcome.FAILED)
    read = jobs.read(parent)
    assert read.outcome == "success"
    assert jobs.children(parent) == 2


@pytest.mark.parametrize(
    ("spawned", "counted"), [(None, 3), ("two", 3), (1e30, 3), (-1, 3), (0, 0), (1, 1)]
)
def test_a_number_that_makes_no_sense_is_no_limit(jobs: Jobs, spawned: Any, counted: int) -> None:
    parent = jobs.backfill([1, 2, 3], spawned=spawned)
    for venue in (1, 2, 3):
        jobs.enrichment(venue)
    assert jobs.children(parent) == counted


def test_an_older_job_was_not_started_by_it(jobs: Jobs) -> None:
    jobs.enrichment(1, Outcome.FAILED)
    assert jobs.children(jobs.backfill([1])) == 0


def test_other_venues_and_other_workers_are_not_its_children(jobs: Jobs) -> None:
    parent = jobs.backfill([1], spawned=9)
    jobs.enrichment(2)
    jobs.enrichment(11)
    jobs.enrichment(1, worker=NAMES.retry[0])
    jobs.enrichment(1, worker="Somebody.Else")
    jobs.insert(NAMES.enrichment[0], "completed", {"venue_ids": [1], **ANY}, {}, inserted_at=DURING)
    assert jobs.children(parent) == 0


@pytest.mark.parametrize("venue", [7, 5000])
def test_the_number_of_a_venue_elsewhere_in_a_job_is_something_else(jobs: Jobs, venue: int) -> None:
    """High numbers are looked up whatever their key, low ones under it."""
    parent = jobs.backfill([venue], spawned=9)
    elsewhere: tuple[dict[str, Any], ...] = (
        {"limit": venue},
        {"venue_ids": [venue]},
        {"image_indexes": [str(venue)]},
    )
    for others in elsewhere:
        jobs.enrichment(1, **{**others, **ANY})
    jobs.enrichment([venue])
    jobs.enrichment({"id": venue})
    assert jobs.children(parent) == 0
    jobs.enrichment(venue)
    assert jobs.children(parent) == 1


def test_two_backfills_at_once_in_two_cities_keep_to_their_own(jobs: Jobs) -> None:
    first, second = jobs.backfill([1, 2]), jobs.backfill([3])
    for venue, outcome in ((1, "success"), (3, "failed"), (2, "success")):
        jobs.enrichment(venue, Outcome(outcome))
    assert (jobs.read(first).outcome, jobs.read(second).outcome) == ("success", "failed")


def test_a_backfill_still_at_work_has_no_children_yet(jobs: Jobs) -> None:
    jobs.backfill([1])
    jobs.connection.execute("UPDATE oban_jobs SET completed_at = NULL, attempted_at = NULL")
    jobs.enrichment(1)
    assert jobs.children(1) == 0


@given(st.lists(st.lists(st.sampled_from(Outcome), max_size=6), min_size=1, max_size=12))
@settings(max_examples=25, deadline=None)
def test_every_mix_is_rolled_up_as_the_rule_says(
    table: tuple[Database, Source], mixes: list[list[Outcome]]
) -> None:
    """In the list, in the filter by outcome and in the total alike."""
    database, source = table
    expected: dict[int, Outcome] = {}
    with database.connect(autocommit=True) as connection, connection.transaction():
        connection.execute("TRUNCATE oban_jobs RESTART IDENTITY")
        jobs = Jobs(connection, source)
        for run, mix in enumerate(mixes):
            venues = [run * 100 + n for n in range(1, len(mix) + 1)]
            parent = jobs.backfill(venues, spawned=len(mix) or 1)
            expected[parent] = children_outcome(mix)
            for venue, outcome in zip(venues, mix, strict=True):
                jobs.enrichment(venue, outcome)
    backfills = JobQuery(kinds=(JobKind.BACKFILL,), limit=50)
    page = operations_page(source, backfills).operations
    assert {operation.id: operation.outcome for operation in page} == expected
    for outcome in Outcome:
        query = JobQuery(kinds=(JobKind.BACKFILL,), outcomes=(outcome,), limit=0)
        ids = {job for job, found in expected.items() if found is outcome}
        assert {operation.id for operation in all_operations(source, query)} == ids
        assert total_operations(source, query) == len(ids)
