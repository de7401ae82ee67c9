"""A worker of its own process's, in a world: what is enqueued for it, and what it comes to."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.enqueueing import FOR_PYTHON, RETRY_WORKER, Enqueuer, add_job, jobs
from tests.retrying import DEFAULT, NOW, World

from venue_ops.core.net.connecting import PublicOnly
from venue_ops.core.net.imagekit import ImageKit
from venue_ops.core.oban.values import Cancelled, Queue
from venue_ops.core.planning import Policy
from venue_ops.core.redaction import Redactor
from venue_ops.core.retry.outcomes import Outcome
from venue_ops.core.services.performing import Performed
from venue_ops.core.services.tools import Means
from venue_ops.core.services.working import Hears, Worker

QUEUE = Queue(FOR_PYTHON.queue, (FOR_PYTHON.worker,))
ENQUEUE = ("sweep", "--enqueue", "--engine", "python", "--yes")


@dataclass
class Shift:
    """A worker and what was heard of it; it may also connect to what is `allowed`."""

    enqueuer: Enqueuer
    performed: list[Performed] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    rescued: list[int] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    emit: Callable[[Outcome], None] = lambda _: None
    stops_after: int | None = None
    allowed: tuple[tuple[str, int], ...] = ()

    @property
    def here(self) -> World:
        return self.enqueuer.here

    def enqueue(self, *venues: int, policy: Policy | None = None) -> list[int]:
        """The ids of the jobs for all that these venues can have retried."""
        answers = self.enqueuer.for_python.enqueue(*venues, policy=policy)
        found = [answers[venue].job_id for venue in venues]
        assert None not in found
        return [each for each in found if each is not None]

    def work(self, *, drains: bool = True, jobs: int = 4, **options: Any) -> int | None:
        """Until the queue is empty; or until so many jobs were performed, by a SIGINT then."""
        worker = Worker(
            means=self.means(),
            source=self.enqueuer.source,
            queue=QUEUE,
            jobs=jobs,
            drains=drains,
            **{
                "clean": Redactor().text,
                "rescue_after": timedelta(minutes=15),
                **options,
            },
        )
        return worker.work(
            Hears(
                outcome=self._outcome,
                performed=self._performed,
                rescued=self.rescued.extend,
                stopping=lambda: None,
                log=self.logged.append,
            )
        )

    def means(self) -> Means:
        here = self.here
        return Means(
            run_id="worker",
            rows=here.rows,
            network=lambda: PublicOnly(allowed=[here.provider_web.address, *self.allowed]),
            store=lambda: ImageKit(
                here.key,
                now=lambda: NOW,
                root="/venues",
                url=here.store_web.url + "/api/v1/files/upload",
                timeout=5,
            ),
            state=here.state,
            root="/venues",
            pace=lambda name: here.rates.get(name, 1000.0),
            prices={},
            source_url=lambda url: url,
            policy=DEFAULT,
            concurrency=here.concurrency,
            tries=here.tries,
            limits=here.limits,
            clock=time.monotonic,
            now=lambda: NOW,
        )

    def job(self, job_id: int) -> dict[str, Any]:
        """Its row, without its args: they may hold what cannot be read."""
        with self.here.database.connect() as conn:
            row = conn.execute(
                "SELECT to_jsonb(j) - 'args' FROM oban_jobs j WHERE id = %s", [job_id]
            ).fetchone()
        assert row
        found: dict[str, Any] = row[0]
        return found

    def reason(self, job_id: int) -> str:
        """Why it was cancelled, as it was told and as its row says."""
        (told,) = (each for each in self.performed if each.job_id == job_id)
        assert isinstance(told.ending, Cancelled)
        row = self.job(job_id)
        assert row["state"] == "cancelled"
        assert row["cancelled_at"] is not None
        said: str = row["errors"][-1]["error"]
        assert said == told.ending.reason
        return said

    def results(self) -> list[str]:
        """Of each image that was heard of."""
        return [str(outcome.result) for outcome in self.outcomes]

    def _outcome(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.emit(outcome)

    def _performed(self, performed: Performed) -> None:
        self.performed.append(performed)
        if self.stops_after is not None and len(self.performed) >= self.stops_after:
            self.stops_after = None
            os.kill(os.getpid(), signal.SIGINT)


def run_sql(here: World, statement: str, *values: Any) -> None:
    with here.database.connect(autocommit=True) as conn:
        conn.execute(statement, list(values))


def seconds_until(moment: str) -> float:
    """From now, by the clock that the server and we share here."""
    found = datetime.fromisoformat(moment)
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return (found - datetime.now(UTC)).total_seconds()


def is_given_back(row: dict[str, Any], *, seconds: float) -> bool:
    """Whether it waits for so long, its attempt not counted."""
    assert (row["state"], row["attempt"], row["max_attempts"]) == ("scheduled", 0, 1)
    return seconds - 5 < seconds_until(row["scheduled_at"]) <= seconds


def args_of(here: World, venue: int) -> dict[str, Any]:
    """What enqueueing would have written for all failed images of a venue."""
    plan = here.plan(venue)
    names = {(item.id or "").rpartition("/")[2]: item.retries for item in plan.items}
    return {"venue_id": venue, "images": names}


def add(here: World, args: Any, **more: Any) -> int:
    """A row of ours in the worker's queue."""
    columns = {"max_attempts": 1, "queue": QUEUE.name, **more}
    return add_job(here.database, args, worker=RETRY_WORKER, **columns)


def states(here: World) -> list[str]:
    return [job["state"] for job in jobs(here.database)]


def fill(here: World, venues: int, images: int = 1) -> list[int]:
    return [
        here.venue(*(here.image(f"/{n}-{m}") for m in range(images)), slug=f"noce-{n}")
        for n in range(venues)
    ]
