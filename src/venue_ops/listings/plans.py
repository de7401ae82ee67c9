"""The plan of a retry: printed by a dry run, or summed up before it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import ClassVar, Protocol

from venue_ops.context import Session
from venue_ops.core.planning import Blocker, Grain, Item, Reason, Totals, VenuePlan
from venue_ops.core.retry.run import Budget
from venue_ops.core.services.plans import Scope
from venue_ops.listings.notes import say
from venue_ops.listings.results import Results
from venue_ops.listings.running import Work
from venue_ops.listings.width import note_hidden
from venue_ops.listings.with_jobs import WithJobs
from venue_ops.output.formats import Format
from venue_ops.output.models import Listing, PageInfo
from venue_ops.views import retrying as view

_NAMED = 5
"""So many images that are left out are named one by one; of more there are counts."""
_BLOCKED = 10
"""So many venues with a job in the way are named; --dry-run lists all."""

_FOR_PROGRAMS = (Format.JSON, Format.CSV, Format.TSV)


class Way(Protocol):
    """One of the ways to retry: here and now, or by job rows."""

    doing: ClassVar[str]
    """`Retrying`."""
    would: ClassVar[str]
    """`A retry would try`."""

    @property
    def queue(self) -> str | None:
        """Where its rows go, if it inserts any."""

    def planned(self) -> Generator[VenuePlan, None, None]:
        """The plans of its scope."""

    def said(self, totals: Totals) -> str:
        """`2 images of 1 venue, at least 1s`."""

    def refuse_where_read_only(self) -> None:
        """Raise where nothing could be written."""

    def note(self, totals: Totals) -> None:
        """What there is to know before it is begun."""

    def work(self) -> AbstractContextManager[Work]:
        """Everything that it needs to be done."""


class LeftOut:
    """What is left out, where it is few and was meant by name, and the jobs in the way."""

    def __init__(self, scope: Scope) -> None:
        self._first: list[Item] | None = [] if scope.grain in (Grain.IMAGE, Grain.VENUE) else None
        self.blocked: list[tuple[str, Blocker]] = []
        self._blocked = 0

    def add(self, plan: VenuePlan) -> None:
        """Count one more venue."""
        if self._first is not None and len(self._first) <= _NAMED:
            self._first += (item for item in plan.items if not item.is_taken)
        if (blocker := next((i.blocker for i in plan.items if i.blocker), None)) is not None:
            self._blocked += 1
            if len(self.blocked) < _BLOCKED:
                self.blocked.append((plan.slug, blocker))

    @property
    def named(self) -> Sequence[Item]:
        """All of them, or none where they are too many to be read."""
        few = self._first is not None and len(self._first) <= _NAMED
        return tuple(self._first or ()) if few else ()

    def lines(self, totals: Totals) -> Iterator[str]:
        """What is left out, as lines."""
        yield from view.left_out(totals, self.named)
        yield from view.blocked(self.blocked, self._blocked)


def print_plan(
    session: Session, scope: Scope, way: Way, budget: Budget, jobs: WithJobs | None = None
) -> None:
    """What would be tried, image by image, and what of it is left out; of `jobs` the counts."""
    totals, left = Totals(), LeftOut(scope)

    def items() -> Iterator[Item]:
        for plan in within(way.planned(), budget):
            totals.add(plan)
            left.add(plan)
            if jobs is not None:
                jobs.add(plan)
            yield from plan.taken if session.flags.output is Format.IDS else _listed(scope, plan)

    page = PageInfo(None, None, None)
    listing = Listing(items(), view.PLAN, ident=lambda row: row.id or "", page=page)
    session.output.listing(listing)
    note_hidden(session)
    if jobs is not None:
        jobs.look()
    again = f"run {jobs.said} again" if jobs is not None and jobs.said else ""
    if totals.images:
        both = f", and {again}" if again else ""
        session.console.note(f"{way.would} {way.said(totals)}{both}. Nothing was changed.")
        say(session, left.lines(totals))
        way.note(totals)
    elif again:
        session.console.note(f"A retry would {again}. Nothing was changed.")
        say(session, left.lines(totals))
    else:
        note_nothing(session, left.lines(totals), is_printed=True)
    say(session, () if jobs is None else jobs.lines())


def _listed(scope: Scope, plan: VenuePlan) -> Iterator[Item]:
    """As a filter of the lists does it: what --error, --provider or --class pass over is not shown.

    It is counted among what is left out. Images that were named are shown whatever they are.
    """
    named = scope.grain is Grain.IMAGE
    return (item for item in plan.items if named or item.reason is not Reason.NOT_CHOSEN)


def totals_of(
    planned: Callable[[], Iterator[VenuePlan]],
    scope: Scope,
    budget: Budget,
    jobs: WithJobs | None = None,
) -> tuple[Totals, Sequence[str]]:
    """What a plan comes to, and the lines that say what it leaves out."""
    totals, left = Totals(), LeftOut(scope)
    for plan in within(planned(), budget):
        totals.add(plan)
        left.add(plan)
        if jobs is not None:
            jobs.add(plan)
    return totals, tuple(left.lines(totals))


def within(planned: Iterator[VenuePlan], budget: Budget) -> Iterator[VenuePlan]:
    """The plans up to the budget's last venue that has something to try."""
    venues = 0
    for plan in planned:
        venues += bool(plan.taken)
        if budget.venues is not None and venues > budget.venues:
            return
        yield plan


def note_nothing(session: Session, left: Iterable[str], *, is_printed: bool = False) -> None:
    """Said to people; a program that reads along gets the empty list of its format."""
    if session.flags.output in _FOR_PROGRAMS and not is_printed:
        Results(session).end()
    session.console.note("Nothing to retry.")
    say(session, left)
