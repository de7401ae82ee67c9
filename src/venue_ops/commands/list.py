"""`venue-ops list`: the one table of everything that happened."""

from __future__ import annotations

from typing import Annotated

import typer

from venue_ops.commands import options
from venue_ops.context import Session
from venue_ops.core.enums import JobOrder

app = options.command_app()

Order = Annotated[
    JobOrder, typer.Option("--order", help="Newest job first, or latest change first.")
]


@app.command(cls=options.OpsCommand)
def list_operations(
    ctx: typer.Context,
    city: options.City = None,
    venue: options.Venue = None,
    kind: options.Kind = None,
    status: options.Status = None,
    state: options.State = None,
    provider: options.Provider = None,
    error: options.Error = None,
    worker: options.Worker = None,
    since: options.Since = None,
    until: options.Until = None,
    order: Order = JobOrder.ID,
    limit: options.Limit = 50,
    after: options.After = None,
    count: options.Count = False,
    exit_status: options.ExitStatus = False,
) -> None:
    """List all operations, city-wide backfills and single enrichments alike.

    OUTCOME is what became of the job then; NOW is what stands in the venue's images today.
    Several values of one filter mean any of them, several filters mean all of them. IMAGES and
    FAILED count the venue's whole array at the time of the job, as the application wrote it.
    """
    from venue_ops.listings.filters import OperationFilters
    from venue_ops.listings.printing import print_operations

    session: Session = ctx.obj
    filters = OperationFilters(
        cities=city or [],
        venues=venue or [],
        kinds=kind or [],
        statuses=status or [],
        states=state or [],
        providers=provider or [],
        errors=error or [],
        workers=worker or [],
        since=since,
        until=until,
        order=order,
        limit=limit,
        after=after,
    )
    print_operations(session, filters, count=count, exit_status=exit_status)
