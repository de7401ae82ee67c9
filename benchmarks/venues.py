"""R4: the venues with failed images, against the application's list of failures."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import apps, asked
from benchmarks.databases import Measured
from benchmarks.measure import Timed, in_turn
from benchmarks.report import Figure, at_least
from venue_ops.core.models import VenueOutcome
from venue_ops.core.queries import VenueOrder, VenueQuery

MOST_FAILED, BY_ID, ONE_CITY = 3.5, 500.0, 40.0
CITY_SHARE = 0.02
PARTIAL = (VenueOutcome.PARTIAL,)
FAILED = (VenueOutcome.FAILED,)


def figures(database: Measured, runs: int) -> Iterator[Figure]:
    """All of them in turn with one run of the application's query."""
    city = database.city_of(CITY_SHARE)
    in_city = f"of a city with {city.share:.2%} of the venues"
    pages = {
        "partials, most failed first": (VenueQuery(outcomes=PARTIAL), MOST_FAILED),
        "venues --status failed, most failed first": (VenueQuery(outcomes=FAILED), MOST_FAILED),
        "partials --order id": (VenueQuery(outcomes=PARTIAL, order=VenueOrder.ID), BY_ID),
        "venues --status failed --order id": (
            VenueQuery(outcomes=FAILED, order=VenueOrder.ID),
            BY_ID,
        ),
        f"partials {in_city}": (VenueQuery(outcomes=PARTIAL, cities=(city.id,)), ONE_CITY),
        f"venues --status failed {in_city}": (
            VenueQuery(outcomes=FAILED, cities=(city.id,)),
            ONE_CITY,
        ),
    }
    contenders: dict[str, Timed] = {"app": database.timed_apps(apps.FAILURES, {})}
    for name, (query, _) in pages.items():
        contenders[name] = database.timed(asked.venues(query))
    taken = in_turn(contenders, runs)
    for name, (_, goal) in pages.items():
        yield at_least("R4", name, taken[name], taken["app"], goal)
