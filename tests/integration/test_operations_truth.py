"""What the list shows and counts is what is there: each filter against a naive count.

On two generated databases with awkward and poisonous rows; `tests.truth` does the counting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from tests.databases import Database, Databases
from tests.sources import source_of
from tests.truth import KINDS, Job, Tables, as_id, get, providers, says, second_database

from venue_ops.core.models import JobKind, Outcome
from venue_ops.core.queries import JobOrder, JobQuery
from venue_ops.core.services.operations import (
    all_operations,
    known_states,
    operations_page,
    total_operations,
)
from venue_ops.core.services.source import Source

ALL_KINDS = tuple(JobKind)
EVERY = JobQuery(kinds=ALL_KINDS, limit=0)


@dataclass
class Subject:
    """A database as the program sees it, and as it is."""

    source: Source
    tables: Tables

    def ids(self, query: JobQuery, **how: Any) -> list[int]:
        found = all_operations(self.source, replace(query, limit=0), **how)
        return [operation.id for operation in found]

    def expect(self, query: JobQuery, matches: Any, **how: Any) -> int:
        """The listing and the total of a query are the jobs that match, newest first."""
        wanted = [job.id for job in reversed(self.tables.jobs) if matches(job)]
        assert self.ids(query, **how) == wanted
        assert total_operations(self.source, query, **how) == len(wanted)
        return len(wanted)


@pytest.fixture(scope="module", params=["our generator", "second generator"])
def subject(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Subject]:
    ours = request.param == "our generator"
    database: Database = databases.generated() if ours else second_database(databases)
    with source_of(database) as source:
        yield Subject(source, Tables.read(database))


def test_no_row_of_any_shape_is_missing(subject: Subject) -> None:
    listed = subject.expect(EVERY, lambda _: True)
    assert listed >= 8_000
    assert subject.expect(JobQuery(), lambda job: job.kind in ("backfill", "enrichment", "retry"))


def test_each_kind(subject: Subject) -> None:
    counts = [
        subject.expect(JobQuery(kinds=(kind,)), lambda job, kind=kind: job.kind == kind)
        for kind in JobKind
    ]
    assert sum(counts) == len(subject.tables.jobs)
    assert all(counts)


def test_each_outcome_in_rows_in_the_filter_and_in_the_total(subject: Subject) -> None:
    truth = {job.id: subject.tables.outcome(job) for job in subject.tables.jobs}
    rows = {operation.id: operation.outcome for operation in all_operations(subject.source, EVERY)}
    assert rows == truth
    found = {
        outcome: subject.expect(
            replace(EVERY, outcomes=(outcome,)), lambda job, word=outcome: truth[job.id] == word
        )
        for outcome in Outcome
    }
    assert found == {outcome: Counter(truth.values())[outcome] for outcome in Outcome}
    assert sum(found.values()) == len(truth)
    assert sum(map(bool, found.values())) == len(Outcome), "every outcome occurs"


def test_every_pair_of_outcomes_is_the_sum_of_its_two(subject: Subject) -> None:
    truth = Counter(subject.tables.outcome(job) for job in subject.tables.jobs)
    for first, second in combinations(Outcome, 2):
        query = replace(EVERY, outcomes=(first, second))
        assert total_operations(subject.source, query) == truth[first] + truth[second]


def test_outcomes_among_the_kinds_that_say_something(subject: Subject) -> None:
    for kind in (JobKind.BACKFILL, JobKind.ENRICHMENT):
        for outcome in (Outcome.PARTIAL, Outcome.FAILED, Outcome.RUNNING, Outcome.UNKNOWN):
            subject.expect(
                JobQuery(kinds=(kind,), outcomes=(outcome, Outcome.CANCELLED)),
                lambda job, kind=kind, word=outcome: (
                    job.kind == kind and subject.tables.outcome(job) in (word, "cancelled")
                ),
            )


def test_each_state(subject: Subject) -> None:
    for state in known_states(subject.source):
        subject.expect(replace(EVERY, states=(state,)), lambda job, state=state: job.state == state)


def test_each_city_by_both_paths(subject: Subject) -> None:
    """The ids may be numbers or texts, a venue may be gone, a batch may name several."""
    cities = {city for city in subject.tables.city_of.values() if city}
    for city in sorted(cities):
        for small in (False, True):
            subject.expect(
                replace(EVERY, cities=(city,)),
                lambda job, city=city: subject.tables.is_of_city(job, city),
                small_cities=small,
            )


def test_several_cities_at_once_and_one_that_does_not_exist(subject: Subject) -> None:
    def is_of_both(job: Job) -> bool:
        return any(subject.tables.is_of_city(job, city) for city in (3, 5))

    for small in (False, True):
        query = replace(EVERY, cities=(3, 5, 10**9))
        assert subject.expect(query, is_of_both, small_cities=small)
        assert not subject.ids(replace(EVERY, cities=(10**9,)), small_cities=small)


def test_venues_be_they_gone_or_in_a_batch(subject: Subject) -> None:
    named = [as_id(get(job.args, "venue_id")) for job in subject.tables.jobs]
    gone = [venue for venue in named if venue and venue not in subject.tables.city_of]
    batches = [get(job.args, "venue_ids") for job in subject.tables.jobs]
    in_batch = [as_id(venue) for batch in batches if batch for venue in batch]
    assert gone
    assert in_batch
    for venue in [*list(filter(None, named))[:20], *gone[:5], *in_batch[:5]]:
        assert venue is not None
        found = subject.expect(
            replace(EVERY, venues=(venue,)),
            lambda job, venue=venue: (
                as_id(get(job.args, "venue_id")) == venue
                or venue in map(as_id, get(job.args, "venue_ids") or [])
            ),
        )
        assert found


def test_providers(subject: Subject) -> None:
    known = sorted(set().union(*map(providers, subject.tables.jobs)))
    for wanted in [*((name,) for name in known), tuple(known[:2]), ("timeout",), ("Here",)]:
        subject.expect(
            replace(EVERY, providers=wanted),
            lambda job, wanted=wanted: bool(providers(job) & set(wanted)),
        )


@pytest.mark.parametrize(
    "text", ["request_denied", "RATE_LIMITED", "error", "not_found", "api", "{", '"', "\\", "é"]
)
def test_errors_by_any_part_of_their_text(subject: Subject, text: str) -> None:
    subject.expect(replace(EVERY, errors=(text,)), lambda job: says(job, text.lower()))


def test_workers_by_name(subject: Subject) -> None:
    for worker, count in Counter(job.worker for job in subject.tables.jobs).items():
        query = replace(EVERY, workers=(worker,))
        assert subject.expect(query, lambda job, name=worker: job.worker == name) == count


def test_since_holds_its_moment_and_until_does_not(subject: Subject) -> None:
    changes = sorted(job.changed for job in subject.tables.jobs)
    for place in (0.01, 0.5, 0.99):
        since = changes[round(place * len(changes))]
        subject.expect(replace(EVERY, since=since), lambda job, at=since: job.changed >= at)
        subject.expect(replace(EVERY, until=since), lambda job, at=since: job.changed < at)
    first, last = changes[-1] - timedelta(days=3), changes[-1] - timedelta(days=2)
    day = replace(EVERY, since=first, until=last)
    assert subject.expect(day, lambda job: first <= job.changed < last)


def test_filters_together_narrow_each_other(subject: Subject) -> None:
    since = max(job.changed for job in subject.tables.jobs) - timedelta(days=20)
    query = JobQuery(
        kinds=(JobKind.ENRICHMENT,),
        cities=(1, 5),
        outcomes=(Outcome.FAILED, Outcome.PARTIAL),
        states=("completed", "discarded"),
        providers=("google_places",),
        since=since,
        errors=("e",),
    )

    def matches(job: Job) -> bool:
        return (
            job.kind == "enrichment"
            and any(subject.tables.is_of_city(job, city) for city in (1, 5))
            and subject.tables.outcome(job) in ("failed", "partial")
            and job.state in ("completed", "discarded")
            and "google_places" in providers(job)
            and job.changed >= since
            and says(job, "e")
        )

    for small in (False, True):
        assert subject.expect(query, matches, small_cities=small)


@pytest.mark.parametrize("order", JobOrder)
@pytest.mark.parametrize("cities", [(), (5,)])
def test_page_by_page_is_the_whole_list(
    subject: Subject, order: JobOrder, cities: tuple[int, ...]
) -> None:
    """Seven at a time; what another page begins with was on none before."""
    outcomes = (Outcome.PARTIAL, Outcome.FAILED, Outcome.RUNNING) if cities else (Outcome.PARTIAL,)
    query = JobQuery(cities=cities, outcomes=outcomes, order=order, limit=7)
    whole = subject.ids(query)
    paged: list[int] = []
    while True:
        page = operations_page(subject.source, query)
        paged += [operation.id for operation in page.operations]
        if page.next is None:
            break
        assert len(page.operations) == 7
        query = replace(query, after=page.next)
    assert paged == whole
    assert len(set(paged)) == len(whole) > 7
    if order is JobOrder.ACTIVITY:
        changed = {job.id: job.changed for job in subject.tables.jobs}
        assert whole == sorted(whole, key=lambda job: (changed[job], job), reverse=True)


def test_the_settings_name_the_workers_that_are_counted_here(subject: Subject) -> None:
    assert {name: str(kind) for name, kind in subject.source.named_workers().items()} == KINDS
