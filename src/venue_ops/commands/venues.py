"""`venue-ops venues`: venues by what their images have come to."""

from __future__ import annotations

import typer

from venue_ops.commands import options
from venue_ops.context import Session

app = options.command_app()


@app.command(cls=options.OpsCommand)
def venues(
    ctx: typer.Context,
    city: options.City = None,
    status: options.VenueStatus = None,
    provider: options.Provider = None,
    error: options.Error = None,
    min_failed: options.MinFailed = 0,
    order: options.OrderOfVenues = None,
    limit: options.Limit = 50,
    after: options.After = None,
    count: options.Count = False,
    exit_status: options.ExitStatus = False,
) -> None:
    """List venues by what their images have come to today.

    Without --order, failing venues come most failed first and all others by id. --provider
    takes venues with an image of that provider, --error those with a failed image of that
    error; with both, one image has to fit both.
    """
    from venue_ops.listings.filters import VenueFilters
    from venue_ops.listings.printing import print_venues

    session: Session = ctx.obj
    filters = VenueFilters(
        cities=city or [],
        statuses=status or [],
        providers=provider or [],
        errors=error or [],
        min_failed=min_failed,
        order=order,
        limit=limit,
        after=after,
    )
    print_venues(session, filters, count=count, exit_status=exit_status)
