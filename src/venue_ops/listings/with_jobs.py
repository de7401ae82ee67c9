"""The failed jobs of a city, or of all, that run again beside the images that are retried."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from venue_ops.context import Session
from venue_ops.core.models import JobKind, Outcome
from venue_ops.core.planning import Policy, VenuePlan
from venue_ops.core.planning.jobs import JobTotals, with_room
from venue_ops.core.queries import JobQuery
from venue_ops.core.retry.outcomes import Summary
from venue_ops.core.retry.receipts import ReceiptWriter
from venue_ops.core.services.plans import Scope
from venue_ops.core.services.rerunning import ids_of
from venue_ops.core.services.rights import refuse_who_may_not_rerun
from venue_ops.listings.idle import warn_where_idle
from venue_ops.listings.jobs_done import rerun
from venue_ops.listings.read_only import refuse_where_read_only
from venue_ops.listings.rerunning import rerunning_of
from venue_ops.views import rerunning as view


class WithJobs:
    """Enrichments of a scope that failed, as the list has it; one a venue.

    First it hears of the plans of images: the jobs of their venues are left, for the images go
    first. `limit` is how many venues there may be in all, None for any number: a job that would
    ask for more than there is room for is left, and so is a daily run, whose venues nobody knows.
    """

    def __init__(
        self, session: Session, scope: Scope, policy: Policy, limit: int | None, *, fresh: bool
    ) -> None:
        self._session = session
        self._rerunning = rerunning_of(session, fresh=fresh)
        self._fresh = fresh
        self._small = scope.are_small
        self._query = JobQuery(
            cities=scope.cities,
            kinds=(JobKind.ENRICHMENT,),
            outcomes=(Outcome.FAILED,),
            providers=policy.providers,
            errors=policy.errors,
            limit=0,
        )
        self._limit = limit
        self._venues: list[int] = []
        self._taken: list[int] = []
        self._queues: set[str | None] = set()
        self._over = 0
        self.totals = JobTotals()

    def add(self, plan: VenuePlan) -> None:
        """Hear of one more venue."""
        if plan.taken:
            self._venues.append(plan.venue_id)

    def look(self) -> None:
        """Find what may run again; all venues with images are known by now."""
        found = ids_of(self._session.source, self._query, small_cities=self._small)
        answers = self._rerunning.look(found, self._venues)
        room = None if self._limit is None else max(0, self._limit - len(self._venues))
        there = [answers[each] for each in found if each in answers]
        self._taken = [each.job_id for each in with_room(there, room)]
        chosen = set(self._taken)
        self._queues = {each.queue for each in there if each.job_id in chosen}
        for each in there:
            if each.reason is not None or each.job_id in chosen:
                self.totals.add(each)
            else:
                self._over += 1

    @property
    def said(self) -> str:
        """`3 jobs of 3 venues`; empty where there is none."""
        return view.of_jobs(self.totals) if self._taken else ""

    def lines(self) -> Iterator[str]:
        """What is left out, and what would do nothing, as lines."""
        if (line := view.skipping(self.totals)) is not None:
            yield line
        yield from view.left_out(self.totals)
        if self._over:
            yield view.over_limit(self._over)

    def note(self, *, told: str | None) -> None:
        """That nobody may come for them; not again of the queue that was told of."""
        warn_where_idle(self._session, self._queues - {told})

    def refuse_where_read_only(self) -> None:
        """Raise where no job could be changed."""
        refuse_where_read_only(self._session, partial(refuse_who_may_not_rerun, fresh=self._fresh))

    def execute(self, receipt: ReceiptWriter, summary: Summary) -> None:
        """Have them run again; each is kept in the receipt."""
        rerun(self._session, self._rerunning, self._taken, receipt, summary, [], self._venues)
