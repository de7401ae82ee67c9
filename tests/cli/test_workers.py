"""Two workers share the images of a queue; one is killed half-way, and the rest is finished."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import pytest
from tests.cli.program import Program
from tests.cli.retrying import cleared, in_world
from tests.cli.test_retry_interrupted import fill, slowly, whole_rows
from tests.databases import Database
from tests.enqueueing import jobs
from tests.retrying import World, world
from tests.soaked import Tell
from tests.working import ENQUEUE

pytest.importorskip("oban", reason="oban for Python wants Python 3.12")

CONCURRENCY = 2
RESCUE = "4s"


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[World]:
    cleared(sample_database)
    with world(sample_database, tmp_path) as made:
        yield made


def machine(here: World, folder: Path, name: str) -> Program:
    """The program on a machine of its own: another state folder, so other leases and journals."""
    own = folder / name
    own.mkdir()
    return in_world(here, own, f"concurrency = {CONCURRENCY}")


def start(program: Program) -> Popen[str]:
    """A worker that looks at its queue by the time this returns."""
    running = program.start("worker", "--jobs", "4", "--rescue-after", RESCUE, stdout=-3)
    assert running.stderr is not None
    assert running.stderr.readline().startswith("Working on ")
    return running


def wait_until_stored(here: World, many: int, running: list[Popen[str]]) -> None:
    while len(here.store.objects) < many:
        assert all(each.poll() is None for each in running)
        time.sleep(0.02)


def is_done(here: World) -> bool:
    return all(job["state"] == "completed" for job in jobs(here.database))


def share(here: World, folder: Path, images: int, delay: float, *, together: bool) -> str:
    """Promises 1, 2 and 16 with job rows: no dangling row, nothing missing, nothing twice."""
    here.provider_web._handler = slowly(delay)
    venues = fill(here, images)
    first = machine(here, folder, "first")
    second = first if together else machine(here, folder, "second")
    killed, kept = start(first), start(second)
    assert first(*ENQUEUE).code == 0
    wait_until_stored(here, images // 2, [killed, kept])
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    nodes = {job["attempted_by"][0] for job in jobs(here.database) if job["attempted_by"]}
    assert len(nodes) == 2
    written = whole_rows(here, venues)
    while not is_done(here):
        assert kept.poll() is None
        time.sleep(0.1)
    kept.terminate()
    _, err = kept.communicate(timeout=30)
    assert kept.returncode == 143, err
    assert whole_rows(here, venues) == images  # each with a retry_count of 1
    assert len(here.store.objects) == images
    assert {job["attempt"] for job in jobs(here.database)} <= {1, 2}
    extra = len(here.store.uploads) - images
    assert extra <= CONCURRENCY
    return (
        f"2 workers over {images:,} images, one killed at {written:,}: each image written once,"
        f" {extra} extra uploads of {CONCURRENCY} allowed"
    )


@pytest.mark.parametrize("together", [False, True], ids=["two machines", "one machine"])
def test_one_of_two_is_killed_and_the_other_finishes(
    here: World, tmp_path: Path, together: bool
) -> None:
    share(here, tmp_path, images=60, delay=0.15, together=together)


def test_1000_images(here: World, tmp_path: Path) -> None:
    """As one of two machines dies half-way; half a minute, in every run of the suite."""
    share(here, tmp_path, images=1_000, delay=0.05, together=False)


@pytest.mark.soak
@pytest.mark.parametrize("together", [False, True], ids=["two machines", "one machine"])
def test_1000_images_told(here: World, tmp_path: Path, told: Tell, together: bool) -> None:
    told(share(here, tmp_path, images=1_000, delay=0.05, together=together))


def test_three_that_enqueue_at_once_and_two_that_work(here: World, tmp_path: Path) -> None:
    """No venue has two rows, and no image is stored twice."""
    venues = fill(here, 30)
    programs = [machine(here, tmp_path, name) for name in ("first", "second")]
    enqueueing = [programs[n % 2].start(*ENQUEUE) for n in range(3)]
    for each in enqueueing:
        _, err = each.communicate(timeout=60)
        assert each.returncode == 0, err
    assert len(jobs(here.database)) == len(venues)
    working = [program.start("worker", "--drain") for program in programs]
    for each in working:
        _, err = each.communicate(timeout=60)
        assert each.returncode == 0, err
    assert whole_rows(here, venues) == 30 == len(here.store.uploads)
