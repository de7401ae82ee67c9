"""What doctor looks like, byte by byte, on databases of every kind.

What differs by machine (the database's name, the role, the server's version, how long ago the
sample was loaded) is taken out; on a terminal, where it would move the line breaks, the checks that
name it are left out. `UPDATE_GOLDEN=1` writes the files anew.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from tests.cli.doctor import normal
from tests.cli.program import FORMATS, TABLES, Program, on
from tests.cli.test_golden import assert_golden, at_a_terminal
from tests.databases import Database, Databases

from venue_ops.demo.schema import OBAN_VERSIONS, Layout

ON_A_TERMINAL = ("doctor", "--check", "schema,jobs,images")


def printed(program: Program, database: Database, *argv: str, role: str | None = None) -> str:
    result = program("doctor", *argv)
    return normal(result.out + result.err, database, role) + f"exit {result.code}\n"


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_sample(readonly_sample_database: Database, fmt: str) -> None:
    shown = printed(on(readonly_sample_database), readonly_sample_database, "-o", fmt)
    assert_golden(f"doctor-{fmt}", shown)


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_the_sample_at_a_terminal(program: Program, columns: int) -> None:
    shown = at_a_terminal(program, columns, *ON_A_TERMINAL)
    assert shown.code == 0
    assert_golden(f"doctor-terminal-{columns}", shown.out)
    plain = at_a_terminal(program, columns, *ON_A_TERMINAL, NO_COLOR="1")
    assert_golden(f"doctor-terminal-{columns}-no-color", plain.out)
    assert max(map(len, plain.lines)) <= columns


def test_a_terminal_without_utf8(program: Program) -> None:
    shown = at_a_terminal(program, 80, *ON_A_TERMINAL, encoding="ascii", NO_COLOR="1").out
    assert shown.isascii()
    assert_golden("doctor-terminal-80-no-color", shown)


def test_the_names_of_the_checks(program: Program) -> None:
    assert_golden("doctor-list", program("doctor", "--list").out)


def test_poisonous_rows(generated_database: Database) -> None:
    program = on(generated_database)
    assert_golden("doctor-poison", printed(program, generated_database, "--check", "jobs,images"))
    shown = at_a_terminal(program, 80, "doctor", "--check", "jobs,images")
    assert_golden("doctor-poison-terminal-80", shown.out)


def test_an_empty_database(databases: Databases) -> None:
    with databases.copy_of(databases.empty(Layout())) as database:
        assert_golden("doctor-empty", printed(on(database), database))


def test_a_database_of_something_else(empty_database: Callable[..., Database]) -> None:
    database = empty_database()
    with database.connect(autocommit=True) as conn:
        conn.execute(f"DROP TABLE {', '.join(TABLES)}, venue_data_providers")
    assert_golden("doctor-not-the-application", printed(on(database), database))


def test_a_role_that_may_only_select(
    sample_database: Database, limited_role: Callable[..., Program]
) -> None:
    name = f"limited_{conninfo_to_dict(sample_database.conninfo)['dbname']}"
    role = name.replace(str(conninfo_to_dict(sample_database.conninfo)["dbname"]), "DBNAME")
    shown = printed(limited_role(*TABLES), sample_database, role=role)
    assert_golden("doctor-read-only", shown)


def test_a_role_that_may_read_nothing(
    sample_database: Database, limited_role: Callable[..., Program]
) -> None:
    role = "limited_DBNAME"
    assert_golden("doctor-no-select", printed(limited_role(), sample_database, role=role))


def test_settings_with_wrong_names(readonly_sample_database: Database, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(
        '[workers]\nenrichment = "Photos.Fetch"\nretry = "Nowhere.Known"\n'
        '[queues]\nbackfill = "venue_backfil"\nenrichment = "photos"\n'
    )
    argv = ("doctor", "--check", "workers,queues", "--config", str(file))
    shown = at_a_terminal(on(readonly_sample_database), 80, *argv, NO_COLOR="1")
    assert shown.code == 4
    assert_golden("doctor-wrong-names-terminal-80", shown.out)


@pytest.mark.parametrize("version", OBAN_VERSIONS)
def test_every_migration_of_oban(empty_database: Callable[..., Database], version: int) -> None:
    database = empty_database(oban_version=version)
    shown = printed(on(database), database, "--check", "schema", "-o", "wide")
    assert_golden(f"doctor-oban-{version}", shown)


def test_no_connection() -> None:
    result = Program("postgresql://nobody@127.0.0.1:1/none")("doctor")
    assert_golden("doctor-no-connection", result.out + result.err + f"exit {result.code}\n")
