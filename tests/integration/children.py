"""Backfills and the enrichments they started, inserted and read back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.sources import NAMES, JobTable

from venue_ops.core.models import JobKind, Operation, Outcome
from venue_ops.core.queries import JobQuery
from venue_ops.core.services.operations import all_operations

START = datetime(2025, 10, 24, 17, 0, tzinfo=UTC)
END = START + timedelta(seconds=2)
DURING = START + timedelta(seconds=1)
ANY = {"providers": ["google_places"]}

STATES = {
    Outcome.SUCCESS: ("completed", {"status": "success", "images_uploaded": 2}),
    Outcome.PARTIAL: ("completed", {"images_uploaded": 2, "images_failed": 1}),
    Outcome.FAILED: ("discarded", {}),
    Outcome.NO_IMAGES: ("completed", {"status": "no_images"}),
    Outcome.SKIPPED: ("completed", {"status": "skipped"}),
    Outcome.PENDING: ("available", {}),
    Outcome.RUNNING: ("executing", {}),
    Outcome.RETRYING: ("retryable", {}),
    Outcome.CANCELLED: ("cancelled", {}),
    Outcome.UNKNOWN: ("completed", {}),
}
"""A job's state and meta for every outcome."""


@dataclass
class Jobs(JobTable):
    """Backfills and their enrichments."""

    def backfill(self, venues: Any, *, args: Any = None, spawned: Any = ..., **meta: Any) -> int:
        count = len(venues) if spawned is ... else spawned
        told = {"status": "orchestrating", "total_venues": 9, "venue_ids": venues, **meta}
        if count is not None:
            told["jobs_spawned"] = count
        return self.insert(
            NAMES.backfill[0],
            "completed",
            {"city_id": 5, **(ANY if args is None else args)},
            told,
            inserted_at=START,
            attempted_at=START,
            completed_at=END,
        )

    def enrichment(
        self,
        venue: Any,
        outcome: Outcome = Outcome.SUCCESS,
        *,
        at: datetime = DURING,
        worker: str = NAMES.enrichment[0],
        **args: Any,
    ) -> int:
        state, meta = STATES[outcome]
        return self.insert(
            worker, state, {"venue_id": venue, **(args or ANY)}, meta, inserted_at=at
        )

    def read(self, job: int) -> Operation:
        listed = all_operations(self.source, JobQuery(kinds=(JobKind.BACKFILL,), limit=0))
        return next(operation for operation in listed if operation.id == job)

    def children(self, job: int) -> int:
        venues = self.read(job).venues
        assert venues is not None
        return venues.children
