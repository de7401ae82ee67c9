"""What is known of a job before it runs again: may it run still, would it skip itself, its bill.

The rules are the application's: an enrichment passes over a venue that was checked lately, a
backfill takes the venues of its city that have no photos and were not checked lately.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    not_,
    null,
    or_,
    select,
)
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import JSONB

from venue_ops.core.db.expressions.values import (
    Json,
    at,
    is_one_of,
    items_of,
    json_id,
    json_lit,
    lit,
    string_at,
    type_of,
    whole_at,
)
from venue_ops.core.db.schema import venues

LIFELINES = ("available", "retryable", "discarded")
"""Where the application's Lifeline puts a job that it takes for dead."""

DEFAULT_LIMIT = 100
"""Venues of a backfill whose args name no limit."""

_SINCE = bindparam("checked_since", type_=Text)
_WITH_IMAGES_SINCE = bindparam("checked_with_images_since", type_=Text)
_SHAPE = "2___-__-__T__:__:__%"


def may_run_still(job: FromClause) -> ColumnElement[bool]:
    """Whether a job was begun lately and its last attempt left no error: Lifeline's pattern.

    Binds `begun_since`; never NULL.
    """
    last = items_of(job.c.errors, "attempts", JSONB)
    left_an_error = (
        select(sql("1"))
        .select_from(last)
        .where(at(last.c.item, "attempt") == func.to_jsonb(job.c.attempt))
        .exists()
    )
    return func.coalesce(
        and_(
            is_one_of(cast(job.c.state, Text), LIFELINES),
            job.c.attempted_at > bindparam("begun_since", type_=DateTime),
            not_(left_an_error),
        ),
        sql("false"),
    )


def would_skip(args: Json, venue: FromClause) -> ColumnElement[bool]:
    """Whether an enrichment of one venue would find it fresh. Binds `checked_since` and
    `checked_with_images_since`, both text; never NULL.
    """
    checked = _checked_at(venue)
    has_images = and_(
        type_of(venue.c.venue_images) == lit("array"), venue.c.venue_images != json_lit("[]")
    )
    since = case((has_images, _WITH_IMAGES_SINCE), else_=_SINCE)
    forced = func.coalesce(at(args, "force") == json_lit("true"), sql("false"))
    return func.coalesce(and_(not_(forced), checked > since.collate("C")), sql("false"))


def venues_to_bill(args: Json) -> ColumnElement[Any]:
    """How many venues a backfill with these args would take now. Binds `checked_since`."""
    venue = venues.alias("to_bill")
    has_none = or_(venue.c.venue_images.is_(None), venue.c.venue_images == json_lit("[]"))
    is_stale = or_(_checked_at(venue).is_(None), _checked_at(venue) <= _SINCE)
    count = (
        select(func.count())
        .select_from(venue)
        .where(venue.c.city_id == json_id(at(args, "city_id")), has_none, is_stale)
        .correlate_except(venue)
        .scalar_subquery()
    )
    limit = at(args, "limit")
    # LEAST passes over NULL, as a null limit is none to the application.
    most = case(
        (type_of(limit) == lit("null"), null()),
        else_=func.coalesce(whole_at(args, "limit"), sql(str(DEFAULT_LIMIT), Integer)),
    )
    return func.least(count, most)


def _checked_at(venue: FromClause) -> ColumnElement[Any]:
    """When the application checked a venue last, as text of UTC that compares as a time."""
    text = string_at(venue.c.image_enrichment_metadata, "last_checked_at")
    return case((text.like(lit(_SHAPE)), text.collate("C")))
