"""Every operation that matches, oldest first, with what `core.db.rows` makes of a listed one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    select,
    true,
)
from sqlalchemy import literal_column as sql

from venue_ops.core.db.expressions.children import children_tally, outcome_of_tally
from venue_ops.core.db.expressions.images import outcome_counts, venue_outcome
from venue_ops.core.db.expressions.jobs import JobColumns, job_kind, job_scope, providers_of
from venue_ops.core.db.expressions.outcomes import fans_out, job_outcome
from venue_ops.core.db.expressions.values import (
    at,
    has_member,
    json_id,
    lit,
    members_of,
    number_at,
    once,
    string_at,
    whole_at,
)
from venue_ops.core.db.expressions.wording import error_in_few_words, skip_reason
from venue_ops.core.db.questions import OperationsExport
from venue_ops.core.db.schema import ObanTables, cities, countries, oban_tables, venues
from venue_ops.core.db.statements.exports.common import Columns, chosen, iso, moment, with_places
from venue_ops.core.db.statements.job_filters import conditions, last_change
from venue_ops.core.db.statements.jobs import TIMES, city_of, last_error
from venue_ops.core.db.statements.parameters import one_moment
from venue_ops.core.models import JobScope

_OF_TALLY = {"jobs_found", "jobs_by_outcome", "outcome", "error", "skip_reason"}
_OF_OUTCOME = {"outcome", "error", "skip_reason"}
_OF_VENUE = {"venue", "venue_name", "outcome_now", "city", "city_id", "country"}
_OF_CITY = {"city", "city_id", "country"}
_COUNTS = {
    "venues_total": "total_venues",
    "venues_enriched": "enriched",
    "venues_skipped": "skipped",
    "venues_failed": "failed",
    "jobs_spawned": "jobs_spawned",
}


def rows(question: OperationsExport) -> Select[Any]:
    """Binds the parameters of its filters, the workers of each kind, and `now`."""
    oban = oban_tables(question.oban_schema)
    job, venue = oban.jobs.alias("job"), venues.alias("venue")
    wanted = set(question.columns)
    tally = once(_tally(job, oban), "tally", job)
    outcome = _outcome_once(job, tally)
    source: FromClause = job
    if wanted & _OF_VENUE:
        source = source.outerjoin(venue, venue.c.id == json_id(at(job.c.args, "venue_id")))
    if wanted & _OF_CITY:
        source = with_places(source, city_of(job, venue))
    if wanted & _OF_TALLY:
        source = source.join(tally, true())
    if wanted & _OF_OUTCOME:
        source = source.join(outcome, true())
    columns = _columns(job, venue, tally.c.tally, outcome.c.outcome)
    return (
        chosen(columns, question.columns)
        .select_from(source)
        .where(*conditions(job, oban, question.kinds, question.filters, question.city_path))
        .order_by(job.c.id)
    )


def _tally(job: FromClause, oban: ObanTables) -> ColumnElement[Any]:
    return case((fans_out(JobColumns.of(job)), children_tally(job, oban.jobs)))


def _outcome_once(job: FromClause, tally: FromClause) -> Any:
    outcome = job_outcome(JobColumns.of(job), outcome_of_tally(tally.c.tally)).label("outcome")
    return select(outcome).correlate(job, tally).offset(sql("0")).lateral("outcome_once")


def _columns(
    job: FromClause,
    venue: FromClause,
    tally: ColumnElement[Any],
    outcome: ColumnElement[Any],
) -> Columns:
    of = JobColumns.of(job)
    scope, meta = job_scope(of), job.c.meta
    covers_many = scope.in_([lit(JobScope.CITY), lit(JobScope.BATCH), lit(JobScope.DAILY)])
    names_venue = and_(
        has_member(job.c.args, "venue_id"), scope.is_distinct_from(lit(JobScope.CITY))
    )

    def count(key: str) -> Callable[[], ColumnElement[Any]]:
        return lambda: whole_at(meta, key)

    def of_many(key: str) -> Callable[[], ColumnElement[Any]]:
        return lambda: case((covers_many, whole_at(meta, key)))

    def of_venue(value: ColumnElement[Any]) -> Callable[[], ColumnElement[Any]]:
        return lambda: case((names_venue, value))

    written_name = string_at(at(meta, "venue_context"), "venue_name")
    return {
        "id": lambda: job.c.id,
        "kind": lambda: job_kind(job.c.worker),
        "scope": lambda: scope,
        "state": lambda: of.state,
        "when": lambda: iso(last_change(job)),
        "outcome": lambda: outcome,
        "outcome_now": lambda: case((venue.c.id.is_not(None), _outcome_now(venue))),
        "city": lambda: cities.c.slug,
        "city_id": lambda: cities.c.id,
        "country": lambda: countries.c.code,
        "venue": of_venue(venue.c.slug),
        "venue_id": of_venue(json_id(at(job.c.args, "venue_id"))),
        "venue_name": of_venue(func.coalesce(venue.c.name, written_name)),
        "providers": lambda: providers_of(of),
        "images_uploaded": count("images_uploaded"),
        "images_found": lambda: func.coalesce(
            whole_at(meta, "images_discovered"), whole_at(meta, "images_found")
        ),
        "images_failed": count("images_failed"),
        **{name: of_many(key) for name, key in _COUNTS.items()},
        "jobs_found": lambda: _jobs_found(covers_many, meta, tally),
        "jobs_by_outcome": lambda: tally,
        "error": lambda: error_in_few_words(outcome, meta, last_error(job.c.errors)),
        "skip_reason": lambda: skip_reason(outcome, meta),
        "attempt": lambda: job.c.attempt,
        "max_attempts": lambda: job.c.max_attempts,
        "duration_seconds": lambda: _duration(job),
        "cost_usd": lambda: number_at(meta, "total_cost_usd"),
        "worker": lambda: job.c.worker,
        "queue": lambda: job.c.queue,
        **{name: _time(job, name) for name in TIMES},
    }


def _time(job: FromClause, name: str) -> Callable[[], ColumnElement[Any]]:
    return lambda: iso(job.c[name])


def _outcome_now(venue: FromClause) -> ColumnElement[Any]:
    counts = once(outcome_counts(venue.c.venue_images), "counts", venue)
    return (
        select(venue_outcome(venue.c.venue_images, counts.c.counts))
        .select_from(counts)
        .correlate(venue)
        .scalar_subquery()
    )


def _jobs_found(covers_many: Any, meta: Any, tally: Any) -> ColumnElement[Any]:
    """How many of the jobs that a backfill started are still there."""
    found = members_of(tally, "found")
    number = cast(cast(found.c.value, Text), BigInteger)
    total = select(func.coalesce(func.sum(number), sql("0"))).select_from(found).scalar_subquery()
    return case((and_(covers_many, whole_at(meta, "jobs_spawned") > sql("0")), total))


def _duration(job: FromClause) -> ColumnElement[Any]:
    """Seconds that the last attempt took or, of one that runs, has taken until `now`."""
    ended = func.coalesce(job.c.completed_at, job.c.discarded_at, job.c.cancelled_at)
    is_running = cast(job.c.state, Text) == lit("executing")
    until = case((is_running, one_moment("now")), else_=moment(ended))
    seconds = func.extract("epoch", until - moment(job.c.attempted_at))
    return func.trim_scale(case((seconds < sql("0"), sql("0")), else_=seconds))
