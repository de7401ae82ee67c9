"""What a check is, and what it finds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """What came of a check. `skipped` is neither good nor bad: it could not be made."""

    PASS = "pass"  # noqa: S105 (no password)
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


class Group(StrEnum):
    """What a check is about, in the order in which they are made."""

    SETUP = "setup"
    SCHEMA = "schema"
    ACCESS = "access"
    JOBS = "jobs"
    IMAGES = "images"


@dataclass(frozen=True, slots=True)
class Check:
    """One question that doctor asks; `name` is stable and never reused for another."""

    name: str
    group: Group
    question: str


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing that a finding is about.

    `subject` is a table, column, index, worker, queue, node or kind. `count` is how many rows
    are meant, and `ids` the first of their ids (jobs in `jobs`, venues in `images`).
    """

    subject: str
    text: str
    count: int | None = None
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one check.

    `summary` is one sentence, or two; of a skipped check it is the reason. `remedy` says what to do
    next, and `sql` is a statement for whoever looks after the database: nothing here runs it.
    """

    check: Check
    level: Level
    summary: str
    details: tuple[Detail, ...] = ()
    remedy: str | None = None
    sql: str | None = None


def passed(
    check: Check, summary: str, details: Iterable[Detail] = (), *, sql: str | None = None
) -> Finding:
    """Nothing is wrong; the details are for who wants to know more."""
    return Finding(check, Level.PASS, summary, tuple(details), sql=sql)


def warned(
    check: Check,
    summary: str,
    details: Iterable[Detail] = (),
    *,
    remedy: str,
    sql: str | None = None,
) -> Finding:
    """Something is not as it should be, but everything works."""
    return Finding(check, Level.WARN, summary, tuple(details), remedy, sql)


def failed(
    check: Check,
    summary: str,
    details: Iterable[Detail] = (),
    *,
    remedy: str | None,
    sql: str | None = None,
) -> Finding:
    """Something does not work, or shows what is not so."""
    return Finding(check, Level.FAIL, summary, tuple(details), remedy, sql)


def skipped(check: Check, reason: str, remedy: str | None = None) -> Finding:
    """The check could not be made."""
    return Finding(check, Level.SKIPPED, reason, remedy=remedy)


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 job`, `2,345 jobs`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def listed(items: Sequence[str], word: str = "and", *, most: int = 5) -> str:
    """`a`, `a and b`, `a, b and c`, `a, b and 3 more`; after a negation `word` is "or"."""
    if len(items) > most:
        return f"{', '.join(items[:most])} {word} {len(items) - most:,} more"
    *before, last = items or ("",)
    return f"{', '.join(before)} {word} {last}" if before else last


_PLAIN_NAMES: Final = frozenset({"public", "oban_jobs", "venues", "cities", "countries"})


def quoted_name(*parts: str) -> str:
    """A name as SQL wants it; all but the usual ones in quotes, since any may be a keyword."""
    return ".".join(
        part if part in _PLAIN_NAMES else '"' + part.replace('"', '""') + '"' for part in parts
    )


def quoted_toml(text: str) -> str:
    """A text as the configuration file wants it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def quoted_text(text: str) -> str:
    """A text as SQL wants it."""
    return "'" + text.replace("'", "''") + "'"
