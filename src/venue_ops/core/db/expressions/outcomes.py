"""What became of a job in SQL, rule by rule: the twin of `classification.jobs.job_outcome`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, func, not_, or_, select

from venue_ops.core.db.expressions.jobs import (
    FALSE,
    ZERO,
    JobColumns,
    answer_is_error,
    answers_of,
    is_kind,
)
from venue_ops.core.db.expressions.values import (
    Json,
    has_member,
    is_one_of,
    json_lit,
    lit,
    positive_at,
    text_at,
    type_of,
)
from venue_ops.core.models import JobKind, Outcome
from venue_ops.core.vocabulary import (
    CLASSIFIED_KINDS,
    COMPLETED,
    DISCARDED,
    ERROR_STATUSES,
    FAN_OUT_STATUSES,
    STATE_OUTCOMES,
    STATUS_NO_WORK,
    STATUS_SKIPPED,
)


def counts_venues(job: JobColumns) -> ColumnElement[bool]:
    """Whether meta counts venues: a batch, a daily run, or an old-shape backfill."""
    return or_(
        and_(is_kind(job.worker, JobKind.BACKFILL), has_member(job.meta, "enriched")),
        and_(is_kind(job.worker, JobKind.ENRICHMENT), not_(has_member(job.args, "venue_id"))),
    )


def fans_out(job: JobColumns) -> ColumnElement[bool]:
    """Whether the job is a backfill that only started other jobs; never NULL."""
    return and_(
        is_kind(job.worker, JobKind.BACKFILL),
        not_(has_member(job.meta, "enriched")),
        func.coalesce(is_one_of(text_at(job.meta, "status"), FAN_OUT_STATUSES), FALSE),
    )


def uploaded_number(meta: Json) -> ColumnElement[bool]:
    """Whether good images are counted; legacy meta has `images_found` alone."""
    return case(
        (has_member(meta, "images_uploaded"), positive_at(meta, "images_uploaded")),
        else_=positive_at(meta, "images_found"),
    )


def has_no_meta(meta: Json) -> ColumnElement[bool]:
    """NULL, not an object, or empty."""
    return or_(meta.is_(None), type_of(meta) != lit("object"), meta == json_lit("{}"))


def job_outcome(job: JobColumns, children: ColumnElement[Any]) -> ColumnElement[str]:
    """What became of a job; never NULL.

    `children` is the outcome of a fanned-out backfill's enrichments.
    """
    classified = is_kind(job.worker, *CLASSIFIED_KINDS)
    good, bad = positive_at(job.meta, "enriched"), positive_at(job.meta, "failed")
    spawned = or_(positive_at(job.meta, "total_venues"), positive_at(job.meta, "jobs_spawned"))
    return case(
        *_by_state(job, kept_something=and_(classified, _kept_something(job.meta))),
        (not_(classified), lit(Outcome.UNKNOWN)),
        (has_no_meta(job.meta), lit(Outcome.UNKNOWN)),  # rule 1
        (counts_venues(job), _of_two(good, bad, otherwise=lit(Outcome.SKIPPED))),  # rule 2
        (_says(job, STATUS_NO_WORK), lit(Outcome.SKIPPED)),  # rule 3
        (fans_out(job), case((spawned, children), else_=lit(Outcome.SKIPPED))),
        (_says(job, STATUS_SKIPPED), _skipped_itself(job)),  # rule 4
        else_=_from_answers(job),
    )


def venue_enrichment_outcome(job: JobColumns) -> ColumnElement[str]:
    """`job_outcome` of a job that is known to be the enrichment of one venue.

    Rules 2 and half of 3 cannot apply to it, and without them a statement is a third shorter.
    """
    return case(
        *_by_state(job, kept_something=_kept_something(job.meta)),
        (has_no_meta(job.meta), lit(Outcome.UNKNOWN)),
        (_says(job, STATUS_NO_WORK), lit(Outcome.SKIPPED)),
        (_says(job, STATUS_SKIPPED), _skipped_itself(job)),
        else_=_from_answers(job),
    )


def _by_state(job: JobColumns, kept_something: ColumnElement[bool]) -> list[Any]:
    """The branches for every state but completed, as `case` takes them."""
    return [
        *((job.state == lit(state), lit(known)) for state, known in STATE_OUTCOMES.items()),
        (and_(job.state == lit(DISCARDED), kept_something), lit(Outcome.PARTIAL)),
        (job.state == lit(DISCARDED), lit(Outcome.FAILED)),
        (job.state != lit(COMPLETED), lit(Outcome.UNKNOWN)),
    ]


def _kept_something(meta: Json) -> ColumnElement[bool]:
    return or_(positive_at(meta, "images_uploaded"), positive_at(meta, "enriched"))


def _says(job: JobColumns, status: str) -> ColumnElement[bool]:
    return text_at(job.meta, "status") == lit(status)


def _skipped_itself(job: JobColumns) -> ColumnElement[str]:
    """Rule 4: an unforced second attempt skips itself and so hides what the first one met."""
    return case(
        (func.cardinality(job.errors) > ZERO, lit(Outcome.FAILED)), else_=lit(Outcome.SKIPPED)
    )


def _from_answers(job: JobColumns) -> ScalarSelect[Any]:
    """Rules 5 to 7, in one look at the providers' answers: the longest part of a statement."""
    uploaded, failed = uploaded_number(job.meta), positive_at(job.meta, "images_failed")
    rows = answers_of(job.meta)
    is_error = answer_is_error(rows.c.answer)
    decided = case(
        (func.coalesce(func.bool_and(is_error), FALSE), lit(Outcome.FAILED)),  # rule 5
        (or_(uploaded, failed), _of_two(uploaded, failed)),  # rule 6
        (is_one_of(text_at(job.meta, "status"), ERROR_STATUSES), lit(Outcome.FAILED)),  # rule 7
        (func.coalesce(func.bool_or(is_error), FALSE), lit(Outcome.FAILED)),
        else_=lit(Outcome.NO_IMAGES),
    )
    return select(decided).select_from(rows).correlate_except(rows).scalar_subquery()


def _of_two(
    good: ColumnElement[bool],
    bad: ColumnElement[bool],
    otherwise: ColumnElement[str] | None = None,
) -> ColumnElement[str]:
    return case(
        (and_(good, bad), lit(Outcome.PARTIAL)),
        (bad, lit(Outcome.FAILED)),
        (good, lit(Outcome.SUCCESS)),
        else_=otherwise,
    )
