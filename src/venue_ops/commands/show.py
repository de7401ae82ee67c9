"""`venue-ops show job|venue|image|city`: one thing in full."""

from __future__ import annotations

from typing import Annotated

import typer

from venue_ops.commands import options
from venue_ops.context import Session
from venue_ops.core.enums import JobKind

app = options.command_app("Show one job, one venue, one image or one city in detail.")


@app.command(cls=options.OpsCommand)
def job(
    ctx: typer.Context,
    job_id: Annotated[int, typer.Argument(metavar="ID", min=1, help="As `list` shows it.")],
) -> None:
    """Show one job: its life, every attempt's error, what each provider answered.

    Of an enrichment also the images that failed then and the venue's images now; of a
    backfill the jobs it started.
    """
    from venue_ops.core.services.details import job_detail
    from venue_ops.views.job import document

    session: Session = ctx.obj
    session.output.document(
        document(job_detail(session.source, job_id), now=session.clock(), tz=session.zone)
    )


@app.command(cls=options.OpsCommand)
def venue(
    ctx: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="VENUE", help="Slug or id.")],
) -> None:
    """Show one venue: its images, which could be retried and why not, its history and jobs.

    -o csv, tsv and ids print the images alone.
    """
    from venue_ops.core.services.details import venue_detail
    from venue_ops.listings.shown import remember_places
    from venue_ops.views.venue import document

    session: Session = ctx.obj
    detail = venue_detail(session.source, ref)
    session.output.document(document(detail, now=session.clock(), tz=session.zone))
    remember_places(session, detail)


@app.command(cls=options.OpsCommand)
def image(
    ctx: typer.Context,
    image: Annotated[
        str, typer.Argument(metavar="IMAGE", help="As noce-krk/gp-848af5ab31, or noce-krk/#3.")
    ],
) -> None:
    """Show one image: where it is from, what became of it, and whether a retry would take it.

    IMAGE is what `show venue -o ids` and `export csv images` call it; #3 is its place today.
    """
    from venue_ops.core.references import ImageReference
    from venue_ops.core.services.details import image_detail
    from venue_ops.views.images import document

    session: Session = ctx.obj
    found = image_detail(session.source, ImageReference.parse(image))
    session.output.document(document(found, now=session.clock(), tz=session.zone))


@app.command(cls=options.OpsCommand)
def city(
    ctx: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="CITY", help="Slug, name or id; london,gb.")],
) -> None:
    """Show one city: totals by outcome, provider and error, worst venues, last backfills."""
    from venue_ops.core.references import split_cities
    from venue_ops.core.services.details import city_detail
    from venue_ops.core.services.places import find_cities
    from venue_ops.listings.notes import note_absent
    from venue_ops.views.city import document

    session: Session = ctx.obj
    found = find_cities(session.source, split_cities([ref], option="CITY"))
    if len(found) != 1:
        raise typer.BadParameter("one city at a time")
    detail = city_detail(session.source, found[0])
    session.output.document(document(detail))
    note_absent(session, set(JobKind) - {JobKind(total.kind) for total in detail.jobs})
