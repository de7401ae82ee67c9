"""The only way to a text that may be written: redacted, visible, encodable.

The writer takes `Safe` alone, and only this module and `json` make one, so the type checker
shows that nothing skips the cleaning.
"""

from __future__ import annotations

import codecs
from typing import NewType

from venue_ops.core.redaction import Redactor
from venue_ops.core.untrusted import spreadsheet_safe, visible
from venue_ops.output.graphics import BLOCKS, HEIGHTS

Safe = NewType("Safe", str)
ELLIPSIS, ASCII_ELLIPSIS = "\u2026", "..."


def stream_encoding(stream: object) -> str:
    """The codec of a text stream; UTF-8 for streams that have none or an unknown one."""
    name = getattr(stream, "encoding", None) or "utf-8"
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "utf-8"


class Cleaner:
    """Makes text from anywhere fit for one stream; secrets go first, before anything is cut."""

    __slots__ = ("_lossy", "ellipsis", "has_blocks", "redactor")

    def __init__(self, redactor: Redactor, encoding: str = "utf-8") -> None:
        self.redactor = redactor
        self._lossy = None if encoding.startswith("utf") else encoding
        self.ellipsis = self._encodable(ELLIPSIS)
        if self.ellipsis != ELLIPSIS:
            self.ellipsis = Safe(ASCII_ELLIPSIS)
        blocks = BLOCKS + HEIGHTS
        self.has_blocks = self._encodable(blocks) == blocks

    def text(self, text: str) -> Safe:
        """One line for people."""
        return self._encodable(visible(self.redactor.text(text)))

    def sheet(self, text: str) -> Safe:
        """One field that a spreadsheet may read."""
        return self._encodable(spreadsheet_safe(self.redactor.text(text)))

    def _encodable(self, text: str) -> Safe:
        """With what the stream cannot encode as escapes: LC_ALL=C must not crash a report."""
        if self._lossy is None or text.isascii():
            return Safe(text)
        return Safe(text.encode(self._lossy, "backslashreplace").decode(self._lossy))
