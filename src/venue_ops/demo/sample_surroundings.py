"""The rows around the 36: what else lives in the application's `oban_jobs`.

The retry worker and other workers stand in every state. Of the venues with failed photos one
alone, Ogród Dźwięku, has an unfinished row: a retry leaves it out and says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from venue_ops.core.models import Json
from venue_ops.demo import sample_places as places
from venue_ops.demo.sample_jobs import CLEANUP, RETRY, TRIVIA_BACKFILL, TRIVIA_UPLOAD, error
from venue_ops.demo.sample_rows import Clock, Job

_SOURCES = "EventasaurusDiscovery.Sources"


def other_jobs(clock: Clock, *, suspended: bool = False) -> tuple[Job, ...]:
    """Every job of the sample that is neither a backfill nor an enrichment.

    `suspended` adds a row in that state, for databases whose enum of states has it.
    """
    rows = (*_retries(clock), *_scheduled_cleaning(clock), *_strangers(clock))
    if suspended:
        held = _job(f"{_SOURCES}.Karnet.Jobs.IndexPageJob", "scraper_index", clock.ago(hours=6))
        rows += (replace(held, state="suspended"),)
    return rows


def _retries(clock: Clock) -> Iterator[Job]:
    def retry(venue_id: int, at: datetime, *indexes: int) -> Job:
        return _job(RETRY, "venue_enrichment", at, _retry_args(venue_id, indexes))

    neon, ogrod, lantern = places.NEON.id, places.OGROD.id, places.LANTERN.id
    scena = places.SCENA.id
    yield _done(retry(ogrod, clock.ago(days=4), 0), seconds=6.5)
    yield _dropped(retry(neon, clock.ago(days=3)), f"{RETRY} failed with {{:error, :timeout}}")
    yield _cancelled(retry(scena, clock.ago(days=2)))
    yield _again(retry(lantern, clock.ago(minutes=7), 0, 1), "{:error, :rate_limited}")
    yield _running(retry(ogrod, clock.ago(minutes=1), 0))
    yield replace(
        retry(places.FORK.id, clock.ago(minutes=30)),
        state="scheduled",
        scheduled_at=clock.ago(hours=-2),
    )
    yield retry(scena, clock.ago(seconds=40))


def _retry_args(venue_id: int, indexes: tuple[int, ...]) -> dict[str, Json]:
    return {"venue_id": venue_id} | ({"image_indexes": list(indexes)} if indexes else {})


def _scheduled_cleaning(clock: Clock) -> Iterator[Job]:
    for days in (2, 1):
        yield _done(_job(CLEANUP, "maintenance", clock.ago(days=days, hours=8)), seconds=0.4)
    failed = _job(CLEANUP, "maintenance", clock.ago(hours=8))
    yield _dropped(failed, f"{CLEANUP} failed with {{:error, :timeout}}")


def _strangers(clock: Clock) -> Iterator[Job]:
    """Workers that venue-ops has no opinion about, one in each state and a few more."""
    venue: dict[str, Json] = {"venue_id": places.HALA.id}
    city: dict[str, Json] = {"city_id": places.KRAKOW, "limit": 100}
    detail = f"{_SOURCES}.Karnet.Jobs.EventDetailJob"
    index = f"{_SOURCES}.Bandsintown.Jobs.IndexPageJob"
    event: dict[str, Json] = {"url": "https://example.com/event/1", "source_id": 4}

    yield _done(_job(TRIVIA_BACKFILL, "venue_enrichment", clock.ago(days=6), venue), seconds=1.2)
    yield _done(_job(TRIVIA_UPLOAD, "venue_enrichment", clock.ago(days=6), venue), seconds=2.8)
    yield _done(_job(index, "scraper_index", clock.ago(hours=30), city), seconds=12)
    yield _done(_job(detail, "scraper_detail", clock.ago(hours=29), event), seconds=1.1)
    yield _dropped(
        _job(detail, "scraper_detail", clock.ago(hours=28), event),
        f"{detail} failed with {{:error, {{:http_error, 500}}}}",
    )
    yield _cancelled(_job(index, "scraper_index", clock.ago(hours=12), city))
    yield _again(_job(detail, "scraper_detail", clock.ago(minutes=9), event), "{:error, :timeout}")
    yield _running(_job(index, "scraper_index", clock.ago(minutes=2), city))
    yield _job("Eventasaurus.Workers.SitemapWorker", "default", clock.ago(seconds=20))
    yield replace(
        _job("Eventasaurus.Jobs.EmailInvitationJob", "emails", clock.ago(minutes=50)),
        state="scheduled",
        scheduled_at=clock.ago(hours=-5),
    )


def _job(worker: str, queue: str, at: datetime, args: Mapping[str, Json] | None = None) -> Job:
    """A row as Oban inserts it: available, never attempted."""
    return Job(worker, queue, "available", inserted_at=at, args=args or {})


def _started(job: Job, state: str, attempt: int = 1) -> Job:
    later = job.inserted_at + timedelta(seconds=2 + 20 * (attempt - 1))
    return replace(job, state=state, attempt=attempt, attempted_at=later)


def _running(job: Job) -> Job:
    return _started(job, "executing")


def _done(job: Job, seconds: float) -> Job:
    end = job.inserted_at + timedelta(seconds=2 + seconds)
    return replace(_started(job, "completed"), completed_at=end)


def _cancelled(job: Job) -> Job:
    return replace(job, state="cancelled", cancelled_at=job.inserted_at + timedelta(minutes=1))


def _again(job: Job, said: str) -> Job:
    began = _started(job, "retryable")
    failed = error(1, began.inserted_at + timedelta(seconds=5), f"{job.worker} failed with {said}")
    return replace(began, errors=(failed,), scheduled_at=job.inserted_at + timedelta(minutes=10))


def _dropped(job: Job, said: str) -> Job:
    ends = [job.inserted_at + timedelta(seconds=5 + 20 * n) for n in range(3)]
    return replace(
        _started(job, "discarded", attempt=3),
        errors=tuple(error(n, end, said) for n, end in enumerate(ends, 1)),
        discarded_at=ends[-1],
    )
