"""Whatever kills a run, nothing is half-written, and the next run finishes the work."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest
from tests.cli.program import Program
from tests.cli.retrying import cleared, in_world
from tests.databases import Database
from tests.retrying import World, world
from tests.soaked import Tell

from venue_ops.core.planning import has_failed
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer, Request

CONCURRENCY = 2
IMAGES_A_VENUE = 5


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[World]:
    cleared(sample_database)
    with world(sample_database, tmp_path) as made:
        made.provider_web._handler = slowly(0.15)
        yield made


def slowly(delay: float) -> Callable[[Request], Answer]:
    return lambda request: Answer(200, png(request.path), delay=delay)


@pytest.fixture
def program(here: World, tmp_path: Path) -> Program:
    return in_world(here, tmp_path, f"concurrency = {CONCURRENCY}")


def fill(here: World, images: int) -> list[int]:
    return [
        here.venue(*(here.image(f"/{venue}-{n}.jpg") for n in range(IMAGES_A_VENUE)))
        for venue in range(images // IMAGES_A_VENUE)
    ]


def whole_rows(here: World, venues: list[int]) -> int:
    """How many images are uploaded; every element is as it was, or stored and whole."""
    uploaded = 0
    for images in here.images_of(venues):
        assert len(images) == IMAGES_A_VENUE
        for image in images:
            if has_failed(image):
                assert image["url"] == image["provider_url"]
                assert image["error_details"]["error_type"] == "rate_limited"
                assert "retry_count" not in image
            else:
                uploaded += 1
                assert image["imagekit_path"] in here.store.objects  # never dangling
                assert image["retry_count"] == 1
    return uploaded


def begun(here: World, running: Popen[str]) -> bool:
    """Wait until a run is at its images; whether it is, and has not ended."""
    before = len(here.provider_web.requests)
    while running.poll() is None and len(here.provider_web.requests) == before:
        time.sleep(0.01)
    return running.poll() is None


def kill_at_random(here: World, program: Program, kills: int, images: int) -> str:
    """Promises 1 and 2: one kill in ten comes while it starts, the others while it works."""
    chance = random.Random(17)
    venues = fill(here, images)
    killed = 0
    for number in range(kills):
        running = program.start("sweep", stdout=-3, stderr=-3)
        if number % 10 == 9 or begun(here, running):
            time.sleep(chance.uniform(0.0, 0.6))
        killed += running.poll() is None
        running.kill()
        running.wait()
        written = whole_rows(here, venues)
    assert killed >= kills * 0.9
    assert program.process("sweep", timeout=300).returncode == 0
    assert whole_rows(here, venues) == images
    assert len(here.store.objects) == images
    extra = len(here.store.uploads) - images
    assert extra <= killed * CONCURRENCY
    return (
        f"{killed} kills over {images:,} images ({written:,} written by then): 0 dangling rows,"
        f" 0 images missing, {extra} extra uploads of {killed * CONCURRENCY} allowed"
    )


def test_killed_at_random_moments(here: World, program: Program) -> None:
    kill_at_random(here, program, kills=5, images=60)


@pytest.mark.soak
def test_killed_200_times_over_1000_images(here: World, program: Program, told: Tell) -> None:
    told(kill_at_random(here, program, kills=200, images=1_000))


def signal_at_random(here: World, program: Program, signals: int, images: int) -> str:
    """Promise 15: what is in flight is finished and written, and the receipt is closed."""
    chance = random.Random(18)
    venues = fill(here, images)
    for _ in range(signals):
        number = chance.choice([signal.SIGINT, signal.SIGTERM])
        running = program.start("sweep", "-o", "ndjson")
        assert begun(here, running)
        time.sleep(chance.uniform(0.0, 0.6))
        running.send_signal(number)
        out, err = running.communicate(timeout=60)
        assert running.returncode == 128 + number, err
        found = [json.loads(line)["result"] for line in out.splitlines()]
        assert set(found) <= {"uploaded", "left"}
        assert whole_rows(here, venues) == len(here.store.objects) == len(here.store.uploads)
    written = whole_rows(here, venues)
    assert program.process("sweep", timeout=300).returncode == 0
    assert whole_rows(here, venues) == images == len(here.store.uploads)
    return (
        f"{signals} signals over {images:,} images ({written:,} written by then): each ended by"
        " 130 or 143, 0 half-written rows, 0 extra uploads"
    )


def test_signals_at_random_moments(here: World, program: Program) -> None:
    signal_at_random(here, program, signals=4, images=60)


@pytest.mark.soak
def test_50_signals(here: World, program: Program, told: Tell) -> None:
    told(signal_at_random(here, program, signals=50, images=1_000))


def test_a_second_signal_stops_at_once(here: World, program: Program) -> None:
    here.provider_web._handler = slowly(30)
    venues = fill(here, 10)
    running = program.start("sweep")
    while not here.provider_web.requests:
        time.sleep(0.05)
        assert running.poll() is None
    running.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert running.poll() is None
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=10)
    assert running.returncode == 130
    assert "Finishing what is in flight; a second Ctrl-C stops at once.\n" in err
    assert whole_rows(here, venues) == 0
    (run,) = program("runs", "list", "-o", "json").data
    assert run["stopped"] == "signal"


def overlap(here: World, program: Program, runs: int, images: int) -> str:
    """Promise 16 on one machine: runs share the work, and each image is stored once."""
    venues = fill(here, images)
    running = [program.start("sweep", "-o", "ndjson") for _ in range(runs)]
    results: list[str] = []
    for each in running:
        out, err = each.communicate(timeout=300)
        assert each.returncode == 0, err
        results += [json.loads(line)["result"] for line in out.splitlines()]
    assert whole_rows(here, venues) == images
    assert len(here.store.uploads) == images
    assert results.count("uploaded") == images
    assert set(results) <= {"uploaded", "busy", "changed"}
    return f"{runs} runs at once over {images:,} images: {images:,} uploads, each image once"


def test_runs_that_overlap_share_the_work(here: World, program: Program) -> None:
    here.provider_web._handler = slowly(0.02)
    overlap(here, program, runs=3, images=60)


@pytest.mark.soak
def test_five_runs_at_once(here: World, program: Program, told: Tell) -> None:
    told(overlap(here, program, runs=5, images=1_000))


def terminate_backends(here: World, program: Program, terminations: int, images: int) -> str:
    """Promise 20: a database that goes away mid-run is exit 4 in one sentence; nothing is lost."""
    chance = random.Random(19)
    venues = fill(here, images)
    done = runs = broken = 0
    while done < terminations and whole_rows(here, venues) < images:
        running = program.start("sweep", stdout=-3)
        if begun(here, running):
            time.sleep(chance.uniform(0.0, 0.4))
        done, runs = done + terminated(here), runs + 1
        _, err = running.communicate(timeout=60)
        assert running.returncode in (0, 4), err
        if running.returncode == 4:
            broken += 1
            assert err.count("error: ") == err.count("hint: ") == 1
            assert "Traceback" not in err
        written = whole_rows(here, venues)
    assert broken > 0
    assert done >= terminations
    assert program.process("sweep", timeout=300).returncode == 0
    assert whole_rows(here, venues) == images == len(here.store.uploads)
    return (
        f"{done} backends terminated in {runs} runs over {images:,} images ({written:,} written by"
        " then): exit 4 in one sentence, nothing lost, 0 extra uploads"
    )


def terminated(here: World) -> int:
    """How many connections of the program were ended."""
    with here.database.connect(autocommit=True) as conn:
        row = conn.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'venue-ops' AND datname = current_database()"
        ).fetchone()
    assert row
    return int(row[0])


def test_the_database_goes_away_mid_run(here: World, program: Program) -> None:
    terminate_backends(here, program, terminations=6, images=60)


@pytest.mark.soak
def test_100_terminated_backends(here: World, program: Program, told: Tell) -> None:
    told(terminate_backends(here, program, terminations=100, images=1_000))
