"""The jobs of a city by both ways: asked of each job, or looked up from the city's venues.

A venue's number is looked up under its key while it is low, and whatever its key when it is high.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.databases import Databases
from tests.sources import NAMES, JobTable, source_of

from venue_ops.core.models import JobKind
from venue_ops.core.queries import JobQuery
from venue_ops.core.services.operations import all_operations, total_operations
from venue_ops.demo.schema import Layout

ALL = JobQuery(kinds=tuple(JobKind), limit=0)
CITY, OTHER_CITY = 4321, 8
LOW, HIGH, ELSEWHERE, GONE = 7, 5000, 5001, 5002


@pytest.fixture(scope="module")
def table(databases: Databases) -> Iterator[JobTable]:
    with (
        databases.copy_of(databases.empty(Layout())) as database,
        source_of(database) as source,
        database.connect(autocommit=True) as connection,
    ):
        connection.execute(
            "INSERT INTO countries VALUES (1, 'Poland', 'PL', 'poland', now(), now())"
        )
        connection.execute(
            "INSERT INTO cities (id, name, slug, country_id, inserted_at, updated_at)"
            " SELECT id, 'c', 'c-' || id, 1, now(), now() FROM unnest(%s::int[]) AS id",
            [[CITY, OTHER_CITY]],
        )
        connection.execute(
            "INSERT INTO venues (id, name, slug, city_id, latitude, longitude, inserted_at,"
            " updated_at) SELECT id, 'v', 'v-' || id, city, 0, 0, now(), now()"
            " FROM unnest(%s::int[], %s::int[]) AS v (id, city)",
            [[LOW, HIGH, ELSEWHERE], [CITY, CITY, OTHER_CITY]],
        )
        yield JobTable(connection, source)


def in_the_city(venue: int) -> list[Any]:
    return [
        {"venue_id": venue},
        {"venue_id": str(venue)},
        {"venue_id": float(venue)},
        {"venue_ids": [ELSEWHERE, venue]},
        {"venue_ids": [str(venue), {"id": 1}, None]},
        {"venue_id": venue, "limit": venue},
    ]


def not_in_the_city(venue: int) -> list[Any]:
    return [
        {"limit": venue},
        {"venue_id": ELSEWHERE, "limit": venue},
        {"venue_id": [venue]},
        {"venue_id": {"id": venue}},
        {"venue_id": f" {venue}"},
        {"venue_id": venue + 0.5},
        {"venue_ids": venue},
        {"venue_ids": {"0": venue}},
        {"venue_ids": [[venue]]},
        {"image_indexes": [venue]},
        {"page": str(venue), "pages": [str(venue)]},
        [{"venue_id": venue}],
        [venue],
        venue,
        None,
    ]


WROTE = {"venue_context": {"city_id": CITY}}


@pytest.mark.parametrize("small", [False, True], ids=["asked of each job", "from the venues"])
@pytest.mark.parametrize("worker", [NAMES.enrichment[0], NAMES.backfill[0], "Somebody.Else"])
def test_every_spelling_and_nothing_else(table: JobTable, worker: str, small: bool) -> None:
    table.connection.execute("TRUNCATE oban_jobs RESTART IDENTITY")

    def insert(args: Any, meta: Any = None) -> int:
        return table.insert(worker, "completed", args, {} if meta is None else meta)

    of_city = [insert({"city_id": city}) for city in (CITY, str(CITY), float(CITY))]
    of_city += [insert(args) for venue in (LOW, HIGH) for args in in_the_city(venue)]
    of_city += [insert({"venue_id": GONE}, WROTE), insert({}, WROTE)]
    for venue in (LOW, HIGH):
        for args in not_in_the_city(venue):
            insert(args)
    insert({"venue_id": ELSEWHERE}, WROTE)
    insert({"venue_id": GONE}, {"venue_context": {"city_id": [CITY]}})
    insert({"city_id": [CITY], "limit": CITY})
    insert({"city_id": OTHER_CITY})

    query = replace(ALL, cities=(CITY,))
    found = [job.id for job in all_operations(table.source, query, small_cities=small)]
    assert found == sorted(of_city, reverse=True)
    assert total_operations(table.source, query, small_cities=small) == len(of_city)


@pytest.mark.parametrize("venue", [LOW, HIGH])
def test_the_jobs_of_one_venue(table: JobTable, venue: int) -> None:
    table.connection.execute("TRUNCATE oban_jobs RESTART IDENTITY")
    enrichment = NAMES.enrichment[0]
    named = [table.insert(enrichment, "completed", args, {}) for args in in_the_city(venue)]
    for args in not_in_the_city(venue):
        table.insert(enrichment, "completed", args, {})
    found = [job.id for job in all_operations(table.source, replace(ALL, venues=(venue,)))]
    assert found == sorted(named, reverse=True)
