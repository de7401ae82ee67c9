"""A run keeps each provider's pace whatever its concurrency, and nothing of ours uses up an
image's time (promise 9)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.databases import Database
from tests.retrying import World, world

from venue_ops.core.retry.outcomes import Result
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer, Request


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[World]:
    with world(sample_database, tmp_path) as made:
        yield made


def venues(here: World, many: int, images: int = 5) -> list[int]:
    return [here.venue(*(here.image(f"/{v}-{n}.jpg") for n in range(images))) for v in range(many)]


def most_in_a_second(here: World) -> int:
    heard = [request.at for request in here.provider_web.requests]
    return max(sum(first <= at < first + 1 for at in heard) for first in heard)


def test_no_window_holds_more_than_the_pace_when_answers_are_slow(here: World) -> None:
    """What the pace lets out goes out: it does not gather and then go out at once."""
    here.concurrency = 60
    here.rates["foursquare"] = 20.0
    here.limits = replace(here.limits, read=10, total=20)
    heard: list[float] = []

    def handler(request: Request) -> Answer:
        heard.append(time.monotonic())
        return Answer(200, png(request.path), delay=2.5 if len(heard) <= 20 else 0.0)

    here.provider_web._handler = handler
    summary, _ = here.retry(*venues(here, 20))
    assert summary.results[Result.UPLOADED] == 100
    assert most_in_a_second(here) <= 20


def test_a_download_has_all_of_its_time_however_many_there_are(here: World) -> None:
    here.concurrency = 60
    here.limits = replace(here.limits, read=2.5, total=2.5)
    here.provider_web._handler = lambda request: Answer(200, png(request.path), delay=1.0)
    summary, _ = here.retry(*venues(here, 12))
    assert summary.results[Result.UPLOADED] == 60
    assert summary.requests == len(here.provider_web.requests) == 60
