"""The venues as they stand today: every outcome once, and the two of the user in Kraków.

In Kraków only Globus Music Club (1 image) and Noce KRK (6: 4 uploaded, 2 failed) have images.
"""

from __future__ import annotations

from venue_ops.core.models import Json
from venue_ops.demo import sample_places as places
from venue_ops.demo.sample_images import (
    FORBIDDEN,
    NOT_FOUND,
    RATE_LIMITED,
    TIMEOUT,
    UNAVAILABLE,
    foursquare_photo,
    google_photo,
)
from venue_ops.demo.sample_rows import Clock, Run, Venue, iso

DENIED = "API error: REQUEST_DENIED"
COST = 0.007
"""US dollars that Google takes for a photo."""


def venues(clock: Clock) -> tuple[Venue, ...]:
    """All venues of the sample, in the order of their ids."""
    return (*_krakow(clock), *_warszawa(clock), *_elsewhere(clock))


def _krakow(clock: Clock) -> tuple[Venue, ...]:
    denied_twice = (
        _denied(clock, days=2, hours=6),
        _denied(clock, days=1, hours=4),
    )
    return (
        Venue(places.PIWNICA, runs=denied_twice),
        Venue(places.TEATR, runs=(_denied(clock, days=2, hours=1),)),
        _globus(clock),
        Venue(places.KINO, runs=denied_twice[:1]),
        Venue(places.BROWAR, runs=denied_twice),
        Venue(
            places.CAFE,
            runs=(
                denied_twice[0],
                Run(clock.ago(minutes=12), "foursquare", "no_images", message=":no_place_id"),
            ),
        ),
        _noce(clock),
        Venue(
            places.GALERIA,
            runs=(Run(clock.ago(hours=5), "google_places", "no_images", message="ZERO_RESULTS"),),
        ),
        Venue(places.TRAMWAJ),
        Venue(places.ECHO, images=None),
    )


def _globus(clock: Clock) -> Venue:
    at = clock.ago(days=1, hours=4)
    photo = google_photo("demoGlobusStage01", 4000, 3000, 0.98)
    run = Run(at, "google_places", "success", fetched=1, added=1, cost_usd=COST)
    return Venue(places.GLOBUS, [photo.uploaded(places.GLOBUS.slug, at)], (run,))


def _noce(clock: Clock) -> Venue:
    at = clock.ago(days=3, hours=4)
    slug = places.NOCE.slug
    images: list[Json] = [
        google_photo("demoNoceNeonSign01", 4032, 3024, 1.0).uploaded(slug, at),
        google_photo("demoNoceDanceFloor02", 4000, 3000, 0.97).uploaded(slug, at),
        google_photo("demoNoceBar03", 3024, 4032, 0.9).failed(RATE_LIMITED, at),
        google_photo("demoNoceStairs04", 2048, 1365, 0.7889).uploaded(slug, at),
        google_photo("demoNocePoster05", 1600, 1200, 0.636).failed(NOT_FOUND, at),
        google_photo("demoNoceDoor06", 1080, 1080, 0.4541).uploaded(slug, at),
    ]
    runs = (
        Run(at, "google_places", "success", fetched=6, added=6, cost_usd=6 * COST),
        Run(clock.ago(hours=3), "foursquare", "no_images", message=":no_place_id"),
    )
    return Venue(places.NOCE, images, runs)


def _warszawa(clock: Clock) -> tuple[Venue, ...]:
    then = clock.ago(days=11)
    at = clock.ago(days=5, hours=2)
    retried = clock.ago(days=4)
    hala, ogrod = places.HALA.slug, places.OGROD.slug
    return (
        Venue(
            places.HALA,
            [
                foursquare_photo("210001_demoHalaRiver", 1920, 1080, 0.88).uploaded(hala, then),
                foursquare_photo("210002_demoHalaCrowd", 1920, 1280, 0.85).uploaded(hala, then),
                foursquare_photo("210003_demoHalaGate", 1440, 1440, 0.61).uploaded(hala, then),
            ],
            (Run(then, "foursquare", "success", fetched=3, added=3),),
        ),
        Venue(
            places.NEON,
            [
                google_photo("demoNeonFront01", 4032, 3024, 1.0).failed(TIMEOUT, at),
                google_photo("demoNeonInside02", 1600, 1200, 0.64).failed(
                    UNAVAILABLE, at, retry_count=1
                ),
            ],
            (Run(at, "google_places", "success", fetched=2, added=2, cost_usd=2 * COST),),
        ),
        Venue(places.SCENA, [], (Run(at, "google_places", "no_images", message="ZERO_RESULTS"),)),
        Venue(
            places.OGROD,
            [
                google_photo("demoOgrodTrees01", 4032, 3024, 1.0).uploaded(ogrod, at),
                google_photo("demoOgrodStage02", 4000, 2250, 0.99).uploaded(
                    ogrod, at, retry_count=1, retried_at=iso(retried)
                ),
                google_photo("demoOgrodBench03", 3024, 4032, 0.9).failed(
                    RATE_LIMITED, at, retry_count=2
                ),
                google_photo("demoOgrodLamp04", 1920, 1080, 0.66).uploaded(ogrod, at),
                google_photo("demoOgrodGate05", 800, 600, 0.38).failed(
                    FORBIDDEN, at, "permanently_failed", retry_count=3
                ),
            ],
            (Run(at, "google_places", "success", fetched=5, added=5, cost_usd=5 * COST),),
        ),
        Venue(places.MUZEUM, _awkward()),
    )


def _awkward() -> list[Json]:
    """Elements that no version of the application should have written, and some did."""
    return [
        {"url": "https://example.com/legacy.jpg"},
        None,
        42,
        "https://example.com/only-a-string.jpg",
        {"url": "https://example.com/new.jpg", "provider": "here", "upload_status": "processing"},
        {"url": "https://example.com/lost.jpg", "provider": "here", "upload_status": "failed"},
    ]


def _elsewhere(clock: Clock) -> tuple[Venue, ...]:
    at = clock.ago(days=4, hours=3)
    lately = clock.ago(minutes=45)
    return (
        Venue(
            places.LANTERN,
            [
                google_photo("demoLanternHall01", 4000, 3000, 0.99).uploaded(
                    places.LANTERN.slug, at
                ),
                google_photo("demoLanternRoof02", 2048, 1365, 0.79).uploaded(
                    places.LANTERN.slug, at
                ),
            ],
            (Run(at, "google_places", "success", fetched=2, added=2, cost_usd=2 * COST),),
        ),
        Venue(places.FOX, [], (Run(at, "google_places", "no_images", message=":no_place_id"),)),
        Venue(
            places.FORK,
            [
                foursquare_photo("410001_demoForksHall", 1920, 1080, 0.88).skipped(lately),
                foursquare_photo("410002_demoForksYard", 1200, 900, 0.49).skipped(lately),
            ],
            (Run(lately, "foursquare", "success", fetched=2, added=2),),
        ),
        Venue(places.MAPLE),
        Venue(places.REGION),
    )


def _denied(clock: Clock, *, days: float, hours: float) -> Run:
    at = clock.ago(days=days, hours=hours)
    return Run(at, "google_places", "error", message=f'"{DENIED}"')
