"""What exports share: where a venue is, times as text, counts as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, DateTime, FromClause, Select, case, func, select
from sqlalchemy import literal_column as sql

from venue_ops.core.db.expressions.values import lit
from venue_ops.core.db.schema import cities, countries

Built = ColumnElement[Any]
Columns = dict[str, Callable[[], Built]]
"""How to build each column: nothing is built that is not asked for."""

PLACES = frozenset({"city", "country"})
_FIRST_DAY = sql("timestamp '0001-01-02'", DateTime)
_LAST_DAY = sql("timestamp '9999-12-30'", DateTime)


def chosen(columns: Columns, names: Iterable[str]) -> Select[Any]:
    """A SELECT of the columns of these names, in their order."""
    return select(*(columns[name]().label(name) for name in names))


def with_places(source: FromClause, city_id: Built) -> FromClause:
    """Joined to the city of an id, and its country; none where there is no such city."""
    return source.outerjoin(cities, cities.c.id == city_id).outerjoin(
        countries, countries.c.id == cities.c.country_id
    )


def moment(at: Built) -> Built:
    """A moment that a calendar of four digits can hold; infinity is its first or last day."""
    return case((at.is_not(None), func.least(func.greatest(at, _FIRST_DAY), _LAST_DAY)))


def iso(at: Built) -> Built:
    """A column that is UTC without zone, as ISO 8601 to the microsecond.

    Always with six digits: programs that read many times guess their form from the first.
    """
    return func.to_char(moment(at), lit('YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
