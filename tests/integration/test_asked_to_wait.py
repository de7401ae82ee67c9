"""Whoever asks to wait is not asked early (promise 8)."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.attempting import NOW, Bench, bench
from tests.databases import Database
from tests.retrying import world

from venue_ops.core.errors import StoreError
from venue_ops.core.net.errors import ImageError
from venue_ops.core.net.stores import StoredObject
from venue_ops.core.retry.attempts import LeftAloneError
from venue_ops.core.retry.breaker import Open
from venue_ops.core.retry.pacing import HeldError, Pacer
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer, Request, Web, serving

A = png("/a.png")

FORMS: dict[str, tuple[dict[str, str], float]] = {
    "seconds": ({"Retry-After": "7"}, 7),
    "seconds, blanks around": ({"Retry-After": "  12 "}, 12),
    "a part of a second": ({"Retry-After": "2.5"}, 2.5),
    "as long as anybody waits": ({"Retry-After": "300"}, 300),
    "none": ({"Retry-After": "0"}, 0),
    "an IMF date": ({"Retry-After": "Tue, 24 Nov 2026 12:02:00 GMT"}, 120),
    "an RFC 850 date": ({"Retry-After": "Tuesday, 24-Nov-26 12:02:00 GMT"}, 120),
    "an asctime date": ({"Retry-After": "Tue Nov 24 12:02:00 2026"}, 120),
    "a date that is over": ({"Retry-After": "Tue, 24 Nov 2026 11:00:00 GMT"}, 0),
    "milliseconds": ({"X-RateLimit-Reset": "4500"}, 4.5),
    "both": ({"Retry-After": "7", "X-RateLimit-Reset": "100"}, 7),
    "lower case": ({"retry-after": "7"}, 7),
    "junk": ({"Retry-After": "soon"}, 0),
    "junk, and milliseconds": ({"Retry-After": "-7", "X-RateLimit-Reset": "4500"}, 4.5),
}
"""What is answered at 12:00, and the seconds that it asks for; only a date counts from 12:00."""

OF_PROVIDERS = {name: each for name, each in FORMS.items() if "milliseconds" not in name}
"""ImageKit alone counts its X-RateLimit-Reset in milliseconds."""


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path, "imagekit") as made:
        yield made


def gaps(web: Web) -> list[float]:
    """The seconds between requests by the clock that sleeping moves."""
    times = [request.at for request in web.requests]
    return [later - earlier for earlier, later in itertools.pairwise(times)]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("headers", "asked"), OF_PROVIDERS.values(), ids=OF_PROVIDERS)
def test_a_provider_is_not_asked_early(
    there: Bench, status: int, headers: dict[str, str], asked: float
) -> None:
    there.script.scripts["/a.png"] = [Answer(status, b"", headers), Answer(200, A)]
    assert isinstance(there.one(), StoredObject)
    (gap,) = gaps(there.provider_web)
    assert max(asked, 0.5) <= gap <= max(asked, 1.0) + 0.01


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("headers", "asked"), FORMS.values(), ids=FORMS)
def test_a_store_is_not_asked_early(
    there: Bench, status: int, headers: dict[str, str], asked: float
) -> None:
    there.server.faults = [Answer(status, b"", headers)]
    assert isinstance(there.one(), StoredObject)
    (gap,) = gaps(there.store_web)
    assert max(asked, 0.5) <= gap <= max(asked, 1.0) + 0.01
    assert there.requests == 1


def test_each_try_waits_as_long_as_it_was_asked_to(there: Bench) -> None:
    waits = [Answer(429, b"", {"Retry-After": seconds}) for seconds in ("20", "40")]
    there.script.scripts["/a.png"] = [*waits, Answer(200, A)]
    assert isinstance(there.one(), StoredObject)
    assert gaps(there.provider_web) == pytest.approx([20, 40], abs=0.01)


# --- for longer than anybody waits --------------------------------------------------------------

TOO_LONG = {
    "seconds": {"Retry-After": "301"},
    "a date": {"Retry-After": "Wed, 25 Nov 2026 12:00:00 GMT"},
    "milliseconds": {"X-RateLimit-Reset": "300001"},
    "nine digits": {"Retry-After": "999999999"},
}


@pytest.mark.parametrize("name", [name for name in TOO_LONG if name != "milliseconds"])
def test_a_provider_that_asks_for_too_long_is_left_alone(there: Bench, name: str) -> None:
    there.script.scripts["/a.png"] = [Answer(429, b"", TOO_LONG[name])]
    found = there.fails()
    assert isinstance(found, ImageError)
    assert found.retry_after is not None
    assert found.retry_after > 300
    assert there.breaker.opened is None  # the run tells it, when all tries are used
    assert isinstance(there.one("/b.png"), LeftAloneError)
    assert there.breaker.opened is Open.ASKED_TO_WAIT
    assert (there.requests, there.time.slept) == (1, [])
    other_run = Pacer(there.folder, "here", 1_000, clock=there.time, sleep=there.time.sleep)
    with pytest.raises(HeldError):
        asyncio.run(other_run.turn(longest_hold=300))


@pytest.mark.parametrize("headers", TOO_LONG.values(), ids=TOO_LONG)
def test_a_store_that_asks_for_too_long_ends_the_run(there: Bench, headers: dict[str, str]) -> None:
    there.server.faults = [Answer(429, b"", headers)] * 3
    assert isinstance(there.fails(), StoreError)
    assert (there.requests, there.uploads, there.time.slept) == (1, 1, [])


def test_a_run_leaves_such_a_provider_alone_and_marks_nothing(
    sample_database: Database, tmp_path: Path
) -> None:
    with world(sample_database, tmp_path) as here:
        here.rates["foursquare"] = 10.0
        for number in range(6):
            wait = Answer(429, b"", {"Retry-After": "3600"})
            here.provider.scripts[f"/{number}.jpg"] = [wait]
        venue = here.venue(*(here.image(f"/{number}.jpg") for number in range(6)))
        other = here.venue(here.image("/other.jpg", provider="unsplash"))
        before = here.images(venue)
        summary, outcomes = here.retry(venue, other)
        assert [str(each.result) for each in outcomes].count("left") == 6
        assert summary.stopped_providers == {"foursquare": "asked_to_wait"}
        assert (summary.requests, summary.uploads) == (2, 1)
        assert here.images(venue) == before
        again, _ = here.retry(venue)  # a run that follows it at once
        assert again.requests == 0
        assert again.stopped_providers == {"foursquare": "asked_to_wait"}
        assert here.images(venue) == before


# --- by the real clock, with several images at once ---------------------------------------------


class RealTime:
    """What a run uses."""

    sleep = staticmethod(asyncio.sleep)
    now = staticmethod(lambda: NOW)

    def __call__(self) -> float:
        return time.monotonic()


def test_no_other_image_is_asked_for_meanwhile(tmp_path: Path) -> None:
    with bench(tmp_path, "imagekit", RealTime()) as there:
        there.rate = 20.0
        there.script.scripts["/0.png"] = [Answer(429, b"", {"Retry-After": "1"}), Answer(200, A)]
        found = there.fetch(*(f"/{number}.png" for number in range(5)))
        assert all(isinstance(each, StoredObject) for each in found)
        first, *others = [request.at for request in there.provider_web.requests]
        assert len(others) == 5
        assert min(others) - first >= 1.0


def test_no_other_photo_is_stored_meanwhile(tmp_path: Path) -> None:
    """The first upload is told to wait while the other photos are on their way to the store."""
    with bench(tmp_path, "imagekit", RealTime()) as there:
        there.rate = 20.0
        there.server.faults = [Answer(429, b"", {"X-RateLimit-Reset": "1000"})]
        found = there.fetch(*(f"/{number}.png" for number in range(5)))
        assert all(isinstance(each, StoredObject) for each in found)
        first, *others = [request.at for request in there.store_web.requests]
        assert len(others) == 5
        assert min(others) - first >= 1.0
        fetched = [request.at for request in there.provider_web.requests]
        assert max(fetched) - first < 0.9  # they were there, and waited


def test_clocks_that_differ_do_not_shorten_what_seconds_ask_for(there: Bench) -> None:
    """`Date` of the answer is not looked at: seconds count from when the answer came."""

    def answer(_: Request) -> Answer:
        headers = {"Retry-After": "30", "Date": "Thu, 01 Jan 1970 00:00:00 GMT"}
        return Answer(429, b"", headers) if len(web.requests) == 1 else Answer(200, A)

    with serving(Web(answer, there.time)) as web:
        there.provider_web = web
        assert isinstance(there.one(), StoredObject)
        assert gaps(web) == pytest.approx([30], abs=0.01)
