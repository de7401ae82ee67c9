"""Single rows that are legal in the database and that no ordinary application writes.

Promise: rows of any shape are shown and counted. Each is listed in both orders, page by page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.databases import Database, Databases
from tests.sources import NAMES, JobTable, source_of
from tests.strategies import ARGS, ERRORS, METAS, VENUE_IMAGES, Value, to_json

from venue_ops.core.models import JobKind
from venue_ops.core.queries import JobOrder, JobQuery, VenueOrder, VenueQuery
from venue_ops.core.services.operations import all_operations, operations_page, total_operations
from venue_ops.core.services.source import Source
from venue_ops.core.services.venues import all_venues, total_venues, venues_page
from venue_ops.demo.schema import Layout

ALL = JobQuery(kinds=tuple(JobKind), limit=0)
WORKERS = [NAMES.backfill[0], NAMES.enrichment[0], NAMES.retry[0], NAMES.cleanup[0], "A.B"]
STATES = ["completed", "discarded", "available", "retryable"]


@pytest.fixture
def one_job(empty_database: Callable[..., Database]) -> Iterator[JobTable]:
    """A table with one enrichment, to be made odd by SQL."""
    database = empty_database()
    with database.connect(autocommit=True) as connection, source_of(database) as source:
        jobs = JobTable(connection, source)
        jobs.insert(NAMES.enrichment[0], "completed", {"venue_id": 1}, {"status": "success"})
        yield jobs


def expect_one(source: Source) -> None:
    for order in JobOrder:
        assert len(list(all_operations(source, replace(ALL, order=order)))) == 1
    assert total_operations(source, ALL) == 1


@pytest.mark.parametrize(
    "meta",
    [
        "null",
        '"text"',
        "[[[[]]]]",
        '{"images_uploaded": 1e400, "total_cost_usd": -1e-400}',
        '{"a": ' + "[" * 200 + "]" * 200 + "}",
        pytest.param('{"images_uploaded": 1e5000}', id="5,000 digits"),
        pytest.param('{"a": ' + "[" * 2000 + "]" * 2000 + "}", id="2,000 deep"),
    ],
)
def test_meta_of_any_size(one_job: JobTable, meta: str) -> None:
    one_job.connection.execute("UPDATE oban_jobs SET meta = %s::jsonb", [meta])
    expect_one(one_job.source)


@pytest.mark.parametrize(
    "change",
    [
        "meta = NULL, tags = NULL, attempted_by = NULL",
        "errors = '{NULL,NULL}'",
        "errors = ARRAY['null', '7', '[]']::jsonb[]",
        'errors = \'[5:6]={"7","{}"}\'',
        "attempted_at = inserted_at + interval '1 day', completed_at = inserted_at",
        "args = '[]'",
        "args = '\"venue_id\"'",
        "worker = repeat('w', 127), queue = repeat('q', 127)",
        "id = 9223372036854775807",
        "id = -5",
        "scheduled_at = 'infinity', attempted_at = '-infinity'",
        "inserted_at = '12345-01-01', completed_at = '0044-03-15 BC'",
    ],
)
def test_columns_of_any_value(one_job: JobTable, change: str) -> None:
    one_job.connection.execute(f"UPDATE oban_jobs SET {change}")
    expect_one(one_job.source)


def test_an_array_of_errors_may_start_anywhere(one_job: JobTable) -> None:
    """The last error is the last one, also where the array does not begin at 1."""
    one_job.connection.execute(
        'UPDATE oban_jobs SET meta = \'{"status": "error"}\','
        ' errors = \'[5:6]={"{}", "{\\"error\\": \\"the last\\"}"}\''
    )
    (read,) = all_operations(one_job.source, ALL)
    assert read.error == "the last"


def test_a_job_that_ended_twice_does_not_hide_others_from_the_pages(one_job: JobTable) -> None:
    """The cursor continues where the statement's order is, whichever time was the last."""
    one_job.connection.execute(
        "INSERT INTO oban_jobs (worker, state, inserted_at, completed_at, discarded_at)"
        " SELECT %s, 'discarded', t, t, t + interval '1 day' * (10 - n)"
        " FROM generate_series(1, 9) n, (VALUES (timestamp '2025-01-01')) AS times (t)",
        [NAMES.enrichment[0]],
    )
    query = replace(ALL, order=JobOrder.ACTIVITY, limit=3)
    paged: list[int] = []
    while True:
        page = operations_page(one_job.source, query)
        paged += [operation.id for operation in page.operations]
        if page.next is None or len(paged) > 30:
            break
        query = replace(query, after=page.next)
    whole = [o.id for o in all_operations(one_job.source, replace(ALL, order=JobOrder.ACTIVITY))]
    assert paged == whole


# --- arbitrary rows ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def table(databases: Databases) -> Iterator[tuple[Database, Source]]:
    layout = Layout(without_images_index=False)
    with databases.copy_of(databases.empty(layout)) as database, source_of(database) as source:
        yield database, source


def null_or_json(value: Value) -> str | None:
    return None if value is None else to_json(value)


rows_of_any_shape = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@rows_of_any_shape
@given(st.lists(st.tuples(ARGS, METAS, ERRORS), min_size=5, max_size=15))
def test_every_job_is_listed_and_counted_once(
    table: tuple[Database, Source], rows: list[tuple[Value, Value, Value]]
) -> None:
    """With every worker and four states; and the outcomes share them out without a rest."""
    database, source = table
    with database.connect() as connection:
        connection.execute("TRUNCATE oban_jobs")
        inserted = connection.execute(
            "INSERT INTO oban_jobs (worker, state, args, meta, errors)"
            " SELECT w, s::oban_job_state, a::jsonb, m::jsonb,"
            " ARRAY(SELECT jsonb_array_elements(e::jsonb))"
            " FROM unnest(%s::text[], %s::text[], %s::text[]) AS r (a, m, e),"
            " unnest(%s::text[]) w, unnest(%s::text[]) s",
            [
                [to_json(args) for args, _, _ in rows],
                [null_or_json(meta) for _, meta, _ in rows],
                [to_json(errors) for _, _, errors in rows],
                WORKERS,
                STATES,
            ],
        ).rowcount
    listed = list(all_operations(source, ALL))
    assert len({operation.id for operation in listed}) == len(listed) == inserted
    for outcome in {operation.outcome for operation in listed}:
        counted = total_operations(source, replace(ALL, outcomes=(outcome,)))
        assert counted == sum(operation.outcome == outcome for operation in listed)


@rows_of_any_shape
@given(st.lists(st.tuples(VENUE_IMAGES, METAS), min_size=5, max_size=15))
def test_every_venue_is_listed_and_counted_once(
    table: tuple[Database, Source], rows: list[tuple[Value, Value]]
) -> None:
    database, source = table
    with database.connect() as connection:
        connection.execute("TRUNCATE venues")
        connection.execute(
            "INSERT INTO venues (name, slug, latitude, longitude, venue_type, venue_images,"
            " image_enrichment_metadata, inserted_at, updated_at)"
            " SELECT 'v', 'v-' || n, 0, 0, 'region', i::jsonb, m::jsonb, now(), now()"
            " FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS r (i, m, n)",
            [[null_or_json(images) for images, _ in rows], [null_or_json(m) for _, m in rows]],
        )
    listed = list(all_venues(source, VenueQuery(limit=0)))
    assert len({venue.id for venue in listed}) == len(listed) == len(rows)
    for outcome in {venue.outcome for venue in listed}:
        query = VenueQuery(outcomes=(outcome,), order=VenueOrder.ID, limit=len(rows))
        of_outcome = [venue.id for venue in listed if venue.outcome == outcome]
        assert total_venues(source, query) == len(of_outcome)
        paged = [venue.id for venue in venues_page(source, query).venues]
        assert paged == sorted(of_outcome)
