"""Builds rows of the two image workers as Oban and the application leave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from venue_ops.core.models import Json
from venue_ops.demo.sample_images import with_status
from venue_ops.demo.sample_rows import FAKE_KEY, Job, Place, Venue, iso
from venue_ops.demo.sample_venues import COST, DENIED

_WORKERS = "EventasaurusDiscovery.VenueImages"
BACKFILL = f"{_WORKERS}.BackfillOrchestratorJob"
ENRICHMENT = f"{_WORKERS}.EnrichmentJob"
RETRY = f"{_WORKERS}.FailedUploadRetryWorker"
CLEANUP = f"{_WORKERS}.CleanupScheduler"
TRIVIA_BACKFILL = f"{_WORKERS}.TriviaAdvisorBackfillJob"
TRIVIA_UPLOAD = f"{_WORKERS}.TriviaAdvisorImageUploadJob"

GOOGLE = "google_places"
FOURSQUARE = "foursquare"

_TRIES_AFTER = (0.0, 18.0, 39.0)
"""Seconds from the first to each attempt: Oban's back-off is about 15 s + 2^attempt."""


def backfill(
    at: datetime, args: Mapping[str, Json], meta: Mapping[str, Json], seconds: float
) -> Job:
    """A backfill that began at `at` and completed after `seconds`."""
    started, done = at + timedelta(seconds=1), at + timedelta(seconds=1 + seconds)
    return Job(
        BACKFILL,
        "venue_backfill",
        "completed",
        inserted_at=at,
        args=args,
        meta={**meta, "processed_at": iso(done).removesuffix("Z")},
        attempt=1,
        priority=1,
        attempted_at=started,
        completed_at=done,
    )


def orchestration(
    at: datetime, city_id: int, children: Sequence[Job], *, geocode: bool = True
) -> tuple[Job, ...]:
    """A new-shape backfill and its children, linked as in real life: by time and providers.

    The children are inserted one by one while the parent runs, and start after it.
    """
    venue_ids = [child.args["venue_id"] for child in children]
    providers: Json = [GOOGLE]
    parent = backfill(
        at,
        {
            "city_id": city_id,
            "limit": len(children),
            "geocode": geocode,
            "force": False,
            "providers": providers,
        },
        {
            "status": "orchestrating",
            "city_id": city_id,
            "providers": providers,
            "total_venues": len(children),
            "jobs_spawned": len(children),
            "venue_ids": venue_ids,
        },
        seconds=0.6 + 0.2 * len(children),
    )
    first = (parent.attempted_at or at) + timedelta(seconds=0.3)
    spawned = (
        replace(child, inserted_at=first + timedelta(seconds=0.2 * n), priority=2)
        for n, child in enumerate(children)
    )
    return (parent, *spawned)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one provider said: photos, or why there are none (Elixir's inspect of it)."""

    provider: str = GOOGLE
    reason: str | None = None


def enriched(
    venue: Venue,
    at: datetime,
    answer: Answer,
    *,
    args: Mapping[str, Json] | None = None,
    ms: int = 4200,
) -> Job:
    """A completed enrichment of one venue.

    Counts, failed images and URLs are those of the venue's whole array, whatever this run
    itself added: so the application writes them.
    """
    images = [image for image in venue.images or () if isinstance(image, dict)]
    good = with_status(images, "uploaded", "skipped_dev")
    bad = with_status(images, "failed", "permanently_failed")
    urls = [image["url"] for image in with_status(images, "uploaded")]
    cost = round(COST * len(images), 3) if answer.provider == GOOGLE and not answer.reason else 0.0
    done = at + timedelta(milliseconds=ms)
    said: dict[str, Json] = (
        {"status": "failed", "reason": answer.reason}
        if answer.reason
        else {
            "status": "success",
            "images_fetched": len(images),
            "images_uploaded": len(good),
            "imagekit_urls": urls,
            "cost_usd": cost,
        }
    )
    meta: dict[str, Json] = {
        "status": "success" if good else "no_images",
        "summary": _summary(answer, len(images), len(good), len(bad)),
        "providers": {answer.provider: said},
        "images_discovered": len(images),
        "images_uploaded": len(good),
        "images_failed": len(bad),
        "failed_images": [_failed_image(image) for image in bad],
        "failure_breakdown": _breakdown(bad),
        "imagekit_urls": urls,
        "total_cost_usd": cost,
        "execution_time_ms": ms,
        "completed_at": iso(done),
        "venue_context": context(venue.place),
    }
    return completed(venue_args(venue.place, answer.provider) | dict(args or {}), meta, at, ms)


def denied(place: Place, at: datetime, *, ms: int = 3185) -> Job:
    """An enrichment that Google turned away three times, until Oban discarded it."""
    tries = [at + timedelta(seconds=wait) for wait in _TRIES_AFTER]
    ended = [began + timedelta(milliseconds=ms) for began in tries]
    return Job(
        ENRICHMENT,
        "venue_enrichment",
        "discarded",
        inserted_at=at - timedelta(seconds=1),
        args=venue_args(place, GOOGLE),
        meta={
            "status": "no_images",
            "summary": "Failed - google_places encountered errors",
            "providers": {GOOGLE: {"status": "failed", "reason": f'"{DENIED}"'}},
            "images_discovered": 0,
            "images_uploaded": 0,
            "images_failed": 0,
            "failed_images": [],
            "imagekit_urls": [],
            "total_cost_usd": 0.0,
            "execution_time_ms": ms,
        },
        errors=tuple(error(n, when, _denial(place)) for n, when in enumerate(ended, 1)),
        attempt=3,
        priority=2,
        scheduled_at=tries[-1],
        attempted_at=tries[-1],
        discarded_at=ended[-1],
    )


def completed(args: Mapping[str, Json], meta: Mapping[str, Json], at: datetime, ms: int) -> Job:
    """An enrichment that completed on its first attempt, begun at `at`."""
    return Job(
        ENRICHMENT,
        "venue_enrichment",
        "completed",
        inserted_at=at - timedelta(seconds=1),
        args=args,
        meta=meta,
        attempt=1,
        priority=2,
        attempted_at=at,
        completed_at=at + timedelta(milliseconds=ms),
    )


def error(attempt: int, at: datetime, text: str) -> dict[str, Json]:
    """One element of `oban_jobs.errors`."""
    return {"at": iso(at), "attempt": attempt, "error": f"** (Oban.PerformError) {text}"}


def venue_args(place: Place, provider: str) -> dict[str, Json]:
    """The arguments of an enrichment that a backfill asked for."""
    return {"venue_id": place.id, "providers": [provider], "geocode": True, "force": False}


def context(place: Place) -> dict[str, Json]:
    """What a job remembers of its venue, also when the venue is gone."""
    return {
        "venue_id": place.id,
        "venue_name": place.name,
        "venue_address": place.address,
        "city_id": place.city_id,
        "has_coordinates": True,
        "coordinates": f"{place.latitude},{place.longitude}",
        "provider_ids_count": len(place.provider_ids),
        "provider_ids_available": sorted(place.provider_ids),
    }


def _denial(place: Place) -> str:
    query = f"place_id={place.provider_ids.get(GOOGLE, '')}&fields=photos&key={FAKE_KEY}"
    url = f"https://maps.googleapis.com/maps/api/place/details/json?{query}"
    return (
        f'{ENRICHMENT} failed with {{:error, "google_places: {DENIED}"}}\n'
        f"GET {url}\nThis API key is not authorized to use this service or API."
    )


def _summary(answer: Answer, found: int, good: int, bad: int) -> str:
    if answer.reason or not found:
        return "No images found - venue has no available photos"
    if not bad:
        return f"Found {found} images from {answer.provider}, all processed successfully"
    return f"Found {found} images from {answer.provider}, {good} processed, {bad} failed"


def _failed_image(image: Mapping[str, Json]) -> dict[str, Json]:
    details = image.get("error_details")
    known = details if isinstance(details, Mapping) else {}
    return {
        "provider": image.get("provider"),
        "provider_url": image.get("provider_url"),
        "error_type": known.get("error_type"),
        "status_code": known.get("status_code"),
        "timestamp": known.get("timestamp"),
    }


def _breakdown(failed: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    counts: dict[str, int] = {}
    for image in failed:
        kind = str(_failed_image(image)["error_type"])
        counts[kind] = counts.get(kind, 0) + 1
    return dict(counts)
