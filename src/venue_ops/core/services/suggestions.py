"""What could complete a word, from the database: a few rows each, quickly or not at all.

`LIMIT` values at most, and one more where there are more: so a caller can tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from venue_ops.core.db.questions import (
    CitiesByRef,
    CitySuggestions,
    JobSuggestions,
    ProviderNames,
    ProvidersSeen,
    Question,
    VenueByRef,
    VenueSuggestions,
)
from venue_ops.core.errors import VenueOpsError
from venue_ops.core.models import City, Operation
from venue_ops.core.references import split_cities
from venue_ops.core.services.places import find_cities, venue_row_or_none
from venue_ops.core.services.source import Source
from venue_ops.core.suggestions import LIMIT, Suggestion

_DESCRIBING = timedelta(milliseconds=200)
_DIGITS = 18


def questions(oban_schema: str) -> Sequence[Question]:
    """All that can be asked here, so that their text can be made before a clock runs."""
    return (
        CitiesByRef(oban_schema),
        CitySuggestions(oban_schema),
        VenueByRef(oban_schema),
        VenueSuggestions(oban_schema),
        VenueSuggestions(oban_schema, of_cities=True),
        JobSuggestions(oban_schema),
        JobSuggestions(oban_schema, described=True),
        ProviderNames(oban_schema),
        ProvidersSeen(oban_schema),
    )


def cities_like(source: Source, prefix: str) -> Iterator[Suggestion]:
    """Cities by slug; `london,gb` where the slug alone names two, the id where that does too."""
    asked = CitySuggestions(oban_schema=source.oban_schema)
    for row in source.database.ask(asked, {"prefix": prefix, "limit": LIMIT + 1}):
        city = City(row["id"], row["slug"], row["name"], row["country_code"])
        country = f", {city.country_code}" if city.country_code else ""
        about = f"{city.name}{country}"
        if row["namesakes"] == 1:
            yield Suggestion(city.slug, about)
        else:
            yield Suggestion(city.ref if city.country_code else str(city.id), about)


def venues_like(source: Source, prefix: str, cities: Iterable[str]) -> Iterator[Suggestion]:
    """Venues by slug, of these cities if any are named; NotFoundError for one there is not."""
    found = find_cities(source, split_cities(cities))
    asked = VenueSuggestions(oban_schema=source.oban_schema, of_cities=bool(found))
    parameters = {
        "prefix": prefix,
        "limit": LIMIT + 1,
        "city_ids": [city.city.id for city in found],
    }
    for row in source.database.ask(asked, parameters):
        yield Suggestion(row["slug"], row["name"] or "")


def jobs_like(source: Source, prefix: str, *, described: bool) -> Iterator[Suggestion]:
    """Ids of jobs, newest first; what became of them only if that comes as quickly."""
    ranges = id_ranges(prefix)
    parameters = {
        **source.common_parameters(),
        "lows": [low for low, _ in ranges],
        "highs": [high for _, high in ranges],
        "limit": LIMIT + 1,
    }
    if described:
        asked = JobSuggestions(oban_schema=source.oban_schema, described=True)
        found = source.database.ask_if_quick(asked, parameters, _DESCRIBING)
        if found is not None:
            from venue_ops.core.db import rows

            now = source.now()
            for row in found:
                yield Suggestion(str(row["id"]), _said_of(rows.operation(row, now=now)))
            return
    plain = JobSuggestions(oban_schema=source.oban_schema)
    for row in source.database.ask(plain, parameters):
        yield Suggestion(str(row["id"]))


def _said_of(job: Operation) -> str:
    place = job.venue.slug if job.venue and job.venue.slug else job.city.slug if job.city else None
    return ", ".join(word for word in (job.kind, job.outcome, place) if word)


def id_ranges(prefix: str) -> tuple[tuple[int, int], ...]:
    """The ids whose digits begin so: `13` is 13, 130 to 139, 1300 to 1399, ..."""
    if not prefix:
        return ((1, 2**63 - 1),)
    if not (prefix.isascii() and prefix.isdecimal() and prefix[0] != "0"):
        return ()
    scales = (10**more for more in range(_DIGITS - len(prefix) + 1))
    return tuple((int(prefix) * scale, int(prefix) * scale + scale - 1) for scale in scales)


def providers_like(source: Source, prefix: str) -> Iterator[Suggestion]:
    """Names of providers that the application lists or that the newest jobs mention."""
    schema = source.oban_schema
    names = {
        *_names(source, ProviderNames(oban_schema=schema)),
        *_names(source, ProvidersSeen(oban_schema=schema)),
    }
    for name in sorted(names)[: LIMIT + 1]:
        if name.startswith(prefix):
            yield Suggestion(name)


def _names(source: Source, asked: Question) -> Iterator[str]:
    """A role that may not read the one can still read the other."""
    try:
        for row in source.database.ask(asked, source.common_parameters()):
            yield row["name"]
    except VenueOpsError:
        return


def images_like(source: Source, prefix: str) -> Iterator[Suggestion]:
    """Images of the venue before the slash, as `noce-krk/gp-848af5ab31`; else venues."""
    slug, slash, _ = prefix.partition("/")
    if not slash:
        for venue in venues_like(source, prefix, ()):
            yield Suggestion(f"{venue.value}/", venue.about)
        return
    from venue_ops.core import details

    row = venue_row_or_none(source, slug)
    if row is None:
        return
    found = details.images(row["slug"], row["venue_images"], max_retries=source.max_retries)
    for image in found:
        if image.id is not None and image.id.startswith(prefix):
            words = (image.provider, image.status, image.error_type)
            yield Suggestion(image.id, ", ".join(word for word in words if word))
