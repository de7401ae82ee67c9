"""`venue-ops explain job|venue|image`: why it failed, and what to do."""

from __future__ import annotations

from typing import Annotated

import typer

from venue_ops.commands import options
from venue_ops.context import Session

app = options.command_app("Say why a job, a venue or an image failed, and what to do about it.")


@app.command(cls=options.OpsCommand)
def job(
    ctx: typer.Context,
    job_id: Annotated[int, typer.Argument(metavar="ID", min=1, help="As `list` shows it.")],
) -> None:
    """Explain one job: what it met, what a retry would do, what stands in its way."""
    from venue_ops.core.services import explaining
    from venue_ops.listings.means import rows_of
    from venue_ops.listings.program import program
    from venue_ops.views.explaining import document

    session: Session = ctx.obj
    found = explaining.job(session.source, rows_of(session), job_id)
    session.output.document(document(found, program(session)))


@app.command(cls=options.OpsCommand)
def venue(
    ctx: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="VENUE", help="Slug or id.")],
) -> None:
    """Explain one venue: why its images failed, which a retry would take and why not others."""
    from venue_ops.core.services import explaining
    from venue_ops.listings.means import rows_of
    from venue_ops.listings.program import program
    from venue_ops.views.explaining import document

    session: Session = ctx.obj
    found = explaining.venue(session.source, rows_of(session), ref)
    session.output.document(document(found, program(session)))


@app.command(cls=options.OpsCommand)
def image(
    ctx: typer.Context,
    ref: Annotated[
        str, typer.Argument(metavar="IMAGE", help="As noce-krk/gp-848af5ab31, or noce-krk/#3.")
    ],
) -> None:
    """Explain one image: why it failed, what a retry would do, what would mend it."""
    from venue_ops.core.services import explaining
    from venue_ops.listings.means import rows_of
    from venue_ops.listings.program import program
    from venue_ops.views.explaining import document

    session: Session = ctx.obj
    found = explaining.image(session.source, rows_of(session), ref)
    session.output.document(document(found, program(session)))
