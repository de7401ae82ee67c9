"""How the output was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from venue_ops.color import ColorWhen, wants_color
from venue_ops.output.formats import Format

__all__ = ["ColorWhen", "OutputOptions", "wants_color"]


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """The flags of every command that prints data.

    `format` None means a table. `columns` empty means those of the format. `tz` None means
    local time for people and UTC for machines.
    """

    format: Format | None = None
    columns: tuple[str, ...] = ()
    headers: bool = True
    color: ColorWhen = ColorWhen.AUTO
    tz: tzinfo | None = None
