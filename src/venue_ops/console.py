"""The one writer to stderr: notes, hints, warnings and errors; never data.

All text is redacted and made visible. A stderr that is closed or full is ignored: a message
that cannot be shown must not end a run that works.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from json import dumps
from typing import TextIO

from venue_ops.color import ColorWhen, paint, wants_color
from venue_ops.core.errors import VenueOpsError
from venue_ops.core.redaction import Redactor
from venue_ops.core.untrusted import visible
from venue_ops.streams import abandon

_TOLD = re.compile(r"`venue-ops (?!demo\b|-)")
"""A command that a text tells to type; `demo` and those with options of their own are whole."""

_BOLD_RED, _YELLOW, _CYAN, _DIM = "1;31", "33", "36", "2"


class Console:
    """Narration, a line a message: a terminal wraps it, and a command in it can be copied whole.

    `quiet` silences notes, hints and verbose lines, never warnings and errors. `verbose` is
    how often -v was given. With `json_errors` an error is one JSON line. `color` is a value of
    `--color`, or a decision already taken. `where` are options that say which database is meant,
    as `--demo`: a command that is told has to be typed with them.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        quiet: bool = False,
        verbose: int = 0,
        color: ColorWhen | bool = ColorWhen.AUTO,
        redactor: Redactor | None = None,
        json_errors: bool = False,
        env: Mapping[str, str] | None = None,
        where: str = "",
    ) -> None:
        self._stream = stream
        self._quiet = quiet
        self._verbosity = verbose
        self._redactor = redactor or Redactor()
        self._json_errors = json_errors
        self._told = f"`venue-ops {where} " if where else "`venue-ops "
        if isinstance(color, bool):
            self._color = color
        else:
            env = os.environ if env is None else env
            self._color = wants_color(color, terminal=_is_terminal(stream), env=env)

    def note(self, text: str) -> None:
        """What a reader should know about the data: "50 of 1,234"."""
        if not self._quiet:
            self._line("", "", text, _DIM)

    def hint(self, text: str) -> None:
        """What to do next."""
        if not self._quiet:
            self._line("hint:", _CYAN, text)

    def warn(self, text: str, hint: str | None = None) -> None:
        """What may be wrong although the command goes on, and perhaps what to do about it."""
        self._line("warning:", _YELLOW, text)
        if hint:
            self.hint(hint)

    def verbose(self, text: str, level: int = 1) -> None:
        """What happens inside; only with -v (level 1), -vv (2)."""
        if self._verbosity >= level and not self._quiet:
            self._line("", "", text, _DIM)

    def trace(self, text: str) -> None:
        """A traceback (only with --debug), redacted as a whole: a secret may span lines."""
        for line in self._redactor.text(text).splitlines():
            cleaned = visible(line)
            self._write(paint(cleaned, _DIM) if self._color else cleaned)

    def error(self, error: BaseException, code: int) -> None:
        """What ended the program: its message and hint, or one JSON line; `code` is the exit code.

        Anything but a VenueOpsError is named by its type and its first line, since its text was
        not written for the reader.
        """
        if isinstance(error, VenueOpsError):
            kind, message, hint = error.code, error.message, error.hint
        else:
            kind, hint = "unexpected", None
            first = (str(error).strip().splitlines() or [""])[0]
            message = f"{type(error).__name__}: {first}" if first else type(error).__name__
        if self._json_errors:
            self._json(kind, int(code), message, hint)
            return
        self._line("error:", _BOLD_RED, message)
        if hint:
            self._line("hint:", _CYAN, hint)

    def _json(self, kind: str, code: int, message: str, hint: str | None) -> None:
        clean = self._clean
        body = {
            "code": clean(kind),
            "exit_code": code,
            "message": clean(message),
            "hint": None if hint is None else clean(hint),
        }
        self._write(dumps({"error": body}, separators=(",", ":")).replace("\x7f", "\\u007f"))

    def _line(self, label: str, label_sgr: str, text: str, sgr: str = "") -> None:
        cleaned = visible(self._clean(text))
        if self._color:
            label, cleaned = paint(label, label_sgr), paint(cleaned, sgr)
        self._write(f"{label} {cleaned}" if label else cleaned)

    def _clean(self, text: str) -> str:
        return self._redactor.text(_TOLD.sub(lambda _: self._told, text))

    def _write(self, line: str) -> None:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        try:
            line.encode(encoding)
        except (UnicodeEncodeError, LookupError):
            line = line.encode("ascii", "backslashreplace").decode("ascii")
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            abandon(self._stream)  # nobody is left to tell


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (OSError, ValueError):
        return False
