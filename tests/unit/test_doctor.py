"""The judgements of doctor as pure functions: their limits, and facts of any shape."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.databases import NOW

from venue_ops.core.doctor import checks, connection, images, indexes, jobs, schema, workers
from venue_ops.core.doctor.facts import (
    Backends,
    Clocks,
    Executing,
    ImageFault,
    ImageFaults,
    Index,
    MissingWorker,
    Queue,
    Relation,
    Relations,
    Sample,
    Server,
    Workers,
)
from venue_ops.core.doctor.findings import Finding, Level, listed, quoted_name, quoted_text
from venue_ops.core.errors import UsageError

OBAN_JOBS = Relation(
    schema="public",
    name="oban_jobs",
    is_visible=True,
    may_use_schema=True,
    rows=1_000_000,
    comment="13",
    is_owned=False,
    may_select=True,
    may_delete=False,
    may_truncate=False,
    is_filtered=False,
    live_rows=1_000_000,
    dead_rows=0,
    changed_rows=0,
)
RELATIONS = Relations((OBAN_JOBS,), "public")


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


# --- servers, poolers, clocks -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "level", "said"),
    [
        (140_012, Level.FAIL, "older than 15"),
        (150_000, Level.PASS, "PostgreSQL 15."),
        (180_004, Level.PASS, "PostgreSQL 18.4."),
        (190_000, Level.PASS, "newer than the 18"),
    ],
)
def test_versions_of_the_server(number: int, level: Level, said: str) -> None:
    version = f"{number // 10_000}.{number % 100} (Debian)" if number % 100 else "15 (Debian)"
    found = connection.server(Server(version, number, is_replica=False, role="ops"))
    assert found.level is level
    assert said in found.summary


def test_a_replica_is_enough_to_look() -> None:
    found = connection.connection("app on db", Server("18.0", 180_000, is_replica=True, role="r"))
    assert (found.level, "replica" in found.summary) == (Level.PASS, True)


@pytest.mark.parametrize(
    ("backends", "said"),
    [
        (Backends(7, (7, 7)), "No pooler"),
        (Backends(99, (7, 8)), "in transaction mode"),
        (Backends(99, (7, 7), (7,)), "in transaction mode"),
        (Backends(99, (7, 7), (8,)), "as in session mode"),
        (Backends(99, (7, 7)), "whose mode did not show"),
    ],
)
def test_poolers(backends: Backends, said: str) -> None:
    found = connection.pooler(backends)
    assert found.level is Level.PASS
    assert said in found.summary


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [
        (0, 0.1, Level.PASS),
        (-4, -3.9, Level.PASS),
        (-6, -5.5, Level.WARN),
        (5.5, 6, Level.WARN),
        (-60, 60, Level.PASS),  # a slow answer tells nothing
    ],
)
def test_clocks(before: float, after: float, level: Level) -> None:
    clocks = Clocks(NOW + seconds(before), NOW, NOW + seconds(after))
    assert connection.clock(clocks).level is level


@given(before=st.floats(-1e6, 1e6), wait=st.floats(0, 100), skew=st.floats(-1e6, 1e6))
def test_a_clock_is_never_said_to_differ_by_more_than_it_does(
    before: float, wait: float, skew: float
) -> None:
    """Whenever within the wait the server looked at its clock."""
    begin = NOW + seconds(before)
    for share in (0, 0.5, 1):
        server = begin + seconds(wait * share) + seconds(skew)
        told = Clocks(begin, server, begin + seconds(wait)).ahead
        assert abs(told) <= abs(seconds(skew)) + seconds(1e-3)
        assert told * skew >= timedelta(0) - seconds(1)


# --- schema -----------------------------------------------------------------------------------


def test_the_declared_types_are_all_known() -> None:
    from venue_ops.core.db.statements.doctor_catalog import _wanted_columns

    assert {type_ for _, _, type_ in _wanted_columns()} == set(schema.ACCEPTED_TYPES)


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({}, None),
        ({"rows": None}, "was never analyzed"),
        ({"rows": None, "live_rows": 0}, None),
        ({"changed_rows": 200_000}, None),
        ({"changed_rows": 200_001}, "rows changed since ANALYZE"),
        ({"dead_rows": 200_001}, "dead rows that wait for VACUUM"),
        ({"live_rows": 10, "dead_rows": 10_000}, None),
        ({"live_rows": 10, "dead_rows": 10_001}, "dead rows that wait for VACUUM"),
    ],
)
def test_statistics(changes: dict[str, Any], subject: str | None) -> None:
    found = schema.statistics(Relations((replace(OBAN_JOBS, **changes),), "public"))
    assert [detail.text for detail in found.details] == [subject] * (subject is not None)
    assert found.level is (Level.WARN if subject else Level.PASS)


def test_a_partial_or_shorter_index_does_not_serve() -> None:
    (needed,) = (
        each for each in indexes.NEEDED if each.table == "venues" and "city" in each.purpose
    )
    index = Index("venues", "i", "btree", ("city_id", "id", "name"), True, False, None)
    assert needed.is_met_by(index)
    for other in (
        replace(index, predicate="city_id IS NOT NULL"),
        replace(index, columns=("city_id",)),
        replace(index, columns=("id", "city_id")),
        replace(index, method="hash"),
        replace(index, table="cities"),
    ):
        assert not needed.is_met_by(other)


def test_the_price_of_the_optional_index() -> None:
    """As measured: 12 MiB for the image jobs among 3,000,000."""
    found = indexes.worker_index((), RELATIONS, ["A.B", "O'Neill"], 600_000)
    assert found.level is Level.PASS
    assert "about 12 MiB" in found.summary
    assert found.sql == (
        "CREATE INDEX CONCURRENTLY ON public.oban_jobs (id) WHERE worker IN ('A.B', 'O''Neill')"
    )
    assert indexes.worker_index((), RELATIONS, ["A.B"], 49_999).sql is None


# --- workers, queues, jobs -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "by_kind", "level"),
    [
        ((), {"backfill": 1, "enrichment": 9}, Level.PASS),
        ((MissingWorker("A.Old", "enrichment"),), {"backfill": 1, "enrichment": 9}, Level.PASS),
        ((MissingWorker("A.B", "enrichment", "A.C", 9),), {"backfill": 1}, Level.FAIL),
        ((MissingWorker("A.B", "backfill"),), {"enrichment": 9}, Level.WARN),
        (
            (MissingWorker("A.R", "retry", "A.Retry", 2),),
            {"backfill": 1, "enrichment": 9},
            Level.WARN,
        ),
        (
            (MissingWorker("A.Old", "enrichment", "A.Older", 2),),
            {"backfill": 1, "enrichment": 9},
            Level.WARN,
        ),
        ((MissingWorker("A.R", "retry"),), {"backfill": 1, "enrichment": 9}, Level.PASS),
    ],
)
def test_workers(missing: tuple[MissingWorker, ...], by_kind: dict[str, int], level: Level) -> None:
    assert workers.workers(Workers(10, by_kind, missing, {})).level is level


@pytest.mark.parametrize(
    ("since", "attempt", "running", "dead"),
    [
        (9, None, 0, False),
        (11, None, 0, True),
        (11, 11, 0, True),
        (600, 9, 0, False),
        (600, 600, 1, False),
    ],
)
def test_a_queue_is_dead_when_jobs_wait_and_none_is_begun(
    since: int, attempt: int | None, running: int, *, dead: bool
) -> None:
    last = None if attempt is None else NOW - timedelta(minutes=attempt)
    queue = Queue("photos", 3, NOW - timedelta(minutes=since), running, last)
    lively = Queue("enrichment", 0, None, 0, NOW)
    found = workers.queues((queue, lively), {"enrichment": "enrichment"}, now=NOW)
    assert found.level is (Level.WARN if dead else Level.PASS)
    named = workers.queues((queue,), {"enrichment": "photos"}, now=NOW)
    assert (named.level is Level.FAIL) == dead


TEXTS = st.text(max_size=30)
COUNTS = st.integers(1, 10**12)
IDS = st.lists(st.integers(1, 2**62), max_size=5).map(tuple)
MOMENTS = st.integers(-(10**9), 10**9).map(lambda n: NOW + timedelta(seconds=n))
SAMPLES = st.lists(st.builds(Sample, TEXTS, TEXTS, COUNTS, IDS), max_size=4)
EXECUTING = st.lists(
    st.builds(Executing, TEXTS, COUNTS, st.none() | MOMENTS, st.none() | MOMENTS, IDS), max_size=4
)
QUEUES = st.lists(
    st.builds(Queue, TEXTS, st.integers(0, 10**9), st.none() | MOMENTS, st.integers(0, 9), MOMENTS),
    max_size=4,
)
FAULTS = st.lists(
    st.builds(
        ImageFault,
        st.sampled_from(("is_null", "is_tomorrow", "shared_url", "no_status", "novel")),
        COUNTS,
        COUNTS,
        IDS,
    ),
    max_size=4,
)


def assert_sound(found: Finding) -> None:
    """What does not pass says what it is about and what to do."""
    assert found.summary.endswith((".", "all."))
    assert found.level in {Level.PASS, Level.WARN, Level.FAIL}
    if found.level is not Level.PASS:
        assert found.remedy
        assert found.details


@given(samples=SAMPLES, executing=EXECUTING, queues=QUEUES, faults=FAULTS)
def test_findings_of_any_facts_are_sound(
    samples: list[Sample],
    executing: list[Executing],
    queues: list[Queue],
    faults: list[ImageFault],
) -> None:
    assert_sound(jobs.spent(samples, oban_schema="odd schema's"))
    assert_sound(jobs.orphans(executing, now=NOW))
    assert_sound(jobs.lifeline(samples))
    assert_sound(jobs.duplicates(samples))
    assert_sound(workers.queues(queues, {"enrichment": "x"}, now=NOW))
    assert_sound(images.malformed(ImageFaults(tuple(faults))))
    assert_sound(images.shared_urls(ImageFaults(tuple(faults), newest=5)))


# --- names ----------------------------------------------------------------------------------------


def test_names_of_checks_are_unique_and_differ_from_those_of_groups() -> None:
    names = [check.name for check in checks.CHECKS]
    assert len(set(names)) == len(names)
    assert not set(names) & {str(check.group) for check in checks.CHECKS}
    groups = [check.group for check in checks.CHECKS]
    assert groups == sorted(groups, key=list(type(groups[0])).index)


def test_checks_are_chosen_by_name_or_group() -> None:
    assert checks.chosen(()) == checks.CHECKS
    assert checks.chosen(["clock"]) == (checks.CLOCK,)
    assert checks.chosen(["images", "malformed"]) == (checks.MALFORMED, checks.SHARED_URLS)
    with pytest.raises(UsageError):
        checks.chosen(["nonsense"])


@pytest.mark.parametrize(
    ("parts", "quoted"),
    [
        (("public", "oban_jobs"), "public.oban_jobs"),
        (("Jobs", "oban_jobs"), '"Jobs".oban_jobs'),
        (('a"b', "x"), '"a""b"."x"'),
        (("größe",), '"größe"'),
        (("user",), '"user"'),
    ],
)
def test_names_in_sql(parts: tuple[str, ...], quoted: str) -> None:
    assert quoted_name(*parts) == quoted


def test_texts_in_sql_and_lists_of_many() -> None:
    assert quoted_text("O'Neill") == "'O''Neill'"
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(n) for n in range(9)]) == "0, 1, 2, 3, 4 and 4 more"
