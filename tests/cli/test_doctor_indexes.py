"""The checks of indexes and statistics; what is suggested works."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from tests.cli.doctor import finding, run_suggested, subjects
from tests.cli.program import Program, on
from tests.databases import Databases

from venue_ops.core.doctor import indexes
from venue_ops.demo.schema import Layout


def test_indexes_that_are_missing_are_back_after_the_statement(
    sample: Program, owner: psycopg.Connection[Any]
) -> None:
    assert finding(sample, "indexes")["level"] == "pass"
    owner.execute(
        "DROP INDEX oban_jobs_args_index, venues_venue_images_index, venues_city_lookup_idx,"
        " venues_city_image_queries_idx"
    )
    found = finding(sample, "indexes")
    assert found["level"] == "warn"
    assert subjects(found) == [
        "oban_jobs (args)",
        "venues (city_id, id)",
        "venues (venue_images)",
    ]
    run_suggested(owner, found["sql"])
    assert finding(sample, "indexes")["level"] == "pass"


def test_an_index_that_is_not_valid_is_rebuilt(
    sample: Program, owner: psycopg.Connection[Any]
) -> None:
    """As CREATE INDEX CONCURRENTLY leaves it when it fails."""
    owner.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'oban_jobs_args_index'::regclass"
    )
    found = finding(sample, "indexes")
    assert found["level"] == "warn"
    assert subjects(found) == ["oban_jobs (args)", "oban_jobs_args_index"]
    assert found["sql"] == 'REINDEX INDEX CONCURRENTLY public."oban_jobs_args_index"'
    run_suggested(owner, found["sql"])
    assert finding(sample, "indexes")["level"] == "pass"


def test_tables_that_nobody_analyzed(databases: Databases) -> None:
    with databases.copy_of(databases.empty(Layout())) as database:
        assert finding(on(database), "statistics")["level"] == "pass"
        with database.connect(autocommit=True) as conn:
            conn.execute("INSERT INTO oban_jobs (worker) VALUES ('A.B')")
            conn.execute("SELECT pg_stat_force_next_flush()")
        found = finding(on(database), "statistics")
        assert (found["level"], subjects(found)) == ("warn", ["oban_jobs"])
        assert found["sql"] == "ANALYZE public.oban_jobs"
        with database.connect(autocommit=True) as conn:
            run_suggested(conn, found["sql"])
        assert finding(on(database), "statistics")["level"] == "pass"


def test_rows_that_changed_since(sample: Program, owner: psycopg.Connection[Any]) -> None:
    assert finding(sample, "statistics")["level"] == "pass"
    owner.execute(
        "INSERT INTO oban_jobs (worker) SELECT 'Other' FROM generate_series(1, 12000);"
        "DELETE FROM oban_jobs WHERE worker = 'Other';"
        "SELECT pg_stat_force_next_flush()"
    )
    found = finding(sample, "statistics")
    assert (found["level"], set(subjects(found))) == ("warn", {"oban_jobs"})
    assert found["sql"] == "VACUUM (ANALYZE) public.oban_jobs"


def test_the_optional_index_is_suggested_with_its_price_and_never_made(
    sample: Program, owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Not worth it with 46 image jobs" in finding(sample, "worker-index")["summary"]
    monkeypatch.setattr(indexes, "WORTHWHILE", 40)
    found = finding(sample, "worker-index")
    assert found["level"] == "pass"
    assert "about 1 MiB" in found["summary"]
    assert finding(sample, "worker-index") == found
    run_suggested(owner, found["sql"])
    assert finding(sample, "worker-index")["summary"].endswith("is there.")
