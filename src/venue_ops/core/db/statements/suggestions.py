"""What completes a word: bounded work at any size, so that it comes while a key is pressed.

A prefix is looked for through the unique index on the slug. That index is in the database's own
collation, where neither LIKE nor an upper end for the range can be relied on (what is the last
string that begins with `c`, where `ch` sorts behind `h`?). But in every collation what begins
with a prefix stands at or behind it. So the `WINDOW` entries from there on are read, from the
index alone, and those that do begin with it are kept.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    cast,
    column,
    func,
    literal_column,
    select,
    true,
    union,
)

from venue_ops.core.db.expressions.jobs import is_kind
from venue_ops.core.db.expressions.values import array_or_empty, at, lit, members_of
from venue_ops.core.db.limits import WINDOW as ENTRIES
from venue_ops.core.db.questions import (
    CitySuggestions,
    JobSuggestions,
    ProviderNames,
    ProvidersSeen,
    VenueSuggestions,
)
from venue_ops.core.db.schema import cities, countries, data_providers, oban_tables, venues
from venue_ops.core.db.statements.jobs import rows_of
from venue_ops.core.db.statements.parameters import many_ids, one_number, one_text
from venue_ops.core.models import JobKind
from venue_ops.core.queries import DEFAULT_KINDS
from venue_ops.core.vocabulary import NOT_A_PROVIDER

WINDOW: ColumnElement[int] = literal_column(str(ENTRIES), Integer)
_NEWEST: ColumnElement[int] = literal_column("500", Integer)
"""Enrichments that are looked into for names of providers."""


def cities_like(_: CitySuggestions) -> Select[Any]:
    """Binds `prefix` and `limit`; `namesakes` counts the cities of one slug."""
    return (
        select(
            cities.c.id,
            cities.c.slug,
            cities.c.name,
            countries.c.code.label("country_code"),
            func.count().over(partition_by=cities.c.slug).label("namesakes"),
        )
        .select_from(cities.outerjoin(countries, countries.c.id == cities.c.country_id))
        .where(_begins(cities.c.slug))
        .order_by(cities.c.slug, cities.c.id)
        .limit(one_number("limit"))
    )


def venues_like(question: VenueSuggestions) -> Select[Any]:
    """Binds `prefix`, `limit` and, where asked of some cities, `city_ids`.

    Of a city the first `WINDOW` venues are looked at as well: a small city is complete even
    behind a prefix that many venues of other cities share.
    """
    found = _by_slug(question)
    if question.of_cities:
        found = union(found, _by_city()).subquery("either")
    chosen = select(found.c.slug).order_by(found.c.slug).limit(one_number("limit")).cte("chosen")
    return (
        select(venues.c.slug, venues.c.name)
        .select_from(chosen.join(venues, venues.c.slug == chosen.c.slug))
        .order_by(venues.c.slug)
    )


def _by_slug(question: VenueSuggestions) -> Any:
    behind = (
        select(venues.c.slug)
        .where(venues.c.slug >= one_text("prefix"))
        .order_by(venues.c.slug)
        .limit(WINDOW)
        .cte("behind")
        .prefix_with("MATERIALIZED")
    )
    found = select(behind.c.slug).where(_begins(behind.c.slug))
    if question.of_cities:
        return found.join(venues, venues.c.slug == behind.c.slug).where(_in_cities())
    return found.subquery("found")


def _by_city() -> Select[Any]:
    few = select(venues.c.slug).where(_in_cities()).limit(WINDOW).subquery("few")
    return select(few.c.slug).where(_begins(few.c.slug))


def _in_cities() -> ColumnElement[bool]:
    return venues.c.city_id == func.any(many_ids("city_ids"))


def jobs_like(question: JobSuggestions) -> Select[Any]:
    """Binds `lows`, `highs` (the ranges of ids that begin so) and `limit`; newest first."""
    oban = oban_tables(question.oban_schema)
    chosen = _newest(oban.jobs)
    if question.described:
        return rows_of(chosen, oban).order_by(chosen.c.id.desc())
    return select(chosen.c.id).order_by(chosen.c.id.desc())


def _newest(jobs: FromClause) -> Any:
    ranges = (
        func.unnest(many_ids("lows"), many_ids("highs"))
        .table_valued(column("low", BigInteger), column("high", BigInteger), name="ranges")
        .render_derived()
    )
    job = jobs.alias("job")
    behind = (
        select(job.c.id, job.c.worker)
        .where(job.c.id >= ranges.c.low, job.c.id <= ranges.c.high)
        .correlate(ranges)
        .order_by(job.c.id.desc())
        .limit(WINDOW)
        .lateral("behind")
    )
    return (
        select(behind.c.id)
        .select_from(ranges.join(behind, true()))
        .where(is_kind(behind.c.worker, *DEFAULT_KINDS))
        .order_by(behind.c.id.desc())
        .limit(one_number("limit"))
        .cte("chosen")
        .prefix_with("MATERIALIZED")
    )


def provider_names(_: ProviderNames) -> Select[Any]:
    """By name."""
    return select(data_providers.c.name).order_by(data_providers.c.name)


def providers_seen(question: ProvidersSeen) -> Select[Any]:
    """Those that were asked for and those that answered, by name."""
    job = oban_tables(question.oban_schema).jobs.alias("job")
    behind = (
        select(job.c.id, job.c.worker).order_by(job.c.id.desc()).limit(WINDOW).subquery("behind")
    )
    newest = (
        select(behind.c.id)
        .where(is_kind(behind.c.worker, JobKind.ENRICHMENT))
        .limit(_NEWEST)
        .subquery("newest")
    )
    recent = (
        select(job.c.args, job.c.meta)
        .select_from(newest.join(job, job.c.id == newest.c.id))
        .cte("recent")
        .prefix_with("MATERIALIZED")
    )
    answers = members_of(at(recent.c.meta, "providers"), "answers")
    asked = (
        func.jsonb_array_elements_text(array_or_empty(at(recent.c.args, "providers")))
        .table_valued(column("name", Text), name="asked")
        .render_derived()
    )
    names = union(
        select(cast(answers.c.key, Text).label("name")).select_from(recent.join(answers, true())),
        select(asked.c.name).select_from(recent.join(asked, true())),
    ).subquery("names")
    is_provider = names.c.name != lit(NOT_A_PROVIDER)
    return select(names.c.name).where(is_provider).order_by(names.c.name)


def _begins(text: ColumnElement[Any]) -> ColumnElement[bool]:
    return func.starts_with(text, one_text("prefix"))
