"""An export says what the listings say of the same rows, under the same names, and of all rows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.cli import exports
from tests.cli.program import Program, on
from tests.databases import Database

from venue_ops.core.enums import Exported
from venue_ops.core.exports.columns import COLUMNS, Content
from venue_ops.core.untrusted import spreadsheet_safe
from venue_ops.views.images import columns as image_columns
from venue_ops.views.operations import COLUMNS as OPERATION_COLUMNS
from venue_ops.views.venues import COLUMNS as VENUE_COLUMNS


@pytest.fixture(params=["sample", "generated"])
def anywhere(request: pytest.FixtureRequest) -> Program:
    """The sample, and 3,000 venues and 10,000 jobs with awkward and poisonous rows."""
    name = {"sample": "readonly_sample_database", "generated": "generated_database"}
    database: Database = request.getfixturevalue(name[request.param])
    return on(database)


def test_operations(anywhere: Program) -> None:
    expected = exports.listed(anywhere, "list", "-k", "all", "-n", "0")[::-1]
    assert not exports.differences(expected, exports.ndjson(anywhere, "operations", "-k", "all"))


def test_venues(anywhere: Program) -> None:
    expected = exports.listed(anywhere, "venues", "-n", "0", "--order", "id")
    assert not exports.differences(expected, exports.ndjson(anywhere, "venues"))


def test_images(anywhere: Program) -> None:
    exported = exports.ndjson(anywhere, "images")
    venues = list(dict.fromkeys(row["venue"] for row in exported))[:200]
    expected = list(exports.images_shown(anywhere, venues))
    assert not exports.differences(expected, exported[: len(expected)])
    listed = exports.listed(anywhere, "venues", "-n", "0")
    assert len(exported) == sum(row["images_total"] for row in listed)


@pytest.mark.parametrize("what", Exported)
def test_csv_is_the_same_in_fields(anywhere: Program, what: Exported) -> None:
    rows, records = exports.ndjson(anywhere, what), exports.records(anywhere, what)
    assert len(rows) == len(records) > 0
    for row, record in zip(rows, records, strict=True):
        assert list(row) == list(record)
        for column in COLUMNS[what]:
            value, field = row[column.name], record[column.name]
            if isinstance(value, dict | list):
                assert json.loads(field) == value
            elif column.content is Content.TEXT:
                assert field == spreadsheet_safe(exports.as_field(value))
            else:
                assert field == exports.as_field(value)


@pytest.mark.parametrize(
    ("what", "listed"),
    [
        (Exported.OPERATIONS, OPERATION_COLUMNS),
        (Exported.VENUES, VENUE_COLUMNS),
        (Exported.IMAGES, image_columns),
    ],
)
def test_every_column_of_a_list_is_exported(what: Exported, listed: Any) -> None:
    names = [column.name for column in (listed if isinstance(listed, tuple) else listed(None))]
    assert set(names) <= {column.name for column in COLUMNS[what]}
