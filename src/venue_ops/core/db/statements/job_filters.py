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
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)

from venue_ops.core.db.expressions import paths
from venue_ops.core.db.expressions.jobs import (
    JobColumns,
    is_kind,
    mentions_error,
    mentions_provider,
)
from venue_ops.core.db.expressions.values import (
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

VENUE_KEYS = ("venue_id", "venue_ids[*]")
WRITTEN_CITY = "venue_context.city_id"


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
            case JobFilter.CITY:
                if city_path is CityPath.FROM_VENUES:
                    yield _is_among(job, that_may_be_of_city(oban))
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


def that_may_be_of_city(oban: ObanTables) -> CTE:
    """The ids of all of the cities' jobs, and of a few others: `is_of_city` decides.

    Looked up through the GIN indexes on args and meta.
    """
    city_ids = items_of(many_ids("city_ids"), "city", BigInteger).c.item
    in_cities = select(venues.c.id).where(venues.c.city_id == func.any(many_ids("city_ids")))
    common = in_cities.where(venues.c.id < paths.FIRST_RARE_NUMBER)
    rare = in_cities.where(venues.c.id >= paths.FIRST_RARE_NUMBER)
    found = union_all(
        _look_up(oban, _paths(select(city_ids), "city_id"), "args", "of_city"),
        _look_up(oban, _paths(common, *VENUE_KEYS), "args", "of_venue"),
        _look_up(oban, _keyless_paths(rare), "args", "of_venues"),
        _look_up(oban, _paths(select(city_ids), WRITTEN_CITY), "meta", "of_written_city"),
    )
    return found.cte("that_may_be_of_city").prefix_with("MATERIALIZED")


def jobs_of_venues(oban: ObanTables) -> CTE:
    """The ids of the jobs that name one of the venues in their args."""
    wanted = items_of(many_ids("venue_ids"), "venue", BigInteger).c.item
    found = _look_up(oban, _paths(select(wanted), *VENUE_KEYS), "args", "of_venue")
    return found.cte("jobs_of_venues").prefix_with("MATERIALIZED")


def _paths(ids: Select[Any], *keys: str) -> Select[Any]:
    """One path for each id under each key."""
    wanted = ids.subquery("ids")
    names = literal_column("'{" + ",".join(keys) + "}'::text[]", ARRAY(Text))
    key = items_of(names, "keys", Text).c.item
    return select(paths.under(key, wanted.c[0]).label("path"))


def _keyless_paths(ids: Select[Any]) -> Select[Any]:
    """The ids under whatever key, four to a path: of more, comparing them all takes over."""
    place = func.row_number().over().op("/")(literal_column("4"))
    wanted = ids.add_columns(place.label("place")).subquery("ids")
    is_one = func.string_agg(paths.is_id(wanted.c[0]), lit(" || "))
    return select(paths.anywhere(is_one).label("path")).group_by(wanted.c.place)


def _look_up(oban: ObanTables, wanted: Select[Any], name: str, alias: str) -> Select[Any]:
    """Jobs whose args (or meta) match a path: one index look-up a path.

    Both are fenced by OFFSET 0. Or else the planner may turn the whole into one scan of the
    table with a join filter, and put a path together again for each job it finds.
    """
    fence: ColumnElement[int] = literal_column("0")
    rows = wanted.offset(fence).subquery(f"{alias}_paths")
    candidate = oban.jobs.alias(alias)
    inner = select(candidate.c.id).where(paths.matches(candidate.c[name], rows.c.path))
    found = inner.offset(fence).correlate(rows).lateral(f"{alias}_jobs")
    return select(found.c.id).select_from(rows.join(found, true()))
