"""What doctor says of tables and indexes: pure functions and their limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from venue_ops.core.doctor import indexes, schema
from venue_ops.core.doctor.facts import (
    Index,
    Relation,
    Relations,
)
from venue_ops.core.doctor.findings import Level

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
    index = Index("venues", "i", "btree", ("city_id", "id", "name"), True, False, is_partial=False)
    assert needed.is_met_by(index)
    for other in (
        replace(index, is_partial=True),
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
