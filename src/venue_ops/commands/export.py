"""`venue-ops export`: everything that matches, for other programs."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from venue_ops.commands import options
from venue_ops.context import Session
from venue_ops.core.enums import Exported
from venue_ops.core.errors import UsageError


class Formats(TyperGroup):
    """The formats as commands; what is to be exported comes behind them."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command; UsageError that shows the way where the format was left out."""
        word = args[0].lower() if args else ""
        if word in list(Exported):
            raise UsageError(
                f"{word} is what to export, and the format is missing.",
                hint=f"Write `{ctx.command_path} csv {word}`, or ndjson.",
            )
        return super().resolve_command(ctx, args)


app = options.command_app(
    "Hand on all that matches: as CSV, or as one JSON object a line.", cls=Formats
)

What = Annotated[Exported, typer.Argument(metavar="WHAT", help=f"{options.words(Exported)}.")]
Status = Annotated[
    list[str] | None,
    typer.Option("--status", "-s", metavar="WORD,...", help="OUTCOME; of images: upload_status."),
]
File = Annotated[
    str | None,
    typer.Option("--output-file", "-O", metavar="FILE", help="Whole, or not at all; - is stdout."),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite FILE.")]
Bom = Annotated[bool, typer.Option("--bom", help="Begin with a byte order mark, for Excel.")]
Delimiter = Annotated[
    str, typer.Option("--delimiter", metavar="CHAR", help="One of , ; | or the word tab.")
]
ONLY_CSV = ("bom", "delimiter")


class CsvCommand(options.OpsCommand):
    """An export has its format in its name, and goes to no pager."""

    hides = ("output", "no_headers", "no_pager")


class NdjsonCommand(CsvCommand):
    """The same command without what only CSV has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params = [item for item in self.params if item.name not in ONLY_CSV]


def export(
    ctx: typer.Context,
    what: What = Exported.OPERATIONS,
    city: options.City = None,
    venue: options.Venue = None,
    kind: options.Kind = None,
    status: Status = None,
    state: options.State = None,
    provider: options.Provider = None,
    error: options.Error = None,
    worker: options.Worker = None,
    min_failed: options.MinFailed = 0,
    since: options.Since = None,
    until: options.Until = None,
    output_file: File = None,
    force: Force = False,
    bom: Bom = False,
    delimiter: Delimiter = ",",
) -> None:
    """The body of both commands; what only CSV has keeps its default in the other."""
    from venue_ops.listings.exporting import Target, delimiter_of, file_of, print_export
    from venue_ops.listings.filters import ExportFilters

    session: Session = ctx.obj
    filters = ExportFilters(
        what,
        cities=city or [],
        venues=venue or [],
        kinds=kind or [],
        statuses=status or [],
        states=state or [],
        providers=provider or [],
        errors=error or [],
        workers=worker or [],
        min_failed=min_failed,
        since=since,
        until=until,
    )
    is_csv = ctx.info_name == "csv"
    file = file_of(output_file, force=force)
    target = Target(delimiter_of(delimiter) if is_csv else None, bom=bom, file=file, force=force)
    print_export(session, filters, target)


ROWS = """All rows, streamed at the speed of COPY, secrets hidden: operations oldest first,
venues by id, images by venue and place. The filters are those of `list` and `venues`; of venues
and images --since and --until ask when the venue was updated. Times are UTC.
"""

app.command(
    "csv",
    cls=CsvCommand,
    help=f"Export as CSV (RFC 4180, UTF-8), header always; no cell begins a formula.\n\n{ROWS}",
)(export)
app.command("ndjson", cls=NdjsonCommand, help=f"Export as one JSON object a line.\n\n{ROWS}")(
    export
)
