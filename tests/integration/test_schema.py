"""The demo's tables against what each Oban migration really leaves in a database."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from tests.databases import Database

from venue_ops.demo.schema import OBAN_VERSIONS, Layout

BuildDatabase = Callable[..., Database]


def scalar(database: Database, query: str) -> object:
    with database.connect() as conn:
        row = conn.execute(query).fetchone()
        assert row is not None
        value: object = row[0]
        return value


@pytest.mark.parametrize("version", OBAN_VERSIONS)
def test_the_version_is_the_comment_of_the_table(
    empty_database: BuildDatabase, version: int
) -> None:
    database = empty_database(oban_version=version)
    comment = scalar(database, "SELECT obj_description('oban_jobs'::regclass)")
    assert comment == str(version)


@pytest.mark.parametrize(
    ("version", "priority", "accepted"),
    [(11, 3, True), (11, 4, False), (12, 9, True), (13, 9, True), (14, -1, False)],
)
def test_which_priorities_a_version_accepts(
    empty_database: BuildDatabase, version: int, priority: int, accepted: bool
) -> None:
    insert = "INSERT INTO oban_jobs (worker, priority) VALUES ('W', %s)"
    with empty_database(oban_version=version).connect() as conn:
        if accepted:
            conn.execute(insert, [priority])
        else:
            with pytest.raises(psycopg.errors.CheckViolation):
                conn.execute(insert, [priority])


@pytest.mark.parametrize("version", OBAN_VERSIONS)
@pytest.mark.parametrize(
    "row",
    [
        "(worker, attempt, max_attempts) VALUES ('W', 4, 3)",
        "(worker, max_attempts) VALUES ('W', 0)",
        "(worker) VALUES ('')",
        "(worker, queue) VALUES ('W', repeat('q', 128))",
    ],
)
def test_rows_that_every_version_refuses(
    empty_database: BuildDatabase, version: int, row: str
) -> None:
    with (
        empty_database(oban_version=version).connect() as conn,
        pytest.raises(psycopg.errors.CheckViolation),
    ):
        conn.execute(f"INSERT INTO oban_jobs {row}")


@pytest.mark.parametrize(("version", "told"), [(11, True), (12, False), (13, False), (14, False)])
def test_only_11_announces_a_job_by_trigger(
    empty_database: BuildDatabase, version: int, told: bool
) -> None:
    database = empty_database(oban_version=version, oban_schema="private")
    with database.connect(autocommit=True) as conn:
        conn.execute('LISTEN "private.oban_insert"')
        conn.execute("INSERT INTO private.oban_jobs (worker, queue) VALUES ('W', 'q')")
        heard = [n.payload for n in conn.notifies(timeout=0.2, stop_after=1)]
    assert heard == (['{"queue" : "q"}'] if told else [])


def test_indexes_for_pruning_come_with_13(empty_database: BuildDatabase) -> None:
    query = "SELECT count(*) FROM pg_indexes WHERE indexname ~ '(cancelled|discarded)_at_index$'"
    found = {v: scalar(empty_database(oban_version=v), query) for v in OBAN_VERSIONS}
    assert found == {11: 0, 12: 0, 13: 2, 14: 2}


def test_suspended_comes_with_14_and_can_be_there_before() -> None:
    assert "suspended" not in Layout(oban_version=13).job_states()
    assert Layout(oban_version=14).job_states()[:3] == ("available", "suspended", "scheduled")
    early = Layout(oban_version=11, extra_states=("suspended", "dreaming"))
    assert early.job_states()[-2:] == ("suspended", "dreaming")


def test_an_unknown_state_can_be_stored(empty_database: BuildDatabase) -> None:
    database = empty_database(extra_states=("dreaming",))
    with database.connect() as conn:
        conn.execute("INSERT INTO oban_jobs (worker, state) VALUES ('W', 'dreaming')")


def test_a_version_that_cannot_be_built_is_refused() -> None:
    with pytest.raises(ValueError, match="oban_version"):
        Layout(oban_version=10)


def test_a_schema_name_may_need_quotes(empty_database: BuildDatabase) -> None:
    database = empty_database(oban_schema='Jobs "2"', oban_version=14)
    assert scalar(database, 'SELECT count(*) FROM "Jobs ""2""".oban_jobs') == 0
    assert scalar(database, "SELECT to_regclass('public.oban_jobs')") is None


def test_a_database_from_before_alternate_names(empty_database: BuildDatabase) -> None:
    query = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'alternate_names'"
    assert scalar(empty_database(alternate_names=False), query) == 0
    assert scalar(empty_database(), query) == 1


def test_one_slug_can_name_two_cities_but_not_in_one_country(
    empty_database: BuildDatabase,
) -> None:
    country = (
        "INSERT INTO countries (name, code, slug, inserted_at, updated_at)"
        " VALUES (%s, %s, %s, now(), now())"
    )
    city = (
        "INSERT INTO cities (name, slug, country_id, inserted_at, updated_at)"
        " VALUES ('London', 'london', %s, now(), now())"
    )
    with empty_database().connect() as conn:
        conn.execute(country, ["United Kingdom", "GB", "united-kingdom"])
        conn.execute(country, ["Canada", "CA", "canada"])
        conn.execute(city, [1])
        conn.execute(city, [2])
        with pytest.raises(psycopg.errors.UniqueViolation):
            conn.execute(city, [1])


VENUE = (
    "INSERT INTO venues (name, slug, latitude, longitude, venue_images, venue_type,"
    " inserted_at, updated_at) VALUES ('V', 'v', 0, 0, %s, 'region', now(), now())"
)


def test_the_partial_index_keeps_anything_but_arrays_out(empty_database: BuildDatabase) -> None:
    with empty_database().connect() as conn:
        conn.execute(VENUE, [None])
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            conn.execute(VENUE.replace("'v'", "'w'"), ["{}"])
    with empty_database(without_images_index=False).connect() as conn:
        conn.execute(VENUE, ["{}"])


def test_only_a_region_is_without_a_city(empty_database: BuildDatabase) -> None:
    with empty_database().connect() as conn, pytest.raises(psycopg.errors.CheckViolation):
        conn.execute(VENUE.replace("'region'", "'venue'"), ["[]"])
