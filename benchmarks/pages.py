"""R2: a page of operations, without a filter, of one city, and with each other filter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from typing import LiteralString

from psycopg import errors

from benchmarks import apps, asked
from benchmarks.asked import Asked
from benchmarks.databases import STOPPED, Measured
from benchmarks.measure import Timed, in_turn
from benchmarks.report import Figure, at_least, within
from venue_ops.core.db.limits import small_city
from venue_ops.core.models import JobKind, Outcome
from venue_ops.core.queries import JobCursor, JobOrder, JobQuery
from venue_ops.settings.model import WorkerNames

SHARES = (0.09, 0.02, 0.0025)
PAGE, CITY, FILTERED = 60.0, 20.0, 0.3
ALL = JobQuery()


def figures(database: Measured, runs: int) -> Iterator[Figure]:
    """The goals; first those against the application's own page."""
    cities = city_pages(database)
    contenders: dict[str, Timed] = {
        "page": database.timed(asked.operations(ALL)),
        "app": database.timed_apps(apps.PAGE, {}),
    }
    apps_page = _apps_page_of_city(database)
    for name, (city, page) in cities.items():
        contenders[name] = database.timed(page)
        contenders[f"app, {name}"] = database.timed_apps(apps_page, {"city": str(city)})
    taken = in_turn(contenders, runs)
    yield at_least("R2", "list : the app's page", taken["page"], taken["app"], PAGE)
    for name in cities:
        yield at_least("R2", f"list, {name}", taken[name], taken[f"app, {name}"], CITY)
    filters = filtered(database)
    taken = in_turn({name: database.timed(page) for name, page in filters.items()}, runs)
    for name, sample in taken.items():
        if sample.median >= STOPPED:
            yield Figure("R2", f"list {name}", "stopped after 30 s", "at most 300 ms", False)
        else:
            yield within("R2", f"list {name}", sample, FILTERED)


def _apps_page_of_city(database: Measured) -> LiteralString:
    try:
        database.apps.execute(apps.PAGE_OF_CITY, {"city": "1"})
    except errors.InvalidTextRepresentation:
        return apps.GUARDED_PAGE_OF_CITY
    return apps.PAGE_OF_CITY


def city_pages(database: Measured) -> dict[str, tuple[int, Asked]]:
    """Pages of cities of some shares of the jobs, and of one without any venue or job."""
    found: dict[str, tuple[int, Asked]] = {}
    last_venue = int(database.one("SELECT max(id) FROM venues"))
    for share in SHARES:
        city = database.city_of(share)
        query = replace(ALL, cities=(city.id,))
        page = asked.operations(query, small_cities=city.venues <= small_city(last_venue))
        found[f"--city with {city.share:.2%} of the jobs"] = city.id, page
    nowhere = 1 + int(database.one("SELECT max(id) FROM cities"))
    page = asked.operations(replace(ALL, cities=(nowhere,)), small_cities=True)
    found["--city without jobs"] = nowhere, page
    return found


def filtered(database: Measured) -> dict[str, Asked]:
    """A page with each filter alone, with a value as an operator would give it."""
    newest = database.one("SELECT max(inserted_at) FROM oban_jobs").replace(tzinfo=UTC)
    middle = int(database.one("SELECT max(id) / 2 FROM oban_jobs"))
    venue = int(database.one("SELECT id FROM venues ORDER BY id OFFSET 5000 LIMIT 1"))
    (enrichment,) = WorkerNames().enrichment
    queries = {
        **{f"--kind {kind}": replace(ALL, kinds=(kind,)) for kind in JobKind},
        **{f"--status {outcome}": replace(ALL, outcomes=(outcome,)) for outcome in Outcome},
        **{
            f"--state {state}": replace(ALL, states=(state,))
            for state in ("completed", "discarded", "cancelled", "retryable", "executing")
        },
        "--venue": replace(ALL, venues=(venue,)),
        "--provider google_places": replace(ALL, providers=("google_places",)),
        "--provider unsplash": replace(ALL, providers=("unsplash",)),
        "--provider no_such": replace(ALL, providers=("no_such",)),
        "--error rate_limited": replace(ALL, errors=("rate_limited",)),
        "--error REQUEST_DENIED": replace(ALL, errors=("REQUEST_DENIED",)),
        "--error 'no such text'": replace(ALL, errors=("no such text",)),
        "--worker": replace(ALL, workers=(enrichment,)),
        "--since 2h": replace(ALL, since=newest - timedelta(hours=2)),
        "--since 7d": replace(ALL, since=newest - timedelta(days=7)),
        "--until 7d": replace(ALL, until=newest - timedelta(days=7)),
        "--after the middle": replace(ALL, after=JobCursor(middle)),
        "--order activity": replace(ALL, order=JobOrder.ACTIVITY),
    }
    return {name: asked.operations(query) for name, query in queries.items()}
