"""One venue with everything that is written about its images."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, literal_column, or_, select, true

from venue_ops.core.db.expressions.images import (
    image_counts,
    outcome_counts,
    venue_outcome,
)
from venue_ops.core.db.expressions.values import once
from venue_ops.core.db.questions import VenueByRef, VenueIds
from venue_ops.core.db.schema import cities, countries, venues
from venue_ops.core.db.statements.parameters import (
    many_ids,
    many_texts,
    one_id,
    one_number,
    one_text,
)


def by_ref(_: VenueByRef) -> Select[Any]:
    """Binds `ref` (a slug), `ref_id` (an id, or null) and `max_retries`.

    A slug of digits goes before an id: lists print slugs, and what they print has to be found."""
    venue = venues.alias("venue")
    counts = once(outcome_counts(venue.c.venue_images), "counts", venue)
    wanted = one_id("ref_id")
    return (
        select(
            venue,
            venue.c.venue_images.is_(None).label("images_are_null"),
            venue_outcome(venue.c.venue_images, counts.c.counts).label("outcome"),
            image_counts(venue.c.venue_images, one_number("max_retries")).label("counts"),
            cities.c.slug.label("city_slug"),
            cities.c.name.label("city_name"),
            countries.c.code.label("country_code"),
        )
        .select_from(
            venue.outerjoin(cities, cities.c.id == venue.c.city_id)
            .outerjoin(countries, countries.c.id == cities.c.country_id)
            .join(counts, true())
        )
        .where(or_(venue.c.id == wanted, venue.c.slug == one_text("ref")))
        .order_by((venue.c.slug == one_text("ref")).desc())
        .limit(literal_column("1"))
    )


def ids(_: VenueIds) -> Select[Any]:
    """Binds `refs` (as slugs) and `ref_ids` (those of them that can be ids)."""
    return select(venues.c.id, venues.c.slug).where(
        or_(
            venues.c.slug == func.any(many_texts("refs")),
            venues.c.id == func.any(many_ids("ref_ids")),
        )
    )
