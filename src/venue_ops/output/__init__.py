"""Everything that is written to stdout: tables, JSON, CSV, ids.

Commands describe rows and documents by `models`; `Output` redacts, escapes and writes them.
The names are loaded when they are asked for, since `--help` needs no more than the formats.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from venue_ops.output.formats import Format
    from venue_ops.output.models import (
        Cell,
        Column,
        Document,
        Facts,
        Listing,
        PageInfo,
        Section,
        Style,
        Value,
    )
    from venue_ops.output.options import ColorWhen, OutputOptions
    from venue_ops.output.output import Output

_HOMES = {
    "formats": ("Format",),
    "models": (
        "Cell",
        "Column",
        "Document",
        "Facts",
        "Listing",
        "PageInfo",
        "Section",
        "Style",
        "Value",
    ),
    "options": ("ColorWhen", "OutputOptions"),
    "output": ("Output",),
}

__all__ = [
    "Cell",
    "ColorWhen",
    "Column",
    "Document",
    "Facts",
    "Format",
    "Listing",
    "Output",
    "OutputOptions",
    "PageInfo",
    "Section",
    "Style",
    "Value",
]


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
