"""The command that goes on where a run ended (pure)."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from venue_ops.core.retry.outcomes import Result

PROGRAM = "venue-ops"
TO_DO = frozenset({Result.FAILED, Result.LEFT, Result.BUSY})
"""What a run wanted and did not get: the images that are left."""

TYPED = 2000
"""Characters of names that can still be typed or pasted; more come from stdin."""

LINE = 64
"""A command up to here is shown as it is, and fits a terminal of 80 columns."""

_OF_IMAGES = ("--class", "--max-retries", "--engine")
_WITH_VALUES = ("--class", "--error", "--provider", "--max-retries", "--engine")
_FLAGS = ("--force", "--enqueue", "--wait")


@dataclass(frozen=True, slots=True)
class Asked:
    """How a run was asked for: `verb` as `retry city`, its names, and what it was to take.

    `names` is empty where they were too many; `options` are words as they are typed.
    """

    verb: str
    names: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it can be asked once more as it was."""
        return bool(self.names) or self.verb == "sweep"

    @property
    def words(self) -> tuple[str, ...]:
        """As it is typed, behind the program's name."""
        return (*self.verb.split(), *self.names, *self.options)


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or several that pass on to each other; a shell reads back every word."""

    parts: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, *words: str) -> Command:
        """One command of this program."""
        return cls(((PROGRAM, *words),))

    def typed_as(self, program: str) -> Command:
        """The same where the program is typed otherwise, as `venue-ops --demo`."""
        return Command(tuple((*program.split(), *part[1:]) for part in self.parts))

    @property
    def line(self) -> str:
        """In one line."""
        return " | ".join(map(shlex.join, self.parts))

    @property
    def lines(self) -> Iterator[str]:
        """In lines that a shell puts together again: they fit a terminal of 80 columns."""
        for place, part in enumerate(self.parts, start=1):
            line = ""
            for word in map(shlex.quote, part):
                if line and len(line) + len(word) >= LINE:
                    yield f"{line} \\"
                    line = word
                else:
                    line = f"{line} {word}" if line else word
            yield line if place == len(self.parts) else f"{line} |"


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a run: the first ids of its images, how many, and of those that gave up.

    `is_all` says that the receipt names every image that was planned.
    """

    count: int
    first: tuple[str, ...]
    given_up: str | None
    is_all: bool


def typed_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names, where they are few enough to be typed."""
    return tuple(names) if len(shlex.join(names)) <= TYPED else ()


def next_command(run: str, asked: Asked | None, left: Left, *, ended: bool) -> Command | None:
    """What to type next; None where nothing is left to do.

    The same once more where the run did not come to all of its images, or that is short. Else its
    images that are left, by their ids. What failed for good is explained.
    """
    is_done = left.is_all and ended
    if is_done and not left.count:
        return None if left.given_up is None else Command.of("explain", "image", left.given_up)
    options = () if asked is None else _for_images(asked.options)
    if asked is not None and asked.is_whole:
        again = Command.of(*asked.words)
        if not is_done or (asked.verb != "retry image" and len(again.line) <= LINE):
            return again
    if not left.count:
        return Command.of("reconcile")
    by_id = Command.of("retry", "image", *left.first, *options)
    if len(left.first) == left.count and len(by_id.line) <= 2 * LINE:
        return by_id
    shown = Command.of("runs", "show", run, "-o", "ids")
    return Command((*shown.parts, *Command.of("retry", "image", "-", *options).parts))


def _for_images(options: Sequence[str]) -> tuple[str, ...]:
    """Those that `retry image` has, too; the others chose the images, which are named now."""
    before = ("", *options)
    return tuple(
        word
        for word, last in zip(options, before, strict=False)
        if last in _OF_IMAGES or (word in (*_OF_IMAGES, *_FLAGS) and last not in _WITH_VALUES)
    )
