"""What the tests of the integration share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row
from tests.cli.retrying import cleared
from tests.databases import Database, Databases
from tests.enqueueing import Enqueuer
from tests.retrying import World, world
from tests.sources import source_of
from tests.specimens import Bench
from tests.working import Shift

from venue_ops.demo.schema import Layout


@pytest.fixture(scope="module")
def bench(databases: Databases) -> Iterator[Bench]:
    empty = databases.empty(Layout())
    with psycopg.connect(empty.conninfo, row_factory=dict_row) as connection:
        yield Bench(connection)


@pytest.fixture
def enqueuer(
    sample_database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Enqueuer]:
    """In a world without images and jobs; the parameter says whether plans are looked at."""
    cleared(sample_database)
    with world(sample_database, tmp_path) as here, source_of(sample_database) as source:
        yield Enqueuer(here, source, looks=getattr(request, "param", False))


@pytest.fixture
def here(enqueuer: Enqueuer) -> World:
    """The world that `enqueuer` enqueues in."""
    return enqueuer.here


@pytest.fixture
def shift(sample_database: Database, tmp_path: Path) -> Iterator[Shift]:
    """A worker, in a world with no images and jobs but the test's."""
    cleared(sample_database)
    with world(sample_database, tmp_path) as here, source_of(sample_database) as source:
        yield Shift(Enqueuer(here, source))
