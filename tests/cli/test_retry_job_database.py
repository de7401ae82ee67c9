"""`retry job` and what may come between: roles, read-only servers, schemas, closed streams."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.cli.program import Program, on
from tests.cli.screen import Screen
from tests.cli.test_roles import SECTIONS, Roles
from tests.databases import Database, Databases

from venue_ops.demo.schema import Layout


@pytest.fixture
def program(sample_database: Database, tmp_path: Path) -> Program:
    config = tmp_path / "config.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\n')
    return replace(on(sample_database), env={"VENUE_OPS_CONFIG": str(config)})


@pytest.fixture
def rows(sample_database: Database) -> Iterator[Callable[..., list[dict[str, Any]]]]:
    """`rows(137, ...)`: job rows by their ids."""
    with sample_database.connect(autocommit=True) as conn:

        def read(*job_ids: int) -> list[dict[str, Any]]:
            found = conn.execute(
                "SELECT to_jsonb(j) FROM oban_jobs j WHERE id = ANY(%s) ORDER BY id",
                [list(job_ids)],
            ).fetchall()
            return [row[0] for row in found]

        yield read


Rows = Callable[..., list[dict[str, Any]]]


def test_a_reader_that_went_away_undoes_nothing(program: Program, rows: Rows) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = program.process("retry", "job", 137, capture_output=False, stdout=closed, stderr=-1)
    assert done.returncode == 0, done.stderr
    assert rows(137)[0]["state"] == "available"
    assert program("runs", "list", "-o", "json").data[0]["jobs"] == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_stdout_is_told_when_all_is_done(program: Program, rows: Rows) -> None:
    with Path("/dev/full").open("w") as full:
        done = program.process("retry", "job", 137, capture_output=False, stdout=full, stderr=-1)
    assert done.returncode == 1
    assert "1 job runs again." in done.stderr
    assert "No space left on device" in done.stderr
    assert rows(137)[0]["state"] == "available"


def test_nothing_is_begun_where_nothing_may_be_written(
    program: Program, sample_database: Database, rows: Rows
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(sample_database.conninfo)["dbname"]
    with sample_database.connect(autocommit=True) as conn:
        conn.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    for argv in (("job", 137), ("city", "krakow", "--jobs", "--yes")):
        refused = program("retry", *argv, env={"IMAGEKIT_PRIVATE_KEY": "private_x"})
        assert (refused.code, refused.out) == (4, "")
        assert "is read only" in refused.err
    assert program("retry", "job", 137, "--dry-run").code == 0
    assert rows(137)[0]["state"] == "discarded"
    assert program("runs", "list", "-o", "json").data == []


def test_the_role_that_enqueues_may_and_one_that_retries_images_may_not(
    program: Program, sample_database: Database, rows: Rows
) -> None:
    roles = Roles(sample_database)
    roles.run("To look")
    roles.run("To retry")
    try:
        writer = replace(program, url=roles.program("writer").url)
        refused = writer("retry", "job", 137, "--fresh")
        assert (refused.code, refused.out) == (4, "")
        assert "may not have jobs run again" in refused.err
        assert "GRANT UPDATE (state, args, max_attempts, " in refused.err
        assert "args" not in writer("retry", "job", 137).err
        assert rows(137)[0]["state"] == "discarded"
        roles.run(next(name for name in SECTIONS if name.startswith("To enqueue")))
        assert writer("retry", "job", 137, "--fresh").code == 0
        assert rows(137)[0]["state"] == "available"
    finally:
        roles.run("To take it away")


def test_at_a_terminal_it_asks(program: Program, rows: Rows) -> None:
    screen = Screen(program)
    for answer, code, state in (("n", 0, "discarded"), ("y", 0, "available")):
        with screen.run("retry", "job", "--all", "--venue", "browar-sessions", "--fresh"):
            assert "Running again 1 job of 1 venue, in " in screen.until("Go on?")
            screen.press(f"{answer}\r")
            assert screen.ended() == code
        assert ("Nothing was changed." in screen.text) is (answer == "n")
        assert rows(137)[0]["state"] == state
    with screen.run("retry", "job", 136):
        assert screen.ended() == 0
    assert "Go on?" not in screen.text


@pytest.mark.parametrize("version", [11, 14])
def test_another_schema_and_another_version(
    databases: Databases, tmp_path: Path, version: int
) -> None:
    layout = Layout(oban_schema="jobs", oban_version=version, extra_states=("dreaming",))
    config = tmp_path / "config.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\n')
    with databases.copy_of(databases.sample(layout)) as database:
        there = replace(on(database), env={"VENUE_OPS_CONFIG": str(config)})
        with database.connect(autocommit=True) as conn:
            conn.execute("UPDATE jobs.oban_jobs SET state = 'dreaming' WHERE id = 137")
            conn.execute('LISTEN "jobs.oban_insert"')
            done = there("retry", "job", 136, 127, "--fresh", "--oban-schema", "jobs")
            assert done.code == 0, done.err
            assert "another job of its venue is unfinished (137)" in done.err
            (heard,) = conn.notifies(timeout=5, stop_after=1)
            assert heard.payload == '{"queue" : "venue_enrichment"}'
            found = conn.execute(
                "SELECT id, CAST(state AS text), max_attempts FROM jobs.oban_jobs"
                " WHERE id = ANY('{136,127}') ORDER BY id"
            ).fetchall()
        assert found == [(127, "discarded", 3), (136, "available", 4)]
