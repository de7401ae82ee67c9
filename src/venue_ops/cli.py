"""The command line: which commands there are, and what an error does to the exit code.

Commands are loaded when chosen. Their names and short helps stand here, so that `--help`
imports none of them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, MutableMapping, Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from venue_ops import endings
from venue_ops.commands.options import global_parameters, take_flags
from venue_ops.context import Session
from venue_ops.exit_codes import ExitCode

COMMANDS: dict[str, tuple[str, str, str]] = {
    "list": ("list", "Look", "All operations in one table: what worked, in part, or not."),
    "partials": ("partials", "Look", "Venues where some images worked and some failed."),
    "venues": ("venues", "Look", "Venues by what their images have come to."),
    "show": ("show", "Look", "One job, venue, image or city in detail."),
    "explain": ("explain", "Look", "Why a job, a venue or an image failed, and what to do."),
    "stats": ("stats", "Look", "The figures: what fails, where, why, and what is left to retry."),
    "export": ("export", "Hand on", "Everything that matches as CSV or NDJSON, quickly."),
    "retry": ("retry", "Mend", "Try failed images again: single ones, a venue's, a city's."),
    "sweep": ("sweep", "Mend", "Try again all that failed for a passing reason; made for cron."),
    "runs": ("runs", "Mend", "The receipts of retries."),
    "worker": ("worker", "Mend", "Run enqueued retries here, beside the application's nodes."),
    "reconcile": ("reconcile", "Mend", "Write again what the application overwrote since."),
    "doctor": ("doctor", "Look after", "Check the database and the configuration."),
    "demo": ("demo", "Start here", "Try it all on an embedded database with sample data."),
    "completion": ("completion", "Look after", "Complete commands, cities and ids in your shell."),
}
"""Name: module in `commands`, panel of the help, short help."""


class _Commands(MutableMapping[str, Any]):
    """The commands by name; a module is imported when its command is taken out."""

    def __getitem__(self, name: str) -> Any:
        module, panel, short_help = COMMANDS[name]
        loaded: Any = typer.main.get_command(import_module(f"venue_ops.commands.{module}").app)
        loaded.name = name
        loaded.short_help = short_help
        loaded.rich_help_panel = panel
        return loaded

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)

    def __setitem__(self, name: str, command: Any) -> None:
        raise TypeError(f"{name} is not for adding: commands stand in COMMANDS")

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"{name} is not for removing: commands stand in COMMANDS")


class LazyGroup(TyperGroup):
    """The root command."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.commands = _Commands()
        self.params.extend(global_parameters())

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, without loading anything."""
        return list(COMMANDS)

    def short_helps(self) -> dict[str, str]:
        """What `--help` says of each command, likewise."""
        return {name: short_help for name, (_, _, short_help) in COMMANDS.items()}

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The help, from names and short helps alone."""
        loaded, self.commands = self.commands, _stubs()
        try:
            super().format_help(ctx, formatter)
        finally:
            self.commands = loaded

    def invoke(self, ctx: Any) -> Any:
        """Hand the global options to the session before any command runs."""
        session: Session = ctx.obj
        session.give(take_flags(ctx.params))
        return super().invoke(ctx)


def _stubs() -> dict[str, Any]:
    return {
        name: TyperCommand(name, help=short_help, rich_help_panel=panel)
        for name, (_, panel, short_help) in COMMANDS.items()
    }


app = typer.Typer(
    name="venue-ops",
    cls=LazyGroup,
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from venue_ops import __version__

        sys.stdout.write(f"venue-ops {__version__}\n")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """See what became of every venue photo: what succeeded, partially failed, or failed."""


def main(argv: Sequence[str] | None = None, *, session: Session | None = None) -> int:
    """Run the program and give its exit code back; never raises but SystemExit.

    A `session` of one's own brings other streams, another environment or another clock.
    """
    args = list(sys.argv[1:] if argv is None else argv)
    session = session or Session()
    if args[:1] == ["__complete"]:
        from venue_ops.completion.answer import answer

        answer(typer.main.get_command(app), args[1:], session)
        return ExitCode.DONE
    try:
        endings.refuse_what_is_no_text(args)
        with endings.ungrouped():
            code = typer.main.get_command(app).main(
                args, prog_name="venue-ops", standalone_mode=False, obj=session
            )
        session.stdout.flush()
        return code if isinstance(code, int) else ExitCode.DONE
    except BrokenPipeError:
        endings.abandon_stdout(session)
        return ExitCode.DONE
    except SystemExit as ending:
        if not isinstance(ending.__context__, BrokenPipeError):
            raise
        endings.abandon_stdout(session)  # Typer takes a reader that went away for a failure
        return ExitCode.DONE
    except (typer.Abort, KeyboardInterrupt):
        endings.abandon_stdout(session)  # or what is held would wait for a reader that is stopped
        return ExitCode.INTERRUPTED
    except Exception as error:
        return endings.failed(session, error, args)
    finally:
        session.close()


def run() -> None:
    """The script `venue-ops`."""
    endings.open_standard_streams()
    was_terminated = endings.interrupt_on_sigterm()
    code = main()
    raise SystemExit(ExitCode.TERMINATED if was_terminated() else code)
