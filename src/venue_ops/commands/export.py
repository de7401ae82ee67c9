"""`venue-ops export`: everything that matches, for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from venue_ops.commands import options
from venue_ops.context import Session
from venue_ops.core.enums import Exported

app = options.command_app("Hand on all that matches: as CSV, or as one JSON object a line.")

What = Annotated[Exported, typer.Argument(metavar="WHAT", help=options.words(Exported))]
Status = Annotated[
    list[str] | None,
    typer.Option("--status", "-s", metavar="WORD,...", help="upload_status, or a venue's outcome."),
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="WHEN", help="Of venues updated since: 2h, 3d, today."),
]
File = Annotated[
    Path | None,
    typer.Option("--output-file", "-O", metavar="FILE", help="Whole or not at all."),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite FILE.")]
Bom = Annotated[bool, typer.Option("--bom", help="Begin with a byte order mark, for Excel.")]
Delimiter = Annotated[
    str, typer.Option("--delimiter", metavar="CHAR", help="One of , ; | or the word tab.")
]


@app.command(cls=options.OpsCommand)
def csv(
    ctx: typer.Context,
    what: What = Exported.IMAGES,
    city: options.City = None,
    venue: options.Venue = None,
    status: Status = None,
    provider: options.Provider = None,
    error: options.Error = None,
    min_failed: options.MinFailed = 0,
    since: Since = None,
    output_file: File = None,
    force: Force = False,
    bom: Bom = False,
    delimiter: Delimiter = ",",
) -> None:
    """Export images or venues as CSV (RFC 4180, UTF-8), header always.

    All rows, streamed at the speed of COPY. Secrets are hidden, and no cell begins a formula.
    --status takes an image's upload_status, or a venue's outcome.
    """
    from venue_ops.listings.exporting import ExportFilters, Target, delimiter_of, print_export

    session: Session = ctx.obj
    filters = ExportFilters(
        cities=city or [],
        venues=venue or [],
        providers=provider or [],
        errors=error or [],
        statuses=status or [],
        min_failed=min_failed,
        since=since,
    )
    target = Target(delimiter_of(delimiter), bom=bom, file=output_file, force=force)
    print_export(session, what, filters, target)


@app.command(cls=options.OpsCommand)
def ndjson(
    ctx: typer.Context,
    what: What = Exported.IMAGES,
    city: options.City = None,
    venue: options.Venue = None,
    status: Status = None,
    provider: options.Provider = None,
    error: options.Error = None,
    min_failed: options.MinFailed = 0,
    since: Since = None,
    output_file: File = None,
    force: Force = False,
) -> None:
    """Export images or venues as one JSON object a line.

    All rows, streamed at the speed of COPY; secrets are hidden.
    """
    from venue_ops.listings.exporting import ExportFilters, Target, print_export

    session: Session = ctx.obj
    filters = ExportFilters(
        cities=city or [],
        venues=venue or [],
        providers=provider or [],
        errors=error or [],
        statuses=status or [],
        min_failed=min_failed,
        since=since,
    )
    print_export(session, what, filters, Target(None, file=output_file, force=force))
