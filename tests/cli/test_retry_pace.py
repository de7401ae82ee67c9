"""Whole runs at one provider at once keep its pace, by the provider's own clock (promise 9)."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.program import Program
from tests.cli.retrying import cleared, in_world
from tests.databases import Database
from tests.retrying import World, world
from tests.soaked import Tell

from venue_ops.core.planning import has_failed
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer

RATE, RUNS, IMAGES_A_VENUE = 10, 3, 5
SLOWLY = 0.5
"""Seconds to an answer."""


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[World]:
    cleared(sample_database)
    with world(sample_database, tmp_path) as made:
        made.provider_web._handler = lambda request: Answer(200, png(request.path), delay=SLOWLY)
        yield made


@pytest.fixture
def program(here: World, tmp_path: Path) -> Program:
    return in_world(here, tmp_path, pace=RATE)


def most_in_a_second(heard: list[float]) -> int:
    return max(bisect_right(heard, at + 1.0) - place for place, at in enumerate(heard))


def keep_pace(here: World, program: Program, images: int) -> str:
    """Several venues and several runs; a run that has come too late finds nothing to do."""
    venues = [
        here.venue(*(here.image(f"/{venue}-{n}.jpg") for n in range(IMAGES_A_VENUE)))
        for venue in range(images // IMAGES_A_VENUE)
    ]
    began = time.monotonic()
    running = [program.start("sweep", stdout=-3) for _ in range(RUNS)]
    for each in running:
        _, err = each.communicate(timeout=300)
        assert each.returncode == 0, err
    heard = sorted(request.at for request in here.provider_web.requests)
    assert not any(has_failed(image) for found in here.images_of(venues) for image in found)
    assert len(heard) == images
    assert began < heard[0]
    most = most_in_a_second(heard)
    assert most <= RATE
    share = (images - 1) / (heard[-1] - heard[0]) / RATE
    return (
        f"{RUNS} runs at once, {images} images at {RATE}/s: at most {most} requests in any second,"
        f" {share:.1%} of the pace"
    )


def test_three_runs_keep_the_pace_of_one(here: World, program: Program) -> None:
    keep_pace(here, program, images=40)


@pytest.mark.soak
def test_three_runs_keep_the_pace_over_500_images(
    here: World, program: Program, told: Tell
) -> None:
    told(keep_pace(here, program, images=500))
