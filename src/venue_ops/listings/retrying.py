"""A retry: from typed options to a plan, a question, a run, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import typer

from venue_ops.context import Session
from venue_ops.core.errors import ConfigurationError, UsageError
from venue_ops.core.models import Retryability
from venue_ops.core.moments import parse_duration
from venue_ops.core.planning import Grain, Item, Policy, Reason, Totals, VenuePlan
from venue_ops.core.references import parse_enum_values, shortened, split_values
from venue_ops.core.retry import again
from venue_ops.core.retry.run import NO_BUDGET, Budget
from venue_ops.core.services.plans import Scope, plans
from venue_ops.exit_codes import ExitCode
from venue_ops.listings.failed_jobs import note_failed_jobs
from venue_ops.listings.means import (
    DEFAULT_PRESSURE,
    Pressure,
    means_of,
    paces_of,
    prices_of,
    rows_of,
)
from venue_ops.listings.read_only import refuse_where_read_only
from venue_ops.listings.results import Results
from venue_ops.listings.running import Asked, run
from venue_ops.listings.width import note_hidden
from venue_ops.output.formats import Format
from venue_ops.output.models import Listing, PageInfo
from venue_ops.settings.retrying import DEFAULT_PACE
from venue_ops.views import retrying as view

_NAMED = 5
"""So many images that are left out are named one by one; of more there are counts."""

_FOR_PROGRAMS = (Format.JSON, Format.CSV, Format.TSV)


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
    policy = policy_of(session, options)
    _refuse_a_cost_that_nobody_knows(session, options.budget)

    def planned() -> Generator[VenuePlan, None, None]:
        return plans(session.source, rows_of(session), scope, policy)

    if options.dry_run:
        _print_plan(session, scope, planned, options.budget)
        note_failed_jobs(session, scope)
        return
    session.output.check(view.OUTCOMES)  # not when everything is done
    refuse_where_read_only(session)
    with means_of(session, policy, options.pressure) as means:
        totals, left = _totals(planned(), scope, options.budget)
        if not totals.images:
            _note_nothing(session, totals, left)
            note_failed_jobs(session, scope)
            return
        note_failed_jobs(session, scope)
        _note_daily_run(session)
        _confirm(session, scope, options, totals)
        said = tuple(view.left_out(totals, left))
        as_typed = asked_of(scope, options)
        asked = Asked(scope.said, options.reason, totals, options.budget, as_typed, said)
        with closing(planned()) as each:
            run(session, means, each, asked)


def _refuse_a_cost_that_nobody_knows(session: Session, budget: Budget) -> None:
    """A limit that is never reached is none."""
    if budget.cost is not None and not prices_of(session):
        raise ConfigurationError(
            "--max-cost cannot stop a run: no provider's price is known.",
            hint="Prices stand in venue_data_providers (cost_per_image), which this role may not"
            " read or which has none; --max-images stops a run, too.",
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
    return again.Asked(verb, again.typed_names(scope.names), tuple(typed))


def _note_daily_run(session: Session) -> None:
    if found := rows_of(session).daily_run():
        job_id, since = found
        session.console.warn(
            f"Job {job_id}, an enrichment of whichever venues it likes, runs since"
            f" {since:%H:%M:%S} UTC and may overwrite what is written now: `venue-ops reconcile`"
            " puts that right afterwards."
        )


def _print_plan(
    session: Session, scope: Scope, planned: Callable[[], Iterator[VenuePlan]], budget: Budget
) -> None:
    totals, left = Totals(), LeftOut(scope)

    def items() -> Iterator[Item]:
        for plan in within(planned(), budget):
            totals.add(plan)
            left.add(plan)
            yield from plan.taken if session.flags.output is Format.IDS else _listed(scope, plan)

    page = PageInfo(None, None, None)
    listing = Listing(items(), view.PLAN, ident=lambda row: row.id or "", page=page)
    session.output.listing(listing)
    note_hidden(session)
    if totals.images:
        said = _of(session, totals, budget)
        session.console.note(f"A retry would try {said}. Nothing was changed.")
        _say(session, view.left_out(totals, left.named))
    else:
        _note_nothing(session, totals, left.named, is_printed=True)


def _listed(scope: Scope, plan: VenuePlan) -> Iterator[Item]:
    """As a filter of the lists does it: what --error, --provider or --class pass over is not shown.

    It is counted among what is left out. Images that were named are shown whatever they are.
    """
    named = scope.grain is Grain.IMAGE
    return (item for item in plan.items if named or item.reason is not Reason.NOT_CHOSEN)


def _totals(
    planned: Iterator[VenuePlan], scope: Scope, budget: Budget
) -> tuple[Totals, Sequence[Item]]:
    totals, left = Totals(), LeftOut(scope)
    for plan in within(planned, budget):
        totals.add(plan)
        left.add(plan)
    return totals, left.named


class LeftOut:
    """The images that are left out, where they are few and were meant by name."""

    def __init__(self, scope: Scope) -> None:
        self._first: list[Item] | None = [] if scope.grain in (Grain.IMAGE, Grain.VENUE) else None

    def add(self, plan: VenuePlan) -> None:
        """Count one more venue."""
        if self._first is not None and len(self._first) <= _NAMED:
            self._first += (item for item in plan.items if not item.is_taken)

    @property
    def named(self) -> Sequence[Item]:
        """All of them, or none where they are too many to be read."""
        few = self._first is not None and len(self._first) <= _NAMED
        return tuple(self._first or ()) if few else ()


def _say(session: Session, lines: Iterable[str]) -> None:
    for line in lines:
        session.console.note(line)


def within(planned: Iterator[VenuePlan], budget: Budget) -> Iterator[VenuePlan]:
    """The plans up to the budget's last venue that has something to try."""
    venues = 0
    for plan in planned:
        venues += bool(plan.taken)
        if budget.venues is not None and venues > budget.venues:
            return
        yield plan


def _of(session: Session, totals: Totals, budget: Budget) -> str:
    seconds = totals.seconds(paces_of(session), DEFAULT_PACE)
    said = view.of_plan(totals, seconds, totals.cost(prices_of(session)))
    stops = view.of_budget(budget)
    return f"{said}, {stops}" if stops else said


def _note_nothing(
    session: Session, totals: Totals, left: Sequence[Item], *, is_printed: bool = False
) -> None:
    """Said to people; a program that reads along gets the empty list of its format."""
    if session.flags.output in _FOR_PROGRAMS and not is_printed:
        Results(session).end()
    session.console.note("Nothing to retry.")
    _say(session, view.left_out(totals, left))


def _confirm(session: Session, scope: Scope, options: RetryOptions, totals: Totals) -> None:
    """Say what is about to happen and where; a city and a sweep ask at a terminal.

    In production a venue and single images ask there, too.
    """
    label = session.source.database.label
    what = f"{_of(session, totals, options.budget)}, in {label}"
    session.console.note(f"Retrying {what}.")
    is_small = scope.grain in (Grain.IMAGE, Grain.VENUE)
    if options.yes or (is_small and not (session.settings.production and _can_ask(session))):
        return
    if not _can_ask(session):
        if scope.grain is Grain.SWEEP:
            return
        raise UsageError(
            f"Nobody is there to confirm a retry of {what}.",
            hint="Add --yes, or --dry-run to look.",
        )
    if not typer.confirm("Go on?", err=True):
        session.console.note("Nothing was changed.")
        raise typer.Exit(ExitCode.DONE)


def _can_ask(session: Session) -> bool:
    try:
        return session.stdin is not None and session.stdin.isatty() and session.stderr.isatty()
    except (OSError, ValueError):
        return False
