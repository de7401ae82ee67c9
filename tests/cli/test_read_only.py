"""Read commands cannot write, and leave nothing behind: promises 19 and 18.

They run under a role that may only SELECT the four tables, in a database that does not forbid
writing by itself, while the server logs every statement.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.cli.program import EXPORTS, TABLES, Program, on
from tests.conftest import SHARED, TEST_URL
from tests.databases import Database

from venue_ops.core.db import connection

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("list",),
    ("list", "-n", "0", "-o", "ndjson"),
    ("list", "-n", "5", "--count", "--order", "activity"),
    ("list", "-c", "krakow", "--venue", "noce-krk", "-s", "partial", "--state", "completed"),
    ("list", "--provider", "google_places", "--error", "rate", "--since", "90d", "--until", "now"),
    ("list", "--worker", "EnrichmentJob"),
    ("list", "--error", "matches nothing"),
    ("list", "-c", "nowhere"),
    ("venues",),
    ("venues", "-n", "0", "-o", "csv"),
    ("venues", "-c", "krakow", "-s", "partial,failed", "--count", "--min-failed", "1"),
    ("partials", "-p", "google_places", "-e", "rate_limited"),
    ("stats",),
    ("stats", "-c", "krakow", "-p", "google_places", "--since", "90d", "--count", "-o", "json"),
    ("stats", "--by", "city"),
    ("stats", "--by", "provider", "--count"),
    ("stats", "--by", "day", "-o", "csv"),
    ("show", "job", "134"),
    ("show", "job", "146", "-o", "json"),
    ("show", "venue", "noce-krk"),
    ("show", "image", "noce-krk/gp-8fe24abdcc"),
    ("show", "city", "krakow"),
    ("show", "city", "nowhere"),
    ("explain", "job", "136"),
    ("explain", "venue", "noce-krk"),
    ("explain", "image", "noce-krk/#3", "-o", "json"),
    *EXPORTS,
    ("export", "csv", "-c", "krakow", "--since", "90d", "--delimiter", ";", "--bom"),
)
DRY_RUNS: tuple[tuple[str, ...], ...] = (
    ("retry", "image", "noce-krk/#3", "--dry-run"),
    ("retry", "venue", "noce-krk", "--dry-run", "-o", "csv"),
    ("retry", "city", "krakow", "warszawa", "--dry-run", "--force"),
    ("sweep", "--dry-run", "-o", "json"),
    ("sweep", "--enqueue", "--dry-run"),
    ("retry", "city", "krakow", "--enqueue", "--engine", "python", "--dry-run"),
    ("retry", "job", "137", "124", "122", "--fresh", "--dry-run"),
    ("retry", "job", "--all", "--city", "krakow", "--dry-run", "-o", "csv"),
    ("retry", "city", "krakow", "--jobs", "--dry-run"),
)
"""Say the price as well, under a role that may read the table of prices."""
OF_THIS_MACHINE: tuple[tuple[str, ...], ...] = (("runs", "list"), ("reconcile", "--dry-run"))
"""Read the state folder; without a journal nothing is asked of the database."""
DOCTOR: tuple[tuple[str, ...], ...] = (("doctor",), ("doctor", "-o", "json"))
"""Says what the role may do, so it says something else under every role."""
LOGGED = re.compile(r"(?:statement|execute <unnamed>): (.*)", re.DOTALL)
ENTRY = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[^\n]*? LOG:  ", re.MULTILINE)


@pytest.fixture
def reader(limited_role: Callable[..., Program]) -> Program:
    """Under a role that may SELECT what the documentation says, and nothing else."""
    return limited_role(*TABLES)


@pytest.mark.parametrize("argv", COMMANDS, ids=" ".join)
def test_select_is_all_that_a_command_needs(
    reader: Program, sample_database: Database, argv: tuple[str, ...]
) -> None:
    restricted, free = reader(*argv), on(sample_database)(*argv)
    assert restricted == free
    assert restricted.code in {0, 3}


@pytest.mark.parametrize("argv", [*DRY_RUNS, *OF_THIS_MACHINE], ids=" ".join)
def test_a_dry_run_needs_no_more(
    reader: Program, sample_database: Database, argv: tuple[str, ...]
) -> None:
    restricted, free = reader(*argv), on(sample_database)(*argv)
    assert (restricted.code, restricted.out) == (free.code, free.out)
    assert restricted.code == 0


@pytest.fixture
def server_log(request: pytest.FixtureRequest) -> Path:
    if os.environ.get(TEST_URL):
        pytest.skip("the log of a server of somebody else cannot be read")
    return Path(request.config.stash[SHARED] / "pg" / "server.log")


@pytest.fixture
def statements(sample_database: Database, server_log: Path) -> Callable[[], list[str]]:
    """All that was sent to the sample database since the test began, from the server's log."""
    name = sql.Identifier(str(conninfo_to_dict(sample_database.conninfo)["dbname"]))
    with sample_database.connect(autocommit=True) as conn:
        conn.execute(sql.SQL("ALTER DATABASE {} SET log_statement = 'all'").format(name))
    begin = server_log.stat().st_size

    def logged() -> list[str]:
        with server_log.open(encoding="utf-8", errors="replace") as file:
            file.seek(begin)
            text = file.read()
        entries = ENTRY.split(text)
        found = (LOGGED.match(entry) for entry in entries)
        unnamed = [match[1].strip() for match in found if match]
        assert not re.search(r"execute (?!<unnamed>)", "\n".join(entry[:40] for entry in entries))
        return unnamed

    return logged


def test_a_log_of_every_statement(reader: Program, statements: Callable[[], list[str]]) -> None:
    for argv in (*COMMANDS, *DRY_RUNS, *OF_THIS_MACHINE, *DOCTOR):
        assert reader(*argv).code in {0, 3}
    sent = statements()
    assert len(sent) > 4 * len(COMMANDS)
    verbs = {" ".join(statement.split()[:1]).upper().rstrip(";") for statement in sent}
    assert verbs <= {
        "BEGIN",
        "SELECT",
        "WITH",
        "DECLARE",
        "FETCH",
        "CLOSE",
        "COPY",
        "COMMIT",
        "ROLLBACK",
    }
    copies = [statement for statement in sent if statement.startswith("COPY")]
    assert all(
        re.match(r"COPY \((?:SELECT|WITH) .*\) TO STDOUT \(", each, re.DOTALL) for each in copies
    )
    text = "\n".join(sent)
    for forbidden in ("INSERT ", "UPDATE ", "DELETE ", "CREATE ", "ALTER ", "DROP ", "TRUNCATE "):
        assert not re.search(rf"^\s*{forbidden}|\(\s*{forbidden}", text, re.MULTILINE)
    assert not re.search(r"\bFOR (UPDATE|SHARE)\b|\bSET SESSION\b|pg_advisory|\bLOCK TABLE", text)
    begun = [statement for statement in sent if statement.startswith("BEGIN")]
    assert begun
    assert {" ".join(statement.split()) for statement in begun} == {"BEGIN READ ONLY"}
    assert text.count("BEGIN") == text.count("COMMIT") + text.count("ROLLBACK")


def test_settings_are_local_to_a_transaction(
    reader: Program, statements: Callable[[], list[str]]
) -> None:
    reader("list", "-n", "0")
    reader("doctor")
    settings = [each for each in statements() if "set_config" in each]
    assert settings
    for statement in settings:
        calls = re.findall(r"set_config\(([^)]*)\)", statement)
        assert calls
        assert all(call.rstrip().endswith("true") for call in calls)


@pytest.mark.parametrize("argv", [*COMMANDS, *DRY_RUNS, *DOCTOR], ids=" ".join)
def test_nothing_stays_in_the_session(
    reader: Program, argv: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked on the program's own connection, as the next client of a pooler would have it."""
    kept: list[psycopg.Connection[Any]] = []

    def keep(self: connection.Database) -> None:
        if self._connection is not None:
            kept.append(self._connection)

    monkeypatch.setattr(connection.Database, "close", keep)
    reader(*argv)
    (conn,) = kept
    with conn:
        given = {"application_name", "client_encoding"}
        changed = conn.execute("SELECT name FROM pg_settings WHERE source = 'session'").fetchall()
        assert {row["name"] for row in changed} <= given
        for left_behind in ("pg_prepared_statements", "pg_cursors"):
            rows = conn.execute(f"SELECT * FROM {left_behind}").fetchall()
            assert rows == []
        locks = "SELECT * FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        assert conn.execute(locks).fetchall() == []


def test_the_server_refuses_what_a_bug_would_write(sample_database: Database) -> None:
    """A function that writes is called by a view: the transaction is READ ONLY, so it fails."""
    with sample_database.connect(autocommit=True) as conn:
        conn.execute(
            """
            CREATE FUNCTION write(bigint) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
              UPDATE countries SET name = 'changed';
              RETURN true;
            END $$;
            ALTER TABLE venues RENAME TO hidden;
            CREATE VIEW venues AS SELECT * FROM hidden WHERE write(id)
            """
        )
        failed = on(sample_database)("venues")
        assert (failed.code, failed.out) == (4, "")
        assert "is read only" in failed.err
        row = conn.execute("SELECT count(*) FROM countries WHERE name = 'changed'").fetchone()
    assert row == (0,)
