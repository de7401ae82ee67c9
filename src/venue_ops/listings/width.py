"""What a listing says of columns that found no room."""

from __future__ import annotations

from venue_ops.context import Session


def note_hidden(session: Session) -> None:
    """Name the columns that the terminal was too narrow for."""
    if hidden := session.output.hidden_columns:
        session.console.note(f"Left out for want of width: {', '.join(hidden)} (-o wide has more).")
