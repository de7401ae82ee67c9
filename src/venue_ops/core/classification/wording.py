"""The error of a job in few words: what an operator reads first (pure).

`core.db.expressions.wording` states the same in SQL, so blanks and words are those of ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from venue_ops.core.classification.jobs import provider_answers
from venue_ops.core.classification.values import member, number, string_at
from venue_ops.core.models import Json, Outcome
from venue_ops.core.vocabulary import (
    ATOM,
    BLANKS,
    ERROR_PREFIXES,
    ERROR_TUPLE,
    QUIET_OUTCOMES,
    WORKER_FAILED,
    WRAPPER,
)

_WRAPPER = re.compile(WRAPPER)
_WORKER_FAILED = re.compile(WORKER_FAILED)
_TUPLE = re.compile(ERROR_TUPLE)
_ATOM = re.compile(ATOM)
_LINE_END = re.compile(r"[\r\n]")


def uninspected(text: str) -> str:
    """A reason as a person would write it: Elixir's inspect() undone.

    `"\\"API error: X\\""` becomes `API error: X`, `:rate_limited` becomes `rate_limited`.
    """
    stripped = text.strip(BLANKS)
    quoted = len(stripped) > 1 and stripped[0] == '"' and stripped[-1] == '"'
    if quoted:
        return re.sub(r'\\(["\\])', r"\1", stripped[1:-1])
    return stripped[1:] if _ATOM.search(stripped) else stripped


def plain_error(text: str) -> str:
    """Oban's error text without its wrapping: the innermost thing that says what happened."""
    first = _LINE_END.split(text.strip(BLANKS), maxsplit=1)[0]
    line = _WORKER_FAILED.sub("", _WRAPPER.sub("", first))
    if wrapped := _TUPLE.search(line):
        line = wrapped[1]
    line = uninspected(line)
    for prefix in ERROR_PREFIXES:
        line = line.removeprefix(prefix)
    return line


def breakdown(counts: Json) -> str:
    """`rate_limited 2, not_found 1`, most first; empty where there is nothing to count."""
    if not isinstance(counts, Mapping):
        return ""
    numbers = {name: number(count) or 0 for name, count in counts.items()}
    ranked = sorted(numbers, key=lambda name: (-numbers[name], name))
    return ", ".join(f"{name} {numbers[name]:f}" for name in ranked if numbers[name])


def error_in_few_words(outcome: Outcome, meta: Json, last_error: Json) -> str | None:
    """What went wrong, from the most specific place where it is written.

    In this order: providers that failed, what the images failed with, the job's own error,
    the last attempt's. None for an outcome that has nothing to complain about.
    """
    if outcome in QUIET_OUTCOMES:
        return None
    if failed := [answer for answer in provider_answers(meta) if answer.is_error]:
        return "; ".join(
            f"{answer.provider}: {plain_error(uninspected(answer.reason or 'failed'))}"
            for answer in failed
        )
    if counted := breakdown(member(meta, "failure_breakdown")):
        return counted
    if (said := string_at(meta, "error")) is not None:
        return plain_error(uninspected(said))
    if (text := string_at(last_error, "error")) is not None:
        return plain_error(text)
    return None


def skip_reason(outcome: Outcome, meta: Json) -> str | None:
    """Why a job skipped itself, as `not_stale`; None for any other outcome."""
    reason = string_at(meta, "reason") if outcome is Outcome.SKIPPED else None
    return None if reason is None else uninspected(reason)
