"""The names of workers and queues are settings; each worker is of one kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.test_settings import load

from venue_ops.core.errors import ConfigurationError
from venue_ops.core.models import JobKind
from venue_ops.settings import WorkerNames


def test_workers_and_queues_are_settings(tmp_path: Path) -> None:
    text = """
    [workers]
    backfill = ["New.Backfill", "Elixir.Old.Backfill", "New.Backfill"]
    [queues]
    enrichment = "images"
    [profiles.x.workers]
    retry = "New.Retry"
    """
    settings = load(tmp_path, text, profile="x")
    assert settings.workers.backfill == ("New.Backfill", "Old.Backfill")
    assert settings.workers.retry == ("New.Retry",)
    assert settings.workers.enrichment == WorkerNames().enrichment
    assert (settings.queues.backfill, settings.queues.enrichment) == ("venue_backfill", "images")
    assert settings.workers.all["Old.Backfill"] is JobKind.BACKFILL
    assert settings.sources["workers.retry"].startswith("profile x in ")


def test_a_worker_is_of_one_kind(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="of two kinds, backfill and retry"):
        load(tmp_path, '[workers]\nbackfill = "A"\nretry = ["B", "A"]')


def test_the_default_workers_are_the_applications() -> None:
    names = WorkerNames().all
    assert list(names.values()) == [
        JobKind.BACKFILL,
        JobKind.ENRICHMENT,
        JobKind.RETRY,
        JobKind.CLEANUP,
    ]
    assert "EventasaurusDiscovery.VenueImages.EnrichmentJob" in names
