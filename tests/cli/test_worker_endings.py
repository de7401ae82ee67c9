"""How `venue-ops worker` ends: by a signal or two, and what it leaves behind."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable

import pytest
from psycopg import sql
from tests.cli.program import Program, on
from tests.cli.retrying import statuses
from tests.databases import Database
from tests.enqueueing import RETRY_WORKER
from tests.retrying import World
from tests.working import ENQUEUE, fill, states

from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer

pytest.importorskip("oban", reason="oban for Python wants Python 3.12")


@pytest.fixture
def worker(retrier: Program) -> Program:
    return retrier


def begun(here: World) -> None:
    """Wait until the worker is at an image."""
    while not here.provider_web.requests:
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_nothing_executing(
    worker: Program, world_of: World, number: signal.Signals
) -> None:
    world_of.provider_web._handler = lambda request: Answer(200, png(request.path), delay=0.3)
    venues = fill(world_of, 12)
    worker(*ENQUEUE)
    running = worker.start("worker", "--jobs", "3")
    begun(world_of)
    running.send_signal(number)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 128 + number, err
    assert "Stopping: finishing what is in flight; a second Ctrl-C stops at once.\n" in err
    uploaded = [statuses(world_of, venue) for venue in venues].count(["uploaded"])
    assert 0 < uploaded == len(world_of.store.uploads) < 12
    assert states(world_of).count("completed") == uploaded
    assert set(states(world_of)) <= {"completed", "available", "scheduled"}
    assert worker("worker", "--drain").code == 0
    assert len(world_of.store.uploads) == 12


def test_a_second_signal_stops_at_once(worker: Program, world_of: World) -> None:
    world_of.provider_web._handler = lambda request: Answer(200, png(request.path), delay=30)
    (venue,) = fill(world_of, 1)
    worker(*ENQUEUE)
    running = worker.start("worker")
    begun(world_of)
    running.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert running.poll() is None
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=10)
    assert running.returncode == 130, err
    assert "Traceback" not in err
    assert states(world_of) == ["executing"]
    assert statuses(world_of, venue) == ["failed"]


def test_it_waits_for_what_comes(worker: Program, world_of: World) -> None:
    running = worker.start("worker", "-o", "ndjson")
    (venue,) = fill(world_of, 1)
    worker(*ENQUEUE)
    while statuses(world_of, venue) != ["uploaded"]:
        assert running.poll() is None
        time.sleep(0.05)
    running.terminate()
    out, err = running.communicate(timeout=10)
    assert running.returncode == 143, err
    assert json.loads(out)["id"].startswith("noce-0/")


def test_oban_in_a_schema_of_its_own(empty_database: Callable[..., Database]) -> None:
    odd = 'Private "50%" oban'
    database = empty_database(oban_schema=odd, oban_version=14)
    program = on(database, env={"VENUE_OPS_OBAN_SCHEMA": odd, "IMAGEKIT_PRIVATE_KEY": "x"})
    with database.connect(autocommit=True) as conn:
        conn.execute(
            sql.SQL(
                "INSERT INTO {}.oban_jobs (state, queue, worker, args) VALUES"
                " ('available', 'venue_ops_retry', {}, '{{}}')"
            ).format(sql.Identifier(odd), sql.Literal(RETRY_WORKER))
        )
    done = program("worker", "--drain")
    assert done.code == 0, done.err
    with database.connect() as conn:
        row = conn.execute(
            sql.SQL("SELECT state::text FROM {}.oban_jobs").format(sql.Identifier(odd))
        ).fetchone()
    assert row == ("cancelled",)
