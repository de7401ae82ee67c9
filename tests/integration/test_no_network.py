"""Without any network a run ends with a clear error and marks no image (domain, 5, trap 8)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.databases import Database
from tests.retrying import World, world
from tests.uploads import closed_port

from venue_ops.core.errors import NetworkError
from venue_ops.exit_codes import ExitCode, exit_code_for


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[World]:
    with world(sample_database, tmp_path) as made:
        yield made


@pytest.mark.parametrize("images", [1, 3, 12])
def test_nothing_is_reached(here: World, images: int) -> None:
    here.provider_web.address = ("127.0.0.1", closed_port())
    venue = here.venue(*(here.image(f"/{n}.jpg") for n in range(images)))
    before = here.images(venue)
    with pytest.raises(NetworkError) as caught:
        here.retry(venue)
    assert here.images(venue) == before
    assert exit_code_for(caught.value) is ExitCode.ENVIRONMENT
    assert caught.value.message == "No provider could be reached."
    assert "no image was marked" in (caught.value.hint or "")


def test_an_address_that_cannot_be_asked_reaches_nothing(here: World) -> None:
    here.provider_web.address = ("127.0.0.1", closed_port())
    bad = here.image("/x.jpg", provider_url="http://169.254.169.254/x.jpg")
    venue = here.venue(here.image("/a.jpg"), {**bad, "url": "http://169.254.169.254/x.jpg"})
    with pytest.raises(NetworkError):
        here.retry(venue)
    assert here.images(venue)[0]["upload_status"] == "failed"
    assert "retry_count" not in here.images(venue)[0]


def test_one_provider_that_is_away_is_no_missing_network(here: World) -> None:
    away = f"http://127.0.0.1:{closed_port()}/a.jpg"
    lost = {**here.image("/a.jpg", provider="here", provider_url=away), "url": away}
    summary, _ = here.retry(here.venue(lost, here.image("/b.jpg")))
    assert summary.uploads == 1
