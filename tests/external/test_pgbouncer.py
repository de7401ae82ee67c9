"""Behind a real PgBouncer: promise 18.

The pool is smaller than the number of clients, so that their transactions meet on the same
server connections; whatever one of them left behind would be seen by another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from tests.cli.doctor import finding, findings
from tests.cli.program import on
from tests.cli.test_read_only import COMMANDS
from tests.databases import Database
from tests.external.pgbouncer import PAGE, PROGRAM, Pooler, pgbouncer
from tests.integration.test_identity import known

from venue_ops.core.db.connection import Database as Asked
from venue_ops.core.db.questions import JobsPage, KnownStates
from venue_ops.core.queries import DEFAULT_KINDS

CLIENTS, ROUNDS, POOL = 12, 60, 3
(DOCUMENTED,) = re.findall(
    r"^```ini\n\[pgbouncer\]\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S
)
TRANSACTIONS = f"{DOCUMENTED}\ndefault_pool_size = {POOL}\n"

pytestmark = [
    pytest.mark.external,
    pytest.mark.skipif(PROGRAM is None, reason="the package pgbouncer is not installed"),
]


@pytest.fixture
def pooler(sample_database: Database) -> Iterator[Pooler]:
    """One in transaction mode, configured as the documentation says."""
    with pgbouncer(sample_database, TRANSACTIONS) as running:
        yield running


def test_every_command_prints_the_same_through_the_pooler(
    pooler: Pooler, sample_database: Database
) -> None:
    for argv in COMMANDS:
        assert on(pooler.database)(*argv) == on(sample_database)(*argv), argv


def test_a_database_is_the_same_through_the_pooler(
    pooler: Pooler, sample_database: Database
) -> None:
    """So a run through it and one past it share journal and leases."""
    assert known(pooler.database) == known(sample_database)


def test_doctor_names_the_pooler_and_its_mode(sample_database: Database) -> None:
    """Also with a pool of one connection, and with others at work meanwhile."""
    direct = finding(on(sample_database), "pooler")
    assert direct["summary"] == "No pooler: the server itself answers."
    for pool in (1, POOL):
        configuration = f"{DOCUMENTED}\ndefault_pool_size = {pool}\n"
        with pgbouncer(sample_database, configuration) as running:
            found = findings(on(running.database))
            assert found["pooler"]["level"] == "pass"
            assert "a pooler in transaction mode" in found["pooler"]["summary"]
            assert {each["level"] for each in found.values()} == {"pass", "warn"}
    with pgbouncer(sample_database, "pool_mode = session") as running:
        assert "as in session mode" in finding(on(running.database), "pooler")["summary"]
    with pgbouncer(sample_database, "pool_mode = session\ndefault_pool_size = 1") as running:
        told = finding(on(running.database), "pooler", "--statement-timeout", "2s")
        assert "a pooler" in told["summary"]


def test_doctor_finds_a_pooler_in_statement_mode(sample_database: Database) -> None:
    with pgbouncer(sample_database, "pool_mode = statement") as running:
        result = on(running.database)("doctor")
    assert result.code == 4
    assert "statement mode" in result.out


def test_many_clients_share_few_connections_without_an_error(pooler: Pooler) -> None:
    """12 clients x 60 questions: 0 errors, and every answer is the right one."""
    states = KnownStates()
    page = JobsPage(kinds=DEFAULT_KINDS)
    parameters = {
        **{f"{kind}_workers": ["A"] for kind in ("backfill", "enrichment", "retry", "cleanup")},
        **{"schema": "public", "limit": 5, "max_retries": 3},
    }

    def client(number: int) -> tuple[set[int], set[str]]:
        asked = Asked(
            pooler.database.conninfo,
            label=f"client {number}",
            statement_timeout=timedelta(seconds=20 + number),
        )
        lengths, servers = set(), set()
        for turn in range(ROUNDS):
            lengths.add(len(asked.ask(states if turn % 2 else page, parameters)))
            assert asked._connection is not None
            row = asked._connection.execute("SELECT pg_backend_pid() AS pid").fetchone()
            assert row is not None
            servers.add(str(row["pid"]))
        asked.close()
        return lengths, servers

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(client, range(CLIENTS)))
    with psycopg.connect(pooler.database.conninfo) as conn:
        enum = conn.execute("SELECT cardinality(enum_range(NULL::oban_job_state))").fetchone()
    assert enum is not None
    assert {frozenset(lengths) for lengths, _ in answers} == {frozenset({0, enum[0]})}
    servers = set().union(*(found for _, found in answers))
    assert 1 < len(servers) <= POOL
    assert any(len(found) > 1 for _, found in answers)


def test_nothing_is_left_behind_on_the_servers_connections(
    pooler: Pooler, sample_database: Database
) -> None:
    for argv in COMMANDS:
        on(pooler.database)(*argv, "--statement-timeout", "17s")
    with psycopg.connect(sample_database.conninfo) as direct:
        fresh = settings(direct)
    with psycopg.connect(pooler.database.conninfo, autocommit=True) as pooled:
        assert settings(pooled) == fresh
        for left_behind in ("pg_prepared_statements", "pg_cursors"):
            assert pooled.execute(f"SELECT * FROM {left_behind}").fetchall() == []
        locks = "SELECT * FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        assert pooled.execute(locks).fetchall() == []


def settings(conn: psycopg.Connection[tuple[str, ...]]) -> dict[str, str]:
    """All but the name of the client, which a pooler passes on.

    And but those of PL/pgSQL, which the application's trigger on new jobs loads.
    """
    rows = conn.execute(
        "SELECT name, setting FROM pg_settings"
        " WHERE name <> 'application_name' AND name NOT LIKE 'plpgsql.%'"
    )
    return dict(rows.fetchall())  # type: ignore[arg-type]


def test_a_cancelled_statement_frees_its_connection(pooler: Pooler) -> None:
    """A statement that takes too long ends with 4, and the pool goes on."""
    slow = on(pooler.database)("list", "-n", "0", "--statement-timeout", "1ms")
    assert slow.code == 4
    assert "took longer than the statement timeout" in slow.err
    for _ in range(2 * POOL):
        assert on(pooler.database)("list").code == 0


def test_a_pooler_in_session_mode_works_too(sample_database: Database) -> None:
    with pgbouncer(sample_database, "pool_mode = session") as running:
        for argv in COMMANDS:
            assert on(running.database)(*argv) == on(sample_database)(*argv), argv


def test_a_pooler_in_statement_mode_is_refused_clearly(sample_database: Database) -> None:
    with pgbouncer(sample_database, "pool_mode = statement") as running:
        refused = on(running.database)("list")
    assert (refused.code, refused.out) == (4, "")
    assert "statement mode" in refused.err
    assert "pool_mode = transaction" in refused.err


def test_startup_options_are_refused_with_a_hint(pooler: Pooler) -> None:
    url = f"{pooler.database.url}&options=-cwork_mem%3D8MB"
    refused = replace(on(pooler.database), url=url)("list")
    assert (refused.code, refused.out) == (4, "")
    assert "take `options` out of the URL" in refused.err
