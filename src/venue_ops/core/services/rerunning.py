"""Jobs that run again: what may, and having it done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import islice
from typing import Any, Final

from venue_ops.core.db import rows
from venue_ops.core.db.locks import LOCK
from venue_ops.core.db.questions import JobIds, JobsByIds, JobStates, Rerun
from venue_ops.core.errors import NotFoundError
from venue_ops.core.models import JobKind, Operation
from venue_ops.core.planning import Blocker, Reason
from venue_ops.core.planning.jobs import JobAnswer, JobItem, JobReason
from venue_ops.core.queries import JobQuery
from venue_ops.core.services.operations import city_path, filters_of, parameters_of
from venue_ops.core.services.source import Source, naive_utc
from venue_ops.core.vocabulary import FINISHED

COOLDOWN: Final = timedelta(days=7)
"""How long the application takes a venue for fresh that it checked and found no photo of."""
COOLDOWN_WITH_IMAGES: Final = timedelta(days=90)
"""The same of one that has images."""

AT_ONCE: Final = 10_000
"""Jobs in one transaction: it holds the lock for less than a second."""

_PAGE: Final = 500
_NEWER: Final = (JobReason.NEWER_CHOSEN, JobReason.RUN_SINCE)


@dataclass(frozen=True)
class Rerunning:
    """Has jobs of one database run again; `enrichment_queue` is the application's.

    A job that was begun less than `settle` ago and left no error may run still. `fresh` forces
    enrichments of one venue. `respawn` are the venues that a backfill may pay for, None for none.
    `passes_over` leaves jobs of venues where a newer enrichment did its work.
    """

    source: Source
    enrichment_queue: str
    settle: timedelta
    fresh: bool = False
    respawn: int | None = None
    passes_over: bool = False

    def look(
        self, job_ids: Sequence[int], image_venues: Iterable[int] = ()
    ) -> dict[int, JobAnswer]:
        """What would become of each job that is there; nothing is changed.

        Jobs at `image_venues` are left: their images are retried.
        """
        asked = self._asked(job_ids, image_venues)
        found = self.source.database.ask(self._question(looks=True), asked)
        return {row["id"]: self._answer(row) for row in found}

    def rerun(
        self, job_ids: Sequence[int], image_venues: Iterable[int] = ()
    ) -> dict[int, JobAnswer]:
        """The same, done: in one transaction, all that may run again or nothing."""
        now = naive_utc(self.source.now())
        asked = {
            **self._asked(job_ids, image_venues),
            "now": now,
            "channel": f"{self.source.oban_schema}.oban_insert",
        }
        found = self.source.database.tell(self._question(looks=False), asked, lock=LOCK)
        return {row["id"]: self._answer(row, is_done=True) for row in found}

    def _question(self, *, looks: bool) -> Rerun:
        return Rerun(self.source.oban_schema, self._unfinished, self.fresh, looks)

    def _asked(self, job_ids: Sequence[int], image_venues: Iterable[int]) -> dict[str, Any]:
        now = naive_utc(self.source.now())
        return {
            **self.source.common_parameters(),
            "enrichment_queue": self.enrichment_queue,
            "job_ids": list(job_ids),
            "image_venues": list(image_venues),
            "respawn": self.respawn,
            "passed_over": self.passes_over,
            "begun_since": now - self.settle,
            "checked_since": (now - COOLDOWN).isoformat(timespec="seconds"),
            "checked_with_images_since": (now - COOLDOWN_WITH_IMAGES).isoformat(timespec="seconds"),
        }

    def _answer(self, row: Mapping[str, Any], *, is_done: bool = False) -> JobAnswer:
        reason = None if row["reason"] is None else JobReason(row["reason"])
        if reason is None and is_done and not row["rerun"]:
            reason = JobReason.CHANGED
        blocker = (
            Blocker(
                Reason.JOB_UNFINISHED,
                row["blocker_id"],
                row["blocker_worker"],
                row["blocker_state"],
                row["blocker_since"],
            )
            if reason is JobReason.JOB_UNFINISHED
            else None
        )
        return JobAnswer(
            job_id=row["id"],
            state=row["state"],
            reason=reason,
            venues=row["venues"],
            is_backfill=row["kind"] == JobKind.BACKFILL,
            would_skip=row["would_skip"] and not self.fresh,
            newer_id=row["newer_id"] if reason in _NEWER else None,
            blocker=blocker,
            queue=row["queue"],
        )

    @cached_property
    def _unfinished(self) -> tuple[str, ...]:
        """Those of this database's states that may still lead to a write."""
        (row,) = self.source.database.ask(JobStates(self.source.oban_schema), {})
        return tuple(state for state in row["states"] if state not in FINISHED)


def ids_of(source: Source, query: JobQuery, *, small_cities: bool = False) -> list[int]:
    """The jobs that a query of the list asks for, the newest first; no more than its limit."""
    asked = JobIds(
        oban_schema=source.oban_schema,
        kinds=query.kinds,
        filters=filters_of(query),
        city_path=city_path(small_cities),
        limited=query.limit > 0,
    )
    bound = {**parameters_of(source, query), "limit": query.limit}
    return [row["id"] for row in source.database.ask(asked, bound)]


def refuse_absent(job_ids: Sequence[int], answers: Mapping[int, JobAnswer]) -> None:
    """Raise NotFoundError where one that was named is not there."""
    for job_id in job_ids:
        if job_id not in answers:
            raise NotFoundError(
                f"There is no job {job_id}.",
                hint="Finished jobs are pruned after some days; `venue-ops list` shows those that"
                " are there.",
            )


def items_of(
    source: Source, job_ids: Iterable[int], answers: Mapping[int, JobAnswer]
) -> Iterator[JobItem]:
    """The jobs in this order with what the list says of them; one that is gone is passed over."""
    each = iter(job_ids)
    while some := tuple(islice(each, _PAGE)):
        found = _operations(source, some)
        for job_id in some:
            if job_id in found and job_id in answers:
                yield JobItem(found[job_id], answers[job_id])


def jobs_of(source: Source, job_ids: Sequence[int]) -> dict[int, Operation]:
    """What the list says of each of these jobs that is there."""
    found: dict[int, Operation] = {}
    for start in range(0, len(job_ids), _PAGE):
        found |= _operations(source, job_ids[start : start + _PAGE])
    return found


def _operations(source: Source, job_ids: Sequence[int]) -> dict[int, Operation]:
    bound = {**source.common_parameters(), "job_ids": list(job_ids)}
    now = source.now()
    found = source.database.ask(JobsByIds(source.oban_schema), bound)
    return {row["id"]: rows.operation(row, now=now) for row in found}
