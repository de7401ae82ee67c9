"""Which city, which venue: what an operator typed, resolved or refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from venue_ops.core.db.limits import small_city
from venue_ops.core.db.questions import CitiesByRef, CityNames, VenueByRef, VenueIds
from venue_ops.core.errors import AmbiguousReferenceError, NotFoundError
from venue_ops.core.models import City
from venue_ops.core.references import CityReference, close_matches, shortened
from venue_ops.core.services.source import Source

_FEW = 10
"""So many cities are named where one was not found."""


@dataclass(frozen=True, slots=True)
class FoundCity:
    """A city and whether it has so few venues that its jobs are looked up one by one."""

    city: City
    is_small: bool


def find_cities(source: Source, wanted: Iterable[CityReference]) -> tuple[FoundCity, ...]:
    """The cities that were named, each once; NotFoundError or AmbiguousReferenceError."""
    found = {city.city.id: city for ref in wanted for city in (find_city(source, ref),)}
    return tuple(found.values())


def find_city(source: Source, wanted: CityReference) -> FoundCity:
    """One city by id, slug, name or alternate name, in that order of precedence."""
    rows = source.database.ask(
        CitiesByRef(oban_schema=source.oban_schema),
        {"ref": wanted.name, "ref_id": as_id(wanted.name), "country": wanted.country},
    )
    best = [row for row in rows if row["rank"] == rows[0]["rank"]]
    if not best:
        raise _no_city(source, wanted)
    if len(best) > 1:
        cities = [City(r["id"], r["slug"], r["name"], r["country_code"]) for r in best]
        choices = ", ".join(_choice(city, cities) for city in cities)
        raise AmbiguousReferenceError(
            f'"{shortened(str(wanted))}" names {len(best)} cities.', hint=f"Say which: {choices}."
        )
    row = best[0]
    city = City(row["id"], row["slug"], row["name"], row["country_code"])
    return FoundCity(city, is_small=row["venue_count"] <= small_city(row["last_venue_id"]))


def find_venue_ids(source: Source, wanted: Sequence[str]) -> tuple[int, ...]:
    """The ids of the venues that were named by slug or id, each once.

    A slug of digits goes before an id, as in `show venue`. A number that is no venue's is kept:
    jobs can name a venue that is gone.
    """
    if not wanted:
        return ()
    numbers = {ref: number for ref in wanted if (number := as_id(ref)) is not None}
    rows = source.database.ask(
        VenueIds(oban_schema=source.oban_schema),
        {"refs": list(wanted), "ref_ids": list(numbers.values())},
    )
    by_slug = {row["slug"]: int(row["id"]) for row in rows}
    ids: dict[int, None] = {}
    for ref in wanted:
        found = by_slug.get(ref, numbers.get(ref))
        if found is None:
            raise no_venue(ref)
        ids[found] = None
    return tuple(ids)


def venue_row_or_none(source: Source, ref: str) -> dict[str, Any] | None:
    """The row of one venue by id or slug, with its images."""
    rows = source.database.ask(
        VenueByRef(oban_schema=source.oban_schema),
        {**source.common_parameters(), "ref": ref, "ref_id": as_id(ref)},
    )
    return dict(rows[0]) if rows else None


def no_venue(ref: str) -> NotFoundError:
    """The error for a venue that does not exist."""
    return NotFoundError(
        f'No venue has the slug or id "{shortened(ref)}".',
        hint="List venues with `venue-ops venues`, or by city with --city.",
    )


def as_id(text: str) -> int | None:
    """A row's id if the text is one, else None."""
    if not (text.isascii() and text.isdecimal()):
        return None
    number = int(text[:20])
    return number if 0 < number < 2**63 else None


def _choice(city: City, among: Sequence[City]) -> str:
    same = [other for other in among if other.ref == city.ref]
    return city.ref if len(same) == 1 else str(city.id)


def _no_city(source: Source, wanted: CityReference) -> NotFoundError:
    rows = source.database.ask(CityNames(oban_schema=source.oban_schema), {})
    slugs = {str(row[spelling]): str(row["slug"]) for row in rows for spelling in ("name", "slug")}
    near = dict.fromkeys(slugs[name] for name in close_matches(wanted.name, slugs))
    known = sorted({str(row["slug"]) for row in rows})
    if near:
        hint = f"Did you mean {' or '.join(near)}?"
    elif not known:
        hint = "The database has no cities at all."
    elif len(known) <= _FEW:
        hint = f"The database has {', '.join(known)}."
    else:
        hint = (
            f"The database has {len(rows):,} cities; `venue-ops stats --by city` names those where"
            " images failed."
        )
    return NotFoundError(f'No city is called "{shortened(str(wanted))}".', hint=hint)
