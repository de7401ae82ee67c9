"""Enqueueing on a test's own database, and the rows that come of it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.databases import Database
from tests.retrying import World

from venue_ops.core.enums import Engine
from venue_ops.core.planning import Policy, VenuePlan
from venue_ops.core.planning.enqueueing import Inserted
from venue_ops.core.services.enqueueing import Enqueueing, JobRows
from venue_ops.core.services.source import Source

RETRY_WORKER = "EventasaurusDiscovery.VenueImages.FailedUploadRetryWorker"
ENRICHMENT_WORKER = "EventasaurusDiscovery.VenueImages.EnrichmentJob"
FOR_APP = JobRows(Engine.APP, "venue_enrichment", RETRY_WORKER, 3, "1")
_RUNS = itertools.count(1)
FOR_PYTHON = replace(FOR_APP, engine=Engine.PYTHON, queue="venue_ops_retry")


@dataclass(frozen=True)
class Enqueuer:
    """Plans venues of a world and enqueues them; `looks` at every plan before."""

    here: World
    source: Source
    rows: JobRows = FOR_APP
    looks: bool = False

    @property
    def policy(self) -> Policy:
        return Policy(by_job=self.rows.engine is Engine.APP)

    def service(self) -> Enqueueing:
        """That of a new run."""
        return Enqueueing(
            self.source, "venue_enrichment", replace(self.rows, run_id=str(next(_RUNS)))
        )

    @property
    def for_python(self) -> Enqueuer:
        """The same for `venue-ops worker`."""
        return replace(self, rows=FOR_PYTHON)

    def plans(self, *venues: int, policy: Policy | None = None) -> list[VenuePlan]:
        plans = [self.here.plan(venue, policy or self.policy) for venue in venues]
        return list(self.service().look(plans)) if self.looks else plans

    def look(self, *venues: int) -> list[VenuePlan]:
        return list(self.service().look(self.plans(*venues)))

    def insert(self, plans: Sequence[VenuePlan]) -> dict[int, Inserted]:
        """By venue what became of its plan."""
        parts = self.service().insert(plans)
        return {each.plan.venue_id: each for some in parts for each in some}

    def enqueue(self, *venues: int, policy: Policy | None = None) -> dict[int, Inserted]:
        return self.insert(self.plans(*venues, policy=policy))


def jobs(database: Database) -> list[dict[str, Any]]:
    """All job rows by id."""
    with database.connect() as conn:
        rows = conn.execute("SELECT to_jsonb(j) FROM oban_jobs j ORDER BY id").fetchall()
        return [row[0] for row in rows]


def add_job(
    database: Database,
    args: Any,
    *,
    worker: str = ENRICHMENT_WORKER,
    state: str = "available",
    queue: str = "venue_enrichment",
    **more: Any,
) -> int:
    """A job of the application's; its id."""
    columns = {"state": state, "queue": queue, "worker": worker, "args": json.dumps(args), **more}
    names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
    with database.connect(autocommit=True) as conn:
        row = conn.execute(
            f"INSERT INTO oban_jobs ({names}) VALUES ({places}) RETURNING id",
            list(columns.values()),
        ).fetchone()
        assert row
        return int(row[0])
