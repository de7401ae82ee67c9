"""The options that commands share, and the class that gives every command the global ones.

A global option may stand before or behind the command's name; behind wins. They are declared
once, as the parameters of `global_options`, and Typer makes them for the root and for each
command from that declaration.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from venue_ops.color import ColorWhen
from venue_ops.context import Flags, Session
from venue_ops.core.enums import JobKind, Outcome, VenueOrder, VenueOutcome
from venue_ops.output.formats import Format

PANEL = "Global options"


def global_options(
    output: Annotated[
        Format | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FORMAT",
            help="table, wide, json, ndjson, csv, tsv, ids.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--columns",
            metavar="NAME,...",
            help="These columns, in this order.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    no_headers: Annotated[
        bool,
        typer.Option("--no-headers", help="Leave the header line out.", rich_help_panel=PANEL),
    ] = False,
    color: Annotated[
        ColorWhen | None,
        typer.Option("--color", metavar="WHEN", help="auto, always, never.", rich_help_panel=PANEL),
    ] = None,
    tz: Annotated[
        str | None,
        typer.Option(
            "--tz",
            metavar="ZONE",
            help="Zone of times: Europe/Warsaw.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    no_pager: Annotated[
        bool,
        typer.Option("--no-pager", help="Never show it in a pager.", rich_help_panel=PANEL),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help="No notes on stderr.", rich_help_panel=PANEL),
    ] = False,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            show_default=False,
            help="More notes on stderr.",
            rich_help_panel=PANEL,
        ),
    ] = 0,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Tracebacks, without values.", rich_help_panel=PANEL),
    ] = False,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Use the embedded demo database.", rich_help_panel=PANEL),
    ] = False,
    database_url: Annotated[
        str | None,
        typer.Option(
            "--database-url",
            metavar="URL",
            help="Or set VENUE_OPS_DATABASE_URL.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="One of the configuration file.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(
            "--config", metavar="FILE", help="Another configuration file.", rich_help_panel=PANEL
        ),
    ] = None,
    oban_schema: Annotated[
        str | None,
        typer.Option(
            "--oban-schema",
            metavar="NAME",
            help="Where Oban's tables are.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    statement_timeout: Annotated[
        str | None,
        typer.Option(
            "--statement-timeout",
            metavar="TIME",
            help="30s, 2m; 0 is none.",
            rich_help_panel=PANEL,
        ),
    ] = None,
) -> None:
    """Only a declaration: nothing calls it."""


def global_parameters() -> list[Any]:
    """The global options as fresh parameters of the command line."""
    app = typer.Typer(add_completion=False)
    app.command()(global_options)
    return [item for item in typer.main.get_command(app).params if item.name != "help"]


def take_flags(values: dict[str, Any]) -> Flags:
    """Take the global options out of a command's values."""
    names = Flags.__dataclass_fields__
    taken = {name: values.pop(name) for name in list(values) if name in names}
    columns = taken.get("columns") or ()
    taken["columns"] = tuple(name.strip() for item in columns for name in item.split(","))
    taken["output"] = Format(taken["output"]) if taken.get("output") else None
    taken["color"] = ColorWhen(taken["color"]) if taken.get("color") else None
    return Flags(**taken)


class OpsCommand(TyperCommand):
    """A command that also takes the global options."""

    hides: Collection[str] = ()
    """Global options that the help leaves out, because the command has no use for them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help = _flowing(self.help or "")
        own = {item.name for item in self.params}
        for item in global_parameters():
            if item.name not in own:
                item.hidden = item.name in self.hides
                self.params.append(item)

    def invoke(self, ctx: Any) -> Any:
        """Hand the global options to the session, the rest to the command."""
        session: Session = ctx.obj
        session.give(take_flags(ctx.params))
        return super().invoke(ctx)


def _flowing(text: str) -> str:
    r"""The text with one line a paragraph: Typer keeps line breaks, a terminal makes its own.

    Paragraphs that begin with \b keep theirs.
    """
    parts = text.split("\n\n")
    return "\n\n".join(
        part if part.lstrip().startswith("\b") else " ".join(part.split()) for part in parts
    )


def command_app(help_text: str | None = None, *, cls: type[TyperGroup] = TyperGroup) -> typer.Typer:
    """A Typer application for one module of `commands`."""
    return typer.Typer(
        add_completion=False, help=help_text, no_args_is_help=help_text is not None, cls=cls
    )


def words(enum: Iterable[str]) -> str:
    """The values of a closed set, for a help text."""
    return ", ".join(enum)


City = Annotated[
    list[str] | None,
    typer.Option("--city", "-c", metavar="CITY,...", help="Slug, name or id; london,gb."),
]
Venue = Annotated[
    list[str] | None, typer.Option("--venue", metavar="VENUE,...", help="Slug or id.")
]
Provider = Annotated[
    list[str] | None,
    typer.Option("--provider", "-p", metavar="NAME,...", help="As google_places, foursquare."),
]
Error = Annotated[
    list[str] | None,
    typer.Option("--error", "-e", metavar="TEXT,...", help="An error's type, or part of its text."),
]
Kind = Annotated[
    list[str] | None,
    typer.Option(
        "--kind",
        "-k",
        metavar="KIND,...",
        help=f"{words(JobKind)}, all. Without it: backfill, enrichment, retry.",
    ),
]
Status = Annotated[
    list[str] | None,
    typer.Option("--status", "-s", metavar="OUTCOME,...", help=f"{words(Outcome)}."),
]
VenueStatus = Annotated[
    list[str] | None,
    typer.Option("--status", "-s", metavar="OUTCOME,...", help=f"{words(VenueOutcome)}."),
]
State = Annotated[
    list[str] | None,
    typer.Option("--state", metavar="STATE,...", help="Oban's own state, as discarded."),
]
Worker = Annotated[
    list[str] | None,
    typer.Option("--worker", metavar="NAME,...", help="A worker, whole or from its last dot on."),
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="WHEN", help="Changed since: 2h, 3d, today, 2025-11-07."),
]
Until = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Changed until.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=0, help="How many at most; 0 is all.")]
After = Annotated[
    str | None, typer.Option("--after", metavar="PLACE", help="Go on behind this place.")
]
Count = Annotated[bool, typer.Option("--count", help="Say exactly how many there are in all.")]
OrderOfVenues = Annotated[
    VenueOrder | None,
    typer.Option("--order", help="Most failed first, or by id (quick at any size)."),
]
MinFailed = Annotated[int, typer.Option("--min-failed", min=0, help="At least so many failed.")]
ExitStatus = Annotated[
    bool,
    typer.Option("--exit-status", help="Exit with 6 if something failed or partial is listed."),
]
