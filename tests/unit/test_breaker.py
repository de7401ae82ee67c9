"""When a provider is left alone, and what is not written about its images (domain, 5, trap 8)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.core.net.errors import STATUS_TYPES, ImageError, status_error
from venue_ops.core.retry.breaker import Breaker, Open

TIMEOUT = ImageError("network_timeout", "It took too long")
NO_IMAGE = ImageError("download_failed", "The answer is no image")
DAMAGED = ImageError("download_failed", "The answer is no whole image", is_photo=True)
DENIED = ImageError("auth_error", "The provider refuses the key (HTTP 200)", status_code=200)
BAD_URL = ImageError("invalid_provider_url", "The URL cannot be read")
KEY = (401, 403)
OUTAGE = (429, 500, 502, 503, 504)
GONE = (404, 410, 413)
STRANGE = (204, 206, 304, 400, 402, 418)


def met(*errors: ImageError | None, **options: float) -> Breaker:
    """A breaker after these failures; None is a success."""
    breaker = Breaker(**options)  # type: ignore[arg-type]
    for error in errors:
        if error is None:
            breaker.succeeded()
        else:
            breaker.failure(error)
    return breaker


@pytest.mark.parametrize("status", KEY)
def test_refused_five_times_in_a_row_is_a_dead_key(status: int) -> None:
    assert met(*[status_error(status)] * 4).opened is None
    assert met(*[status_error(status)] * 5).opened is Open.DEAD_KEY


@pytest.mark.parametrize("status", OUTAGE)
def test_failed_five_times_in_a_row_is_an_outage(status: int) -> None:
    assert met(*[status_error(status)] * 4).opened is None
    assert met(*[status_error(status)] * 5).opened is Open.OUTAGE


def test_a_network_that_fails_is_an_outage() -> None:
    assert met(*[TIMEOUT] * 5).opened is Open.OUTAGE


def test_a_key_that_is_refused_in_words_is_refused() -> None:
    assert met(*[DENIED] * 4).opened is None
    assert met(*[DENIED] * 4, status_error(403)).opened is Open.DEAD_KEY


@pytest.mark.parametrize("error", [NO_IMAGE, *map(status_error, STRANGE)])
def test_five_answers_that_are_no_photos_are_of_somebody_else(error: ImageError) -> None:
    assert met(*[error] * 4).opened is None
    assert met(*[error] * 5).opened is Open.NO_PHOTOS


@pytest.mark.parametrize("between", [status_error(404), BAD_URL, DAMAGED, status_error(403)])
def test_only_a_photo_ends_their_count(between: ImageError) -> None:
    four = [NO_IMAGE] * 4
    assert met(*four, between, NO_IMAGE).opened is Open.NO_PHOTOS
    assert met(*four, None, *four).opened is None


@pytest.mark.parametrize("status", GONE)
def test_photos_that_are_gone_say_nothing_against_the_provider(status: int) -> None:
    assert met(*[status_error(status)] * 50).opened is None


def test_nor_do_damaged_photos() -> None:
    assert met(*[DAMAGED] * 50).opened is None


@pytest.mark.parametrize("between", [None, status_error(404), DAMAGED])
def test_an_answer_in_between_begins_the_count_anew(between: ImageError | None) -> None:
    for status in (403, 503):
        four = [status_error(status)] * 4
        assert met(*four, between, *four).opened is None


@pytest.mark.parametrize("between", [BAD_URL, NO_IMAGE])
def test_what_the_provider_did_not_say_does_not(between: ImageError) -> None:
    four = [status_error(403)] * 4
    assert met(*four, between, status_error(403)).opened is Open.DEAD_KEY


def test_a_longer_wait_than_anybody_waits_opens_at_once() -> None:
    assert met(status_error(429, retry_after=300.0)).opened is None
    assert met(status_error(429, retry_after=300.1)).opened is Open.ASKED_TO_WAIT
    assert met(status_error(503, retry_after=11), longest_wait=10).opened is Open.ASKED_TO_WAIT


def test_the_first_reason_stays() -> None:
    breaker = met(*[status_error(403)] * 5, *[status_error(503)] * 9)
    breaker.asked_to_wait()
    breaker.succeeded()
    assert breaker.opened is Open.DEAD_KEY


HELD = [NO_IMAGE, DAMAGED, DENIED, TIMEOUT, *map(status_error, (*KEY, *OUTAGE, *STRANGE))]


@pytest.mark.parametrize("error", HELD)
@pytest.mark.parametrize("before", [(), (None,), (None, status_error(404))])
def test_what_may_be_the_providers_fault_is_held(
    error: ImageError, before: tuple[ImageError | None, ...]
) -> None:
    """Also after a success: a key can die, and a provider fall, in the midst of a run."""
    assert met(*before).holds(error)


@pytest.mark.parametrize("error", [*map(status_error, GONE), BAD_URL])
def test_what_is_the_images_own_is_written_at_once(error: ImageError) -> None:
    assert not met().holds(error)


@pytest.mark.parametrize("error", [DENIED, *map(status_error, KEY)])
@pytest.mark.parametrize("before", [(), (None,)])
def test_at_the_end_no_refusal_is_written(
    error: ImageError, before: tuple[ImageError | None, ...]
) -> None:
    """A photo that was asked for after it would have released it."""
    assert not met(*before, error).releases(error)


@pytest.mark.parametrize("error", [TIMEOUT, NO_IMAGE, status_error(400)])
def test_at_the_end_a_failure_is_written_where_the_provider_was_not_left_alone(
    error: ImageError,
) -> None:
    assert met(error).releases(error)
    assert not met(*[error] * 5).releases(error)


ERRORS = st.sampled_from([None, BAD_URL, *HELD, *map(status_error, STATUS_TYPES)])


@given(st.lists(ERRORS), st.sampled_from(HELD))
def test_of_a_provider_that_is_left_alone_nothing_held_is_written(
    story: list[ImageError | None], held: ImageError
) -> None:
    breaker = met(*story)
    assert breaker.holds(held)
    if breaker.opened is not None:
        assert not breaker.releases(held)
    if held.refuses_key:
        assert not breaker.releases(held)
