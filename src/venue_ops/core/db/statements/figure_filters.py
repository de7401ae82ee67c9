"""The filters of the figures, asked of a venue and of one of its images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, FromClause, func

from venue_ops.core.db.expressions.attempts import tried_at
from venue_ops.core.db.expressions.values import Json
from venue_ops.core.db.questions import FigureFilter
from venue_ops.core.db.statements.parameters import many_ids, one_text
from venue_ops.core.db.statements.venues import of_provider


def of_image(
    venue: FromClause, image: Json, filters: tuple[FigureFilter, ...]
) -> Iterator[ColumnElement[bool]]:
    """Whether an image is asked for; times are those of its last try."""
    for present in filters:
        match present:
            case FigureFilter.CITY:
                yield in_cities(venue)
            case FigureFilter.PROVIDER:
                yield of_provider(image)
            case FigureFilter.SINCE:
                yield tried_at(image) >= _plain("since_text")
            case FigureFilter.UNTIL:
                yield tried_at(image) < _plain("until_text")


def in_cities(venue: FromClause) -> ColumnElement[bool]:
    """Binds `city_ids`."""
    return venue.c.city_id == func.any(many_ids("city_ids"))


def _plain(name: str) -> ColumnElement[Any]:
    """A bound text that is compared character by character."""
    return one_text(name).collate("C")
