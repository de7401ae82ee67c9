"""The filters of a list of operations, and the two ways to find the jobs of a city."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
    union,
    union_all,
)

from venue_ops.core.db.expressions.jobs import (
    JobColumns,
    is_kind,
    mentions_error,
    mentions_provider,
)
from venue_ops.core.db.expressions.values import (
    Json,
    at,
    elements_of,
    items_of,
    json_id,
    lit,
)
from venue_ops.core.db.questions import CityPath, JobFilter
from venue_ops.core.db.schema import ObanTables, venues
from venue_ops.core.db.statements.outcome_filter import has_outcome
from venue_ops.core.db.statements.parameters import many_ids, many_texts, one_moment
from venue_ops.core.models import JobKind


def last_change(job: FromClause) -> ColumnElement[Any]:
    """The latest thing that happened to a job (GREATEST passes over NULLs)."""
    return func.greatest(
        job.c.inserted_at,
        job.c.attempted_at,
        job.c.completed_at,
        job.c.cancelled_at,
        job.c.discarded_at,
    )


def conditions(
    job: FromClause,
    oban: ObanTables,
    kinds: tuple[JobKind, ...],
    filters: tuple[JobFilter, ...],
    city_path: CityPath,
) -> Iterator[ColumnElement[bool]]:
    """What a job has to meet, all of it decided before any limit."""
    columns = JobColumns.of(job)
    if kinds and set(kinds) != set(JobKind):
        yield is_kind(job.c.worker, *kinds)
    for present in filters:
        match present:
            case JobFilter.CITY if city_path is CityPath.FROM_VENUES:
                yield _is_among(job, jobs_of_city(oban))
            case JobFilter.CITY:
                yield is_of_city(job)
            case JobFilter.VENUE:
                yield _is_among(job, jobs_of_venues(oban))
            case JobFilter.STATUS:
                yield has_outcome(job, oban)
            case JobFilter.STATE:
                yield job.c.state == func.any(bindparam("states", type_=ARRAY(oban.state)))
            case JobFilter.PROVIDER:
                yield mentions_provider(columns, many_texts("providers"))
            case JobFilter.ERROR:
                yield mentions_error(columns, many_texts("errors"))
            case JobFilter.WORKER:
                yield job.c.worker == func.any(many_texts("workers"))
            case JobFilter.SINCE:
                yield last_change(job) >= one_moment("since")
            case JobFilter.UNTIL:
                yield last_change(job) < one_moment("until")
            case JobFilter.AFTER:
                pass  # depends on the order; the page adds it


def _is_among(job: FromClause, found: CTE) -> ColumnElement[bool]:
    """Whether a job was found by a look-up.

    As an array, which the planner takes to be short and reads by primary key. Of IN it thinks
    that it may be long, and walks the whole table in the order of the page.
    """
    return job.c.id == func.any(func.array(select(found.c.id).scalar_subquery()))


def is_of_city(job: FromClause) -> ColumnElement[bool]:
    """Whether a job belongs to one of the cities, asked of each job in turn.

    By its own city_id; by its venue's city; by any of its venues; and, where the venue is
    gone, by the city that the job wrote down when it ran.
    """
    wanted = many_ids("city_ids")
    venue = venues.alias("job_venue")
    venue_id = json_id(at(job.c.args, "venue_id"))
    items = elements_of(at(job.c.args, "venue_ids"), "batch")
    batch_venue = venues.alias("batch_venue")
    # One look-up a job, by a scalar subquery: the planner would turn EXISTS into a hash of all
    # venues, which takes longer than the page. 0 is no city, and tells "in none" from "gone".
    its_city = (
        select(func.coalesce(venue.c.city_id, literal_column("0")))
        .where(venue.c.id == venue_id)
        .scalar_subquery()
    )
    in_batch = (
        select(literal_column("1"))
        .select_from(items.join(batch_venue, batch_venue.c.id == json_id(items.c.value)))
        .where(batch_venue.c.city_id == func.any(wanted))
        .exists()
    )
    return or_(
        json_id(at(job.c.args, "city_id")) == func.any(wanted),
        func.coalesce(its_city, _written_city(job)) == func.any(wanted),
        and_(at(job.c.args, "venue_ids").is_not(None), in_batch),
    )


def _written_city(job: FromClause) -> ColumnElement[Any]:
    return json_id(at(at(job.c.meta, "venue_context"), "city_id"))


def _venue_is_gone(job: FromClause) -> ColumnElement[bool]:
    venue = venues.alias("gone_venue")
    its_id = json_id(at(job.c.args, "venue_id"))
    return select(venue.c.id).where(venue.c.id == its_id).scalar_subquery().is_(None)


def jobs_of_city(oban: ObanTables) -> CTE:
    """The ids of the cities' jobs, looked up through the GIN indexes on args and meta."""
    city = items_of(many_ids("city_ids"), "city", BigInteger).c.item
    of_city = _look_up(
        oban,
        union_all(
            select(func.jsonb_build_object(lit("city_id"), city).label("pattern")),
            select(func.jsonb_build_object(lit("city_id"), cast(city, Text))),
        ),
        "args",
        "of_city",
    )
    in_cities = select(venues.c.id.label("venue_id")).where(
        venues.c.city_id == func.any(many_ids("city_ids"))
    )
    of_venue = _look_up(oban, _venue_patterns(in_cities), "args", "of_venue")
    written = union_all(
        *(
            select(
                func.jsonb_build_object(
                    lit("venue_context"), func.jsonb_build_object(lit("city_id"), value)
                ).label("pattern")
            )
            for value in (city, cast(city, Text))
        )
    )
    gone = _look_up(oban, written, "meta", "of_gone_venue", only_gone=True)
    return union(of_city, of_venue, gone).cte("jobs_of_city").prefix_with("MATERIALIZED")


def jobs_of_venues(oban: ObanTables) -> CTE:
    """The ids of the jobs that name one of the venues in their args."""
    wanted = items_of(many_ids("venue_ids"), "venue", BigInteger).c.item
    found = _look_up(oban, _venue_patterns(select(wanted.label("venue_id"))), "args", "of_venue")
    return found.cte("jobs_of_venues").prefix_with("MATERIALIZED")


def _venue_patterns(wanted: Select[Any]) -> Any:
    """Every spelling of a venue's id in args: alone or in a batch, number or string."""
    chosen = wanted.subquery("wanted")
    venue_id = chosen.c.venue_id
    text = cast(venue_id, Text)
    single = lit("venue_id")
    batch = lit("venue_ids")
    patterns: tuple[Json, ...] = (
        func.jsonb_build_object(single, venue_id),
        func.jsonb_build_object(single, text),
        func.jsonb_build_object(batch, func.jsonb_build_array(venue_id)),
        func.jsonb_build_object(batch, func.jsonb_build_array(text)),
    )
    return union_all(
        *(select(pattern.label("pattern")).select_from(chosen) for pattern in patterns)
    )


def _look_up(
    oban: ObanTables, patterns: Any, name: str, alias: str, *, only_gone: bool = False
) -> Select[Any]:
    """Jobs whose args (or meta) contain a pattern: one index look-up a pattern.

    The inner query is fenced by OFFSET 0, or the planner may turn the whole into one scan of
    the table with a join filter.
    """
    rows = patterns.subquery(f"{alias}_patterns")
    candidate = oban.jobs.alias(alias)
    contains = candidate.c[name].op("@>")(rows.c.pattern)
    inner = select(candidate.c.id).where(contains)
    if only_gone:
        inner = inner.where(_venue_is_gone(candidate))
    found = inner.offset(literal_column("0")).correlate(rows).lateral(f"{alias}_jobs")
    return select(found.c.id).select_from(rows.join(found, true()))
