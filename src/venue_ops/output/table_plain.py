"""Tables as plain lines, for pipes and for terminals without colour; colour by hand if forced."""

from __future__ import annotations

from collections.abc import Iterator

from venue_ops.color import paint
from venue_ops.output.grid import Grid, SafeCell
from venue_ops.output.layout import GAP, display_width
from venue_ops.output.models import Style
from venue_ops.output.safe import Safe

_SGR = {
    Style.PLAIN: "",
    Style.GOOD: "32",
    Style.WARN: "33",
    Style.BAD: "31",
    Style.DIM: "2",
    Style.ACCENT: "36",
}
_BOLD = "1"


class PlainPainter:
    """Aligned columns, two spaces between them, no box and no trailing blanks."""

    def __init__(self, *, color: bool = False) -> None:
        self._color = color

    def measure(self, text: str, /) -> int:
        """How many cells a text takes."""
        return display_width(text)

    def lines(self, grid: Grid) -> Iterator[Safe]:
        """One line a row, with its line break."""
        if grid.header is not None:
            yield self._line(grid, [(title, _BOLD) for title in grid.header])
        for row in grid.rows:
            yield self._line(grid, [(cell.text, _SGR[cell.style]) for cell in row])

    def styled(self, cell: SafeCell) -> Safe:
        """One text by itself."""
        return self._paint(cell.text, _SGR[cell.style])

    def title(self, text: Safe) -> Safe:
        """A heading by itself."""
        return self._paint(text, _BOLD)

    def _paint(self, text: Safe, sgr: str) -> Safe:
        return Safe(paint(text, sgr)) if self._color else text

    def _line(self, grid: Grid, cells: list[tuple[Safe, str]]) -> Safe:
        parts: list[str] = []
        owed = 0  # blanks are only written when something follows them
        for (text, sgr), width, right in zip(cells, grid.widths, grid.right, strict=True):
            blank = max(0, width - display_width(text))
            if text.strip(" "):
                lead = text if right else text.rstrip(" ")
                parts.append(" " * (owed + (blank if right else 0)) + self._paint(Safe(lead), sgr))
                owed = GAP + (0 if right else blank + len(text) - len(lead))
            else:
                owed += GAP + max(width, display_width(text))
        return Safe("".join(parts).rstrip(" ") + "\n")
