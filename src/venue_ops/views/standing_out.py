"""What stands out, in sentences: which provider fails all the time, since when, what to do."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from venue_ops.core.classification.causes import Cause
from venue_ops.core.figures import Figures, ImageRun
from venue_ops.core.runs import AnswerRun
from venue_ops.core.vocabulary import ERROR_TYPE_ABSENT
from venue_ops.output.models import Cell, Style
from venue_ops.views.plain import moment, said

_PLAIN = re.compile(r"[A-Za-z0-9_. ]{1,60}")

CAUSES = {
    Cause.DEAD_KEY: "dead key",
    Cause.RATE_LIMITED: "rate limited",
    Cause.OUTAGE: "outage",
    Cause.OTHER: "only failures",
}


@dataclass(frozen=True, slots=True)
class StandingOut:
    """One run of failures, be it of images or of answers to jobs; the keys of its JSON."""

    about: str
    cause: Cause
    provider: str
    error: str
    status_code: Decimal | None
    host: str | None
    key_fingerprint: str | None
    images: int | None
    jobs: int | None
    venues: int
    since: datetime | str | None
    newest: datetime | str | None
    last_success: datetime | str | None
    since_is_exact: bool
    ended_at: datetime | None

    @property
    def next(self) -> str:
        """What to do about it, with the command that shows more."""
        return f"{_advice(self)} {_command(self)}"


def standing_out(figures: Figures) -> tuple[StandingOut, ...]:
    """What lasts before what has ended."""
    found = [*map(_of_images, figures.image_runs), *map(_of_answers, figures.answer_runs)]
    return tuple(sorted(found, key=lambda each: each.ended_at is not None))


def data_of_run(run: StandingOut) -> dict[str, Any]:
    """The keys of its JSON."""
    names = StandingOut.__dataclass_fields__
    return {**{name: getattr(run, name) for name in names}, "next": run.next}


def lines(runs: tuple[StandingOut, ...], tz: tzinfo | None) -> Iterator[tuple[str, Cell]]:
    """Three lines a run: what it is, what to do, and the command, in one piece to be copied."""
    for run in runs:
        ended = run.ended_at is not None
        urgent = Style.WARN if run.cause in (Cause.RATE_LIMITED, Cause.OTHER) else Style.BAD
        yield CAUSES[run.cause], Cell(_sentence(run, tz), Style.DIM if ended else urgent)
        for text in (_advice(run), _command(run)):
            yield "", Cell(text, Style.DIM if ended else Style.PLAIN)


def _of_images(run: ImageRun) -> StandingOut:
    return StandingOut(
        about="images",
        cause=run.cause,
        provider=run.provider,
        error=run.error_type,
        status_code=run.status_code,
        host=run.host,
        key_fingerprint=run.key_fingerprint,
        images=run.images,
        jobs=None,
        venues=run.venues,
        since=moment(run.since),
        newest=moment(run.newest),
        last_success=moment(run.last_success),
        since_is_exact=run.is_complete,
        ended_at=None,
    )


def _of_answers(run: AnswerRun) -> StandingOut:
    return StandingOut(
        about="jobs",
        cause=run.cause,
        provider=run.provider,
        error=run.error,
        status_code=None,
        host=None,
        key_fingerprint=None,
        images=None,
        jobs=run.jobs,
        venues=run.venues,
        since=run.since,
        newest=run.newest,
        last_success=run.last_success,
        since_is_exact=run.last_success is not None,
        ended_at=run.ended_at,
    )


def _sentence(run: StandingOut, tz: tzinfo | None) -> str:
    code = "" if run.status_code is None else f" ({run.status_code:f})"
    place = f" from {run.host}" if run.host else ""
    key = f" with key {run.key_fingerprint}" if run.key_fingerprint else ""
    many = _number(run.images, "image") if run.jobs is None else _number(run.jobs, "job")
    of = f"{many} of {_number(run.venues, 'venue')}"
    since = "since" if run.since_is_exact else "since at least"
    until = f" until {said(run.ended_at, tz)}" if run.ended_at else ""
    return (
        f"{run.provider}: {run.error}{code}{place}{key}, {of}, {since} {said(run.since, tz)}{until}"
    )


def _number(count: int | None, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count or 0:,} {noun}s"


def _advice(run: StandingOut) -> str:
    if run.ended_at is not None:
        return "It answers again; what failed then has to run again:"
    match run.cause:
        case Cause.DEAD_KEY if run.about == "jobs":
            return (
                f"Set a valid key for {run.provider} in the application. These jobs failed before"
                " any image was known, so the jobs have to run again:"
            )
        case Cause.DEAD_KEY:
            return f"Set a valid key for {run.provider} in the application, then retry:"
        case Cause.RATE_LIMITED:
            return "Wait until the limit has passed, or ask less often, then retry:"
        case Cause.OUTAGE:
            return f"Wait until {run.host or run.provider} answers again, then retry:"
        case Cause.OTHER:
            return "Look at what they have in common:"


def _command(run: StandingOut) -> str:
    """The words as they are where they are plain; a text that wants quotes is left out.

    Quoting would take a secret apart, so that it is not known again when the line is cleaned.
    """
    words = ["venue-ops", "list" if run.about == "jobs" else "venues"]
    for option, word in (("--provider", run.provider), ("--error", run.error)):
        if _PLAIN.fullmatch(word) and (word, option) != (ERROR_TYPE_ABSENT, "--error"):
            words += (option, word)
    return f"`{shlex.join(words)}`"
