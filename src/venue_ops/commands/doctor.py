"""`venue-ops doctor`: what is wrong, before somebody has to find out."""

from __future__ import annotations

from typing import Annotated

import typer

from venue_ops.commands import options
from venue_ops.context import Session

app = options.command_app()

Checks = Annotated[
    list[str] | None,
    typer.Option("--check", metavar="NAME,...", help="Only these checks, or groups of them."),
]
Named = Annotated[bool, typer.Option("--list", help="Name the checks and make none.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit with 4 unless every check was made and passed.")
]


@app.command(cls=options.OpsCommand)
def doctor(
    ctx: typer.Context, check: Checks = None, names: Named = False, strict: Strict = False
) -> None:
    """Check settings, database, role, jobs and images; changes nothing.

    Each check passes, warns or fails, and says what to do. Statements that it
    suggests are for the owner of the tables: they are never run. Exits with 4 if
    a check fails, or if one that --check names cannot be made. A check gets 5 to
    15 seconds, or what --statement-timeout says.
    """
    from venue_ops.listings.examining import print_checks, print_findings

    session: Session = ctx.obj
    if names:
        print_checks(session, check or [])
    else:
        print_findings(session, check or [], strict=strict)
