"""Having jobs run again on a test's own database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.databases import NOW, Database
from tests.enqueueing import ENRICHMENT_WORKER, add_job, jobs
from tests.retrying import World

from venue_ops.core.planning.jobs import JobAnswer, JobReason
from venue_ops.core.services.rerunning import Rerunning
from venue_ops.core.services.source import Source

Rows = Callable[..., list[dict[str, Any]]]
"""Gives job rows by their ids."""

BACKFILL_WORKER = "EventasaurusDiscovery.VenueImages.BackfillOrchestratorJob"
LONG_AGO = (NOW - timedelta(hours=3)).replace(tzinfo=None)
JUST_NOW = (NOW - timedelta(seconds=20)).replace(tzinfo=None)


@dataclass(frozen=True)
class Rerunner:
    """Adds jobs to a world and has them run again."""

    here: World
    source: Source

    @property
    def database(self) -> Database:
        return self.here.database

    def service(self, **options: Any) -> Rerunning:
        return Rerunning(self.source, "venue_enrichment", timedelta(minutes=2), **options)

    def venue(self, *, checked: str | None = None, images: Iterable[Any] = ()) -> int:
        """A venue, and when the application checked it last."""
        venue = self.here.venue(*images)
        if checked is not None:
            with self.database.connect(autocommit=True) as conn:
                conn.execute(
                    "UPDATE venues SET image_enrichment_metadata = %s WHERE id = %s",
                    [json.dumps({"last_checked_at": checked}), venue],
                )
        return venue

    def job(self, args: Any, *, state: str = "discarded", **more: Any) -> int:
        """A job that has spent its three attempts, as far as nothing else is said."""
        ends = {"discarded": "discarded_at", "completed": "completed_at"}
        ends["cancelled"] = "cancelled_at"
        values: dict[str, Any] = {"attempt": 3, "max_attempts": 3, "attempted_at": LONG_AGO}
        if state in ends:
            values[ends[state]] = LONG_AGO
        errors = [json.dumps({"at": "2025-10-24T15:00:00Z", "attempt": 3, "error": "boom"})]
        values["errors"] = errors
        made = {**values, **more}
        given = made.pop("errors")
        job_id = add_job(self.database, args, state=state, **made)
        with self.database.connect(autocommit=True) as conn:
            conn.execute("UPDATE oban_jobs SET errors = %s::jsonb[] WHERE id = %s", [given, job_id])
        return job_id

    def at(self, venue: int, **more: Any) -> int:
        """A job of one venue that was given up."""
        return self.job({"venue_id": venue}, **more)

    def row(self, job_id: int) -> dict[str, Any]:
        (found,) = [each for each in jobs(self.database) if each["id"] == job_id]
        return found

    def reasons(self, *job_ids: int, **options: Any) -> list[JobReason | None]:
        """Why each would be left, and the same when it is done."""
        looked = self.service(**options).look(job_ids)
        done = self.service(**options).rerun(job_ids)
        assert looked == done
        return [looked[job_id].reason for job_id in job_ids]

    def answer(self, job_id: int, **options: Any) -> JobAnswer:
        return self.service(**options).look([job_id])[job_id]


__all__ = ["BACKFILL_WORKER", "ENRICHMENT_WORKER", "JUST_NOW", "LONG_AGO", "Rerunner", "Rows"]
