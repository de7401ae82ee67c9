"""`venue-ops runs`: the receipts of retries."""

from __future__ import annotations

from typing import Annotated

import typer

from venue_ops.commands import options
from venue_ops.context import Session

app = options.command_app("Look at the receipts of retries: what each run did, image by image.")


@app.command("list", cls=options.OpsCommand)
def list_runs(ctx: typer.Context, limit: options.Limit = 50) -> None:
    """List the runs of this machine on this database, the newest first."""
    from venue_ops.listings.runs import print_runs

    session: Session = ctx.obj
    print_runs(session, limit=limit)


@app.command(cls=options.OpsCommand)
def show(
    ctx: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="Its id, or how it begins.")],
) -> None:
    """Show one run: every image before and after, what is left, and the next command.

    -o csv and tsv print the images alone, -o ids those that are left: for `retry image -`. Of a
    run of `retry job` they print its jobs.
    """
    from venue_ops.listings.runs import print_run

    session: Session = ctx.obj
    print_run(session, run)
