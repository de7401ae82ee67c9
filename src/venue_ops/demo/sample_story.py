"""What happened: the 36 jobs of the two image workers, to the user's number.

11 backfills, all completed: 4 of the old shape, 6 that spawned children, 1 with nothing to do.
25 enrichments: 18 completed, 7 discarded because Google's key was not authorised.

For two days Google refused the key; then it was mended while a backfill was running, so that
one ended mixed. Everything before and after is what two weeks of operation leave behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from venue_ops.core.models import Json
from venue_ops.demo import sample_places as places
from venue_ops.demo.sample_jobs import (
    ENRICHMENT,
    FOURSQUARE,
    GOOGLE,
    Answer,
    backfill,
    completed,
    context,
    denied,
    enriched,
    error,
    orchestration,
    venue_args,
)
from venue_ops.demo.sample_rows import Clock, Job, Place, Venue, iso
from venue_ops.demo.sample_venues import venues

_NOTHING_THERE = Answer(GOOGLE, '"ZERO_RESULTS"')
_NOT_KNOWN_THERE = Answer(FOURSQUARE, ":no_place_id")


def image_jobs(clock: Clock) -> tuple[Job, ...]:
    """The 36 jobs, in no particular order."""
    known = {venue.place.id: venue for venue in venues(clock)}
    return (
        *_old_backfills(clock),
        *_new_backfills(clock, known),
        *_single_venues(clock, known),
        *_many_venues(clock),
    )


def _old_backfills(clock: Clock) -> Iterator[Job]:
    """What a backfill wrote when it still did the work itself; times begin 2 weeks ago."""
    for days, args, total, enriched_venues, skipped, failed in (
        (13.8, {"city_id": places.KRAKOW, "providers": [GOOGLE]}, 10, 8, 1, 1),
        (12.1, {"city_id": places.WARSZAWA, "provider": FOURSQUARE}, 5, 5, 0, 0),
        (10.2, {"city_id": places.KRAKOW, "provider": GOOGLE}, 4, 0, 4, 0),
        (9.3, {"city_id": places.KRAKOW, "providers": [GOOGLE]}, 3, 0, 0, 3),
    ):
        provider = str(args.get("provider", GOOGLE))
        meta: dict[str, Json] = {
            "total_venues": total,
            "enriched": enriched_venues,
            "skipped": skipped,
            "failed": failed,
            "by_provider": {provider: enriched_venues} if enriched_venues else {},
            "total_cost_usd": 0.0,
        }
        asked: dict[str, Json] = {**args, "limit": total, "geocode": True}  # type: ignore[dict-item]
        yield backfill(clock.ago(days=days), asked, meta, seconds=4.0 * total)


def _new_backfills(clock: Clock, known: dict[int, Venue]) -> Iterator[Job]:
    def found(place: Place, at: datetime) -> Job:
        return enriched(known[place.id], at, Answer())

    yield backfill(
        clock.ago(days=6, hours=5),
        {"city_id": places.KRAKOW, "providers": [FOURSQUARE], "limit": 10, "geocode": False},
        {
            "status": "success",
            "city_id": places.KRAKOW,
            "providers": [FOURSQUARE],
            "total_venues": 0,
            "jobs_spawned": 0,
        },
        seconds=0.2,
    )
    at = clock.ago(days=5, hours=2)
    nothing = enriched(known[places.SCENA.id], _then(at, 40), _NOTHING_THERE, ms=1900)
    warszawa = [found(places.NEON, _then(at, 8)), nothing, found(places.OGROD, _then(at, 60))]
    yield from orchestration(at, places.WARSZAWA, warszawa)

    at = clock.ago(days=4, hours=3)
    unknown = Answer(GOOGLE, ":no_place_id")
    no_id = enriched(known[places.FOX.id], _then(at, 15), unknown, ms=800)
    yield from orchestration(
        at, places.LONDON_GB, [found(places.LANTERN, _then(at, 5)), no_id], geocode=False
    )

    at = clock.ago(days=3, hours=4)
    noce = enriched(known[places.NOCE.id], _then(at, 4), Answer(), ms=9120)
    yield from orchestration(at, places.KRAKOW, [noce])

    at = clock.ago(days=2, hours=6)
    refused = (places.PIWNICA, places.KINO, places.BROWAR, places.CAFE)
    yield from orchestration(
        at, places.KRAKOW, [denied(p, _then(at, 5 + 4 * n)) for n, p in enumerate(refused)]
    )

    at = clock.ago(days=1, hours=4)
    before = [
        denied(p, _then(at, 5 + 4 * n)) for n, p in enumerate((places.PIWNICA, places.BROWAR))
    ]
    yield from orchestration(at, places.KRAKOW, [*before, found(places.GLOBUS, _then(at, 90))])

    at = clock.ago(hours=5)
    galeria = enriched(known[places.GALERIA.id], _then(at, 3), _NOTHING_THERE, ms=1480)
    yield from orchestration(at, places.KRAKOW, [galeria])


def _single_venues(clock: Clock, known: dict[int, Venue]) -> Iterator[Job]:
    """Enrichments of one venue that somebody or something else than a backfill asked for."""
    yield completed(  # written before images were counted by status
        {"venue_id": places.HALA.id},
        {"status": "success", "images_found": 3, "execution_time_ms": 5210},
        clock.ago(days=11),
        ms=5210,
    )
    yield denied(places.TEATR, clock.ago(days=2, hours=1))
    yield _hid_its_error(clock.ago(hours=26))
    yield completed(
        {"venue_id": places.GLOBUS.id},
        {"status": "skipped", "reason": "not_stale", "execution_time_ms": 35},
        clock.ago(hours=20),
        ms=35,
    )
    # The venue was deleted afterwards: only the job's own context still knows its city.
    yield enriched(Venue(places.GONE), clock.ago(hours=9), _NOTHING_THERE, ms=2260)
    # A second provider added nothing, yet the counts are of the whole array: 4 and 2.
    yield enriched(
        known[places.NOCE.id],
        clock.ago(hours=3),
        _NOT_KNOWN_THERE,
        args={"venue_id": str(places.NOCE.id), "force": True},
        ms=610,
    )
    yield enriched(known[places.FORK.id], clock.ago(minutes=45), Answer(FOURSQUARE))
    yield enriched(known[places.CAFE.id], clock.ago(minutes=12), _NOT_KNOWN_THERE, ms=740)


def _hid_its_error(at: datetime) -> Job:
    """Attempt 1 met a quota, attempt 2 found the venue checked just now and skipped itself."""
    first = completed(
        venue_args(places.KINO, GOOGLE),
        {
            "status": "skipped",
            "reason": "not_stale",
            "execution_time_ms": 42,
            "venue_context": context(places.KINO),
        },
        at,
        ms=42,
    )
    text = f'{ENRICHMENT} failed with {{:error, "google_places: OVER_QUERY_LIMIT"}}'
    return replace(
        first,
        inserted_at=at - timedelta(seconds=22),
        attempt=2,
        errors=(error(1, at - timedelta(seconds=18), text),),
    )


def _many_venues(clock: Clock) -> Iterator[Job]:
    """A batch, a daily run and a daily run that found nothing to do."""
    at = clock.ago(days=10, hours=12)
    batch: list[Json] = [place.id for place in (
        places.HALA, places.NEON, places.SCENA, places.LANTERN, places.FOX)]  # fmt: skip
    yield _summed_up({"venue_ids": batch}, "batch_completed", at, (5, 3, 1, 1), ms=61_400)
    at = clock.ago(days=8, hours=3)
    yield _summed_up({}, "scheduled_batch_completed", at, (6, 4, 2, 0), ms=74_900)
    meta: dict[str, Json] = {
        "status": "no_work",
        "message": "No stale venues found",
        "execution_time_ms": 18,
    }
    yield completed({}, meta, clock.ago(days=7, hours=3), ms=18)


def _summed_up(
    args: dict[str, Json], status: str, at: datetime, counts: tuple[int, int, int, int], ms: int
) -> Job:
    total, done, skipped, failed = counts
    meta: dict[str, Json] = {
        "status": status,
        "total_venues": total,
        "enriched": done,
        "skipped": skipped,
        "failed": failed,
        "execution_time_ms": ms,
        "completed_at": iso(at + timedelta(milliseconds=ms)),
    }
    return completed(args, meta, at, ms)


def _then(at: datetime, seconds: float) -> datetime:
    return at + timedelta(seconds=seconds)
