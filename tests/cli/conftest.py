"""The program on the sample data, and on sample data where something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.cli.canaries import KNOWN, PLANTED, plant
from tests.cli.explaining import insert_job, insert_venue
from tests.cli.program import Program, on
from tests.cli.receipts import state_of
from tests.cli.retrying import cleared, in_world
from tests.cli.screen import Screen
from tests.databases import Database, Databases
from tests.rerunning import Rows
from tests.retrying import World, world

from venue_ops.core.retry.state import StateFolder


@pytest.fixture
def program(readonly_sample_database: Database) -> Program:
    """The program on the sample data, which it cannot change."""
    return on(readonly_sample_database)


@pytest.fixture
def slow(sample_database: Database) -> Iterator[Program]:
    """The sample, while another session holds its tables: every statement waits."""
    with sample_database.connect() as conn:
        conn.execute("LOCK TABLE oban_jobs, venues IN ACCESS EXCLUSIVE MODE")
        yield on(sample_database)


@pytest.fixture
def limited_role(sample_database: Database) -> Iterator[Callable[..., Program]]:
    """`limited_role("venues", ...)`: the program under a role that may read these tables."""
    role = sql.Identifier("limited_" + str(conninfo_to_dict(sample_database.conninfo)["dbname"]))
    with sample_database.connect(autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'gr4nted'").format(role))

        def make(*tables: str) -> Program:
            for table in tables:
                grant = sql.SQL("GRANT SELECT ON {} TO {}")
                conn.execute(grant.format(sql.Identifier(table), role))
            user = str(conninfo_to_dict(sample_database.conninfo)["user"])
            name = role.as_string().strip('"')
            return Program(sample_database.url.replace(f"//{user}", f"//{name}:gr4nted", 1))

        yield make
        conn.execute(sql.SQL("DROP OWNED BY {}").format(role))
        conn.execute(sql.SQL("DROP ROLE {}").format(role))


@pytest.fixture
def owner(sample_database: Database) -> Iterator[psycopg.Connection[Any]]:
    """Whoever looks after the database."""
    with sample_database.connect(autocommit=True) as conn:
        yield conn


@pytest.fixture
def sample(sample_database: Database) -> Program:
    """The program on the sample that `owner` changes."""
    return on(sample_database)


@pytest.fixture
def screen(generated_database: Database) -> Screen:
    """A terminal for the program, on data that fills it."""
    return Screen(on(generated_database))


@pytest.fixture
def pager(tmp_path: Path) -> Callable[[str], str]:
    """`pager("cat")`: a script with that body, in a folder with a blank, as PAGER has it."""

    def made(body: str) -> str:
        folder = tmp_path / "a folder"
        folder.mkdir(exist_ok=True)
        script = folder / "pager"
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)
        return f"'{script}'"

    return made


@pytest.fixture(scope="module")
def planted(databases: Databases) -> Iterator[Database]:
    """The sample, with every canary in every place that holds text from outside."""
    with databases.copy_of(databases.sample()) as database:
        plant(database, [*PLANTED, *(f"as {secret} said" for secret in KNOWN)])
        yield database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Empty; the program's cache is elsewhere."""
    made = tmp_path / "folder"
    made.mkdir()
    return made


@pytest.fixture
def world_of(sample_database: Database, tmp_path: Path) -> Iterator[World]:
    """Real servers and a database for retries, with no images and jobs but the test's."""
    cleared(sample_database)
    with world(sample_database, tmp_path) as made:
        yield made


@pytest.fixture
def retrier(world_of: World, tmp_path: Path) -> Program:
    """The program in that world."""
    return in_world(world_of, tmp_path, 'longest_wait = "1s"')


@pytest.fixture
def with_state(sample_database: Database, tmp_path: Path) -> Program:
    """The program on the sample, with a state folder of its own."""
    config = tmp_path / "config.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\n')
    return on(sample_database, env={"VENUE_OPS_CONFIG": str(config)})


@pytest.fixture
def rows(owner: psycopg.Connection[Any]) -> Rows:
    """`rows(137, ...)`: job rows by their ids."""

    def read(*job_ids: int) -> list[dict[str, Any]]:
        found = owner.execute(
            "SELECT to_jsonb(j) FROM oban_jobs j WHERE id = ANY(%s) ORDER BY id", [list(job_ids)]
        ).fetchall()
        return [row[0] for row in found]

    return read


@pytest.fixture
def kept(program: Program) -> StateFolder:
    """The state folder of `program`."""
    return state_of(program)


@pytest.fixture
def add_venue(owner: psycopg.Connection[Any]) -> Callable[..., str]:
    """`add_venue(image, ...)`: a venue with these images, for `sample`."""
    return partial(insert_venue, owner)


@pytest.fixture
def add_job(owner: psycopg.Connection[Any]) -> Callable[..., int]:
    """`add_job(state="executing", ...)`: a job of that venue."""
    return partial(insert_job, owner)
