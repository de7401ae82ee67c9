"""The figures a second time, naively, over whole tables in memory.

Written from the description of the domain alone and without the program's own code.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from tests.databases import Database
from tests.truth import Tables, answers, as_dict, get

TRANSIENT = {
    *("rate_limited", "service_unavailable", "bad_gateway", "gateway_timeout"),
    *("network_timeout", "network_error"),
}
PERMANENT = {"not_found", "forbidden", "auth_error", "file_too_large", "invalid_provider_url"}
FAILED = ("failed", "permanently_failed")
NO_PHOTOS = re.compile("ZERO_RESULTS|[Nn]o images|no_images|no_results")


@dataclass(frozen=True)
class Image:
    """One element of `venue_images`."""

    venue: int
    city: int | None
    raw: Any

    def text(self, key: str, holder: Any = None) -> str | None:
        found = get(self.raw if holder is None else holder, key)
        return found if isinstance(found, str) else None

    @property
    def status(self) -> Any:
        return get(self.raw, "upload_status")

    @property
    def is_failed(self) -> bool:
        return self.status in FAILED

    @property
    def provider(self) -> str:
        found = self.text("provider")
        return "unknown" if found is None else found

    @property
    def details(self) -> Any:
        return as_dict(get(self.raw, "error_details"))

    @property
    def error(self) -> str:
        return self.text("error_type", self.details) or "unknown"

    @property
    def kind(self) -> str:
        if self.status == "permanently_failed" or self.error in PERMANENT:
            return "permanent"
        return "transient" if self.error in TRANSIENT else "ambiguous"

    @property
    def url(self) -> str:
        provider_url = self.text("provider_url")
        return (self.text("url") if provider_url is None else provider_url) or ""

    @property
    def is_retryable(self) -> bool:
        tries = get(self.raw, "retry_count")
        spent = type(tries) in (int, float) and 3 <= tries < 2**31
        usable = re.match("https?://[^/]", self.url)
        return self.kind == "transient" and not spent and bool(usable)

    @property
    def at(self) -> str | None:
        places = (("timestamp", self.details), ("retried_at", self.raw), ("fetched_at", self.raw))
        for key, holder in places:
            found = self.text(key, holder)
            if found and re.match(r"2...-..-..T..:..:..", found, re.DOTALL):
                return found[:19]
        return None


@dataclass
class Truth:
    """Both tables, read once."""

    venues: dict[int, Any]
    images: list[Image]
    jobs: Tables

    @classmethod
    def read(cls, database: Database) -> Truth:
        with psycopg.connect(database.conninfo) as connection:
            rows = connection.execute("SELECT id, city_id, venue_images::text FROM venues")
            venues = {row[0]: (row[1], json.loads(row[2]) if row[2] else ...) for row in rows}
        images = [
            Image(venue, city, element)
            for venue, (city, value) in venues.items()
            for element in (value if isinstance(value, list) else ())
        ]
        return cls(
            {venue: value for venue, (_, value) in venues.items()}, images, Tables.read(database)
        )

    def failures(self, wanted: Callable[[Image], bool] = lambda _: True) -> set[Any]:
        groups = defaultdict(list)
        for image in self.images:
            if image.is_failed and wanted(image):
                groups[image.provider, image.error, image.kind].append(image)
        return {(*key, *_counts(same), *_span(same)) for key, same in groups.items()}

    def venue_figures(self) -> dict[str, tuple[int, int]]:
        statuses: dict[int, list[Any]] = defaultdict(list)
        for image in self.images:
            statuses[image.venue].append(image.status)
        found: Counter[str] = Counter()
        images: Counter[str] = Counter()
        for venue, value in self.venues.items():
            bad = any(each in FAILED for each in statuses[venue])
            good = any(each in ("uploaded", "skipped_dev") for each in statuses[venue])
            word = {(1, 1): "partial", (1, 0): "failed", (0, 1): "success"}.get((bad, good))
            if word is None:
                word = "no_images" if value is ... or isinstance(value, list) else "malformed"
            found[word] += 1
            images[word] += len(statuses[venue])
        return {word: (count, images[word]) for word, count in found.items()}

    def job_figures(self) -> dict[Any, tuple[int, Decimal]]:
        counts: Counter[Any] = Counter()
        costs: dict[Any, Decimal] = defaultdict(Decimal)
        for job in self.jobs.jobs:
            if job.kind in ("backfill", "enrichment", "retry"):
                key = job.kind, job.state, self.jobs.outcome(job)
                counts[key] += 1
                costs[key] += _cost(job.meta)
        return {key: (count, costs[key]) for key, count in counts.items()}

    def groups(self, key: Callable[[Image], Any]) -> dict[Any, Any]:
        failed, everything = defaultdict(list), defaultdict(list)
        for image in self.images:
            everything[key(image)].append(image)
            if image.is_failed:
                failed[key(image)].append(image)
        return {
            name: (
                *_counts(failed[name]),
                sum(image.kind == "transient" for image in failed[name]),
                len({image.venue for image in failed[name]}),
                _span(failed[name])[1],
                len(all_of_it),
                sum(image.status == "uploaded" for image in all_of_it),
            )
            for name, all_of_it in everything.items()
        }

    def image_runs(self) -> set[Any]:
        """At least 3 images of 2 venues that failed after the provider's last success."""
        found = set()
        for provider in {image.provider for image in self.images} - {"unknown"}:
            tried = [i for i in self.images if i.text("provider") == provider and i.at]
            last = max((i.at or "" for i in tried if i.status == "uploaded"), default="")
            run = [i for i in tried if i.is_failed and (i.at or "") > last]
            if len(run) >= 3 and len({i.venue for i in run}) >= 2:
                found |= {(provider, i.error, last or None, len(run)) for i in run}
        return found

    def answers(self) -> Iterator[tuple[str, str | None, Any]]:
        """(provider, reason or None, moment), oldest first."""
        newest = [job for job in self.jobs.jobs if job.kind == "enrichment"][-5000:]
        for job in sorted(newest, key=lambda job: (job.changed, job.id)):
            for provider, answer in sorted(answers(job.meta).items()):
                if get(answer, "status") is None and "status" not in as_dict(answer):
                    continue
                texts = [get(answer, key) for key in ("reason", "message", "error")]
                reason = next((text for text in texts if isinstance(text, str)), "failed")
                failed = get(answer, "status") in ("failed", "error", "ERROR")
                if failed and "no_place_id" in reason:
                    continue
                is_error = failed and not NO_PHOTOS.search(reason)
                yield provider, reason if is_error else None, job.changed


def _counts(images: list[Image]) -> tuple[int, int, int]:
    return (
        len(images),
        sum(image.status == "permanently_failed" for image in images),
        sum(image.status == "failed" and image.is_retryable for image in images),
    )


def _span(images: list[Image]) -> tuple[str | None, str | None]:
    times = [image.at for image in images if image.at]
    return min(times, default=None), max(times, default=None)


def _cost(meta: Any) -> Decimal:
    cost = get(meta, "total_cost_usd")
    return Decimal(str(cost)) if type(cost) in (int, float) else Decimal(0)
