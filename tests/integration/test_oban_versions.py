"""Oban's migrations 11 to 14, in any schema, and older databases of the application."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from itertools import product
from typing import Any

import pytest
from tests.databases import NOW, Database, Databases
from tests.sources import JobTable, source_of

from venue_ops.core.errors import DatabaseError, NotFoundError
from venue_ops.core.models import JobKind, Outcome
from venue_ops.core.queries import JobQuery, VenueQuery
from venue_ops.core.references import CityReference
from venue_ops.core.services.blank import why_blank
from venue_ops.core.services.operations import all_operations, known_states, total_operations
from venue_ops.core.services.places import find_city
from venue_ops.core.services.source import Source
from venue_ops.core.services.venues import all_venues, total_venues
from venue_ops.demo.sample import load_sample
from venue_ops.demo.schema import OBAN_VERSIONS, Layout

SCHEMAS = ("public", "private-oban", "odd schema's name")
ALL = JobQuery(kinds=tuple(JobKind), limit=0)
LAYOUTS = [Layout(oban_version=v, oban_schema=s) for v, s in product(OBAN_VERSIONS, SCHEMAS[:2])]
LAYOUTS += [
    Layout(oban_schema=SCHEMAS[2]),
    Layout(alternate_names=False),
    Layout(extra_states=("suspended",)),
    Layout(oban_version=14, oban_schema="jobs", extra_states=("dreaming",), alternate_names=False),
]


def name(layout: Layout) -> str:
    extra = "".join(f"+{state}" for state in layout.extra_states)
    names = "" if layout.alternate_names else "-names"
    return f"{layout.oban_version}-{layout.oban_schema}{extra}{names}"


def summary(source: Source) -> list[Any]:
    """What the list says, less the suspended job that the sample has where the enum allows it."""
    return [
        (o.kind, o.outcome, o.state, o.error, o.venue and o.venue.slug, o.city, o.times.last_change)
        for o in sorted(all_operations(source, ALL), key=lambda o: (o.times.last_change, o.id))
        if o.state != "suspended"
    ]


@pytest.fixture(scope="module")
def reference(databases: Databases) -> list[Any]:
    with source_of(databases.sample()) as source:
        return summary(source)


@pytest.mark.parametrize("layout", LAYOUTS, ids=name)
def test_the_same_sample_reads_the_same(
    databases: Databases, reference: list[Any], layout: Layout
) -> None:
    """In every layout: the list, its totals, the venues, the cities, and why it is blank."""
    with ExitStack() as stack:
        database = stack.enter_context(databases.copy_of(databases.empty(layout)))
        with database.connect() as connection:
            load_sample(connection, now=NOW, oban_schema=layout.oban_schema)
        source = stack.enter_context(source_of(database, oban_schema=layout.oban_schema))
        assert summary(source) == reference
        by_outcome = Counter(operation.outcome for operation in all_operations(source, ALL))
        for outcome in Outcome:
            found = total_operations(source, JobQuery(kinds=ALL.kinds, outcomes=(outcome,)))
            assert found == by_outcome[outcome]
        krakow = find_city(source, CityReference("krakow"))
        assert krakow.city.id == 5
        for small in (True, False):
            query = JobQuery(cities=(5,), limit=0)
            assert len(list(all_operations(source, query, small_cities=small))) == (
                total_operations(source, query, small_cities=small)
            )
        assert len(list(all_venues(source, VenueQuery(limit=0)))) == (
            total_venues(source, VenueQuery())
        )
        told = why_blank(source, JobQuery())
        assert told is not None
        assert told.jobs >= 36


@pytest.mark.parametrize("layout", LAYOUTS, ids=name)
def test_the_states_are_those_of_the_enum_not_of_the_comment(
    databases: Databases, layout: Layout
) -> None:
    with source_of(databases.empty(layout), oban_schema=layout.oban_schema) as source:
        assert known_states(source) == layout.job_states()


@pytest.mark.parametrize(
    "schema",
    [
        "100% Oban",
        "Größe",
        "50%(limit)s",
        'the "old" one',
    ],
)
def test_a_schema_may_have_any_name(databases: Databases, schema: str) -> None:
    layout = Layout(oban_schema=schema)
    with source_of(databases.empty(layout), oban_schema=layout.oban_schema) as source:
        assert total_operations(source, ALL) == 0
        assert known_states(source) == layout.job_states()


def test_the_states_come_in_the_order_of_the_enum(empty_database: Callable[..., Database]) -> None:
    """A migration that adds a value puts it in its place, which is not where its row stands."""
    database = empty_database()
    with database.connect(autocommit=True) as connection:
        connection.execute("ALTER TYPE oban_job_state ADD VALUE 'suspended' BEFORE 'scheduled'")
    with source_of(database) as source:
        assert known_states(source)[:3] == ("available", "suspended", "scheduled")


@pytest.mark.parametrize(
    ("version", "extra"), [(11, ("suspended", "dreaming")), (14, ("dreaming",))]
)
def test_suspended_waits_and_a_state_of_tomorrow_is_shown_as_it_is(
    empty_database: Callable[..., Database], version: int, extra: tuple[str, ...]
) -> None:
    database = empty_database(oban_version=version, extra_states=extra)
    with database.connect(autocommit=True) as connection, source_of(database) as source:
        jobs = JobTable(connection, source)
        worker = source.workers[JobKind.ENRICHMENT][0]
        for state in ("suspended", "dreaming"):
            jobs.insert(worker, state, {"venue_id": 1}, {"status": "success"})
        shown = {o.state: o.outcome for o in all_operations(source, ALL)}
        assert shown == {"suspended": "pending", "dreaming": "unknown"}
        for state, outcome in shown.items():
            query = JobQuery(states=(state,), outcomes=(outcome,), limit=0)
            assert [o.state for o in all_operations(source, query)] == [state]


def test_two_obans_in_one_database_are_kept_apart(
    empty_database: Callable[..., Database],
) -> None:
    database = empty_database()
    with database.connect() as connection:
        connection.execute("CREATE SCHEMA other")
        connection.execute("CREATE TYPE other.oban_job_state AS ENUM ('available', 'asleep')")
        connection.execute(
            "CREATE TABLE other.oban_jobs (LIKE public.oban_jobs INCLUDING DEFAULTS);"
            "ALTER TABLE other.oban_jobs ALTER state DROP DEFAULT, ALTER state TYPE"
            " other.oban_job_state USING 'asleep'::other.oban_job_state;"
            "INSERT INTO other.oban_jobs (id, state, worker) VALUES (7, 'asleep', 'A.B')"
        )
    with source_of(database, oban_schema="other") as source:
        assert known_states(source) == ("available", "asleep")
        assert [o.id for o in all_operations(source, ALL)] == [7]
    with source_of(database) as source:
        assert total_operations(source, ALL) == 0


def test_a_schema_without_oban_is_told(empty_database: Callable[..., Database]) -> None:
    with source_of(empty_database(), oban_schema="nowhere") as source:
        assert known_states(source) == ()
        with pytest.raises(DatabaseError, match=r"nowhere\.oban_jobs") as told:
            total_operations(source, ALL)
    assert told.value.hint is not None
    assert "--oban-schema" in told.value.hint


def test_a_city_by_another_name_where_the_column_exists(databases: Databases) -> None:
    """And without it, the same name is simply unknown, not an error of the database."""
    for layout in (Layout(), Layout(alternate_names=False)):
        with databases.copy_of(databases.empty(layout)) as database:
            with database.connect() as connection:
                load_sample(connection, now=NOW)
                if layout.alternate_names:
                    rename = "UPDATE cities SET alternate_names = '{Cracovia}' WHERE id = 5"
                    connection.execute(rename)
            with source_of(database) as source:
                if layout.alternate_names:
                    assert find_city(source, CityReference("cracovia")).city.id == 5
                else:
                    with pytest.raises(NotFoundError):
                        find_city(source, CityReference("cracovia"))
