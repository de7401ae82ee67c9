"""The one place that writes to the stream."""

from __future__ import annotations

from typing import TextIO

from venue_ops.core.errors import OutputError
from venue_ops.output.safe import Safe
from venue_ops.streams import abandon


class Writer:
    """Writes cleaned text.

    A reader that went away is BrokenPipeError, for the caller to end quietly; anything else
    that cannot be written is OutputError.
    """

    __slots__ = ("_stream",)

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: Safe) -> None:
        """Buffered by the stream; errors may come only with `flush`."""
        try:
            self._stream.write(text)
        except (OSError, ValueError) as error:
            raise failure(self._stream, error) from error

    def flush(self) -> None:
        """To be called when a listing or document is complete."""
        try:
            self._stream.flush()
        except (OSError, ValueError) as error:
            raise failure(self._stream, error) from error


def failure(stream: TextIO, error: OSError | ValueError) -> Exception:
    """What to raise for an error of the stream, which is given up: BrokenPipeError or ours."""
    abandon(stream)
    if isinstance(error, BrokenPipeError):
        return error
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is closed"
    return OutputError(
        f"The output could not be written completely: {reason}.",
        hint="Make room there, or write to another place.",
    )
