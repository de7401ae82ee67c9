"""Only what may pass is tried again, so often and no more (promise 7).

Each status and each fault of the network, on the provider's side and on the store's, with both
kinds of store; requests are counted by the servers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.attempting import KINDS, TRIES, Bench, bench
from tests.uploads import closed_port

from venue_ops.core.errors import StoreError
from venue_ops.core.net.errors import ImageError
from venue_ops.core.net.stores import StoredObject
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer

A = png("/a.png")


@pytest.fixture(params=KINDS)
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path, request.param) as made:
        yield made


def waits_are_bounded(there: Bench, many: int) -> None:
    """Exponential with jitter: half of the step to all of it."""
    steps = [TRIES.first_wait * 2**number for number in range(many)]
    paced = [each for each in there.time.slept if each > 0.01]
    assert len(paced) == many
    assert all(step / 2 <= slept <= step for step, slept in zip(steps, paced, strict=True))


def test_all_well_is_one_request_and_one_upload(there: Bench) -> None:
    assert isinstance(there.one(), StoredObject)
    assert (there.requests, there.uploads, there.stored) == (1, 1, [A])
    assert (there.counts.requests, there.counts.uploads) == (1, 1)
    assert there.counts.reached
    waits_are_bounded(there, 0)


# --- the provider's side ------------------------------------------------------------------------

PASSING = {
    "429": (Answer(429), "rate_limited"),
    "502": (Answer(502), "bad_gateway"),
    "503": (Answer(503), "service_unavailable"),
    "504": (Answer(504), "gateway_timeout"),
    "reset": (Answer(reset=True), "network_error"),
    "reset within": (Answer(200, A, reset=True, cut_after=40), "network_error"),
    "cut short": (Answer(200, A, cut_after=40), "network_error"),
    "shorter than said": (Answer(200, A, length=len(A) + 9), "network_error"),
    "silence": (Answer(200, A, delay=1.0), "network_timeout"),
    "a slow drip": (Answer(200, A, drip=0.05), "network_timeout"),
}
FINAL = {
    "204": (Answer(204), "http_error"),
    "206": (Answer(206, A), "http_error"),
    "304": (Answer(304), "http_error"),
    "400": (Answer(400), "http_error"),
    "401": (Answer(401), "auth_error"),
    "403": (Answer(403), "forbidden"),
    "404": (Answer(404), "not_found"),
    "410": (Answer(410), "not_found"),
    "413": (Answer(413), "file_too_large"),
    "418": (Answer(418), "http_error"),
    "500": (Answer(500), "server_error"),
    "501": (Answer(501), "http_error"),
    "a page": (Answer(200, b"<html>Sign in</html>"), "download_failed"),
    "nothing": (Answer(200, b""), "download_failed"),
    "half a picture": (Answer(200, A[:60]), "download_failed"),
    "too large": (Answer(200, b"", length=300_001), "file_too_large"),
    "a redirect to nowhere": (Answer(302), "download_failed"),
    "no end": (Answer(200, A * 100, endless=True), "file_too_large"),
}


@pytest.mark.parametrize(("answer", "error_type"), PASSING.values(), ids=PASSING)
def test_a_provider_is_asked_three_times_where_it_may_pass(
    there: Bench, answer: Answer, error_type: str
) -> None:
    there.script.scripts["/a.png"] = [answer]
    found = there.fails()
    assert isinstance(found, ImageError)
    assert found.error_type == error_type
    assert (there.requests, there.counts.requests, there.uploads) == (3, 3, 0)
    waits_are_bounded(there, 2)


@pytest.mark.parametrize(("answer", "error_type"), FINAL.values(), ids=FINAL)
def test_a_provider_is_asked_once_where_it_does_not_pass(
    there: Bench, answer: Answer, error_type: str
) -> None:
    there.script.scripts["/a.png"] = [answer]
    found = there.fails()
    assert isinstance(found, ImageError)
    assert found.error_type == error_type
    assert (there.requests, there.counts.requests, there.uploads) == (1, 1, 0)
    waits_are_bounded(there, 0)


def test_nobody_who_listens_is_tried_three_times(there: Bench) -> None:
    there.provider_web.address = ("127.0.0.1", closed_port())
    found = there.fails()
    assert isinstance(found, ImageError)
    assert (found.error_type, found.is_unreachable) == ("network_error", True)
    assert (there.counts.requests, there.uploads) == (3, 0)
    assert not there.counts.reached
    waits_are_bounded(there, 2)


@pytest.mark.parametrize("url", ["ftp://h/a.png", "http://169.254.169.254/a.png", "http://h:x/"])
def test_an_address_that_may_not_be_asked_is_not_asked_again(there: Bench, url: str) -> None:
    found = there.fails(url)
    assert isinstance(found, ImageError)
    assert found.error_type == "invalid_provider_url"
    assert (there.requests, there.uploads) == (0, 0)
    waits_are_bounded(there, 0)


@pytest.mark.parametrize("passes", [1, 2])
def test_what_passes_is_stored(there: Bench, passes: int) -> None:
    faults = [Answer(503), Answer(reset=True)][:passes]
    there.script.scripts["/a.png"] = [*faults, Answer(200, A)]
    assert isinstance(there.one(), StoredObject)
    assert (there.requests, there.uploads, there.stored) == (passes + 1, 1, [A])
    waits_are_bounded(there, passes)


def test_a_fault_that_does_not_pass_ends_the_tries_of_one_that_did(there: Bench) -> None:
    there.script.scripts["/a.png"] = [Answer(503), Answer(404), Answer(200, A)]
    found = there.fails()
    assert isinstance(found, ImageError)
    assert found.error_type == "not_found"
    assert (there.requests, there.uploads) == (2, 0)


# --- the store's side: what was fetched is not fetched again ------------------------------------

STORE_PASSING: dict[str, Answer] = {
    **{str(status): Answer(status) for status in (408, 425, 429, 500, 502, 503, 504, 507)},
    "reset": Answer(reset=True),
    "reset within": Answer(200, b"{" * 50, reset=True, cut_after=20),
    "silence": Answer(200, delay=1.5),
    "a 200 that says nothing": Answer(200),
}
STORE_FINAL = {str(status): Answer(status) for status in (301, 401, 402, 403, 404, 405, 407, 410)}
OF_THE_IMAGE = {str(status): Answer(status) for status in (400, 413, 415, 422)}


@pytest.mark.parametrize("answer", STORE_PASSING.values(), ids=STORE_PASSING)
def test_a_store_is_asked_three_times_where_it_may_pass(there: Bench, answer: Answer) -> None:
    there.server.faults = [answer] * 9
    found = there.fails()
    assert isinstance(found, StoreError)
    assert found.is_transient
    assert (there.requests, there.uploads, there.counts.uploads) == (1, 3, 3)
    assert there.stored == []
    waits_are_bounded(there, 2)


@pytest.mark.parametrize("answer", STORE_FINAL.values(), ids=STORE_FINAL)
def test_a_store_is_asked_once_where_it_does_not_pass(there: Bench, answer: Answer) -> None:
    there.server.faults = [answer] * 9
    found = there.fails()
    assert isinstance(found, StoreError)
    assert not found.is_transient
    assert (there.requests, there.uploads, there.counts.uploads) == (1, 1, 1)
    waits_are_bounded(there, 0)


@pytest.mark.parametrize("answer", OF_THE_IMAGE.values(), ids=OF_THE_IMAGE)
def test_a_photo_that_the_store_refuses_is_neither_sent_nor_fetched_again(
    there: Bench, answer: Answer
) -> None:
    """A bucket says nothing about photos: with one it is the settings' fault."""
    there.server.faults = [answer] * 9
    found = there.fails()
    assert isinstance(found, ImageError if there.kind == "imagekit" else StoreError)
    assert (there.requests, there.uploads) == (1, 1)
    waits_are_bounded(there, 0)


def test_no_store_that_listens_is_tried_three_times(there: Bench) -> None:
    there.refused = True
    found = there.fails()
    assert isinstance(found, StoreError)
    assert found.is_transient
    assert (there.requests, there.counts.uploads) == (1, 3)
    waits_are_bounded(there, 2)


@pytest.mark.parametrize("passes", [1, 2])
def test_a_store_that_comes_back_gets_the_whole_photo(there: Bench, passes: int) -> None:
    there.server.faults = [Answer(503), Answer(reset=True)][:passes]
    assert isinstance(there.one(), StoredObject)
    assert (there.requests, there.uploads, there.stored) == (1, passes + 1, [A])
    waits_are_bounded(there, passes)


def test_both_sides_have_tries_of_their_own(there: Bench) -> None:
    there.script.scripts["/a.png"] = [Answer(503), Answer(429), Answer(200, A)]
    there.server.faults = [Answer(503), Answer(500)]
    assert isinstance(there.one(), StoredObject)
    assert (there.requests, there.uploads, there.stored) == (3, 3, [A])
