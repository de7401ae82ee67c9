"""`retry job` and what may come between: roles, read-only servers, schemas, closed streams."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.cli import schemas
from tests.cli.program import Program, on
from tests.cli.receipts import state_of
from tests.cli.screen import Screen
from tests.cli.test_roles import SECTIONS, Roles
from tests.databases import Database, Databases
from tests.rerunning import Rows

from venue_ops.core.db import connection
from venue_ops.core.db.locks import LOCK
from venue_ops.core.errors import ConfigurationError
from venue_ops.core.retry.receipts import ReceiptWriter
from venue_ops.core.services.rerunning import Rerunning, jobs_of
from venue_ops.demo.schema import Layout


@pytest.fixture
def program(with_state: Program) -> Program:
    return with_state


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


def at_the_commit(database: Database, happens: str) -> None:
    """Have something happen between what a run does and whatever it would do next."""
    with database.connect(autocommit=True) as conn:
        conn.execute(
            "CREATE FUNCTION happens() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {happens}; RETURN NULL; END $$"
        )
        conn.execute(
            "CREATE CONSTRAINT TRIGGER at_the_commit AFTER UPDATE ON oban_jobs"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION happens()"
        )


@pytest.mark.parametrize(
    "happens",
    [
        "DELETE FROM oban_jobs WHERE id = NEW.id",
        "ALTER TABLE IF EXISTS cities RENAME TO gone",
    ],
)
def test_what_comes_after_the_commit_hides_no_job(
    program: Program, sample_database: Database, happens: str
) -> None:
    """A node may have run and pruned a row by then, or the database be gone."""
    at_the_commit(sample_database, happens)
    done = program("retry", "job", 137, 136, "-o", "json")
    assert done.code == 0, done.err
    assert [(row["id"], row["result"]) for row in done.data] == [(137, "rerun"), (136, "rerun")]
    assert receipted(program) == [(137, "rerun"), (136, "rerun")]


def test_a_job_that_is_gone_when_it_comes_to_it_is_left(
    program: Program, sample_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pruned before it is read, or after that and before it is changed."""
    for name, called, job in (
        ("venue_ops.listings.jobs_done.jobs_of", jobs_of, 137),
        ("venue_ops.core.services.rerunning.Rerunning.rerun", Rerunning.rerun, 136),
    ):

        def prune(*given: Any, called: Callable[..., Any] = called, job: int = job) -> Any:
            with sample_database.connect(autocommit=True) as conn:
                conn.execute("DELETE FROM oban_jobs WHERE id = %s", [job])
            return called(*given)

        monkeypatch.setattr(name, prune)
    done = program("retry", "job", 137, 136, 129, "-o", "json")
    assert done.code == 0, done.err
    schemas.assert_list(json.loads(done.out), "reruns")
    expected = [(137, "left"), (136, "left"), (129, "rerun")]
    assert [(row["id"], row["result"]) for row in done.data] == expected
    assert {row["reason"] for row in done.data[:2]} == {"changed"}
    assert receipted(program) == expected
    assert "1 job runs again, 2 left as they changed meanwhile." in done.err


@pytest.mark.parametrize("at", ["the commit", "the receipt"])
def test_a_signal_at_the_commit_hides_no_job(
    program: Program, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    of, name = (connection.Database, "tell") if at == "the commit" else (ReceiptWriter, "job")
    real, heard = getattr(of, name), list[int]()

    def interrupted(*args: Any, **options: Any) -> Any:
        done = real(*args, **options)
        if not heard:
            heard.append(1)
            signal.raise_signal(signal.SIGINT)
        return done

    monkeypatch.setattr(of, name, interrupted)
    done = program("retry", "job", 137, 136, "-o", "json")
    assert done.code == 130
    assert [(row["id"], row["result"]) for row in done.data] == [(137, "rerun"), (136, "rerun")]
    assert receipted(program) == [(137, "rerun"), (136, "rerun")]


@pytest.mark.parametrize("signals", [1, 2])
def test_a_second_signal_does_not_wait(
    program: Program, rows: Rows, owner: psycopg.Connection[Any], signals: int
) -> None:
    """The first lets the transaction end, which may wait for another process here."""
    owner.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    process = program.start("retry", "job", 137, "--statement-timeout", 0)  # waits for ever
    here = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    waiting = f"SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND {here}"
    while owner.execute(waiting).fetchone() is None:
        assert process.poll() is None
        time.sleep(0.05)
    for _ in range(signals):
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    if signals == 1:
        assert process.poll() is None
        owner.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert ("rerun" in out) is (signals == 1)
    assert "Stopping after this transaction; a second Ctrl-C stops at once." in err
    assert rows(137)[0]["state"] == ("available" if signals == 1 else "discarded")


def test_a_receipt_that_is_full_hides_no_job(
    program: Program, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise ConfigurationError("The receipt of the run cannot be written: it is full.")

    monkeypatch.setattr(ReceiptWriter, "job", full)
    done = program("retry", "job", 137, 136, "-o", "json")
    assert done.code == 4
    assert "cannot be written: it is full." in done.err
    assert [(row["id"], row["result"]) for row in done.data] == [(137, "rerun"), (136, "rerun")]
    assert {row["state"] for row in rows(136, 137)} == {"available"}


def receipted(program: Program) -> list[tuple[int, str]]:
    """The jobs of the only run, and their results."""
    (file,) = state_of(program).runs.glob("*.jsonl")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [(line["job_id"], line["result"]) for line in lines if line["kind"] == "job"]


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


@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("\x04", 130)], ids=["^C", "^D"])
def test_whoever_leaves_the_question_changes_nothing(
    program: Program, rows: Rows, key: str, code: int
) -> None:
    """The shell's prompt then has a line of its own."""
    screen = Screen(program)
    with screen.run("retry", "job", "--all", "--venue", "browar-sessions"):
        screen.until("Go on? [y/N]: ")
        screen.press(key)
        assert screen.ended() == code
    assert screen.text.endswith("\r\n")
    assert rows(137)[0]["state"] == "discarded"


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
