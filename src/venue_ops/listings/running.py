"""A confirmed retry: executed, receipted, told as it goes and at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import typer

from venue_ops.context import Session
from venue_ops.core.errors import ConfigurationError
from venue_ops.core.net.errors import REFUSALS
from venue_ops.core.planning import Totals, VenuePlan, provider_of
from venue_ops.core.retry import again
from venue_ops.core.retry.outcomes import Outcome, Result, Stop, Summary
from venue_ops.core.retry.receipts import ReceiptWriter, RunHead
from venue_ops.core.retry.run import Budget
from venue_ops.core.retry.state import StateFolder
from venue_ops.core.services.job_runs import JobRun
from venue_ops.core.services.retrying import execute
from venue_ops.core.services.tools import Means
from venue_ops.exit_codes import ExitCode
from venue_ops.listings.program import program
from venue_ops.listings.progress import progress
from venue_ops.listings.results import Results
from venue_ops.listings.with_jobs import WithJobs
from venue_ops.views import retrying as view
from venue_ops.views.rerunning import of_done

Execute = Callable[
    [Iterator[VenuePlan], Budget, Callable[[Outcome], None], Summary, Callable[[], None]], None
]
"""The plans, where to stop, who hears of outcomes, what it comes to, who hears of a signal."""


@dataclass(frozen=True, slots=True)
class Work:
    """A run that is about to begin: its id, the folder of its receipt, and how it is done.

    `clock` is monotonic seconds. `finishing` is said when the first signal comes, `stopped` of
    what ended it early, and `notes` of how it ended.
    """

    run_id: str
    state: StateFolder
    clock: Callable[[], float]
    execute: Execute
    finishing: str
    stopped: Mapping[Stop, str]
    notes: Callable[[Summary], Iterable[str]] = lambda _: ()


def inline_work(means: Means) -> Work:
    """This program downloads, stores and writes."""
    return Work(
        run_id=means.run_id,
        state=means.state,
        clock=means.clock,
        execute=partial(execute, means),
        finishing="Finishing what is in flight; a second Ctrl-C stops at once.",
        stopped=view.STOPPED,
    )


def job_work(run: JobRun, queue: str) -> Work:
    """Job rows are inserted, and waited for where that was asked."""

    def notes(summary: Summary) -> Iterator[str]:
        if summary.results[Result.ENQUEUED]:
            yield (
                f"Queue {queue} has them; `venue-ops list --kind retry` shows what becomes of the"
                " jobs, `venue-ops show venue` of the images."
            )

    return Work(
        run_id=run.run_id,
        state=run.state,
        clock=run.clock,
        execute=run.execute,
        finishing="Stopping; what is enqueued stays so. A second Ctrl-C stops at once.",
        stopped=view.STOPPED_WAITING,
        notes=notes,
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run was asked for: as it was typed, why, what it comes to, how to ask it again.

    `left_out` are lines that say what is not taken. `jobs` run again before the images are tried.
    """

    what: str
    reason: str | None
    totals: Totals
    budget: Budget
    again: again.Asked
    left_out: Sequence[str] = ()
    jobs: WithJobs | None = None


def run(session: Session, work: Work, plans: Iterator[VenuePlan], asked: Asked) -> None:
    """Work through the plans; results to stdout as they come (ndjson) or as a table at the end.

    Raises typer.Exit(5) if images still fail, 7 if the run was stopped, 130 or 143 after a
    signal; OutputError if stdout could not be written; what ended it otherwise, with the receipt
    closed.
    """
    refused: Counter[str] = Counter()
    session.output.without_pager()  # a run that has ended waits for nobody
    receipt = ReceiptWriter(work.state.runs, _head(session, work, asked), session.redactor.text)
    results = Results(session, receipt)
    summary = Summary()

    def emit(outcome: Outcome) -> None:
        if outcome.result is Result.LEFT and outcome.error_type in REFUSALS:
            refused[provider_of(outcome.item)] += 1
        tell(outcome)
        results.add(outcome)

    try:
        if asked.jobs is not None:
            asked.jobs.execute(receipt, summary)
        if asked.totals.images:
            with progress(session, asked.totals, work.clock) as tell:
                work.execute(plans, asked.budget, emit, summary, lambda: tell.say(work.finishing))
    except KeyboardInterrupt:
        if summary.signal is None:
            raise
    finally:
        try:
            receipt.end(summary, session.clock())
        except ConfigurationError as error:  # hides neither the results nor what ended the run
            session.console.warn(f"{error.message} The run is over, and its images are written.")
        finally:
            results.end(sum(summary.results.values()))
            _tell(session, work, summary, asked, refused)
            session.console.note(f"Its receipt: {program(session)} runs show {work.run_id}")
    results.raise_problem()
    _end(summary)


def _head(session: Session, work: Work, asked: Asked) -> RunHead:
    return RunHead(
        id=work.run_id,
        began=session.clock().isoformat(),
        database=session.source.database.label,
        what=asked.what,
        reason=asked.reason,
        planned=asked.totals.images,
        verb=asked.again.verb,
        names=asked.again.names,
        options=asked.again.options,
        planned_jobs=asked.jobs.totals.jobs if asked.jobs is not None else 0,
    )


def _tell(
    session: Session, work: Work, summary: Summary, asked: Asked, refused: Mapping[str, int]
) -> None:
    if summary.results or not summary.jobs:
        session.console.note(view.of_summary(summary))
    if summary.jobs:
        session.console.note(of_done(summary))
    if summary.stopped is not None and summary.stopped in work.stopped:
        session.console.note(work.stopped[summary.stopped])
    for line in work.notes(summary):
        session.console.note(line)
    for line in (*asked.left_out, *(asked.jobs.lines() if asked.jobs is not None else ())):
        session.console.note(line)
    for name, count in sorted(refused.items()):
        if name not in summary.stopped_providers:
            session.console.warn(view.of_refused(name, count))
    for name, why in summary.stopped_providers.items():
        session.console.warn(f"{name} was left alone after a while: {view.OPENED[why]}.")


def _end(summary: Summary) -> None:
    if summary.signal is not None:
        raise typer.Exit(128 + summary.signal)
    if summary.stopped is not None:
        raise typer.Exit(ExitCode.STOPPED)
    if summary.still_failing:
        raise typer.Exit(ExitCode.STILL_FAILING)
