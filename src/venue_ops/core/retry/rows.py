"""The application's rows as a run sees them: read and written in short transactions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from psycopg.types.json import Jsonb

from venue_ops.core.classification.values import elements
from venue_ops.core.db.connection import Database
from venue_ops.core.db.questions import Blockers, DailyRun, MarkFailed, MarkUploaded, VenueForRetry
from venue_ops.core.models import Json, Retryability
from venue_ops.core.net.errors import ImageError
from venue_ops.core.net.stores import StoredObject
from venue_ops.core.planning import Blocker, Identity, Item, Reason, Venue

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VenueNow:
    """A venue as it stands."""

    venue: Venue
    images: tuple[Json, ...]

    @property
    def id(self) -> int:
        """Of its row."""
        return self.venue.id

    @property
    def slug(self) -> str:
        """As its row has it."""
        return self.venue.slug


@dataclass(frozen=True, slots=True)
class Rows:
    """The statements of a run on one connection; used by one thread at a time.

    `workers` are the parameters that name the workers of each kind, `queue` is the one that the
    application's enrichments go through. `settle`: a venue that a job was at more recently than
    that is left alone, for the job may write it still.
    """

    database: Database
    oban_schema: str
    workers: Mapping[str, Any]
    queue: str
    settle: timedelta

    def venue(self, venue_id: int) -> VenueNow | None:
        """The venue, or None if it is gone."""
        rows = self.database.ask(VenueForRetry(self.oban_schema), {"venue_id": venue_id})
        if not rows:
            return None
        row = rows[0]
        venue = Venue(row["id"], row["slug"], row["name"], row["provider_ids"])
        return VenueNow(venue, tuple(elements(row["venue_images"])))

    def blockers(
        self, venue_ids: list[int], now: datetime, *, besides: int | None = None
    ) -> dict[int, Blocker]:
        """By venue, the job that stands in the way; `besides` is one that does not."""
        found = self.database.ask(
            Blockers(self.oban_schema),
            {
                **self.workers,
                "enrichment_queue": self.queue,
                "venue_ids": venue_ids,
                "touched_since": (now - self.settle).replace(tzinfo=None),
                "besides": besides,
            },
        )
        return {
            row["venue_id"]: Blocker(
                Reason.JOB_UNFINISHED if row["is_unfinished"] else Reason.JUST_TOUCHED,
                row["id"],
                row["worker"],
                row["state"],
                row["since"],
            )
            for row in found
        }

    def daily_run(self) -> tuple[int, datetime] | None:
        """The job that is at no venue in particular, and since when, in UTC without zone."""
        found = self.database.ask(DailyRun(self.oban_schema), self.workers)
        return (found[0]["id"], found[0]["attempted_at"]) if found else None

    def mark_uploaded(
        self, venue_id: int, identity: Identity, stored: StoredObject, now: datetime
    ) -> bool:
        """Whether it was written: the image has failed still, and is there once."""
        return bool(
            self.database.tell(
                MarkUploaded(self.oban_schema),
                {
                    **_which(venue_id, identity, now),
                    "url": stored.url,
                    "imagekit_path": stored.path,
                    "retried_at": _iso(now),
                },
            )
        )

    def mark_failed(
        self, item: Item, error: ImageError, now: datetime, *, max_retries: int
    ) -> bool:
        """Whether it was written: nobody else has tried the image since it was planned.

        The words are those that the application writes.
        """
        details = {
            "error": error.message,
            "error_type": error.error_type,
            "status_code": error.status_code,
            "timestamp": _iso(now),
        }
        return bool(
            self.database.tell(
                MarkFailed(self.oban_schema),
                {
                    **_which(item.venue_id, item.source, now),
                    "retries": item.retries,
                    "details": Jsonb(details),
                    "is_final": error.retryability is Retryability.PERMANENT,
                    "max_retries": max_retries,
                },
            )
        )


class RowsPool:
    """A few connections for many tasks; each call runs in a thread."""

    def __init__(self, make: Callable[[], Rows], size: int) -> None:
        self._all = [make() for _ in range(size)]
        self._free: asyncio.LifoQueue[Rows] = asyncio.LifoQueue()
        for each in self._all:
            self._free.put_nowait(each)

    async def call(self, ask: Callable[[Rows], T]) -> T:
        """The answer of one connection. What was begun is finished, even when we are cancelled."""
        rows = await self._free.get()
        task = asyncio.ensure_future(asyncio.to_thread(ask, rows))
        try:
            return await asyncio.shield(task)
        finally:
            if not task.done():
                with suppress(Exception):
                    await task
            self._free.put_nowait(rows)

    def close(self) -> None:
        """Give all connections back."""
        for each in self._all:
            each.database.close()


def _which(venue_id: int, identity: Identity, now: datetime) -> dict[str, Any]:
    return {
        "venue_id": venue_id,
        "provider": identity.provider,
        "source_url": identity.url,
        "now": now.replace(tzinfo=None),
    }


def _iso(now: datetime) -> str:
    """As the application writes moments: ISO 8601 in UTC with a Z."""
    return now.replace(tzinfo=None).isoformat() + "Z"
