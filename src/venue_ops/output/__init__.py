"""Everything that is written to stdout: tables, JSON, CSV, ids.

Commands describe rows and documents by `models`; `Output` redacts, escapes and writes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from venue_ops.output.models import (
    Cell,
    Column,
    Document,
    Facts,
    Format,
    Listing,
    PageInfo,
    Section,
    Style,
    Value,
)
from venue_ops.output.options import ColorWhen, OutputOptions

if TYPE_CHECKING:
    from venue_ops.output.output import Output
    from venue_ops.output.writer import abandon

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
    "abandon",
]


def __getattr__(name: str) -> Any:
    # The writer is loaded when something is written: options and --help need the models alone.
    match name:
        case "Output":
            from venue_ops.output.output import Output

            return Output
        case "abandon":
            from venue_ops.output.writer import abandon

            return abandon
        case _:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
