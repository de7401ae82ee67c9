"""What went wrong in few words, in SQL: the twin of `core.classification.wording`."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import aggregate_order_by

from venue_ops.core.db.expressions.jobs import (
    ZERO,
    answer_is_error,
    answer_reason,
    answers_of,
)
from venue_ops.core.db.expressions.values import (
    Json,
    at,
    is_one_of,
    lit,
    members_of,
    number,
    string_at,
    with_text,
)
from venue_ops.core.models import Outcome
from venue_ops.core.vocabulary import (
    ATOM,
    BLANKS,
    ERROR_PREFIXES,
    ERROR_TUPLE,
    QUIET_OUTCOMES,
    WORKER_FAILED,
    WRAPPER,
)

Words = ColumnElement[Any]


def uninspected(text: Words) -> Words:
    """A reason as a person would write it."""
    return with_text(func.btrim(text, lit(BLANKS)), "stripped", _unquoted)


def _unquoted(stripped: Words) -> Words:
    length = func.length(stripped)
    inner = func.substr(stripped, sql("2"), length - sql("2"))
    return case(
        (
            and_(length > sql("1"), stripped.regexp_match(lit('^".*"$'))),
            func.regexp_replace(inner, lit(r'\\(["\\])'), lit(r"\1"), lit("g")),
        ),
        (stripped.regexp_match(lit(ATOM)), func.substr(stripped, sql("2"))),
        else_=stripped,
    )


def plain_error(text: Words) -> Words:
    """Oban's error text without its wrapping."""
    stripped = func.translate(func.btrim(text, lit(BLANKS)), lit("\r"), lit("\n"))
    line: Words = func.split_part(stripped, lit("\n"), sql("1"))
    for wrapping, instead in ((WRAPPER, ""), (WORKER_FAILED, ""), (ERROR_TUPLE, r"\1")):
        line = func.regexp_replace(line, lit(wrapping), lit(instead))
    prefixes = "".join(f"(?:{re.escape(prefix)})?" for prefix in ERROR_PREFIXES)
    return func.regexp_replace(uninspected(line), lit(f"^{prefixes}"), lit(""))


def breakdown(counts: Json) -> Words:
    """`rate_limited 2, not_found 1`; NULL where there is nothing to count."""
    rows = members_of(counts, "counted")
    count = number(rows.c.value)
    said = func.concat(rows.c.key, lit(" "), count)
    ranked = aggregate_order_by(lit(", "), count.desc(), rows.c.key.collate("C"))
    counted = select(func.string_agg(said, ranked)).select_from(rows).where(count != ZERO)
    return counted.correlate_except(rows).scalar_subquery()


def error_in_few_words(outcome: Words, meta: Json, last_error: Json) -> Words:
    """What went wrong, from the most specific place where it is written; NULL if nothing did."""
    written = func.coalesce(
        _of_answers(meta),
        breakdown(at(meta, "failure_breakdown")),
        plain_error(uninspected(string_at(meta, "error"))),
        plain_error(string_at(last_error, "error")),
    )
    return case((~is_one_of(outcome, QUIET_OUTCOMES), written))


def _of_answers(meta: Json) -> Words:
    answers = answers_of(meta)
    reason = func.coalesce(func.nullif(answer_reason(answers.c.answer), lit("")), lit("failed"))
    said = func.concat(answers.c.provider, lit(": "), plain_error(uninspected(reason)))
    return (
        select(func.string_agg(said, lit("; ")))
        .select_from(answers)
        .where(answer_is_error(answers.c.answer))
        .correlate_except(answers)
        .scalar_subquery()
    )


def skip_reason(outcome: Words, meta: Json) -> Words:
    """Why a job skipped itself; NULL for any other outcome."""
    return case((outcome == lit(Outcome.SKIPPED), uninspected(string_at(meta, "reason"))))
