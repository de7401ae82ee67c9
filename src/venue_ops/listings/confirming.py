"""The one question that is asked before anything is written."""

from __future__ import annotations

import typer

from venue_ops.context import Session
from venue_ops.core.errors import UsageError
from venue_ops.core.planning import Grain
from venue_ops.exit_codes import ExitCode


def confirm(session: Session, grain: Grain, *, doing: str, what: str, yes: bool) -> None:
    """Say what is about to happen and where; a city and a sweep ask at a terminal.

    In production a venue and single images ask there, too. `doing` is the first word of the
    sentence, as Retrying. Raises UsageError where somebody should be asked and nobody is there,
    typer.Exit(0) for a no.
    """
    what = f"{what}, in {session.source.database.label}"
    session.console.note(f"{doing} {what}.")
    is_small = grain in (Grain.IMAGE, Grain.VENUE)
    if yes or (is_small and not (session.settings.production and can_ask(session))):
        return
    if not can_ask(session):
        if grain is Grain.SWEEP:
            return
        raise UsageError(
            f"Nobody is there to confirm a retry of {what}.",
            hint="Add --yes, or --dry-run to look.",
        )
    if not ask("Go on?"):
        session.console.note("Nothing was changed.")
        raise typer.Exit(ExitCode.DONE)


def ask(question: str) -> bool:
    """The answer of whoever sits at the terminal. Ctrl-C is typer.Abort, on a line of its own."""
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        typer.echo(err=True)  # or the shell's prompt would stand behind the question
        raise


def can_ask(session: Session) -> bool:
    """Whether somebody sits at a terminal who can answer."""
    try:
        return session.stdin is not None and session.stdin.isatty() and session.stderr.isatty()
    except (OSError, ValueError):
        return False
