"""Nothing is written about an image for a fault that is not its own (domain, section 5, trap 8).

Each provider here answers all of its images badly, as it does when its key is dead or something
stands between it and us; the rows have to stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.databases import Database
from tests.retrying import World, world

from venue_ops.core.retry.breaker import Open
from venue_ops.core.retry.outcomes import Stop
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer, Request

DENIED = b'{"error_message": "The provided API key is invalid.", "status": "REQUEST_DENIED"}'
INVALID = b'{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}'
LIMIT = b'{"html_attributions": [], "status": "OVER_QUERY_LIMIT"}'
PORTAL = b"<!doctype html><title>Sign in</title>"
JSON = {"Content-Type": "application/json"}

Handler = Callable[[Request], Answer]


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[World]:
    with world(sample_database, tmp_path) as made:
        yield made


def always(answer: Answer) -> Handler:
    return lambda _: answer


def after(successes: int, answer: Answer) -> Handler:
    """So many photos, then this for ever."""
    heard: list[Request] = []

    def handler(request: Request) -> Answer:
        heard.append(request)
        return answer if len(heard) > successes else Answer(200, png(request.path))

    return handler


def ten(here: World, provider: str = "google_places") -> int:
    return here.venue(*(here.image(f"/{n}.jpg", provider=provider) for n in range(10)))


DEAD_KEYS = {
    "200 with REQUEST_DENIED": Answer(200, DENIED, JSON),
    "400 with REQUEST_DENIED": Answer(400, DENIED, JSON),
    "400 with words of it": Answer(400, INVALID, JSON),
    "400 with API_KEY_INVALID": Answer(400, b'{"reason": "API_KEY_INVALID"}'),
    "200 with a text": Answer(200, b"error: invalid_api_key", {"Content-Type": "text/plain"}),
    "401": Answer(401),
    "403": Answer(403),
}
NO_PHOTOS = {
    "a portal's page": Answer(200, PORTAL, {"Content-Type": "text/html"}),
    "an empty answer": Answer(200),
    "400": Answer(400),
    "418": Answer(418),
    "a redirect to a portal": Answer(302, b"", {"Location": "http://10.0.0.1/login"}),
    "a redirect to an app": Answer(302, b"", {"Location": "intent://login"}),
}
ALL_OF_THEM = {
    **{name: (answer, Open.DEAD_KEY) for name, answer in DEAD_KEYS.items()},
    **{name: (answer, Open.NO_PHOTOS) for name, answer in NO_PHOTOS.items()},
    "a quota that is used up": (Answer(200, LIMIT, JSON), Open.OUTAGE),
}


@pytest.mark.parametrize(("answer", "why"), ALL_OF_THEM.values(), ids=ALL_OF_THEM)
def test_what_a_provider_answers_for_every_image_is_written_about_none(
    here: World, answer: Answer, why: Open
) -> None:
    venue = ten(here)
    before = here.images(venue)
    here.concurrency = 1
    here.provider_web._handler = always(answer)
    summary, outcomes = here.retry(venue)
    assert {str(each.result) for each in outcomes} == {"left"}
    assert here.images(venue) == before
    assert summary.stopped is Stop.BREAKER
    assert summary.stopped_providers == {"google_places": why}
    tries = here.tries.most if why is Open.OUTAGE else 1
    assert summary.requests == 5 * tries


@pytest.mark.parametrize("answer", DEAD_KEYS.values(), ids=DEAD_KEYS)
def test_a_key_that_dies_midway_marks_nothing_though_others_came_before(
    here: World, answer: Answer
) -> None:
    """Too few to open the breaker; but no photo came after them."""
    venue = ten(here)
    here.concurrency = 1
    here.provider_web._handler = after(6, answer)
    summary, outcomes = here.retry(venue)
    results = [str(each.result) for each in outcomes]
    assert (results.count("uploaded"), results.count("left")) == (6, 4)
    assert [image["upload_status"] for image in here.images(venue)].count("failed") == 4
    assert not any("retry_count" in i for i in here.images(venue) if i["upload_status"] == "failed")
    assert summary.stopped_providers == {}


def test_a_photo_that_was_under_way_when_the_key_died_proves_nothing(here: World) -> None:
    """Its request went out before the refusal, and only its bytes came after it."""
    slow, refused = here.image("/slow.jpg"), here.image("/refused.jpg")
    venue = here.venue(slow, refused)
    before = here.images(venue)
    here.rates["foursquare"] = 5.0

    def handler(request: Request) -> Answer:
        if request.path == "/slow.jpg":
            return Answer(200, png("slow"), delay=1.0)
        return Answer(403)

    here.provider_web._handler = handler
    _, outcomes = here.retry(venue)
    assert sorted(str(each.result) for each in outcomes) == ["left", "uploaded"]
    assert before[1] in here.images(venue)


@pytest.mark.parametrize("answer", [Answer(403), Answer(200, DENIED), Answer(200, PORTAL)])
def test_what_a_later_photo_proves_is_written(here: World, answer: Answer) -> None:
    here.provider.scripts["/no.jpg"] = [answer]
    venue = here.venue(here.image("/no.jpg"), here.image("/yes.jpg"))
    here.concurrency = 1
    _, outcomes = here.retry(venue)
    results = sorted(str(each.result) for each in outcomes)
    assert results == (["failed" if answer.body == PORTAL else "permanently_failed", "uploaded"])


def test_no_error_holds_what_the_provider_said(here: World) -> None:
    here.provider.scripts["/no.jpg"] = [Answer(200, DENIED)]
    venue = here.venue(here.image("/no.jpg"), here.image("/yes.jpg"))
    here.concurrency = 1
    here.retry(venue)
    (failed,) = [each for each in here.images(venue) if each["upload_status"] != "uploaded"]
    assert failed["error_details"]["error_type"] == "auth_error"
    assert failed["error_details"]["error"] == "The provider refuses the key (HTTP 200)"


def test_one_image_that_is_none_is_written_at_the_end(here: World) -> None:
    here.provider.scripts["/no.jpg"] = [Answer(200, PORTAL)]
    venue = here.venue(here.image("/no.jpg"))
    _, outcomes = here.retry(venue)
    assert [str(each.result) for each in outcomes] == ["failed"]
    assert here.images(venue)[0]["error_details"]["error_type"] == "download_failed"


def test_damaged_photos_are_photos(here: World) -> None:
    """A provider that sends them is neither down nor somebody else."""
    venue = ten(here)
    here.provider_web._handler = always(Answer(200, png("cut")[:-9]))
    summary, outcomes = here.retry(venue)
    assert {str(each.result) for each in outcomes} == {"failed"}
    assert summary.stopped_providers == {}
