"""What doctor says of servers, poolers and clocks: pure functions and their limits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.databases import NOW

from venue_ops.core.doctor import connection
from venue_ops.core.doctor.facts import (
    Backends,
    Clocks,
    Server,
)
from venue_ops.core.doctor.findings import Level


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@pytest.mark.parametrize(
    ("number", "level", "said"),
    [
        (140_012, Level.FAIL, "older than 15"),
        (150_000, Level.PASS, "PostgreSQL 15."),
        (180_004, Level.PASS, "PostgreSQL 18.4."),
        (190_000, Level.PASS, "newer than the 18"),
    ],
)
def test_versions_of_the_server(number: int, level: Level, said: str) -> None:
    version = f"{number // 10_000}.{number % 100} (Debian)" if number % 100 else "15 (Debian)"
    found = connection.server(Server(version, number, is_replica=False, role="ops"))
    assert found.level is level
    assert said in found.summary


def test_a_replica_is_enough_to_look() -> None:
    found = connection.connection("app on db", Server("18.0", 180_000, is_replica=True, role="r"))
    assert (found.level, "replica" in found.summary) == (Level.PASS, True)


@pytest.mark.parametrize(
    ("backends", "said"),
    [
        (Backends(7, (7, 7)), "No pooler"),
        (Backends(99, (7, 8)), "in transaction mode"),
        (Backends(99, (7, 7), (7,)), "in transaction mode"),
        (Backends(99, (7, 7), (8,)), "as in session mode"),
        (Backends(99, (7, 7)), "whose mode did not show"),
    ],
)
def test_poolers(backends: Backends, said: str) -> None:
    found = connection.pooler(backends)
    assert found.level is Level.PASS
    assert said in found.summary


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [
        (0, 0.1, Level.PASS),
        (-4, -3.9, Level.PASS),
        (-6, -5.5, Level.WARN),
        (5.5, 6, Level.WARN),
        (-60, 60, Level.PASS),  # a slow answer tells nothing
    ],
)
def test_clocks(before: float, after: float, level: Level) -> None:
    clocks = Clocks(NOW + seconds(before), NOW, NOW + seconds(after))
    assert connection.clock(clocks).level is level


@given(before=st.floats(-1e6, 1e6), wait=st.floats(0, 100), skew=st.floats(-1e6, 1e6))
def test_a_clock_is_never_said_to_differ_by_more_than_it_does(
    before: float, wait: float, skew: float
) -> None:
    """Whenever within the wait the server looked at its clock."""
    begin = NOW + seconds(before)
    for share in (0, 0.5, 1):
        server = begin + seconds(wait * share) + seconds(skew)
        told = Clocks(begin, server, begin + seconds(wait)).ahead
        assert abs(told) <= abs(seconds(skew)) + seconds(1e-3)
        assert told * skew >= timedelta(0) - seconds(1)
