"""The SQL of docs/how-to/roles.md makes roles that can do what the page says, and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.cli.program import Program, on
from tests.cli.test_read_only import COMMANDS, DRY_RUNS
from tests.databases import Database

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "roles.md"
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.M | re.S))
BLOCK = re.compile(r"^```sql\n(.*?)^```", re.DOTALL | re.MULTILINE)
FORBIDDEN_TO_ALL = (
    "DELETE FROM venues",
    "DELETE FROM oban_jobs",
    "TRUNCATE oban_jobs",
    "UPDATE venues SET name = 'x'",
    "UPDATE oban_jobs SET worker = 'x'",
    "UPDATE cities SET name = 'x'",
    "INSERT INTO venues (name) VALUES ('x')",
    "CREATE TABLE mine (id int)",
    "DROP TABLE venues",
    "ALTER TABLE venues ADD COLUMN mine int",
)
RETRIES = ("UPDATE venues SET venue_images = venue_images, updated_at = updated_at WHERE id = 1",)
ENQUEUES = (
    "INSERT INTO oban_jobs (state, queue, worker, args, tags, max_attempts, priority)"
    " VALUES ('available', 'venue_enrichment', 'A.Worker', '{}', '{run}', 1, 2)",
    "UPDATE oban_jobs SET state = 'available', max_attempts = greatest(max_attempts, attempt + 1),"
    " scheduled_at = now(), discarded_at = NULL, args = args WHERE id = 1",
)


class Roles:
    """The page's SQL on one database, with names of its own: roles are the whole server's."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.name = str(conninfo_to_dict(database.conninfo)["dbname"])

    def run(self, section: str) -> None:
        """Every SQL block of a section, as the owner."""
        for block in BLOCK.findall(SECTIONS[section]):
            with self.database.connect() as conn:
                conn.execute(self.here(block))

    def here(self, text: str) -> Any:
        """The page's text with this database's names."""
        renamed = re.sub(r"\bvenue_ops_(reader|writer)\b", rf"{self.name}_\1", text)
        return sql.SQL(renamed.replace("DATABASE eventasaurus", f"DATABASE {self.name}"))

    def program(self, role: str) -> Program:
        """The program under a role."""
        user = str(conninfo_to_dict(self.database.conninfo)["user"])
        return Program(self.database.url.replace(f"//{user}", f"//{self.name}_{role}", 1))

    def connect(self, role: str) -> psycopg.Connection[Any]:
        """A connection under a role, whose transactions may write if the role may."""
        conninfo = make_conninfo(self.database.conninfo, user=f"{self.name}_{role}")
        conn = psycopg.connect(conninfo, autocommit=True)
        conn.execute("SET default_transaction_read_only = off")
        return conn


@pytest.fixture
def roles(sample_database: Database) -> Iterator[Roles]:
    made = Roles(sample_database)
    made.run("To look")
    made.run("To retry")
    yield made
    made.run("To take it away")


def test_the_page_has_all_that_is_tested() -> None:
    assert [len(BLOCK.findall(text)) for text in SECTIONS.values()] == [2, 1, 1, 1]


def test_every_command_works_for_the_reader(roles: Roles) -> None:
    reader, owner = roles.program("reader"), on(roles.database)
    for argv in COMMANDS:
        assert reader(*argv) == owner(*argv), argv
    for argv in DRY_RUNS:
        assert reader(*argv).out == owner(*argv).out, argv


@pytest.mark.parametrize("role", ["reader", "writer"])
def test_what_no_role_may_do(roles: Roles, role: str) -> None:
    roles.run("To enqueue")
    refused(roles, role, FORBIDDEN_TO_ALL)


def test_each_role_may_write_what_the_page_names_and_no_more(roles: Roles) -> None:
    refused(roles, "reader", RETRIES + ENQUEUES)
    allowed(roles, "writer", RETRIES)
    refused(roles, "writer", ENQUEUES)
    roles.run("To enqueue")
    allowed(roles, "writer", RETRIES + ENQUEUES)
    refused(roles, "reader", RETRIES + ENQUEUES)


def allowed(roles: Roles, role: str, statements: Sequence[LiteralString]) -> None:
    with roles.connect(role) as conn:
        for statement in statements:
            conn.execute(sql.SQL(statement))


def refused(roles: Roles, role: str, statements: Sequence[LiteralString]) -> None:
    with roles.connect(role) as conn:
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(sql.SQL(statement))


def test_the_readers_transactions_are_read_only_by_themselves(roles: Roles) -> None:
    conninfo = make_conninfo(roles.database.conninfo, user=f"{roles.name}_reader")
    with psycopg.connect(conninfo) as conn:
        row = conn.execute("SHOW default_transaction_read_only").fetchone()
        assert row == ("on",)


def test_nothing_stays_behind(sample_database: Database) -> None:
    made = Roles(sample_database)
    for section in SECTIONS:
        made.run(section)
    with sample_database.connect() as conn:
        found = conn.execute(
            "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [made.name]
        )
        assert found.fetchall() == []
