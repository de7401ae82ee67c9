"""The program on the sample data."""

from __future__ import annotations

import pytest
from tests.cli.program import Program, on
from tests.databases import Database


@pytest.fixture
def program(readonly_sample_database: Database) -> Program:
    """The program on the sample data, which it cannot change."""
    return on(readonly_sample_database)
