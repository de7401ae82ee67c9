"""How far a run is, on stderr: a bar a provider at a terminal, now and then a line elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from venue_ops.context import Session
from venue_ops.core.moments import brief_duration
from venue_ops.core.planning import Totals
from venue_ops.core.retry.outcomes import Outcome, Result

LINE_EVERY = 10.0
"""Seconds between lines where there is no terminal: a log is read later."""

_BAD = (Result.FAILED, Result.GIVEN_UP)
_PASSED_OVER = (Result.LEFT, Result.BUSY, Result.CHANGED)


class Progress(Protocol):
    """Is called with each outcome; `say` prints a line beside what it shows."""

    def __call__(self, outcome: Outcome) -> None:
        """Count one more image."""

    def say(self, text: str) -> None:
        """Tell something meanwhile."""


@contextmanager
def progress(session: Session, totals: Totals, clock: Callable[[], float]) -> Iterator[Progress]:
    """What to call with each outcome, until the run ends."""
    if session.flags.quiet:
        yield Silence()
    elif _is_terminal(session):
        from venue_ops.listings.bars import bars

        with bars(session, totals) as shown:
            yield shown
    else:
        yield Lines(session.console.note, totals.images, clock)


class Silence:
    """For --quiet."""

    def __call__(self, outcome: Outcome) -> None:
        """Count nothing."""

    def say(self, text: str) -> None:
        """Tell nothing."""


class Lines:
    """`120 of 1,234 images, 3 failed, 2.0 a second, about 9m left`, but not too often."""

    def __init__(self, say: Callable[[str], None], total: int, clock: Callable[[], float]) -> None:
        self.say = say
        self._total = total
        self._clock = clock
        self._began = self._said = clock()
        self._counts = Tally()

    def __call__(self, outcome: Outcome) -> None:
        """Count one more image."""
        self._counts.add(outcome)
        now = self._clock()
        if now - self._said >= LINE_EVERY:
            self._said = now
            self.say(self.line(now))

    def line(self, now: float) -> str:
        """Where the run stands."""
        done = self._counts.done
        rate = done / max(now - self._began, 0.001)
        left = brief_duration(max(0, self._total - done) / rate) if rate else "?"
        said = f", {self._counts}" if str(self._counts) else ""
        return f"{done:,} of {self._total:,} images{said}, {rate:.1f} a second, about {left} left"


class Tally:
    """Images that are over with; as a text those that are not there: `3 failed, 1 left alone`."""

    def __init__(self) -> None:
        self._results: Counter[Result] = Counter()

    def add(self, outcome: Outcome) -> None:
        """Count one more."""
        self._results[outcome.result] += 1

    @property
    def done(self) -> int:
        """How many are over with, whatever became of them."""
        return self._results.total()

    def __str__(self) -> str:
        failed = sum(self._results[each] for each in _BAD)
        left = sum(self._results[each] for each in _PASSED_OVER)
        said = ((failed, "failed"), (left, "left alone"))
        return ", ".join(f"{count:,} {name}" for count, name in said if count)


def _is_terminal(session: Session) -> bool:
    try:
        return session.stderr.isatty() and session.env.get("TERM", "dumb") not in {"", "dumb"}
    except (OSError, ValueError):
        return False
