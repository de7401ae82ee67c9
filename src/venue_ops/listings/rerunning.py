"""Jobs that are to run again: from typed ids or filters to a plan, a question, and the deed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from venue_ops.context import Session
from venue_ops.core.errors import ConfigurationError, UsageError
from venue_ops.core.planning import Grain
from venue_ops.core.planning.jobs import JobAnswer, JobItem, JobReason, JobTotals
from venue_ops.core.references import shortened
from venue_ops.core.retry import again
from venue_ops.core.retry.outcomes import JobResult, Summary
from venue_ops.core.retry.receipts import ReceiptWriter, RunHead, RunJob
from venue_ops.core.services.rerunning import Rerunning, ids_of, items_of, refuse_absent
from venue_ops.core.services.rights import refuse_who_may_not_rerun
from venue_ops.listings.asking import operation_query
from venue_ops.listings.confirming import confirm
from venue_ops.listings.filters import OperationFilters
from venue_ops.listings.idle import warn_where_idle
from venue_ops.listings.jobs_done import print_done, print_none, rerun
from venue_ops.listings.means import run_id
from venue_ops.listings.notes import say
from venue_ops.listings.program import program
from venue_ops.listings.read_only import refuse_where_read_only
from venue_ops.listings.width import note_hidden
from venue_ops.output.formats import Format
from venue_ops.output.models import Listing, PageInfo
from venue_ops.views import rerunning as view
from venue_ops.views.words import many

_TOO_HIGH = 2**63
_NAMED = 20
"""So many jobs that are left out are named one by one; of more there are counts."""


@dataclass(frozen=True, slots=True)
class JobOptions:
    """The options of `retry job`, as typed, but for those that choose."""

    fresh: bool = False
    respawn: int | None = None
    dry_run: bool = False
    yes: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The jobs that were asked for: as named, or the newest first; how to ask for them again.

    `said` stands for them in a sentence or a receipt.
    """

    ids: Sequence[int]
    are_named: bool
    said: str
    names: tuple[str, ...]
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What would become of the chosen jobs; `left` are there and stay as they are."""

    chosen: Chosen
    answers: dict[int, JobAnswer]
    totals: JobTotals
    taken: Sequence[int]
    left: Sequence[int]

    @classmethod
    def of(cls, chosen: Chosen, answers: dict[int, JobAnswer]) -> _Plan:
        """From what the database answered."""
        totals = JobTotals()
        for answer in answers.values():
            totals.add(answer)
        there = [each for each in chosen.ids if each in answers]
        taken = [each for each in there if answers[each].reason is None]
        left = [each for each in there if answers[each].reason is not None]
        return cls(chosen, answers, totals, taken, left)


def named_jobs(typed: Sequence[str]) -> Chosen:
    """Jobs by their ids. Raises UsageError for what can be none."""
    found: dict[int, None] = {}
    for word in typed:
        if not (word.isascii() and word.isdecimal() and 0 < int(word[:20]) < _TOO_HIGH):
            raise UsageError(
                f'"{shortened(word)}" is no id of a job.', hint="`venue-ops list` shows the ids."
            )
        found[int(word)] = None
    first = list(map(str, found))
    more = f" and {len(first) - 5:,} more" if len(first) > 5 else ""
    said = f"job {' '.join(first[:5])}{more}"
    return Chosen(tuple(found), True, said, again.typed_names(first))


def filtered_jobs(session: Session, filters: OperationFilters) -> Chosen:
    """The jobs that the list shows with these filters."""
    query, cities = operation_query(session, filters)
    small = bool(cities) and all(city.is_small for city in cities)
    typed = tuple(filters.words())
    said = " ".join(("job --all", *typed))
    found = ids_of(session.source, query, small_cities=small)
    return Chosen(found, False, said, ("--all",), typed)


def rerunning_of(
    session: Session,
    *,
    fresh: bool = False,
    respawn: int | None = None,
    are_named: bool = False,
) -> Rerunning:
    """What has jobs of this database run again; only named ones also where they are outdated."""
    settings = session.settings
    return Rerunning(
        session.source,
        settings.queues.enrichment,
        settings.retry.settle,
        fresh,
        respawn,
        passes_over=not are_named,
    )


def retry_jobs(session: Session, chosen: Chosen, options: JobOptions) -> None:
    """Plan, ask, have them run again, tell. Raises UsageError and NotFoundError."""
    rerunning = rerunning_of(
        session, fresh=options.fresh, respawn=options.respawn, are_named=chosen.are_named
    )
    if options.respawn is not None and len(chosen.ids) != 1:
        raise UsageError(
            "--respawn is for one backfill at a time.", hint="Name its id, and no other."
        )
    plan = _Plan.of(chosen, rerunning.look(chosen.ids))
    if chosen.are_named:
        refuse_absent(chosen.ids, plan.answers)
    _refuse_another_number(plan, options.respawn)
    left = tuple(_left(session, plan))
    if options.dry_run:
        _print(session, plan)
        if plan.totals.jobs:
            would = view.of_jobs(plan.totals)
            session.console.note(f"A retry would run {would} again. Nothing was changed.")
        _note(session, plan, left)
        return
    session.output.check(view.JOBS)  # not when everything is done
    refuse_where_read_only(session, partial(refuse_who_may_not_rerun, fresh=options.fresh))
    if not plan.totals.jobs:
        print_none(session)
        _note(session, plan, left)
        return
    what = view.of_jobs(plan.totals)
    say(session, filter(None, [view.skipping(plan.totals)]))
    warn_where_idle(session, {plan.answers[each].queue for each in plan.taken})
    grain = Grain.VENUE if chosen.are_named else Grain.CITY
    confirm(session, grain, doing="Running again", what=what, yes=options.yes)
    _run(session, rerunning, plan, options)
    say(session, view.left_out(plan.totals, left))


def _run(session: Session, rerunning: Rerunning, plan: _Plan, options: JobOptions) -> None:
    session.state.make()
    chosen, summary, done = plan.chosen, Summary(), list[RunJob]()
    fresh = ("--fresh",) if options.fresh else ()
    respawn = () if options.respawn is None else ("--respawn", str(options.respawn))
    head = RunHead(
        id=run_id(session),
        began=session.clock().isoformat(),
        database=session.source.database.label,
        what=chosen.said,
        reason=options.reason,
        planned=0,
        verb="retry job",
        names=chosen.names,
        options=(*chosen.options, *fresh, *respawn),
        planned_jobs=plan.totals.jobs,
    )
    receipt = ReceiptWriter(session.state.runs, head, session.redactor.text)
    try:
        rerun(session, rerunning, plan.taken, receipt, summary, done)
    finally:
        try:
            receipt.end(summary, session.clock())
        except ConfigurationError as error:  # hides neither the jobs nor what ended the run
            session.console.warn(f"{error.message} The run is over, and its jobs run again.")
        finally:
            session.console.note(view.of_done(summary))
            if summary.jobs[JobResult.RERUN]:
                session.console.note(view.FOLLOWED)
            session.console.note(f"Its receipt: {program(session)} runs show {head.id}")
            if done:
                print_done(session, done)


def _left(session: Session, plan: _Plan) -> Iterator[JobItem]:
    """What is left out, where that is few enough to be read."""
    left = plan.left
    if len(left) <= _NAMED:
        yield from items_of(session.source, left, plan.answers)


def _refuse_another_number(plan: _Plan, respawn: int | None) -> None:
    """Raise UsageError where --respawn is not the number that its backfill would pay for."""
    if respawn is None:
        return
    for answer in plan.answers.values():
        if not answer.is_backfill:
            raise UsageError("--respawn is for backfills.", hint="Leave it out.")
        if answer.reason is JobReason.NOT_RESPAWNED:
            venues = many(answer.venues or 0, "venue")
            raise UsageError(
                f"Backfill {answer.job_id} would pay for {venues} now, not for {respawn:,}.",
                hint=f"`venue-ops retry job {answer.job_id} --respawn {answer.venues}` if that is"
                " meant.",
            )


def _print(session: Session, plan: _Plan) -> None:
    ids = plan.taken if session.flags.output is Format.IDS else plan.chosen.ids
    rows = items_of(session.source, ids, plan.answers)
    page = PageInfo(None, None, None)
    session.output.listing(Listing(rows, view.PLAN, ident=lambda row: str(row.job.id), page=page))
    note_hidden(session)


def _note(session: Session, plan: _Plan, left: Sequence[JobItem]) -> None:
    if not plan.totals.jobs:
        session.console.note("Nothing to retry.")
    say(session, filter(None, [view.skipping(plan.totals)]))
    say(session, view.left_out(plan.totals, left))
