"""What became of a job in SQL: the twin of `core.classification.jobs`, rule by rule.

`JobColumns` is any set of columns that looks like a job: the table under some alias, or the
rows of a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    ColumnElement,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, aggregate_order_by
from sqlalchemy.sql.expression import FromClause

from venue_ops.core.db.expressions.values import (
    Json,
    any_name,
    ascii_lower,
    at,
    elements_of,
    has_member,
    holds_one_of,
    is_one_of,
    items_of,
    json_lit,
    lit,
    members_of,
    string,
    string_at,
    text_at,
    type_of,
)
from venue_ops.core.models import JobKind, JobScope
from venue_ops.core.vocabulary import (
    FAILED_IMAGE_TEXTS,
    NO_PHOTOS_WORDS,
    NOT_A_PROVIDER,
    PROVIDER_ERROR_STATUSES,
    PROVIDER_REASON_KEYS,
)

TRUE = literal_column("true", Boolean)
FALSE = literal_column("false", Boolean)
ZERO = literal_column("0", Integer)

NAMED_KINDS = (JobKind.BACKFILL, JobKind.ENRICHMENT, JobKind.RETRY, JobKind.CLEANUP)


@dataclass(frozen=True, slots=True)
class JobColumns:
    """The columns an outcome is decided from."""

    worker: ColumnElement[Any]
    state: ColumnElement[Any]
    args: Json
    meta: Json
    errors: ColumnElement[Any]

    @classmethod
    def of(cls, source: FromClause) -> JobColumns:
        """The columns of a table or alias, by Oban's names."""
        c = source.c
        return cls(
            worker=c.worker,
            state=cast(c.state, Text),
            args=c.args,
            meta=c.meta,
            errors=c.errors,
        )


def workers_of(kind: JobKind) -> ColumnElement[Any]:
    """The bound array of the worker names that the settings give a kind."""
    return bindparam(f"{kind}_workers", type_=ARRAY(Text))


def is_kind(worker: ColumnElement[Any], *kinds: JobKind) -> ColumnElement[bool]:
    """Whether a worker is of one of these kinds; `other` is what no setting names."""
    named = [worker == func.any(workers_of(kind)) for kind in kinds if kind is not JobKind.OTHER]
    if JobKind.OTHER in kinds:
        named.append(and_(*(worker != func.all(workers_of(kind)) for kind in NAMED_KINDS)))
    return or_(*named)


def job_kind(worker: ColumnElement[Any]) -> ColumnElement[str]:
    """The kind of a job, by its worker's name."""
    return case(
        *((is_kind(worker, kind), lit(kind)) for kind in NAMED_KINDS), else_=lit(JobKind.OTHER)
    )


def job_scope(job: JobColumns) -> ColumnElement[str]:
    """How much a job covers; NULL for the workers whose args are not ours to read."""
    return case(
        (is_kind(job.worker, JobKind.BACKFILL), lit(JobScope.CITY)),
        (is_kind(job.worker, JobKind.RETRY), lit(JobScope.VENUE)),
        (not_(is_kind(job.worker, JobKind.ENRICHMENT)), literal_column("NULL", Text)),
        (has_member(job.args, "venue_id"), lit(JobScope.VENUE)),
        (has_member(job.args, "venue_ids"), lit(JobScope.BATCH)),
        else_=lit(JobScope.DAILY),
    )


def answers_of(meta: Json) -> Any:
    """`meta.providers` as rows (provider, answer), without the entry of a killed task."""
    rows = members_of(at(meta, "providers"), "answers")
    return (
        select(rows.c.key.label("provider"), rows.c.value.label("answer"))
        .select_from(rows)
        .where(rows.c.key != lit(NOT_A_PROVIDER))
        .subquery("answer_rows")
    )


def answer_failed(answer: Json) -> ColumnElement[bool]:
    """Whether a provider gave no images; never NULL."""
    return func.coalesce(is_one_of(text_at(answer, "status"), PROVIDER_ERROR_STATUSES), FALSE)


def answer_reason(answer: Json) -> ColumnElement[str]:
    """Why, in the first of the places where it is written; NULL where nowhere."""
    return func.coalesce(*(string_at(answer, key) for key in PROVIDER_REASON_KEYS))


def answer_is_error(answer: Json) -> ColumnElement[bool]:
    """Failed with something other than "this venue has no photos here"; never NULL."""
    reason = func.coalesce(answer_reason(answer), lit(""))
    return and_(answer_failed(answer), not_(holds_one_of(reason, NO_PHOTOS_WORDS)))


def mentions_provider(job: JobColumns, names: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a job was asked for, or heard from, one of the providers; never NULL.

    The providers are those of `classification.job_providers`: a killed task's entry is none.
    """
    wanted = func.array_remove(names, lit(NOT_A_PROVIDER))
    return or_(
        any_name(at(job.args, "provider"), wanted),
        any_name(at(job.args, "providers"), wanted),
        any_name(at(job.meta, "providers"), wanted),
        any_name(at(job.meta, "by_provider"), wanted),
    )


def providers_of(job: JobColumns) -> ColumnElement[Any]:
    """The twin of `classification.job_providers`, as a JSON array of text."""
    named: Json = _names_in(at(job.args, "provider"))
    for value in (
        at(job.args, "providers"),
        at(job.meta, "providers"),
        at(job.meta, "by_provider"),
    ):
        named = named.op("||", return_type=JSONB())(_names_in(value))
    rows = (
        func.jsonb_array_elements(named)
        .table_valued(column("value", JSONB), with_ordinality="place", name="named")
        .render_derived()
    )
    name = string(rows.c.value).label("name")
    first = (
        select(name, func.min(rows.c.place).label("place"))
        .select_from(rows)
        .where(type_of(rows.c.value) == lit("string"), name != lit(NOT_A_PROVIDER))
        .group_by(name)
        .lateral("firsts")
    )
    in_order = aggregate_order_by(first.c.name, first.c.place)
    return select(func.coalesce(func.json_agg(in_order), cast(lit("[]"), JSON))).scalar_subquery()


def _names_in(value: Json) -> Json:
    """An array that holds a string itself, an array's items, or an object's keys."""
    keys = func.jsonb_path_query_array(value, cast(lit("$.keyvalue().key"), JSONPATH))
    kind = type_of(value)
    return case(
        (kind == lit("array"), value),
        (kind == lit("string"), func.jsonb_build_array(value)),
        (kind == lit("object"), keys),
        else_=json_lit("[]"),
    )


def mentions_error(job: JobColumns, needles: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether some text of a job that says what went wrong holds one of the needles.

    The texts are those of `classification.error_texts`. The needles come in lower case, and a
    second time (`errors_as_json`) as they would stand inside a JSON string: most jobs are
    passed over by one search of their JSON text, before it is taken apart.
    """
    errors = items_of(job.errors, "attempts", JSONB)
    answers = answers_of(job.meta)
    types = members_of(at(job.meta, "failure_breakdown"), "types")
    images = elements_of(at(job.meta, "failed_images"), "failed_images")
    exactly = or_(
        _holds(string_at(job.meta, "error"), needles),
        _holds(string_at(errors.c.item, "error"), needles, errors),
        _holds(
            case((answer_failed(answers.c.answer), answer_reason(answers.c.answer))),
            needles,
            answers,
        ),
        _holds(types.c.key, needles, types),
        *(_holds(string_at(images.c.value, key), needles, images) for key in FAILED_IMAGE_TEXTS),
    )
    whole = func.concat(cast(job.meta, Text), func.array_to_string(job.errors, lit(" ")))
    anywhere = _holds(whole, bindparam("errors_as_json", type_=ARRAY(Text)))
    return case((anywhere, exactly), else_=FALSE)


def _holds(
    text: ColumnElement[Any], needles: ColumnElement[Any], *sources: FromClause
) -> ColumnElement[bool]:
    """Whether a text, or that of any row of a source, holds one of the needles."""
    needle = items_of(needles, "needles", Text)
    return (
        select(literal_column("1"))
        .select_from(*sources, needle)
        .where(func.strpos(ascii_lower(text), needle.c.item) > ZERO)
        .exists()
    )
