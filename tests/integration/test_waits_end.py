"""A wait ends when the run does, and its image is left as it was."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.databases import Database
from tests.retrying import World, world

from venue_ops.core.retry.execution import Execution
from venue_ops.core.retry.outcomes import Stop
from venue_ops.core.retry.run import Budget
from venue_ops.demo.web import Answer

MOMENTS = 5.0
"""Seconds that no wait below is as short as."""


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[World]:
    with world(sample_database, tmp_path) as made:
        made.tries = replace(made.tries, longest_wait=300)
        yield made


def ends_soon(here: World, *images: dict[str, object]) -> None:
    venue = here.venue(*images)
    before, began = here.images(venue), time.monotonic()
    summary, outcomes = here.retry(venue, budget=Budget(seconds=1))
    assert time.monotonic() - began < MOMENTS
    assert summary.stopped is Stop.MAX_DURATION
    assert {str(each.result) for each in outcomes} == {"left"}
    assert {each.message for each in outcomes} == {"the run ended before its turn"}
    assert here.images(venue) == before


def test_what_a_provider_asked_to_wait(here: World) -> None:
    here.provider.scripts["/a.jpg"] = [Answer(503, b"", {"Retry-After": "30"})]
    ends_soon(here, here.image("/a.jpg"))


def test_a_pause_between_tries(here: World) -> None:
    here.tries = replace(here.tries, first_wait=60, longest_step=60)
    here.provider.scripts["/a.jpg"] = [Answer(503)]
    ends_soon(here, here.image("/a.jpg"))


def test_what_the_store_asked_to_wait(here: World) -> None:
    here.store.faults = [Answer(429, b"", {"Retry-After": "30"})] * 9
    ends_soon(here, here.image("/a.jpg"), here.image("/b.jpg"))


def test_a_turn_that_comes_late(here: World) -> None:
    here.rates["foursquare"] = 0.03
    venue = here.venue(here.image("/a.jpg"), here.image("/b.jpg"))
    began = time.monotonic()
    summary, outcomes = here.retry(venue, budget=Budget(seconds=1))
    assert time.monotonic() - began < MOMENTS
    assert summary.stopped is Stop.MAX_DURATION
    assert sorted(str(each.result) for each in outcomes) == ["left", "uploaded"]


def test_a_signal_ends_them_as_well(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    here.provider.scripts["/a.jpg"] = [Answer(503, b"", {"Retry-After": "300"})]
    venue = here.venue(here.image("/a.jpg"))
    made = Execution.__init__

    def and_stop(self: Execution, run: object) -> None:
        made(self, run)  # type: ignore[arg-type]
        asyncio.get_running_loop().call_later(1, self.stop, Stop.SIGNAL)

    monkeypatch.setattr(Execution, "__init__", and_stop)
    began = time.monotonic()
    summary, outcomes = here.retry(venue)
    assert time.monotonic() - began < MOMENTS
    assert summary.stopped is Stop.SIGNAL
    assert [str(each.result) for each in outcomes] == ["left"]


def test_a_run_that_was_done_in_time_was_not_stopped(here: World) -> None:
    venue = here.venue(here.image("/a.jpg"))
    summary, _ = here.retry(venue, budget=Budget(seconds=60))
    assert summary.stopped is None
