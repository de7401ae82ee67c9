"""The one list of operations, its total, and who has jobs at all."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    case,
    cast,
    column,
    exists,
    func,
    literal_column,
    not_,
    select,
    table,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from venue_ops.core.db.expressions.children import (
    children_outcome,
    children_tally,
    outcome_of_tally,
)
from venue_ops.core.db.expressions.images import outcome_counts, venue_outcome
from venue_ops.core.db.expressions.jobs import JobColumns, is_kind, job_kind, job_scope
from venue_ops.core.db.expressions.outcomes import fans_out, job_outcome
from venue_ops.core.db.expressions.values import Json, at, json_id, lit, once, type_of
from venue_ops.core.db.questions import (
    AbsentKinds,
    CityJobTotals,
    JobFilter,
    JobsPage,
    JobsTotal,
    KnownStates,
    WorkerCounts,
)
from venue_ops.core.db.schema import ObanTables, cities, countries, oban_tables, venues
from venue_ops.core.db.statements.job_filters import conditions, last_change
from venue_ops.core.db.statements.parameters import (
    many_texts,
    one_id,
    one_moment,
    one_number,
    one_text,
)
from venue_ops.core.models import JobKind
from venue_ops.core.queries import DEFAULT_KINDS, JobOrder

HEAVY_META = ("failed_images", "imagekit_urls", "venue_ids")


def page(question: JobsPage) -> Select[Any]:
    """One page: first the ids (filtered, ordered, limited), then what their rows show.

    Binds `limit` where the question is limited, the parameters of its filters, and the
    workers of each kind.
    """
    oban = oban_tables(question.oban_schema)
    job = oban.jobs.alias("job")
    changed = last_change(job).label("last_change")
    matching = select(job.c.id, changed).where(
        *conditions(job, oban, question.kinds, question.filters, question.city_path)
    )
    if JobFilter.AFTER in question.filters:
        matching = matching.where(_after(job, question.order))
    matching = matching.order_by(*_order(job.c.id, last_change(job), question.order))
    if question.limited:
        matching = matching.limit(one_number("limit"))
    chosen = matching.cte("page").prefix_with("MATERIALIZED")
    return rows_of(chosen, oban).order_by(
        *_order(chosen.c.id, chosen.c.last_change, question.order)
    )


def total(question: JobsTotal) -> Select[Any]:
    """How many jobs match, whatever the page."""
    oban = oban_tables(question.oban_schema)
    job = oban.jobs.alias("job")
    return (
        select(func.count().label("total"))
        .select_from(job)
        .where(*conditions(job, oban, question.kinds, question.filters, question.city_path))
    )


def known_states(_: KnownStates) -> Select[Any]:
    """Binds `schema`; the labels of Oban's enum, which differ between its versions."""
    enum = table(
        "pg_enum",
        column("enumlabel", Text),
        column("enumtypid"),
        column("enumsortorder"),
        schema="pg_catalog",
    )
    type_name = func.concat(func.quote_ident(one_text("schema")), lit(".oban_job_state"))
    return (
        select(cast(enum.c.enumlabel, Text).label("state"))
        .where(enum.c.enumtypid == func.to_regtype(type_name))
        .order_by(enum.c.enumsortorder)
    )


def absent_kinds(question: AbsentKinds) -> Select[Any]:
    """Binds `kinds`: those of them that no job is of, whatever its state."""
    job = oban_tables(question.oban_schema).jobs
    asked = [
        select(lit(kind).label("kind")).where(
            lit(kind) == func.any(many_texts("kinds")),
            not_(exists().where(is_kind(job.c.worker, kind))),
        )
        for kind in JobKind
    ]
    absent = union_all(*asked).subquery("absent")
    return select(absent.c.kind)


def worker_counts(question: WorkerCounts) -> Select[Any]:
    """Every worker in the table with its number of jobs, most first."""
    job = oban_tables(question.oban_schema).jobs
    return (
        select(job.c.worker, func.count().label("jobs"))
        .group_by(job.c.worker)
        .order_by(func.count().desc(), job.c.worker)
    )


def city_totals(question: CityJobTotals) -> Select[Any]:
    """Binds `city_ids`: its jobs of the kinds listed by default, by kind and outcome."""
    oban = oban_tables(question.oban_schema)
    job = oban.jobs.alias("job")
    kind = job_kind(job.c.worker).label("kind")
    outcome = job_outcome(JobColumns.of(job), children_outcome(job, oban.jobs)).label("outcome")
    matching = (
        select(kind, outcome)
        .where(
            *conditions(
                job,
                oban,
                DEFAULT_KINDS,
                (JobFilter.CITY,),
                question.city_path,
            )
        )
        .subquery("matching")
    )
    return (
        select(matching.c.kind, matching.c.outcome, func.count().label("jobs"))
        .group_by(matching.c.kind, matching.c.outcome)
        .order_by(matching.c.kind, func.count().desc())
    )


def _order(
    job_id: ColumnElement[Any], changed: ColumnElement[Any], order: JobOrder
) -> tuple[ColumnElement[Any], ...]:
    match order:
        case JobOrder.ID:
            return (job_id.desc(),)
        case JobOrder.ACTIVITY:
            return (changed.desc(), job_id.desc())


def _after(job: FromClause, order: JobOrder) -> ColumnElement[bool]:
    match order:
        case JobOrder.ID:
            return job.c.id < one_id("after_id")
        case JobOrder.ACTIVITY:
            return tuple_(last_change(job), job.c.id) < tuple_(
                one_moment("after_at"), one_id("after_id")
            )


def rows_of(chosen: FromClause, oban: ObanTables) -> Select[Any]:
    """What a row shows of each chosen job; see `core.db.rows` for what becomes of it."""
    job = oban.jobs.alias("job")
    venue = venues.alias("venue")
    columns = JobColumns.of(job)
    venue_id = json_id(at(job.c.args, "venue_id"))
    counts = once(outcome_counts(venue.c.venue_images), "counts", venue)
    tally = once(case((fans_out(columns), children_tally(job, oban.jobs))), "tally", job)
    return select(
        job.c.id,
        columns.state.label("state"),
        job.c.queue,
        job.c.worker,
        job_kind(job.c.worker).label("kind"),
        job_scope(columns).label("scope"),
        job_outcome(columns, outcome_of_tally(tally.c.tally)).label("outcome"),
        *(job.c[name] for name in TIMES),
        job.c.attempt,
        job.c.max_attempts,
        job.c.args,
        _light(job.c.meta).label("meta"),
        last_error(job.c.errors).label("last_error"),
        func.cardinality(job.c.errors).label("error_count"),
        tally.c.tally,
        cities.c.id.label("city_id"),
        cities.c.slug.label("city_slug"),
        cities.c.name.label("city_name"),
        countries.c.code.label("country_code"),
        venue_id.label("venue_id"),
        venue.c.slug.label("venue_slug"),
        venue.c.name.label("venue_name"),
        case((venue.c.id.is_not(None), venue_outcome(venue.c.venue_images, counts.c.counts))).label(
            "outcome_now"
        ),
    ).select_from(
        chosen.join(job, job.c.id == chosen.c.id)
        .outerjoin(venue, venue.c.id == venue_id)
        .outerjoin(cities, cities.c.id == city_of(job, venue))
        .outerjoin(countries, countries.c.id == cities.c.country_id)
        .join(counts, true())
        .join(tally, true())
    )


def city_of(job: FromClause, venue: FromClause) -> ColumnElement[Any]:
    """The id of a job's city: its own, its venue's, or the one it wrote of a venue now gone."""
    return func.coalesce(
        json_id(at(job.c.args, "city_id")),
        venue.c.city_id,
        case((venue.c.id.is_(None), json_id(at(at(job.c.meta, "venue_context"), "city_id")))),
    )


TIMES = (
    "inserted_at",
    "scheduled_at",
    "attempted_at",
    "completed_at",
    "cancelled_at",
    "discarded_at",
)


def _light(meta: Json) -> Json:
    """meta without what a row never shows and what can be long."""
    heavy = literal_column("'{" + ",".join(HEAVY_META) + "}'", ARRAY(Text))
    return case(
        (type_of(meta) == lit("object"), meta.op("-")(cast(heavy, ARRAY(Text)))), else_=meta
    )


def last_error(errors: ColumnElement[Any]) -> Json:
    """The last of them, wherever the array begins; of several attempts the latest."""
    return errors[func.array_upper(errors, literal_column("1", Integer))]
