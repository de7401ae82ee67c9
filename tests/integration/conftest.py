"""What the tests of the integration share."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import dict_row
from tests.databases import Databases
from tests.specimens import Bench

from venue_ops.demo.schema import Layout


@pytest.fixture(scope="module")
def bench(databases: Databases) -> Iterator[Bench]:
    empty = databases.empty(Layout())
    with psycopg.connect(empty.conninfo, row_factory=dict_row) as connection:
        yield Bench(connection)
