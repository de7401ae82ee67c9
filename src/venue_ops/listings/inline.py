"""Retrying here and now."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from venue_ops.context import Session
from venue_ops.core.errors import ConfigurationError
from venue_ops.core.planning import Policy, Totals, VenuePlan
from venue_ops.core.retry.run import Budget
from venue_ops.core.services.plans import Scope, plans
from venue_ops.listings.means import Pressure, means_of, paces_of, prices_of, rows_of
from venue_ops.listings.read_only import refuse_where_read_only
from venue_ops.listings.running import Work, inline_work
from venue_ops.settings.retrying import DEFAULT_PACE
from venue_ops.views import retrying as view


@dataclass(frozen=True, slots=True)
class Inline:
    """One way to retry: this program downloads, stores and writes."""

    session: Session
    scope: Scope
    policy: Policy
    budget: Budget
    pressure: Pressure
    doing: ClassVar[str] = "Retrying"
    would: ClassVar[str] = "A retry would try"

    @property
    def queue(self) -> None:
        """It inserts none."""

    def planned(self) -> Generator[VenuePlan, None, None]:
        """The plans of its scope."""
        yield from plans(self.session.source, rows_of(self.session), self.scope, self.policy)

    def said(self, totals: Totals) -> str:
        """`2 images of 1 venue, at least 1s, about $0.014`."""
        seconds = totals.seconds(paces_of(self.session), DEFAULT_PACE)
        said = view.of_plan(totals, seconds, totals.cost(prices_of(self.session)))
        stops = view.of_budget(self.budget)
        return f"{said}, {stops}" if stops else said

    def refuse_where_read_only(self) -> None:
        """Raise where nothing could be written, or a limit would never be reached."""
        refuse_where_read_only(self.session)

    def note(self, totals: Totals) -> None:
        """A daily run names no venue and so is in the way of none, and may write to any."""
        if found := rows_of(self.session).daily_run():
            job_id, since = found
            self.session.console.warn(
                f"Job {job_id}, an enrichment of whichever venues it likes, runs since"
                f" {since:%H:%M:%S} UTC and may overwrite what is written now: `venue-ops"
                " reconcile` puts that right afterwards."
            )

    @contextmanager
    def work(self) -> Iterator[Work]:
        """Store, state folder, network. Raises ConfigurationError."""
        with means_of(self.session, self.policy, self.pressure) as means:
            yield inline_work(means)


def refuse_a_cost_that_nobody_knows(session: Session, budget: Budget) -> None:
    """A limit that is never reached is none."""
    if budget.cost is not None and not prices_of(session):
        raise ConfigurationError(
            "--max-cost cannot stop a run: no provider's price is known.",
            hint="Prices stand in venue_data_providers (cost_per_image), which this role may not"
            " read or which has none; --max-images stops a run, too.",
        )
