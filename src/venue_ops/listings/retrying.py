"""A retry: from typed options to a plan, a question, a run, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from venue_ops.context import Session
from venue_ops.core.enums import Engine
from venue_ops.core.errors import UsageError
from venue_ops.core.models import Retryability
from venue_ops.core.moments import parse_duration
from venue_ops.core.planning import Grain, Policy
from venue_ops.core.references import parse_enum_values, shortened, split_values
from venue_ops.core.retry import again
from venue_ops.core.retry.run import NO_BUDGET, Budget
from venue_ops.core.services.plans import Scope
from venue_ops.listings.confirming import confirm
from venue_ops.listings.enqueueing import Enqueued, engine_of, refuse_what_is_the_consumers
from venue_ops.listings.failed_jobs import note_failed_jobs
from venue_ops.listings.inline import Inline, refuse_a_cost_that_nobody_knows
from venue_ops.listings.means import DEFAULT_PRESSURE, Pressure
from venue_ops.listings.plans import Way, note_nothing, print_plan, totals_of
from venue_ops.listings.running import Asked, run
from venue_ops.listings.with_jobs import WithJobs
from venue_ops.views import retrying as view


@dataclass(frozen=True, slots=True)
class RetryOptions:
    """The options of every retry, as typed."""

    classes: Sequence[str] = ()
    errors: Sequence[str] = ()
    providers: Sequence[str] = ()
    max_retries: int | None = None
    force: bool = False
    dry_run: bool = False
    yes: bool = False
    budget: Budget = NO_BUDGET
    pressure: Pressure = DEFAULT_PRESSURE
    reason: str | None = None
    enqueue: bool = False
    engine: str | None = None
    wait: bool = False
    jobs: bool = False
    fresh: bool = False


def budget_of(venues: int, images: int | None, duration: str | None, cost: str | None) -> Budget:
    """Where a run stops by itself; 0 venues is nowhere. Raises UsageError."""
    dollars: Decimal | None = None
    if cost is not None:
        try:
            dollars = Decimal(cost.removeprefix("$"))
        except InvalidOperation:
            dollars = Decimal(-1)
        if not dollars.is_finite() or dollars < 0:
            raise UsageError(
                f'--max-cost is no amount of dollars: "{shortened(cost)}".', hint="As 2.50."
            )
    seconds = None if duration is None else parse_duration(duration).total_seconds()
    return Budget(venues or None, images, seconds, dollars)


def pressure_of(concurrency: int | None, timeout: str | None) -> Pressure:
    """How hard a run presses. Raises UsageError."""
    seconds = None if timeout is None else parse_duration(timeout).total_seconds()
    if seconds is not None and seconds <= 0:
        raise UsageError("--timeout has to be above 0.", hint="As 30s or 2m.")
    return Pressure(concurrency, seconds)


def policy_of(session: Session, options: RetryOptions) -> Policy:
    """What the options take. Raises UsageError."""
    classes = parse_enum_values(options.classes, Retryability, option="--class")
    if Retryability.PERMANENT in classes and not options.force:
        raise UsageError(
            "Images with a permanent error are only tried by --force.", hint="Add --force."
        )
    return Policy(
        classes=frozenset(classes) or None,
        errors=split_values(options.errors, option="--error"),
        providers=split_values(options.providers, option="--provider"),
        max_retries=(
            session.settings.max_retries if options.max_retries is None else options.max_retries
        ),
        force=options.force,
    )


def run_retry(session: Session, scope: Scope, options: RetryOptions) -> None:
    """Plan, ask, retry, tell. Raises typer.Exit(5) if images still fail, 7 if it was stopped."""
    way, jobs = _way(session, scope, options), _jobs(session, scope, options)
    if options.dry_run:
        print_plan(session, scope, way, options.budget, jobs)
        _note_failed_jobs(session, scope, options)
        return
    session.output.check(view.OUTCOMES)  # not when everything is done
    way.refuse_where_read_only()
    if jobs is not None:
        jobs.refuse_where_read_only()
    with way.work() as work:
        totals, left = totals_of(way.planned, scope, options.budget, jobs)
        also = _said_of(jobs)
        if not totals.images and not also:
            note_nothing(session, (*left, *(jobs.lines() if jobs is not None else ())))
            _note_failed_jobs(session, scope, options)
            return
        _note_failed_jobs(session, scope, options)
        if totals.images:
            way.note(totals)
        if jobs is not None and also:
            jobs.note(told=way.queue if totals.images else None)
        doing = way.doing if totals.images else "Running again"
        images = way.said(totals) if totals.images else ""
        what = ", and ".join(part for part in (images, also) if part)
        confirm(session, scope.grain, doing=doing, what=what, yes=options.yes)
        asked = Asked(
            scope.said, options.reason, totals, options.budget, asked_of(scope, options), left, jobs
        )
        with closing(way.planned()) as each:
            run(session, work, each, asked)


def _way(session: Session, scope: Scope, options: RetryOptions) -> Way:
    policy, budget = policy_of(session, options), options.budget
    if not options.enqueue:
        _refuse_without_enqueue(options)
        refuse_a_cost_that_nobody_knows(session, budget)
        return Inline(session, scope, policy, budget, options.pressure)
    refuse_what_is_the_consumers(budget, options.pressure, waits=options.wait)
    engine = engine_of(session, options.engine)
    policy = replace(policy, by_job=engine is Engine.APP)
    return Enqueued(session, scope, policy, budget, engine, options.wait)


def _jobs(session: Session, scope: Scope, options: RetryOptions) -> WithJobs | None:
    """The failed jobs, where they are to run again, too."""
    if not options.jobs:
        if options.fresh:
            raise UsageError("--fresh is for jobs.", hint="Add --jobs, or leave it out.")
        return None
    policy, limit = policy_of(session, options), options.budget.venues
    return WithJobs(session, scope, policy, limit, fresh=options.fresh)


def _said_of(jobs: WithJobs | None) -> str:
    if jobs is None:
        return ""
    jobs.look()
    return jobs.said


def _note_failed_jobs(session: Session, scope: Scope, options: RetryOptions) -> None:
    if not options.jobs:
        note_failed_jobs(session, scope)


def _refuse_without_enqueue(options: RetryOptions) -> None:
    for name, is_given in (("--wait", options.wait), ("--engine", options.engine is not None)):
        if is_given:
            raise UsageError(
                f"{name} is for retries that are enqueued.", hint="Add --enqueue, or leave it out."
            )


def asked_of(scope: Scope, options: RetryOptions) -> again.Asked:
    """How the run can be asked for once more."""
    verb = "sweep" if scope.grain is Grain.SWEEP else f"retry {scope.grain}"
    typed: list[str] = []
    for name, values in (
        ("--class", options.classes),
        ("--error", options.errors),
        ("--provider", options.providers),
        ("--max-retries", () if options.max_retries is None else (str(options.max_retries),)),
    ):
        for value in values:
            typed += (name, value)
    if options.force:
        typed.append("--force")
    if options.enqueue:
        typed += ("--enqueue", *(() if options.engine is None else ("--engine", options.engine)))
    flags = (("--wait", options.wait), ("--jobs", options.jobs), ("--fresh", options.fresh))
    typed += (name for name, is_given in flags if is_given)
    return again.Asked(verb, again.typed_names(scope.names), tuple(typed))
