"""What the list of venues shows and counts is what is there, by plain SQL written apart.

On two generated databases with awkward and poisonous rows. The SQL takes `venue_images` apart
with nothing but jsonb functions; rows that are no array have no elements in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest
from tests.databases import Database, Databases
from tests.sources import source_of
from tests.truth import second_database

from venue_ops.core.models import ImageCounts, VenueOutcome
from venue_ops.core.queries import VenueOrder, VenueQuery
from venue_ops.core.services.source import Source
from venue_ops.core.services.venues import all_venues, total_venues, venues_page

EVERY = VenueQuery(limit=0)

IMAGES = """
    WITH images AS (
      SELECT v.id, i.value AS image, i.value ->> 'upload_status' AS status,
             i.value #>> '{error_details,error_type}' AS error
      FROM venues v, jsonb_array_elements(
        CASE WHEN jsonb_typeof(v.venue_images) = 'array' THEN v.venue_images ELSE '[]' END) i),
    counted AS (
      SELECT v.id, v.city_id, v.venue_images, count(i.id) AS total,
             count(*) FILTER (WHERE status = 'uploaded') AS uploaded,
             count(*) FILTER (WHERE status = 'skipped_dev') AS skipped_dev,
             count(*) FILTER (WHERE status = 'failed') AS failed,
             count(*) FILTER (WHERE status = 'permanently_failed') AS permanently_failed,
             count(*) FILTER (WHERE status = 'failed' AND error IN ('rate_limited',
               'service_unavailable', 'bad_gateway', 'gateway_timeout', 'network_timeout',
               'network_error')) AS transient
      FROM venues v LEFT JOIN images i USING (id) GROUP BY v.id),
    judged AS (
      SELECT *, failed + permanently_failed AS bad,
             CASE WHEN venue_images IS NOT NULL AND jsonb_typeof(venue_images) <> 'array'
                    THEN 'malformed'
                  WHEN failed + permanently_failed > 0 AND uploaded + skipped_dev > 0
                    THEN 'partial'
                  WHEN failed + permanently_failed > 0 THEN 'failed'
                  WHEN uploaded + skipped_dev > 0 THEN 'success' ELSE 'no_images' END AS outcome
      FROM counted)
"""
FAILED = "status IN ('failed', 'permanently_failed')"


@dataclass
class Subject:
    """A database as the program sees it, and the means to ask it otherwise."""

    source: Source
    database: Database

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.conninfo) as connection:
            return connection.execute(IMAGES + query).fetchall()

    def ids(self, query: VenueQuery) -> list[int]:
        return [venue.id for venue in all_venues(self.source, replace(query, limit=0))]

    def expect(self, query: VenueQuery, condition: str) -> int:
        """Listing (in both orders) and total are the venues that meet the condition."""
        found = self.rows(f"SELECT id, bad FROM judged v WHERE {condition} ORDER BY bad DESC, id")
        wanted = [venue for venue, _ in found]
        assert self.ids(replace(query, order=VenueOrder.FAILED)) == wanted
        assert self.ids(replace(query, order=VenueOrder.ID)) == sorted(wanted)
        assert total_venues(self.source, query) == len(wanted)
        return len(wanted)


@pytest.fixture(scope="module", params=["our generator", "second generator"])
def subject(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Subject]:
    ours = request.param == "our generator"
    database = databases.generated() if ours else second_database(databases)
    with source_of(database) as source:
        yield Subject(source, database)


def test_no_venue_of_any_shape_is_missing(subject: Subject) -> None:
    assert subject.expect(EVERY, "true") >= 2_000
    assert subject.expect(replace(EVERY, outcomes=tuple(VenueOutcome)), "true") >= 2_000


def test_outcome_and_counts_of_every_row(subject: Subject) -> None:
    truth = {
        row[0]: (row[1], ImageCounts(*row[2:]))
        for row in subject.rows(
            "SELECT id, outcome, total, uploaded, skipped_dev, failed, permanently_failed,"
            " transient FROM judged"
        )
    }
    shown = {
        venue.id: (venue.outcome, replace(venue.images, retryable=0))
        for venue in all_venues(subject.source, EVERY)
    }
    assert shown == truth


def test_each_outcome(subject: Subject) -> None:
    found = [
        subject.expect(replace(EVERY, outcomes=(outcome,)), f"outcome = '{outcome}'")
        for outcome in VenueOutcome
    ]
    assert all(found)
    assert sum(found) == total_venues(subject.source, EVERY)


def test_several_outcomes_at_once(subject: Subject) -> None:
    failing = (VenueOutcome.PARTIAL, VenueOutcome.FAILED)
    subject.expect(replace(EVERY, outcomes=failing), "outcome IN ('partial', 'failed')")
    odd = (VenueOutcome.MALFORMED, VenueOutcome.NO_IMAGES)
    subject.expect(replace(EVERY, outcomes=odd), "outcome IN ('malformed', 'no_images')")


def test_each_city(subject: Subject) -> None:
    cities = [city for (city,) in subject.rows("SELECT DISTINCT city_id FROM venues")]
    assert sum(subject.expect(replace(EVERY, cities=(c,)), f"city_id = {c}") for c in cities)
    assert subject.expect(replace(EVERY, cities=(1, 5)), "city_id IN (1, 5)")


def test_at_least_so_many_failures(subject: Subject) -> None:
    assert subject.expect(replace(EVERY, min_failed=1), "bad >= 1")
    assert subject.expect(replace(EVERY, min_failed=3), "bad >= 3")
    assert not subject.expect(replace(EVERY, min_failed=10_000), "bad >= 10000")


def test_providers(subject: Subject) -> None:
    for provider in ("google_places", "foursquare", "here", "unsplash", "7", "nobody"):
        condition = (
            "EXISTS (SELECT FROM images i WHERE i.id = v.id"
            f" AND image -> 'provider' = to_jsonb('{provider}'::text))"
        )
        subject.expect(replace(EVERY, providers=(provider,)), condition)


@pytest.mark.parametrize("text", ["rate_limited", "NOT_FOUND", "403", "unknown", "e", "http"])
def test_errors_by_type_or_text_of_failed_images(subject: Subject, text: str) -> None:
    text_of = "coalesce(image #>> '{error_details,message}', image #>> '{error_details,error}')"
    low = text.lower()
    condition = (
        f"EXISTS (SELECT FROM images i WHERE i.id = v.id AND {FAILED}"
        f" AND (position('{low}' IN lower(coalesce(error, 'unknown'))) > 0"
        f"      OR position('{low}' IN lower({text_of})) > 0))"
    )
    subject.expect(replace(EVERY, errors=(text,)), condition)


def test_provider_and_error_are_of_one_and_the_same_image(subject: Subject) -> None:
    query = replace(EVERY, providers=("foursquare",), errors=("not_found",))
    assert subject.expect(
        query,
        f"EXISTS (SELECT FROM images i WHERE i.id = v.id AND {FAILED} AND error = 'not_found'"
        " AND image ->> 'provider' = 'foursquare')",
    )


def test_filters_together_narrow_each_other(subject: Subject) -> None:
    query = replace(EVERY, outcomes=(VenueOutcome.PARTIAL,), cities=(1, 2, 5), min_failed=2)
    assert subject.expect(query, "outcome = 'partial' AND city_id IN (1, 2, 5) AND bad >= 2")


def test_what_failed_is_counted_by_type_and_by_provider(subject: Subject) -> None:
    types = subject.rows(
        f"SELECT id, coalesce(error, 'unknown'), count(*) FROM images WHERE {FAILED} GROUP BY 1, 2"
    )
    names = subject.rows(
        "SELECT id, CASE jsonb_typeof(image -> 'provider') WHEN 'string' THEN"
        f" image ->> 'provider' ELSE 'unknown' END, count(*) FROM images WHERE {FAILED}"
        " GROUP BY 1, 2"
    )
    listed = list(all_venues(subject.source, EVERY))
    assert {(v.id, key, n) for v in listed for key, n in v.errors.items()} == set(types)
    assert {(v.id, key, n) for v in listed for key, n in v.failed_providers.items()} == set(names)


@pytest.mark.parametrize("order", VenueOrder)
def test_page_by_page_is_the_whole_list(subject: Subject, order: VenueOrder) -> None:
    query = VenueQuery(outcomes=(VenueOutcome.PARTIAL,), order=order, limit=7)
    whole = subject.ids(query)
    paged: list[int] = []
    while True:
        page = venues_page(subject.source, query)
        paged += [venue.id for venue in page.venues]
        if page.next is None:
            break
        assert len(page.venues) == 7
        query = replace(query, after=page.next)
    assert paged == whole
    assert len(set(paged)) == len(whole) > 100
