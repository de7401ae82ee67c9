"""Tables for a terminal with colour. Imported only there: rich takes longer to load than to run.

Every text goes in as `rich.text.Text`, never as markup: `[red]` and `:smile:` from a database
stay what they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from venue_ops.output.grid import Grid, SafeCell
from venue_ops.output.layout import GAP
from venue_ops.output.models import Style
from venue_ops.output.safe import Safe

_STYLES = {
    Style.PLAIN: "",
    Style.GOOD: "green",
    Style.WARN: "yellow",
    Style.BAD: "red",
    Style.DIM: "dim",
    Style.ACCENT: "cyan",
}


class RichPainter:
    """Columns without a box, a bold header, colours of the terminal's own palette."""

    def measure(self, text: str, /) -> int:
        """How many cells a text takes."""
        return cell_len(text)

    def lines(self, grid: Grid) -> Iterator[Safe]:
        """One line a row, with its line break."""
        table = Table(
            box=None,
            padding=(0, GAP, 0, 0),
            pad_edge=False,
            show_header=grid.header is not None,
            header_style="",
        )
        titles = grid.header or tuple(Safe("") for _ in grid.widths)
        for title, width, right in zip(titles, grid.widths, grid.right, strict=True):
            table.add_column(
                Text(title, style="bold"),
                width=width,
                no_wrap=True,
                justify="right" if right else "left",
            )
        for row in grid.rows:
            table.add_row(*(Text(cell.text, style=_STYLES[cell.style]) for cell in row))
        width = sum(grid.widths) + GAP * len(grid.widths)
        if grid.widths:
            for line in _render(table, max(1, width)).splitlines():
                yield Safe(line.rstrip() + "\n")

    def styled(self, cell: SafeCell) -> Safe:
        """One text by itself."""
        return self._text(cell.text, _STYLES[cell.style])

    def title(self, text: Safe) -> Safe:
        """A heading by itself."""
        return self._text(text, "bold")

    def _text(self, text: Safe, style: str) -> Safe:
        if not (style and text):
            return text
        return Safe(_render(Text(text, style=style), cell_len(text) + 1).rstrip("\n"))


def _render(what: RenderableType, width: int) -> str:
    """Rendered by a console that takes nothing from the environment."""
    console = Console(
        file=StringIO(),
        width=width,
        force_terminal=True,
        color_system="standard",
        no_color=False,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        _environ={},
    )
    with console.capture() as capture:
        console.print(what, no_wrap=True, overflow="ignore", crop=False)
    return capture.get()
