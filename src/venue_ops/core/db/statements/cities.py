"""Cities: which one is meant, and what its venues have come to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from venue_ops.core.db.expressions.images import (
    Count,
    count_at,
    error_type,
    has_status,
    image_counts,
    images_of,
    is_retryable,
    may_have_failed,
    outcome_counts,
    provider_name,
    venue_outcome,
)
from venue_ops.core.db.expressions.values import lit
from venue_ops.core.db.limits import SMALL_CITY_RANGE
from venue_ops.core.db.questions import (
    CitiesByRef,
    CityErrorTotals,
    CityNames,
    CityProviderTotals,
    CityVenueTotals,
)
from venue_ops.core.db.schema import cities, countries, venues
from venue_ops.core.db.statements.parameters import one_id, one_number, one_text
from venue_ops.core.models import UploadStatus
from venue_ops.core.vocabulary import BAD_UPLOADS


def _same(text: ColumnElement[Any], wanted: ColumnElement[str]) -> ColumnElement[bool]:
    return func.lower(text) == func.lower(wanted)


def _named_otherwise(wanted: ColumnElement[str]) -> ColumnElement[bool]:
    """Through to_jsonb, because older databases have no column `alternate_names`."""
    names = (
        func.jsonb_array_elements_text(
            case(
                (
                    func.jsonb_typeof(_alternate_names()) == lit("array"),
                    _alternate_names(),
                ),
                else_=func.jsonb_build_array(),
            )
        )
        .table_valued(column("name", Text), name="other_names")
        .render_derived()
    )
    return exists(select(literal_column("1")).select_from(names).where(_same(names.c.name, wanted)))


def _alternate_names() -> ColumnElement[Any]:
    return func.to_jsonb(literal_column("cities")).op("->")(lit("alternate_names"))


def by_ref(_: CitiesByRef) -> Select[Any]:
    """Every city that `ref` can mean, best match first (rank 0 id, 1 slug, 2 name, 3 other).

    Binds `ref` (text), `ref_id` (its number, or null) and `country` (code, slug or name of a
    country, or null). `venue_count` stops counting just above the most that a small city
    can have; `last_venue_id` stands for the number of all venues.
    """
    ref, country = one_text("ref"), one_text("country")
    rank = case(
        (cities.c.id == one_id("ref_id"), literal_column("0")),
        (_same(cities.c.slug, ref), literal_column("1")),
        (_same(cities.c.name, ref), literal_column("2")),
        (_named_otherwise(ref), literal_column("3")),
    )
    few = (
        select(literal_column("1"))
        .select_from(venues)
        .where(venues.c.city_id == cities.c.id)
        .limit(literal_column(str(SMALL_CITY_RANGE[1] + 1)))
        .correlate(cities)
        .subquery("few")
    )
    in_country = or_(
        country.is_(None),
        _same(countries.c.code, country),
        _same(countries.c.slug, country),
        _same(countries.c.name, country),
    )
    ranked = (
        select(
            rank.label("rank"),
            cities.c.id,
            cities.c.slug,
            cities.c.name,
            countries.c.code.label("country_code"),
            select(func.count()).select_from(few).scalar_subquery().label("venue_count"),
            select(func.coalesce(func.max(venues.c.id), literal_column("0")))
            .scalar_subquery()
            .label("last_venue_id"),
        )
        .select_from(cities.outerjoin(countries, countries.c.id == cities.c.country_id))
        .where(rank.is_not(None), in_country)
    )
    return ranked.order_by(literal_column("rank"), cities.c.id)


def names(_: CityNames) -> Select[Any]:
    """Every city's id, slug, name and country code."""
    return select(
        cities.c.id, cities.c.slug, cities.c.name, countries.c.code.label("country_code")
    ).select_from(cities.outerjoin(countries, countries.c.id == cities.c.country_id))


def venue_totals(_: CityVenueTotals) -> Select[*tuple[Any, ...]]:
    """Binds `city_id`, `max_retries`; outcome, venues, images, uploaded, failed, retryable."""
    counted = (
        select(
            venues.c.venue_images,
            image_counts(venues.c.venue_images, one_number("max_retries")).label("counts"),
            outcome_counts(venues.c.venue_images).label("outcome_counts"),
        )
        .where(venues.c.city_id == one_id("city_id"))
        .offset(literal_column("0"))
        .subquery("counted")
    )
    outcome = venue_outcome(counted.c.venue_images, counted.c.outcome_counts).label("outcome")
    totals = [
        cast(func.sum(count_at(counted.c.counts, place)), Text).label(place.name.lower())
        for place in Count
    ]
    return select(outcome, func.count().label("venues"), *totals).group_by(outcome)


def provider_totals(_: CityProviderTotals) -> Select[*tuple[Any, ...]]:
    """Binds `city_id`, `max_retries`; images by provider, most first."""
    images = images_of(venues.c.venue_images)
    image = images.c.value
    provider = provider_name(image).label("provider")
    return (
        select(
            provider,
            func.count().label("images"),
            func.count().filter(has_status(image, UploadStatus.UPLOADED)).label("uploaded"),
            func.count().filter(has_status(image, *BAD_UPLOADS)).label("failed"),
            func.count().filter(is_retryable(image, one_number("max_retries"))).label("retryable"),
        )
        .select_from(venues.join(images, literal_column("true")))
        .where(venues.c.city_id == one_id("city_id"))
        .group_by(provider)
        .order_by(func.count().desc(), provider)
    )


def error_totals(_: CityErrorTotals) -> Select[*tuple[Any, ...]]:
    """Binds `city_id`; failed images by provider, error type and status, most first."""
    images = images_of(venues.c.venue_images)
    image = images.c.value
    provider = provider_name(image).label("provider")
    kind = error_type(image).label("error_type")
    given_up = cast(
        func.coalesce(has_status(image, BAD_UPLOADS[1]), literal_column("false")), Boolean
    ).label("permanently_failed")
    return (
        select(provider, kind, given_up, func.count().label("images"))
        .select_from(venues.join(images, literal_column("true")))
        .where(
            and_(
                venues.c.city_id == one_id("city_id"),
                may_have_failed(venues.c.venue_images),
                has_status(image, *BAD_UPLOADS),
            )
        )
        .group_by(provider, kind, given_up)
        .order_by(func.count().desc(), provider, kind)
    )
