"""Promise 20 for what is written: a database that fails in the middle of a run loses nothing.

Each fault comes while the first photo is fetched, so after its venue was read: the photo is
stored then, and its row cannot be written. The journal has it, and the next run writes it without
another upload.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.cli.program import Program, Result, on
from tests.cli.retrying import (
    at_the_first_request,
    cleared,
    in_world,
    nothing_was_asked,
    overwrite,
    statuses,
)
from tests.databases import DEFAULT_LAYOUT, Database, new_demo_directory
from tests.retrying import World, world

from venue_ops.demo.cluster import Cluster
from venue_ops.demo.sample import load_sample
from venue_ops.demo.schema import create_constraints, create_tables
from venue_ops.demo.web import Answer

TERMINATE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'venue-ops' AND datname = current_database()
"""
SLOW = """
    CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(30); RETURN NEW; END $$;
    CREATE TRIGGER slowly BEFORE UPDATE ON venues FOR EACH ROW EXECUTE FUNCTION slowly()
"""


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[World]:
    cleared(sample_database)
    with world(sample_database, tmp_path) as made:
        yield made


@pytest.fixture
def program(here: World, tmp_path: Path) -> Program:
    return in_world(here, tmp_path)


@pytest.fixture
def owner(here: World) -> Iterator[psycopg.Connection[Any]]:
    with here.database.connect(autocommit=True) as conn:
        yield conn


def name_of(here: World) -> sql.Identifier:
    return sql.Identifier(str(conninfo_to_dict(here.database.conninfo)["dbname"]))


def left(failed: Result) -> str:
    """The run ended with 4, its one image is stored and not written; what stderr says."""
    assert failed.code == 4
    (row,) = failed.data
    assert (row["result"], row["url"] is not None) == ("left", True)
    assert "the next run does" in row["message"]
    assert failed.err.count('"error"') == 1
    assert "What was stored is in the journal" in failed.err
    assert "Nothing was changed" not in failed.err
    return failed.err


def repaired(here: World, program: Program, venue: int) -> None:
    """The next run writes what was stored, and uploads nothing."""
    assert statuses(here, venue) == ["failed"]
    requests = len(here.provider_web.requests)
    done = program("retry", "venue", "noce", "-o", "json")
    assert (done.code, [row["result"] for row in done.data]) == (0, ["repaired"])
    assert statuses(here, venue) == ["uploaded"]
    assert (len(here.store.uploads), len(here.provider_web.requests)) == (1, requests)


def test_a_row_that_another_session_holds(here: World, program: Program) -> None:
    """It is waited for half as long as a statement may take, and told of as a lock."""
    venue = here.venue(here.image("/a.jpg"), slug="noce")
    with here.database.connect() as app:
        hold = "SELECT 1 FROM venues WHERE id = %s FOR UPDATE"
        at_the_first_request(here, lambda: app.execute(hold, [venue]))
        failed = program("retry", "venue", "noce", "-o", "json", "--statement-timeout", "1s")
        said = left(failed)
    assert "A lock on " in said
    assert "Another session may hold the row: look at pg_stat_activity." in said
    repaired(here, program, venue)


def test_the_roles_own_lock_timeout_is_respected(
    here: World, program: Program, owner: psycopg.Connection[Any]
) -> None:
    venue = here.venue(here.image("/a.jpg"), slug="noce")
    owner.execute(sql.SQL("ALTER DATABASE {} SET lock_timeout = '50ms'").format(name_of(here)))
    with here.database.connect() as app:
        hold = "SELECT 1 FROM venues WHERE id = %s FOR UPDATE"
        at_the_first_request(here, lambda: app.execute(hold, [venue]))
        assert "A lock on " in left(program("retry", "venue", "noce", "-o", "json"))
    repaired(here, program, venue)


def test_one_row_that_is_held_costs_no_other_image_its_outcome(
    here: World, program: Program
) -> None:
    """What is in flight is finished and written; the receipt knows of all of it."""
    held = here.venue(here.image("/a.jpg"), slug="noce")
    others = [here.venue(here.image(f"/{n}.jpg")) for n in range(4)]
    with here.database.connect() as app:
        hold = "SELECT 1 FROM venues WHERE id = %s FOR UPDATE"
        at_the_first_request(here, lambda: app.execute(hold, [held]))
        failed = program("sweep", "-o", "json", "--statement-timeout", "2s")
    assert failed.code == 4
    assert sorted(row["result"] for row in failed.data) == ["left", *["uploaded"] * 4]
    assert {tuple(statuses(here, venue)) for venue in others} == {("uploaded",)}
    (run,) = program("runs", "list", "-o", "json").data
    shown = program("runs", "show", run["id"], "-o", "json").data
    assert (run["stopped"], shown["requests"], shown["uploads"]) == ("own_fault", 5, 5)


def test_a_statement_that_takes_too_long(
    here: World, program: Program, owner: psycopg.Connection[Any]
) -> None:
    venue = here.venue(here.image("/a.jpg"), slug="noce")
    at_the_first_request(here, lambda: owner.execute(SLOW))
    failed = program("retry", "venue", "noce", "-o", "json", "--statement-timeout", "1s")
    assert "took longer than the statement timeout" in left(failed)
    owner.execute("DROP FUNCTION slowly CASCADE")
    repaired(here, program, venue)


def test_the_connection_breaks(
    here: World, program: Program, owner: psycopg.Connection[Any]
) -> None:
    venue = here.venue(here.image("/a.jpg"), slug="noce")
    at_the_first_request(here, lambda: owner.execute(TERMINATE))
    assert "The connection to " in left(program("retry", "venue", "noce", "-o", "json"))
    repaired(here, program, venue)


def test_the_server_becomes_one_that_may_only_be_read(
    here: World, program: Program, owner: psycopg.Connection[Any]
) -> None:
    """As after a failover: the connections are gone, and who answers refuses to write."""
    venue = here.venue(here.image("/a.jpg"), here.image("/b.jpg"), slug="noce")
    read_only = sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}")

    def fail_over() -> None:
        owner.execute(read_only.format(name_of(here), sql.SQL("on")))
        owner.execute(TERMINATE)

    at_the_first_request(here, fail_over)
    failed = program("retry", "venue", "noce", "-o", "json", "--concurrency", "1")
    assert failed.code == 4
    assert "left" in {row["result"] for row in failed.data}
    assert statuses(here, venue) == ["failed", "failed"]
    owner.execute("SET default_transaction_read_only = off")
    owner.execute(read_only.format(name_of(here), sql.SQL("off")))
    assert program("retry", "venue", "noce").code == 0
    assert statuses(here, venue) == ["uploaded", "uploaded"]
    assert len(here.store.uploads) == 2


def test_a_failure_that_cannot_be_written_is_tried_again(
    here: World, program: Program, owner: psycopg.Connection[Any]
) -> None:
    here.provider.scripts["/a.jpg"] = [Answer(404), Answer(404)]
    venue = here.venue(here.image("/a.jpg"), slug="noce")
    at_the_first_request(here, lambda: owner.execute(TERMINATE))
    failed = program("retry", "venue", "noce", "-o", "json")
    assert (failed.code, [row["result"] for row in failed.data]) == (4, ["left"])
    assert statuses(here, venue) == ["failed"]
    assert program("retry", "venue", "noce").code == 5
    assert statuses(here, venue) == ["permanently_failed"]


@pytest.mark.parametrize(
    "argv",
    [("retry", "venue", "noce"), ("retry", "city", "krakow", "--yes"), ("sweep",), ("reconcile",)],
    ids=" ".join,
)
def test_a_database_that_may_only_be_read_is_refused_before_anything_is_asked(
    here: World, program: Program, owner: psycopg.Connection[Any], argv: tuple[str, ...]
) -> None:
    venue = here.venue(here.image("/a.jpg"), slug="noce")
    read_only = "ALTER DATABASE {} SET default_transaction_read_only = on"
    owner.execute(sql.SQL(read_only).format(name_of(here)))
    refused = program(*argv)
    assert (refused.code, refused.out) == (4, "")
    error, hint = refused.err.splitlines()
    assert error.endswith("(default_transaction_read_only).")
    assert hint.endswith("or look with --dry-run.")
    assert nothing_was_asked(here)
    assert statuses(here, venue) == ["failed"]
    assert program(*argv, "--dry-run").code == 0


@pytest.fixture
def standby() -> Iterator[Database]:
    """A server that follows another (which is not there), with the sample as of before."""
    with new_demo_directory() as directory:
        cluster = Cluster(directory / "postgres", {"listen_addresses": "", "fsync": "off"})
        database = Database(cluster.start().conninfo("postgres"))
        with database.connect() as conn:
            create_tables(conn, DEFAULT_LAYOUT)
            create_constraints(conn, DEFAULT_LAYOUT)
            load_sample(conn, now=database.now)
        cluster.stop()
        (cluster.directory / "standby.signal").touch()
        yield Database(cluster.start().conninfo("postgres"))


def test_a_standby(standby: Database, here: World, tmp_path: Path) -> None:
    """It answers every question, and is refused by its name before a photo is asked for."""
    program = in_world(here, tmp_path)
    on_standby = Program(standby.url, env=program.env)
    for argv in (("retry", "venue", "noce-krk"), ("sweep",), ("reconcile",)):
        refused = on_standby(*argv)
        assert (refused.code, refused.out) == (4, "")
        assert refused.err.splitlines()[0].endswith(" is a standby, which may only be read.")
        assert "Point the settings at the primary server" in refused.err
        assert on_standby(*argv, "--dry-run").code == 0
    assert nothing_was_asked(here)
    assert "the server is a replica" in on(standby)("doctor").out


def test_a_venue_that_is_deleted_while_its_photo_is_fetched(
    here: World, program: Program, owner: psycopg.Connection[Any]
) -> None:
    """No fault of anybody's: told of, and nothing else of the run is touched."""
    gone = here.venue(here.image("/a.jpg"), slug="noce")
    other = here.venue(here.image("/b.jpg"), slug="mleko")
    delete = "DELETE FROM venues WHERE id = %s"
    at_the_first_request(here, lambda: owner.execute(delete, [gone]), "/a.jpg")
    done = program("sweep", "-o", "json", "--concurrency", "1")
    assert done.code == 0
    results = {row["venue"]: (row["result"], row["message"]) for row in done.data}
    assert results == {
        "noce": ("changed", "it changed while it was fetched"),
        "mleko": ("uploaded", None),
    }
    assert statuses(here, other) == ["uploaded"]
    found = program("reconcile", "-o", "json")
    assert (found.code, [row["found"] for row in found.data]) == (0, ["venue_gone"])
    assert program("retry", "venue", "noce").code == 3


def test_a_city_that_is_deleted_in_the_middle_of_its_run(
    here: World, program: Program, owner: psycopg.Connection[Any]
) -> None:
    for n in range(3):
        here.venue(here.image(f"/{n}.jpg"))

    def delete() -> None:
        owner.execute(
            "DELETE FROM venues USING cities c WHERE c.id = city_id AND c.slug = 'krakow'"
        )
        owner.execute("DELETE FROM cities WHERE slug = 'krakow'")

    at_the_first_request(here, delete)
    done = program("retry", "city", "krakow", "--yes", "-o", "json", "--concurrency", "1")
    assert done.code == 0
    assert {row["result"] for row in done.data} == {"changed"}
    assert program("retry", "city", "krakow", "--yes").code == 3


def test_a_row_that_is_held_while_it_is_reconciled(here: World, program: Program) -> None:
    """Nothing is uploaded, the row is as it was, and the next time repairs it."""
    venue = here.venue(here.image("/a.jpg"), slug="noce")
    stale = here.images(venue)
    assert program("retry", "venue", "noce").code == 0
    overwrite(here, venue, stale)
    with here.database.connect() as app:
        app.execute("SELECT 1 FROM venues WHERE id = %s FOR UPDATE", [venue])
        failed = program("reconcile", "--statement-timeout", "1s")
    assert failed.code == 4
    assert "A lock on " in failed.err
    assert statuses(here, venue) == ["failed"]
    assert program("reconcile").code == 0
    assert statuses(here, venue) == ["uploaded"]
    assert len(here.store.uploads) == 1
