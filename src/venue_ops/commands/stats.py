"""`venue-ops stats`: the figures behind the photos."""

from __future__ import annotations

from typing import Annotated

import typer

from venue_ops.commands import options
from venue_ops.context import Session
from venue_ops.core.enums import GroupBy

app = options.command_app()

By = Annotated[
    GroupBy | None, typer.Option("--by", help="One row each instead, most failed first.")
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="WHEN",
        help="Images that failed, venues and jobs that changed since: 2h, 3d, today, 2025-11-07.",
    ),
]
Until = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="The same until.")]
Limit = Annotated[
    int | None,
    typer.Option("--limit", "-n", min=0, help="With --by: how many at most; 50, 0 is all."),
]
GROUPS = 50
Count = Annotated[
    bool,
    typer.Option("--count", help="Wait for totals over everything, up to --statement-timeout."),
]
ExitStatus = Annotated[
    bool,
    typer.Option("--exit-status", help="Exit with 6 if something stands out that still lasts."),
]


@app.command(cls=options.OpsCommand)
def stats(
    ctx: typer.Context,
    by: By = None,
    city: options.City = None,
    provider: options.Provider = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = None,
    count: Count = False,
    exit_status: ExitStatus = False,
) -> None:
    """Show the figures: what fails, where, why, and what is left to retry.

    What stands out comes first: a provider of which every try since some time failed, because
    its key is dead, it is down, or it limits the rate. A failed image counts by the time written
    in its error, else by when it was retried or fetched; days are UTC. Totals over all venues and
    jobs are left out where they take longer than a moment; --count waits for them.
    """
    from venue_ops.listings.figures import FigureFilters, print_figures, print_groups

    session: Session = ctx.obj
    filters = FigureFilters(cities=city or [], providers=provider or [], since=since, until=until)
    if by is None and limit is not None:
        raise typer.BadParameter("--limit is for a listing: give --by as well")
    if by is None:
        print_figures(session, filters, count=count, exit_status=exit_status)
    elif exit_status:
        raise typer.BadParameter("--exit-status looks at what stands out: leave --by away")
    else:
        chosen = GROUPS if limit is None else limit
        print_groups(session, filters, by, limit=chosen, count=count)
