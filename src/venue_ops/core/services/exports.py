"""Exports: everything that matches, as COPY sends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from venue_ops.core.db.connection import CopyShape
from venue_ops.core.db.questions import (
    ImageFilter,
    ImagesExport,
    OperationsExport,
    Question,
    VenuesExport,
)
from venue_ops.core.exports.columns import ExportColumn
from venue_ops.core.queries import ImageQuery, JobQuery, VenueQuery
from venue_ops.core.services import operations, venues
from venue_ops.core.services.source import Source, naive_utc

Columns = tuple[ExportColumn, ...]


@dataclass(frozen=True, slots=True)
class Export:
    """A question with its parameters, and the columns of its rows."""

    question: Question
    parameters: dict[str, Any]
    columns: Columns


def operations_export(
    source: Source, query: JobQuery, columns: Columns, *, small_cities: bool
) -> Export:
    """Every operation that matches, by id; the query's order, limit and place are not read."""
    query = query.everything()
    question = OperationsExport(
        oban_schema=source.oban_schema,
        kinds=query.kinds,
        filters=operations.filters_of(query),
        city_path=operations.city_path(small_cities),
        columns=_names(columns),
    )
    bound = operations.parameters_of(source, query)
    return Export(question, {**bound, "now": naive_utc(source.now())}, columns)


def venues_export(source: Source, query: VenueQuery, columns: Columns) -> Export:
    """Every venue that matches, by id; the query's order, limit and place are not read."""
    query = query.everything()
    question = VenuesExport(
        oban_schema=source.oban_schema,
        outcomes=query.outcomes,
        filters=venues.filters_of(query),
        columns=_names(columns),
    )
    return Export(question, venues.parameters_of(source, query), columns)


def images_export(source: Source, query: ImageQuery, columns: Columns) -> Export:
    """Every image that matches, by venue and place."""
    present = {
        ImageFilter.CITY: query.cities,
        ImageFilter.VENUE: query.venues,
        ImageFilter.SINCE: query.since,
        ImageFilter.UNTIL: query.until,
        ImageFilter.PROVIDER: query.providers,
        ImageFilter.ERROR: query.errors,
        ImageFilter.STATUS: query.statuses,
    }
    question = ImagesExport(
        oban_schema=source.oban_schema,
        filters=tuple(name for name, value in present.items() if value),
        columns=_names(columns),
    )
    return Export(question, _image_parameters(source, query), columns)


def copied(
    source: Source, export: Export, delimiter: str | None, *, within: timedelta
) -> Iterator[bytes]:
    """The rows, raw: they have to pass a screen before they leave. `within` 0 is no limit."""
    shape = CopyShape(delimiter, quoted(export) if delimiter not in {None, "\t"} else ())
    return source.database.copy(export.question, export.parameters, shape, within=within)


def quoted(export: Export) -> tuple[str, ...]:
    """The columns that are quoted in any case: so a URL tells where it ends.

    Not where a tab is the delimiter, which takes the slower way anyhow.
    """
    return tuple(column.name for column in export.columns if column.is_url)


def _image_parameters(source: Source, query: ImageQuery) -> dict[str, Any]:
    """What is asked of the venue binds what a list of venues binds."""
    of_venue = VenueQuery(
        cities=query.cities,
        venues=query.venues,
        providers=query.providers,
        errors=query.errors,
        since=query.since,
        until=query.until,
    )
    return {**venues.parameters_of(source, of_venue), "statuses": list(query.statuses)}


def _names(columns: Columns) -> tuple[str, ...]:
    return tuple(column.name for column in columns)
