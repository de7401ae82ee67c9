"""`venue-ops demo`: the program on sample data, with nothing to configure."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from venue_ops.commands.options import OpsCommand
from venue_ops.context import Flags, Session
from venue_ops.core.errors import UsageError

app = typer.Typer(add_completion=False)

_CITY, _VENUE = "krakow", "noce-krk"


@app.callback(invoke_without_command=True)
def demo(ctx: typer.Context) -> None:
    """Start the demo, load its sample data and show what venue-ops does with it.

    A list of Kraków, its partial venue, the retry of it and the venue after that. The database
    goes on running: every other command works on it with --demo.
    """
    if ctx.invoked_subcommand is not None:
        return
    from venue_ops.demo import server

    session: Session = ctx.obj
    server.start(session.console.note)
    run_showcase(ctx)


def run_showcase(ctx: typer.Context) -> None:
    """Run the commands that matter most, each after a line that says what was typed.

    They run in this process, through the same root command as anything typed in a shell. What
    one of them ends with is its own: the story goes on.
    """
    session: Session = ctx.obj
    for told, argv in SHOWCASE:
        session.output.text(f"# {told}")
        session.output.text(f"$ venue-ops {' '.join(argv)}")
        _run(ctx, argv)
        session.output.text("")
    for line in what_next():
        session.console.note(line)


def _run(ctx: typer.Context, argv: Sequence[str]) -> None:
    """One command with a session of its own, which writes where ours does and looks alike."""
    outer: Session = ctx.obj
    flags = Flags(
        color=outer.flags.color, tz=outer.flags.tz, quiet=outer.flags.quiet, no_pager=True
    )
    session = replace(outer, flags=flags)
    try:
        ctx.find_root().command.main(
            list(argv), prog_name="venue-ops", standalone_mode=False, obj=session
        )
    finally:
        session.close()


SHOWCASE: Sequence[tuple[str, Sequence[str]]] = (
    ("What happened in Kraków, newest first", ("--demo", "list", "--city", _CITY, "-n", "10")),
    ("Where some photos are there and some are missing", ("--demo", "partials")),
    ("Try again what failed for a passing reason", ("--demo", "retry", "venue", _VENUE)),
    ("What is there now, and what the rest needs", ("--demo", "explain", "venue", _VENUE)),
)
"""What is shown, and what it is about."""


def what_next() -> Sequence[str]:
    """What a newcomer can type after the showcase."""
    return (
        "This was the demo, which goes on running. Try:",
        "  venue-ops --demo show venue noce-krk          its images, one by one",
        "  venue-ops --demo list --status failed         what failed, and why",
        "  venue-ops --demo sweep                        retry everything; then once more",
        "  venue-ops --demo runs list                    what the retries did",
        "  venue-ops --demo list --city krakow -o json   the same for a script",
        "  venue-ops demo reset                          the story from its beginning",
        "  venue-ops demo stop                           end the database; its data stays",
    )


@app.command(cls=OpsCommand)
def reset(ctx: typer.Context) -> None:
    """Delete the demo's data and load the sample again, with times as of now."""
    from venue_ops.demo import server

    session: Session = ctx.obj
    session.console.note(f"Replacing the demo in {server.data_dir()}.")
    server.reset(session.console.note)


@app.command(cls=OpsCommand)
def stop(ctx: typer.Context) -> None:
    """Stop the demo's database; its data stays for the next start."""
    from venue_ops.demo import server

    session: Session = ctx.obj
    stopped = server.stop()
    session.console.note("Stopped." if stopped else "The demo was not running.")


@app.command(cls=OpsCommand)
def path(ctx: typer.Context) -> None:
    """Print the directory that holds the demo; deleting it after a stop removes all of it."""
    from venue_ops.demo import server

    session: Session = ctx.obj
    session.output.text(str(server.data_dir()))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(ctx: typer.Context) -> None:
    """Open psql on the demo; what follows is handed to psql (`demo psql -c 'SELECT 1'`)."""
    from venue_ops.demo import server

    session: Session = ctx.obj
    server.start(session.console.note)
    argv = [*server.psql_argv(), *ctx.args]
    sys.stdout.flush()
    os.execv(argv[0], argv)  # noqa: S606 (psql takes over the terminal and its signals)


@app.command(cls=OpsCommand)
def load(
    ctx: typer.Context,
    venues: Annotated[int, typer.Option(min=1, max=5_000_000, help="How many venues.")],
    jobs: Annotated[int, typer.Option(min=1, max=20_000_000, help="How many jobs.")],
    seed: Annotated[int, typer.Option(help="Another seed makes other data.")] = 1,
    poison: Annotated[
        bool, typer.Option("--poison", help="Add rows of impossible shapes as well.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Replace the demo's data by a large generated set; `demo reset` brings the sample back."""
    from venue_ops.demo import server

    session: Session = ctx.obj
    session.console.note(f"Target: database {server.DATABASE} in {server.data_dir()}.")
    if not (yes or _confirmed("This replaces everything in the demo's database. Go on?")):
        session.console.note("Nothing was replaced.")
        return
    server.load(venues=venues, jobs=jobs, seed=seed, poison=poison, say=session.console.note)


def _confirmed(question: str) -> bool:
    """Ask at a terminal; off one nothing ever asks, so there the option is required."""
    from venue_ops.listings.confirming import ask

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "Nothing was replaced: there is no terminal to ask at.", hint="Add --yes to go on."
        )
    return ask(question)
