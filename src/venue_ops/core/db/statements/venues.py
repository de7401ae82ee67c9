"""Venues by what their images have come to: partials are one case of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.sql.selectable import LateralFromClause

from venue_ops.core.db.expressions.images import (
    bad,
    error_texts,
    error_type,
    failures_by,
    good,
    has_status,
    image_counts,
    images_of,
    is_malformed,
    may_have,
    may_have_failed,
    outcome_counts,
    provider_name,
    seems_failed,
    venue_outcome,
)
from venue_ops.core.db.expressions.values import (
    Json,
    ascii_lower,
    items_of,
    string_at,
)
from venue_ops.core.db.questions import VenueFilter, VenuesExport, VenuesPage, VenuesTotal
from venue_ops.core.db.schema import cities, countries, venues
from venue_ops.core.db.statements.parameters import (
    many_ids,
    many_texts,
    one_id,
    one_moment,
    one_number,
)
from venue_ops.core.models import UploadStatus, VenueOutcome
from venue_ops.core.queries import VenueOrder
from venue_ops.core.vocabulary import BAD_UPLOADS

ZERO = literal_column("0", Integer)
FAILING = frozenset({VenueOutcome.PARTIAL, VenueOutcome.FAILED})


def page(question: VenuesPage) -> Select[Any]:
    """One page: the venues (filtered, ordered, limited), then what their rows show.

    Binds `limit` where limited, the parameters of the filters, and `max_retries`.
    """
    matching = _matching(question)
    if question.limited:
        matching = matching.limit(one_number("limit"))
    chosen = matching.cte("page").prefix_with("MATERIALIZED")
    return _rows(chosen).order_by(*_order(chosen.c.id, chosen.c.failed, question.order))


def total(question: VenuesTotal) -> Select[Any]:
    """How many venues match, whatever the page."""
    venue, narrowed = _narrowed(question)
    counted = _counted_first(venue, narrowed)
    return (
        select(func.count().label("total"))
        .select_from(counted)
        .where(*_by_counts(counted, counted.c.counts, question))
    )


def matching_ids(question: VenuesExport) -> FromClause:
    """The ids of all venues that match, in no order."""
    venue, narrowed = _narrowed(question)
    if not _filters_by_counts(question):
        return select(venue.c.id).where(*narrowed).subquery("matching")
    counted = _counted_first(venue, narrowed)
    matching = select(counted.c.id).where(*_by_counts(counted, counted.c.counts, question))
    return matching.subquery("matching")


def _matching(question: VenuesPage) -> Select[Any]:
    """The venues of a page as (id, counts, failed), in order.

    In id order a page needs few of them, so they are counted one by one until it is full.
    Otherwise all are counted first, which needs no join.
    """
    venue, narrowed = _narrowed(question)
    row: FromClause
    source: FromClause
    if question.order is VenueOrder.ID and question.limited:
        lateral = _counted_once(venue)
        row, counts = venue, lateral.c.counts
        source, conditions = venue.join(lateral, true()), narrowed
    else:
        row = source = _counted_first(venue, narrowed)
        counts, conditions = row.c.counts, []
    failed = bad(counts)
    matching = (
        select(row.c.id, counts, failed.label("failed"))
        .select_from(source)
        .where(*conditions, *_by_counts(row, counts, question))
    )
    if VenueFilter.AFTER in question.filters:
        matching = matching.where(_after(row.c.id, failed, question.order))
    return matching.order_by(*_order(row.c.id, failed, question.order))


def _narrowed(
    question: VenuesPage | VenuesTotal | VenuesExport,
) -> tuple[FromClause, list[ColumnElement[bool]]]:
    """The table, and what can be asked of a venue before its images are counted."""
    venue = venues.alias("venue")
    conditions = list(_by_row(venue, question.filters))
    if _only_failing(question.outcomes, question.filters):
        conditions.append(_may_fail(question, venue.c.venue_images))
    return venue, conditions


def _may_fail(
    question: VenuesPage | VenuesTotal | VenuesExport, images: Json
) -> ColumnElement[bool]:
    """The quickest test that every match of a question about failing venues passes."""
    if not isinstance(question, VenuesPage) or question.order is not VenueOrder.ID:
        return may_have_failed(images)
    if question.outcomes == (VenueOutcome.FAILED,):  # rules out nine in ten before counting
        return and_(not_(may_have(images, UploadStatus.UPLOADED)), seems_failed(images))
    return seems_failed(images)


def _counted_once(venue: FromClause) -> LateralFromClause:
    """The counts of one venue, not repeated for each of their mentions (OFFSET 0).

    The test of the id says nothing. Without it the planner adds a cache (Memoize) whose key is
    the images alone: it is never hit, and decompresses each of them once more.
    """
    return (
        select(outcome_counts(venue.c.venue_images).label("counts"))
        .where(venue.c.id.is_not(None))
        .correlate(venue)
        .offset(ZERO)
        .lateral("counts_once")
    )


def _counted_first(venue: FromClause, conditions: list[ColumnElement[bool]]) -> FromClause:
    """(id, venue_images, counts) of every venue that meets the conditions.

    OFFSET 0 keeps the planner from counting once for every mention of `counts`.
    """
    return (
        select(
            venue.c.id, venue.c.venue_images, outcome_counts(venue.c.venue_images).label("counts")
        )
        .where(*conditions)
        .offset(ZERO)
        .subquery("counted")
    )


def _only_failing(outcomes: tuple[VenueOutcome, ...], filters: tuple[VenueFilter, ...]) -> bool:
    """Whether every match has a failed image, so that a cheaper test can choose first."""
    asked = bool(outcomes) and set(outcomes) <= FAILING
    return asked or VenueFilter.MIN_FAILED in filters or VenueFilter.ERROR in filters


def _filters_by_counts(question: VenuesPage | VenuesTotal | VenuesExport) -> bool:
    some_outcomes = bool(question.outcomes) and set(question.outcomes) != set(VenueOutcome)
    return some_outcomes or VenueFilter.MIN_FAILED in question.filters


def _by_counts(
    row: FromClause, counts: ColumnElement[Any], question: VenuesPage | VenuesTotal | VenuesExport
) -> Iterator[ColumnElement[bool]]:
    outcomes = question.outcomes
    if outcomes and set(outcomes) != set(VenueOutcome):
        yield or_(*(_came_to(outcome, row.c.venue_images, counts) for outcome in outcomes))
    if VenueFilter.MIN_FAILED in question.filters:
        yield bad(counts) >= one_number("min_failed")


def _by_row(venue: FromClause, filters: tuple[VenueFilter, ...]) -> Iterator[ColumnElement[bool]]:
    if VenueFilter.CITY in filters:
        yield venue.c.city_id == func.any(many_ids("city_ids"))
    if VenueFilter.VENUE in filters:
        yield venue.c.id == func.any(many_ids("venue_ids"))
    if VenueFilter.SINCE in filters:
        yield venue.c.updated_at >= one_moment("since")
    if VenueFilter.UNTIL in filters:
        yield venue.c.updated_at < one_moment("until")
    wanted = [
        test
        for present, test in ((VenueFilter.PROVIDER, of_provider), (VenueFilter.ERROR, has_error))
        if present in filters
    ]
    if wanted:
        images = images_of(venue.c.venue_images)
        yield (
            select(literal_column("1"))
            .select_from(images)
            .where(*(test(images.c.value) for test in wanted))
            .exists()
        )


def _came_to(
    outcome: VenueOutcome, images: Json, counts: ColumnElement[Any]
) -> ColumnElement[bool]:
    """`venue_outcome(...) = outcome` with as little reading of the jsonb as each needs."""
    match outcome:
        case VenueOutcome.PARTIAL:
            return and_(bad(counts) > ZERO, good(counts) > ZERO)
        case VenueOutcome.FAILED:
            return and_(bad(counts) > ZERO, good(counts) == ZERO)
        case VenueOutcome.SUCCESS:
            return and_(bad(counts) == ZERO, good(counts) > ZERO)
        case VenueOutcome.MALFORMED:
            return is_malformed(images)
        case VenueOutcome.NO_IMAGES:
            nothing = and_(bad(counts) == ZERO, good(counts) == ZERO)
            return and_(nothing, is_malformed(images).is_not(true()))


def of_provider(image: Json) -> ColumnElement[bool]:
    """Binds `providers`: whether an image is of one of them."""
    return string_at(image, "provider") == func.any(many_texts("providers"))


def has_error(image: Json) -> ColumnElement[bool]:
    """Binds `errors`: whether an image failed with one of them in its error's type or text."""
    needle = items_of(many_texts("errors"), "needles", Text).c.item
    said = or_(
        func.strpos(ascii_lower(error_type(image)), needle) > ZERO,
        *(func.strpos(ascii_lower(text), needle) > ZERO for text in error_texts(image)),
    )
    return and_(
        has_status(image, *BAD_UPLOADS),
        select(literal_column("1")).where(said).correlate_except(needle.table).exists(),
    )


def _order(
    venue_id: ColumnElement[Any], failed: ColumnElement[Any], order: VenueOrder
) -> tuple[ColumnElement[Any], ...]:
    match order:
        case VenueOrder.ID:
            return (venue_id,)
        case VenueOrder.FAILED:
            return (failed.desc(), venue_id)


def _after(
    venue_id: ColumnElement[Any], failed: ColumnElement[Any], order: VenueOrder
) -> ColumnElement[bool]:
    match order:
        case VenueOrder.ID:
            return venue_id > one_id("after_id")
        case VenueOrder.FAILED:
            last = one_number("after_failed")
            return or_(failed < last, and_(failed == last, venue_id > one_id("after_id")))


def _rows(chosen: FromClause) -> Select[Any]:
    """What a row shows of each chosen venue."""
    venue = venues.alias("venue")
    return select(
        venue.c.id,
        venue.c.slug,
        venue.c.name,
        venue_outcome(venue.c.venue_images, chosen.c.counts).label("outcome"),
        image_counts(venue.c.venue_images, one_number("max_retries")).label("counts"),
        failures_by(venue.c.venue_images, error_type).label("errors"),
        failures_by(venue.c.venue_images, provider_name).label("failed_providers"),
        venue.c.updated_at,
        string_at(venue.c.image_enrichment_metadata, "last_checked_at").label("last_checked_at"),
        cities.c.id.label("city_id"),
        cities.c.slug.label("city_slug"),
        cities.c.name.label("city_name"),
        countries.c.code.label("country_code"),
    ).select_from(
        chosen.join(venue, venue.c.id == chosen.c.id)
        .outerjoin(cities, cities.c.id == venue.c.city_id)
        .outerjoin(countries, countries.c.id == cities.c.country_id)
    )
