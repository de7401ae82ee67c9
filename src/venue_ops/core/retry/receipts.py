"""The receipt of a run: what it was asked, what became of each image, how it ended.

One file a run, a JSON object a line: the run, its images as they come, its end. A run without
an end was killed, or runs still. No line holds a secret: every text is cleaned on its way in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from venue_ops.core.errors import ConfigurationError
from venue_ops.core.planning.jobs import JobItem, JobReason
from venue_ops.core.retry.outcomes import JobResult, Outcome, Summary

Clean = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class RunHead:
    """What a run was asked: `what` as `city krakow`, `reason` as typed.

    `planned` are images, `planned_jobs` the jobs that were to run again.
    `verb` (`retry city`), `names` and `options` ask the same again; there are no `names` where
    they were too many to be typed.
    """

    id: str
    began: str
    database: str
    what: str
    reason: str | None
    planned: int
    verb: str | None = None
    names: tuple[str, ...] = field(default_factory=tuple)
    options: tuple[str, ...] = field(default_factory=tuple)
    planned_jobs: int = field(default_factory=int)


@dataclass(frozen=True, slots=True)
class RunImage:
    """One image of a run, before and after."""

    image: str | None
    venue_id: int
    provider: str | None
    before: str | None
    error_before: str | None
    retries_before: int
    result: str
    error: str | None
    status_code: int | None
    message: str | None
    url: str | None
    at: str
    venue: str | None = None
    path: str | None = None
    job_id: int | None = None


@dataclass(frozen=True, slots=True)
class RunJob:
    """One job that was to run again: its state before, and why it was left, if it was."""

    job_id: int
    worker: str
    venue_id: int | None
    venue: str | None
    before: str
    result: str
    reason: str | None
    at: str


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended: images and jobs by result, and what stopped it."""

    ended: str
    results: Mapping[str, int]
    requests: int
    uploads: int
    stopped: str | None
    stopped_providers: Mapping[str, str] = field(default_factory=dict)
    jobs: Mapping[str, int] = field(default_factory=dict)


def recorded(outcome: Outcome) -> RunImage:
    """What a receipt says of an image."""
    item = outcome.item
    return RunImage(
        image=item.id,
        venue_id=item.venue_id,
        provider=item.identity.provider if item.identity else None,
        before=item.status,
        error_before=item.error_type,
        retries_before=item.retries,
        result=str(outcome.result),
        error=outcome.error_type,
        status_code=outcome.status_code,
        message=outcome.message,
        url=outcome.url,
        at=outcome.at.isoformat(),
        venue=item.venue_slug,
        path=outcome.path,
        job_id=outcome.job_id,
    )


def recorded_job(item: JobItem, at: datetime) -> RunJob:
    """What a receipt says of a job that was to run again, and was or is left."""
    job, venue = item.job, item.job.venue
    return RunJob(
        job_id=job.id,
        worker=job.worker,
        venue_id=venue.id if venue else None,
        venue=venue.slug if venue else None,
        before=item.answer.state,
        result=str(JobResult.RERUN if item.is_taken else JobResult.LEFT),
        reason=None if item.reason is None else str(item.reason),
        at=at.isoformat(),
    )


def gone_job(job_id: int, at: datetime) -> RunJob:
    """The same of one that was planned and is not there any more: nobody knows more than its id."""
    left, changed = str(JobResult.LEFT), str(JobReason.CHANGED)
    return RunJob(job_id, "", None, None, "", left, changed, at.isoformat())


class ReceiptWriter:
    """Writes one receipt as its run goes on."""

    def __init__(self, folder: Path, head: RunHead, clean: Clean) -> None:
        self._clean = clean
        self.path = folder / f"{head.id}.jsonl"
        self._is_torn = False
        self._write("run", head, mode="x")

    def image(self, outcome: Outcome) -> None:
        """Add what became of one image."""
        self._write("image", recorded(outcome))

    def job(self, job: RunJob) -> None:
        """Add what became of one job."""
        self._write("job", job)

    def end(self, summary: Summary, now: datetime) -> None:
        """Say how the run ended. Raises ConfigurationError, as all of it does."""
        results = {str(result): count for result, count in sorted(summary.results.items())}
        end = RunEnd(
            ended=now.isoformat(),
            results=results,
            requests=summary.requests,
            uploads=summary.uploads,
            stopped=None if summary.stopped is None else str(summary.stopped),
            stopped_providers=dict(summary.stopped_providers),
            jobs={str(result): count for result, count in sorted(summary.jobs.items())},
        )
        self._write("end", end)

    def _write(self, kind: str, part: Any, *, mode: str = "a") -> None:
        values = {each.name: getattr(part, each.name) for each in fields(part)}
        line = json.dumps({"kind": kind, **self._cleaned(values)})
        try:
            with self.path.open(mode, encoding="ascii") as file:
                # Behind a line that a full disk cut short, this one has to stand by itself.
                file.write(("\n" if self._is_torn else "") + line + "\n")
            self._is_torn = False
        except OSError as error:
            self._is_torn = True
            raise ConfigurationError(
                f"The receipt of the run cannot be written: {error.strerror}.",
                hint="Make room on the disk of the state folder, or name another (state_dir).",
            ) from None

    def _cleaned(self, value: Any) -> Any:
        match value:
            case str():
                return self._clean(value)
            case tuple():
                return [self._cleaned(item) for item in value]
            case dict():
                return {self._cleaned(key): self._cleaned(item) for key, item in value.items()}
            case _:
                return value
