"""How a command that is told is typed: with what says which database is meant."""

from __future__ import annotations

from venue_ops.context import Session


def program(session: Session) -> str:
    """`venue-ops`, with --demo or --profile where this command was given it.

    A command that is copied from the screen has to work on the same database. The console does
    the same for a command in backticks.
    """
    return f"venue-ops {session.flags.where}".rstrip()
