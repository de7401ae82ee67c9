"""Exports: everything that matches, as COPY sends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from venue_ops.core.db.connection import CopyShape
from venue_ops.core.db.questions import ImageFilter, ImagesExport, Question, VenuesExport
from venue_ops.core.exports.columns import ExportColumn
from venue_ops.core.queries import ImageQuery, VenueQuery
from venue_ops.core.services import venues
from venue_ops.core.services.operations import needles
from venue_ops.core.services.source import Source, naive_utc


@dataclass(frozen=True, slots=True)
class Export:
    """A question with its parameters, and the columns of its rows."""

    question: Question
    parameters: dict[str, Any]
    columns: tuple[ExportColumn, ...]


def images_export(source: Source, query: ImageQuery, columns: tuple[ExportColumn, ...]) -> Export:
    """Every image that matches, by venue and place."""
    present = {
        ImageFilter.CITY: query.cities,
        ImageFilter.VENUE: query.venues,
        ImageFilter.SINCE: query.since,
        ImageFilter.PROVIDER: query.providers,
        ImageFilter.ERROR: query.errors,
        ImageFilter.STATUS: query.statuses,
    }
    parameters: dict[str, Any] = {
        "city_ids": list(query.cities),
        "venue_ids": list(query.venues),
        "providers": list(query.providers),
        "errors": needles(query.errors),
        "statuses": list(query.statuses),
    }
    if query.since is not None:
        parameters["since"] = naive_utc(query.since)
    question = ImagesExport(
        oban_schema=source.oban_schema,
        filters=tuple(name for name, value in present.items() if value),
        columns=tuple(column.name for column in columns),
    )
    return Export(question, parameters, columns)


def venues_export(source: Source, query: VenueQuery, columns: tuple[ExportColumn, ...]) -> Export:
    """Every venue that matches, by id; the query's order, limit and place are not read."""
    query = query.everything()
    question = VenuesExport(
        oban_schema=source.oban_schema,
        outcomes=query.outcomes,
        filters=venues.filters_of(query),
        columns=tuple(column.name for column in columns),
    )
    return Export(question, venues.parameters_of(source, query), columns)


def copied(source: Source, export: Export, delimiter: str | None) -> Iterator[bytes]:
    """The rows, raw: they have to pass a screen before they leave."""
    # Quoted, a URL tells where it ends; a tab as delimiter takes the slower way anyhow.
    quoted = tuple(column.name for column in export.columns if column.is_url)
    shape = CopyShape(delimiter, quoted if delimiter not in {None, "\t"} else ())
    return source.database.copy(export.question, export.parameters, shape)
