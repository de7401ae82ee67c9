"""Which jobs run again, why the others are left, and what helps there (pure).

The database decides, in the snapshot that the rows are changed in; here is what it answers, and
what that means to people.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from venue_ops.core.models import JobScope, Operation
from venue_ops.core.planning.models import Blocker


class JobReason(StrEnum):
    """Why a job is left out."""

    RETRY_ROW = "retry_row"
    CLEANUP_ROW = "cleanup_row"
    OTHER_WORKER = "other_worker"
    EXECUTING = "executing"
    MAY_RUN = "may_run_still"
    WAITING = "waiting"
    NO_VENUES = "no_venues"
    JOB_UNFINISHED = "job_unfinished"
    NOT_RESPAWNED = "not_respawned"
    IMAGES_FIRST = "images_first"
    RUN_SINCE = "run_since"
    NEWER_CHOSEN = "newer_chosen"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class JobAnswer:
    """What the database says of one job; `reason` None means that it runs, or would run, again.

    `venues` are those it asks the providers for, None where it finds them itself. `would_skip`:
    its venue was checked so lately that it would do nothing. `queue` is where it waits then.
    """

    job_id: int
    state: str
    reason: JobReason | None
    venues: int | None
    is_backfill: bool = False
    would_skip: bool = False
    newer_id: int | None = None
    blocker: Blocker | None = None
    queue: str | None = None


@dataclass(frozen=True, slots=True)
class JobItem:
    """One job of a plan: the row of the list, and the answer."""

    job: Operation
    answer: JobAnswer

    @property
    def reason(self) -> JobReason | None:
        """Why it is left out; None where it is taken."""
        return self.answer.reason

    @property
    def is_taken(self) -> bool:
        """Whether it would run again."""
        return self.answer.reason is None

    @property
    def skips(self) -> bool:
        """Whether it is taken, and would find its venue fresh and do nothing."""
        return self.is_taken and self.answer.would_skip


WORDS: Final[Mapping[JobReason, str]] = MappingProxyType(
    {
        JobReason.RETRY_ROW: "a retry means images by places that have changed since",
        JobReason.CLEANUP_ROW: "a cleanup retries whole venues, which loses images",
        JobReason.OTHER_WORKER: "its worker is none that venue-ops knows",
        JobReason.EXECUTING: "it runs",
        JobReason.MAY_RUN: "it was begun moments ago and may run still",
        JobReason.WAITING: "it is waiting already",
        JobReason.NO_VENUES: "no venue is there for it",
        JobReason.JOB_UNFINISHED: "another job of its venue is unfinished",
        JobReason.NOT_RESPAWNED: "a backfill asks and pays for every venue again",
        JobReason.IMAGES_FIRST: "the images of its venue are retried now",
        JobReason.RUN_SINCE: "a newer one of its venue has done its work",
        JobReason.NEWER_CHOSEN: "a newer one of its venue is taken",
        JobReason.CHANGED: "it changed meanwhile",
    }
)
"""Each a few words that read the same of one job and of many."""


@dataclass(slots=True)
class JobTotals:
    """What a plan of jobs comes to; grows job by job. `daily` are those without a venue."""

    jobs: int = 0
    venues: int = 0
    daily: int = 0
    skipping: int = 0
    left_out: Counter[JobReason] = field(default_factory=Counter)

    def add(self, answer: JobAnswer) -> None:
        """Count one more."""
        if answer.reason is not None:
            self.left_out[answer.reason] += 1
            return
        self.jobs += 1
        self.venues += answer.venues or 0
        self.daily += answer.venues is None
        self.skipping += answer.would_skip


def with_room(answers: Iterable[JobAnswer], room: int | None) -> Iterator[JobAnswer]:
    """Those that run again, in their order, for `room` venues in all; None is for any number.

    One that asks for more than is left is passed over, and so is one whose venues nobody knows.
    """
    for answer in answers:
        if answer.reason is not None:
            continue
        if room is not None:
            if answer.venues is None or answer.venues > room:
                continue
            room -= answer.venues
        yield answer


def since(item: JobItem) -> datetime | None:
    """Since when what leaves a job out lasts; None where that says nothing."""
    match item.reason:
        case JobReason.EXECUTING | JobReason.MAY_RUN:
            return item.job.times.attempted_at
        case JobReason.WAITING:
            return item.job.times.scheduled_at
        case JobReason.JOB_UNFINISHED:
            return item.answer.blocker.since if item.answer.blocker else None
        case _:
            return None


def help_for(item: JobItem) -> str | None:
    """What to do about a job that is left out, with the command; None where time does it."""
    job = item.job
    match item.reason:
        case JobReason.RETRY_ROW:
            slug = job.venue.slug if job.venue else None
            return f"`venue-ops retry venue {shlex.quote(slug)}`" if slug else _PARTIALS
        case JobReason.CLEANUP_ROW:
            return _PARTIALS
        case JobReason.OTHER_WORKER:
            return (
                f"have the application run it (Oban.retry_job({job.id})); if it is an enrichment by"
                " another name, the setting workers.enrichment has to name it"
            )
        case JobReason.NOT_RESPAWNED:
            count = item.answer.venues or 0
            pays = "1 venue" if count == 1 else f"{count:,} venues"
            return (
                f"`venue-ops retry job {job.id} --respawn {count}` pays for {pays};"
                " `venue-ops retry city` retries images that are known"
            )
        case JobReason.NO_VENUES if job.scope is JobScope.CITY:
            return "nothing: every venue of its city has photos, or was checked lately"
        case JobReason.EXECUTING | JobReason.MAY_RUN:
            return f"`venue-ops show job {job.id}` tells how it ends"
        case _:
            return None


_PARTIALS = "`venue-ops partials`, then `venue-ops retry venue` for what it lists"
