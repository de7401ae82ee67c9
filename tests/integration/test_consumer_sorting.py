"""However the application sorts a venue before a row is run, the images meant are tried."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("oban", reason="oban for Python is not installed")

from tests.cli.retrying import overwrite
from tests.consumer import Consumer
from tests.elixir import Image, by_quality
from tests.enqueueing import Enqueuer
from tests.retrying import World

from venue_ops.core.planning import Reason

KINDS: dict[str, dict[str, Any]] = {
    "wanted": {},
    "dead": {"error_details": {"error_type": "not_found"}},
    "there": {"upload_status": "uploaded"},
    "given_up": {"upload_status": "permanently_failed", "retry_count": 3},
    "development": {"upload_status": "skipped_dev"},
}
QUALITIES = st.sampled_from([None, 0, 0.1, 0.5, 0.5, 0.9, 1])
VENUES = st.lists(st.tuples(st.sampled_from(sorted(KINDS)), QUALITIES), min_size=1, max_size=8)


@pytest.fixture
def consumer(here: World) -> Any:
    with Consumer(here.database) as made:
        yield made


@pytest.mark.parametrize("enqueuer", [False, True], indirect=True, ids=["planned", "looked at"])
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(venue=VENUES)
def test_what_is_enqueued_survives_a_sorting(
    enqueuer: Enqueuer, here: World, consumer: Consumer, venue: list[tuple[str, Any]]
) -> None:
    images = [
        here.image(f"/{kind}/{n}", quality_score=quality, **KINDS[kind])
        for n, (kind, quality) in enumerate(venue)
    ]
    wanted = [image for image in images if "/wanted/" in image["url"]]
    added = here.venue(*images)
    plans = [plan for plan in enqueuer.plans(added) if wanted]
    consumer.tried.clear()
    if plans:
        answer = enqueuer.insert(plans)[added]
        looked = {item.reason for plan in plans for item in plan.items}
        assert answer.reason in {None, Reason.UNORDERED}
        if Reason.UNORDERED in {answer.reason, *looked}:
            assert is_turned(images)
            wanted = []
    overwrite(here, added, by_quality(images))
    consumer.drain()
    assert sorted(urls(consumer.tried)) == sorted(urls(wanted))
    others = [image for image in images if image not in wanted]
    assert all(image in here.images(added) for image in others)
    assert len(here.images(added)) == len(images)


def is_turned(images: list[Image]) -> bool:
    """Whether a sorting gives one of the failed images another index."""
    failed = [image for image in images if image["upload_status"] == "failed"]
    return by_quality(failed) != failed


def urls(images: list[Image]) -> list[str]:
    return [image["provider_url"] for image in images]
