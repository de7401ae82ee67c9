"""The rules of the domain a third time, naively, over whole tables in memory.

Written from the description of the domain alone and without the program's own code, so that
what the program counts can be held against it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.databases import Database, Databases, analyze

GENERATOR = Path(__file__).parents[2] / "shared" / "bench" / "generate.py"
"""A second generator, written by others; not part of this repository."""

FAMILY = "EventasaurusDiscovery.VenueImages."
KINDS = {
    FAMILY + "BackfillOrchestratorJob": "backfill",
    FAMILY + "EnrichmentJob": "enrichment",
    FAMILY + "FailedUploadRetryWorker": "retry",
    FAMILY + "CleanupScheduler": "cleanup",
}
WAITING = {"available": "pending", "scheduled": "pending", "suspended": "pending"}
BY_STATE = {**WAITING, "executing": "running", "retryable": "retrying", "cancelled": "cancelled"}
NO_PHOTOS = re.compile("ZERO_RESULTS|[Nn]o images|no_images|no_results|no_place_id")


def second_database(databases: Databases) -> Database:
    """2,000 venues and 8,000 jobs of the other generator; skipped where that is missing."""
    if not GENERATOR.exists():
        pytest.skip("the second generator of test data is not beside this repository")

    def load(database: Database) -> None:
        sizes = ["--venues=2000", "--jobs=8000", "--cities=30", "--workers=1"]
        odd = ["--seed=23", "--malformed=0.02", "--poison"]
        command = [sys.executable, str(GENERATOR), "--dsn", database.conninfo, *sizes, *odd]
        subprocess.run(command, check=True, capture_output=True)
        analyze(database, read_only=True)

    return databases.once("second_generator", load)


@dataclass
class Job:
    """A row of oban_jobs."""

    id: int
    worker: str
    state: str
    args: Any
    meta: Any
    errors: list[Any]
    inserted_at: datetime
    attempted_at: datetime | None
    completed_at: datetime | None
    changed: datetime

    @property
    def kind(self) -> str:
        return KINDS.get(self.worker, "other")


@dataclass
class Tables:
    """Both tables, read once."""

    jobs: list[Job]
    city_of: dict[int, int | None]
    enrichments: dict[int, list[Job]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, database: Database, schema: str = "public") -> Tables:
        query = f"""
            SELECT id, worker, state::text, args::text, meta::text, to_json(errors)::text,
                   inserted_at, attempted_at, completed_at, (
                     SELECT max(at) FROM (VALUES (inserted_at), (attempted_at), (completed_at),
                                          (cancelled_at), (discarded_at)) AS times (at))
            FROM "{schema}".oban_jobs ORDER BY id
        """
        with psycopg.connect(database.conninfo) as connection:
            rows = connection.execute(query).fetchall()
            cities = connection.execute("SELECT id, city_id FROM venues").fetchall()
        jobs = [
            Job(*row[:3], *(json.loads(text or "null") for text in row[3:6]), *map(_utc, row[6:]))
            for row in rows
        ]
        tables = cls(jobs, dict(cities))
        for job in jobs:
            if job.kind == "enrichment" and (venue := as_id(get(job.args, "venue_id"))):
                tables.enrichments[venue].append(job)
        return tables

    def outcome(self, job: Job) -> str:
        if job.state in BY_STATE:
            return BY_STATE[job.state]
        counted = job.kind in ("backfill", "enrichment")
        if job.state == "discarded":
            kept = counted and any(more(job.meta, key) for key in ("images_uploaded", "enriched"))
            return "partial" if kept else "failed"
        if job.state != "completed" or not counted or not isinstance(job.meta, dict):
            return "unknown"
        return self._completed(job) if job.meta else "unknown"

    def _completed(self, job: Job) -> str:
        meta, status = job.meta, job.meta.get("status")
        old_shape = job.kind == "backfill" and "enriched" in meta
        if old_shape or (job.kind == "enrichment" and "venue_id" not in as_dict(job.args)):
            return _either(more(meta, "enriched"), more(meta, "failed")) or "skipped"
        if status == "no_work":
            return "skipped"
        if job.kind == "backfill" and status in ("orchestrating", "success"):
            started = more(meta, "total_venues") or more(meta, "jobs_spawned")
            return self._rolled_up(job) if started else "skipped"
        if status == "skipped":
            return "failed" if job.errors else "skipped"
        errors = [_is_error(answer) for answer in answers(meta).values()]
        uploaded = "images_uploaded" if "images_uploaded" in meta else "images_found"
        if errors and all(errors):
            return "failed"
        if found := _either(more(meta, uploaded), more(meta, "images_failed")):
            return found
        return "failed" if status in ("error", "failed") or any(errors) else "no_images"

    def _rolled_up(self, job: Job) -> str:
        found = {self.outcome(child) for child in self.children(job)}
        if found & {"pending", "running", "retrying"}:
            return "running"
        if found & {"success", "partial"} and found & {"failed", "partial", "cancelled"}:
            return "partial"
        ranked = ["failed", "success", "cancelled", "no_images", "skipped"]
        return next((word for word in ranked if word in found), "unknown")

    def children(self, job: Job) -> list[Job]:
        """Those of one backfill that are still there."""
        venues = get(job.meta, "venue_ids")
        named = {as_id(venue) for venue in venues} if isinstance(venues, list) else set()
        slack = timedelta(seconds=5)
        if job.attempted_at is None or job.completed_at is None:
            return []
        first, last = job.attempted_at - slack, job.completed_at + slack
        found = [
            child
            for venue in named - {None}
            for child in self.enrichments.get(venue or 0, [])
            if child.id > job.id
            and first <= child.inserted_at <= last
            and _asked(child.args) == _asked(job.args)
        ]
        spawned = get(job.meta, "jobs_spawned")
        limit = spawned if type(spawned) is int and spawned >= 0 else None
        return sorted(found, key=lambda child: child.id)[:limit]

    def is_of_city(self, job: Job, city: int) -> bool:
        venue = as_id(get(job.args, "venue_id"))
        batch = get(job.args, "venue_ids")
        named = [as_id(item) for item in batch] if isinstance(batch, list) else []
        written = as_id(get(get(job.meta, "venue_context"), "city_id"))
        return (
            as_id(get(job.args, "city_id")) == city
            or any(self.city_of.get(each or 0) == city for each in (venue, *named))
            or (venue not in self.city_of and written == city)
        )


def providers(job: Job) -> set[str]:
    """Whom a job asked or heard from."""
    found: set[str] = set()
    sources = [(job.args, "provider"), (job.args, "providers")]
    for holder, key in (*sources, (job.meta, "providers"), (job.meta, "by_provider")):
        value = get(holder, key)
        names = [value] if isinstance(value, str) else value
        if isinstance(names, list | dict):
            found |= {name for name in names if isinstance(name, str)}
    return found - {"timeout"}


def error_texts(job: Job) -> Iterator[Any]:
    """Whatever says what went wrong in a job."""
    yield from (get(error, "error") for error in job.errors)
    yield get(job.meta, "error")
    yield from as_dict(get(job.meta, "failure_breakdown"))
    for answer in answers(job.meta).values():
        if get(answer, "status") in ("failed", "error", "ERROR"):
            yield _reason(answer)
    images = get(job.meta, "failed_images")
    for image in images if isinstance(images, list) else ():
        yield from (get(image, "error_type"), get(image, "message"), get(image, "error"))


def says(job: Job, needle: str) -> bool:
    return any(isinstance(text, str) and needle in text.lower() for text in error_texts(job))


def get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def as_dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def more(value: Any, key: str) -> bool:
    found = get(value, key)
    return type(found) in (int, float) and found > 0


def as_id(value: Any) -> int | None:
    if isinstance(value, str) and re.fullmatch("[1-9][0-9]{0,17}", value):
        return int(value)
    whole = type(value) is int or (type(value) is float and value.is_integer())
    return int(value) if whole and 0 < value < 10**18 else None


def answers(meta: Any) -> dict[str, Any]:
    told = as_dict(get(meta, "providers"))
    return {name: answer for name, answer in told.items() if name != "timeout"}


def _reason(answer: Any) -> str:
    texts = [get(answer, key) for key in ("reason", "message", "error")]
    return next((text for text in texts if isinstance(text, str)), "")


def _is_error(answer: Any) -> bool:
    failed = get(answer, "status") in ("failed", "error", "ERROR")
    return failed and not NO_PHOTOS.search(_reason(answer))


def _either(good: bool, bad: bool) -> str | None:
    return {(1, 1): "partial", (0, 1): "failed", (1, 0): "success"}.get((good, bad))


def _asked(args: Any) -> Any:
    many, one = get(args, "providers"), get(args, "provider")
    if isinstance(many, list):
        return many
    return [one] if isinstance(one, str) else []


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
