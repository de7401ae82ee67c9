"""`venue-ops reconcile`: what the application overwrote is written again, without an upload."""

from __future__ import annotations

from typing import Annotated

import typer

from venue_ops.commands import options, retry_options
from venue_ops.context import Session

app = options.command_app()

All = Annotated[bool, typer.Option("--all", help="List also the photos whose rows are fine.")]


@app.command(cls=options.OpsCommand)
def reconcile(
    ctx: typer.Context, dry_run: retry_options.DryRun = False, everything: All = False
) -> None:
    """Compare the journal of stored photos with the rows, and write again what was overwritten.

    The application writes the whole array from a copy that it read seconds earlier, so a photo
    that was retried meanwhile may stand there as failed. Nothing is uploaded; what is gone is
    told once and never added. Exit code 5: something that is there could not be written.
    """
    from venue_ops.listings.reconciling import print_reconciled

    session: Session = ctx.obj
    print_reconciled(session, dry_run=dry_run, everything=everything)
