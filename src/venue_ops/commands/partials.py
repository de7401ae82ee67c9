"""`venue-ops partials`: the venues where 3 of 5 photos worked."""

from __future__ import annotations

import typer

from venue_ops.commands import options
from venue_ops.context import Session
from venue_ops.core.models import VenueOutcome

app = options.command_app()


@app.command(cls=options.OpsCommand)
def partials(
    ctx: typer.Context,
    city: options.City = None,
    provider: options.Provider = None,
    error: options.Error = None,
    min_failed: options.MinFailed = 0,
    order: options.OrderOfVenues = None,
    limit: options.Limit = 50,
    after: options.After = None,
    count: options.Count = False,
    exit_status: options.ExitStatus = False,
) -> None:
    """List the venues that have both uploaded and failed images now, most failed first.

    IMAGES is uploaded of all; TRANSIENT says how many of the failed ones a retry can mend;
    ERRORS says what they failed with. With --provider and --error one image has to fit both.
    """
    from venue_ops.listings.filters import VenueFilters
    from venue_ops.listings.printing import print_venues

    session: Session = ctx.obj
    filters = VenueFilters(
        cities=city or [],
        providers=provider or [],
        errors=error or [],
        min_failed=min_failed,
        order=order,
        limit=limit,
        after=after,
    )
    print_venues(
        session, filters, count=count, exit_status=exit_status, default=(VenueOutcome.PARTIAL,)
    )
