"""A worker: from options to a queue that is consumed, and what is told of it meanwhile."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import metadata

import typer

from venue_ops.context import Session
from venue_ops.core.errors import ConfigurationError, UsageError
from venue_ops.core.moments import parse_duration
from venue_ops.core.oban.values import Cancelled, Later, Queue
from venue_ops.core.planning import Policy
from venue_ops.core.retry.outcomes import NOT_THERE, Outcome, Result
from venue_ops.core.services.performing import Performed
from venue_ops.core.services.rights import refuse_who_may_not_consume
from venue_ops.core.services.working import (
    Hears,
    Worker,
    refuse_a_queue_of_the_application,
)
from venue_ops.exit_codes import ExitCode
from venue_ops.listings.means import means_of, place_of
from venue_ops.listings.read_only import refuse_where_read_only
from venue_ops.listings.results import Results
from venue_ops.output.formats import Format
from venue_ops.views import working as view

_OBAN = "0.7."
_INSTALL = "Install it with Python 3.12 or newer: pip install 'venue-ops[worker]'."
_SHORTEST_RESCUE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """The options of the command, as typed."""

    queue: str | None = None
    jobs: int = 10
    rescue_after: str = "15m"
    drain: bool = False


@dataclass(slots=True)
class _Told:
    """What came of it so far."""

    jobs: int = 0
    undone: int = 0
    results: Counter[Result] = field(default_factory=Counter)

    def add(self, job: Performed) -> None:
        """Of a job that goes back, what was not done is told by whoever does it."""
        goes_back = isinstance(job.ending, Later)
        self.jobs += not goes_back
        gave_up = isinstance(job.ending, Cancelled) and job.ending.gave_up
        self.undone += gave_up or job.problem is not None
        for result, many in job.results.items():
            if not (goes_back and result in (Result.LEFT, Result.BUSY)):
                self.results[result] += many


def run_worker(session: Session, options: WorkerOptions) -> None:
    """Consume the queue. Raises typer.Exit(130) or 143 after a signal, 5 if it drained the queue
    and images still fail; what ended it otherwise."""
    refuse_without_oban(sys.version_info[:2], oban_version())
    rescue_after = _rescue_after(options.rescue_after)
    _refuse_what_cannot_be_printed(session)
    settings = session.settings
    queue = Queue(options.queue or settings.queues.worker, settings.workers.retry)
    refuse_a_queue_of_the_application(queue.name, list(settings.queues.by_kind.values()))
    refuse_where_read_only(session, refuse_who_may_not_consume)
    session.output.without_pager()
    told, results = _Told(), Results(session)
    with means_of(session, Policy(max_retries=settings.max_retries)) as means:
        worker = Worker(
            means=means,
            source=session.source,
            queue=queue,
            jobs=options.jobs,
            rescue_after=rescue_after,
            drains=options.drain,
            clean=session.redactor.text,
        )
        session.console.note(
            f"Working on {session.source.database.label}, queue {queue.name}, jobs of"
            f" {', '.join(queue.workers)}, {options.jobs} at once; photos go to"
            f" {place_of(session).store}."
        )
        try:
            signal = worker.work(_hears(session, results, told))
        finally:
            session.console.note(view.of_end(told.jobs, told.results))
    if signal is not None:
        raise typer.Exit(128 + signal)
    if told.undone or any(told.results[each] for each in NOT_THERE):
        raise typer.Exit(ExitCode.STILL_FAILING)


def oban_version() -> str | None:
    """The one that is installed, without loading it."""
    try:
        return metadata.version("oban")
    except metadata.PackageNotFoundError:
        return None


def refuse_without_oban(python: Sequence[int], oban: str | None) -> None:
    """Raise ConfigurationError where a worker cannot run: an old Python, or not the oban we know.

    Private parts of it are used, so another release than 0.7 may do anything.
    """
    if tuple(python) < (3, 12):
        version = ".".join(str(part) for part in python)
        raise ConfigurationError(
            f"`venue-ops worker` needs Python 3.12 or newer, and this is {version}.", hint=_INSTALL
        )
    if oban is None:
        raise ConfigurationError(
            "`venue-ops worker` needs oban for Python, which is not installed.", hint=_INSTALL
        )
    if not oban.startswith(_OBAN):
        raise ConfigurationError(
            f"`venue-ops worker` works with oban 0.7 alone, and {oban} is installed.",
            hint="Install the one that fits: pip install 'venue-ops[worker]'.",
        )


def _rescue_after(typed: str) -> timedelta:
    found = parse_duration(typed)
    if found < _SHORTEST_RESCUE:
        raise UsageError("--rescue-after is at least a second.", hint="As 15m or 1h.")
    return found


def _refuse_what_cannot_be_printed(session: Session) -> None:
    if session.flags.output not in (None, Format.NDJSON):
        raise UsageError(
            f"A worker has no end to print {session.flags.output} at.",
            hint="-o ndjson prints each image as it comes; without it stdout stays empty.",
        )
    from venue_ops.views import retrying

    session.output.check(retrying.OUTCOMES)


def _hears(session: Session, results: Results, told: _Told) -> Hears:
    say = session.console

    def performed(job: Performed) -> None:
        told.add(job)
        say.note(view.of_job(job))

    def outcome(each: Outcome) -> None:
        results.add(each)
        results.raise_problem()

    return Hears(
        outcome=outcome,
        performed=performed,
        rescued=lambda ids: say.note(view.of_rescued(ids)),
        stopping=lambda: say.note(
            "Stopping: finishing what is in flight; a second Ctrl-C stops at once."
        ),
        log=say.verbose,
    )
