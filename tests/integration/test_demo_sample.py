"""The sample data against the user's own figures, and against itself."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from tests.databases import NOW, Database, Databases

from venue_ops.demo.sample_rows import FAKE_KEY
from venue_ops.demo.schema import Layout

BACKFILL = "EventasaurusDiscovery.VenueImages.BackfillOrchestratorJob"
ENRICHMENT = "EventasaurusDiscovery.VenueImages.EnrichmentJob"
RETRY = "EventasaurusDiscovery.VenueImages.FailedUploadRetryWorker"
STATES = {*("available", "scheduled", "executing", "retryable", "completed"),
          *("discarded", "cancelled")}  # fmt: skip

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def jobs(readonly_sample_database: Database) -> Rows:
    return rows(readonly_sample_database, "SELECT * FROM oban_jobs ORDER BY id")


@pytest.fixture(scope="module")
def venues(readonly_sample_database: Database) -> dict[int, dict[str, Any]]:
    found = rows(readonly_sample_database, "SELECT * FROM venues ORDER BY id")
    return {row["id"]: row for row in found}


def rows(database: Database, query: str) -> Rows:
    with database.connect() as conn:
        cursor = conn.execute(query)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def of(jobs: Rows, worker: str) -> Rows:
    return [job for job in jobs if job["worker"] == worker]


def statuses(venue: dict[str, Any]) -> Counter[str]:
    return Counter(image["upload_status"] for image in venue["venue_images"])


def test_36_jobs_of_the_two_workers_in_the_users_states(jobs: Rows) -> None:
    image_jobs = [job for job in jobs if job["worker"] in {BACKFILL, ENRICHMENT}]
    assert len(image_jobs) == 36
    assert Counter(job["state"] for job in of(jobs, BACKFILL)) == {"completed": 11}
    assert Counter(job["state"] for job in of(jobs, ENRICHMENT)) == {
        "completed": 18,
        "discarded": 7,
    }


def test_every_discarded_enrichment_was_denied_three_times(jobs: Rows) -> None:
    keys = {*("status", "summary", "providers", "images_discovered", "images_uploaded"),
            *("images_failed", "failed_images", "imagekit_urls", "total_cost_usd"),
            "execution_time_ms"}  # fmt: skip
    discarded = [job for job in of(jobs, ENRICHMENT) if job["state"] == "discarded"]
    assert len(discarded) == 7
    for job in discarded:
        assert (job["attempt"], job["max_attempts"]) == (3, 3)
        assert [error["attempt"] for error in job["errors"]] == [1, 2, 3]
        assert all("REQUEST_DENIED" in error["error"] for error in job["errors"])
        assert job["discarded_at"] is not None
        assert job["completed_at"] is None
        assert set(job["meta"]) == keys
        reason = job["meta"]["providers"]["google_places"]["reason"]
        assert reason == '"API error: REQUEST_DENIED"'


def test_the_users_example_is_among_them(jobs: Rows) -> None:
    [job] = [
        job
        for job in of(jobs, ENRICHMENT)
        if job["state"] == "discarded" and job["args"]["venue_id"] == 9
    ]
    assert job["meta"]["execution_time_ms"] == 3185
    assert job["meta"]["summary"] == "Failed - google_places encountered errors"


def test_noce_has_six_images_sorted_by_quality(venues: dict[int, dict[str, Any]]) -> None:
    noce = venues[14]
    assert (noce["name"], noce["slug"], noce["city_id"]) == ("Noce KRK", "noce-krk", 5)
    assert statuses(noce) == {"uploaded": 4, "failed": 2}
    quality = [image["quality_score"] for image in noce["venue_images"]]
    assert quality == sorted(quality, reverse=True)
    assert quality[0] == 1.0
    failed = [i for i in noce["venue_images"] if i["upload_status"] == "failed"]
    faults = {(i["error_details"]["error_type"], i["error_details"]["status_code"]) for i in failed}
    assert faults == {("rate_limited", 429), ("not_found", 404)}
    assert all(image["url"] == image["provider_url"] for image in failed)


def test_globus_has_one_uploaded_image(venues: dict[int, dict[str, Any]]) -> None:
    assert venues[10]["name"] == "Globus Music Club"
    assert statuses(venues[10]) == {"uploaded": 1}


def test_only_those_two_have_images_in_krakow(venues: dict[int, dict[str, Any]]) -> None:
    having = {i for i, venue in venues.items() if venue["city_id"] == 5 and venue["venue_images"]}
    assert having == {10, 14}


def test_places(readonly_sample_database: Database) -> None:
    cities = rows(readonly_sample_database, "SELECT * FROM cities ORDER BY id")
    by_slug = Counter(city["slug"] for city in cities)
    krakow = next(city for city in cities if city["id"] == 5)
    assert (krakow["name"], krakow["slug"]) == ("Kraków", "krakow")
    assert {"Krakow", "Cracow"} <= set(krakow["alternate_names"])
    assert {slug for slug, n in by_slug.items() if n > 1} == {"london"}
    codes = rows(
        readonly_sample_database,
        "SELECT code FROM cities c JOIN countries k ON k.id = country_id WHERE c.slug = 'london'",
    )
    assert {row["code"] for row in codes} == {"GB", "CA"}


def test_both_shapes_of_a_backfill(jobs: Rows) -> None:
    old = [job for job in of(jobs, BACKFILL) if "enriched" in job["meta"]]
    new = [job for job in of(jobs, BACKFILL) if "jobs_spawned" in job["meta"]]
    assert (len(old), len(new)) == (4, 7)
    assert {"provider" in job["args"] for job in old} == {True, False}


def test_children_are_linked_as_in_real_life(jobs: Rows) -> None:
    """The rule of the link: same venues and providers, inserted while the parent ran."""
    counts = []
    for parent in of(jobs, BACKFILL):
        if parent["meta"].get("status") != "orchestrating":
            continue
        children = [
            child
            for child in of(jobs, ENRICHMENT)
            if parent["attempted_at"] <= child["inserted_at"] <= parent["completed_at"]
            and child["args"]["providers"] == parent["meta"]["providers"]
        ]
        ids = [child["args"]["venue_id"] for child in children]
        assert ids == parent["meta"]["venue_ids"]
        assert len(ids) == parent["meta"]["jobs_spawned"] == parent["meta"]["total_venues"]
        assert all(child["attempted_at"] > child["inserted_at"] for child in children)
        counts.append(len(ids))
    assert sorted(counts) == [1, 1, 2, 3, 3, 4]


def test_the_other_scopes_are_there(jobs: Rows) -> None:
    found = Counter(job["meta"].get("status") for job in of(jobs, ENRICHMENT))
    assert found["batch_completed"] == found["scheduled_batch_completed"] == found["no_work"] == 1
    assert found["skipped"] == 2
    assert sum("venue_ids" in job["args"] for job in of(jobs, ENRICHMENT)) == 1
    assert sum(not job["args"] for job in of(jobs, ENRICHMENT)) == 2


def test_what_an_enrichment_of_noce_says_agrees_with_the_venue(
    jobs: Rows, venues: dict[int, dict[str, Any]]
) -> None:
    uploaded = [i for i in venues[14]["venue_images"] if i["upload_status"] == "uploaded"]
    mine = [job for job in of(jobs, ENRICHMENT) if str(job["args"].get("venue_id")) == "14"]
    assert {type(job["args"]["venue_id"]) for job in mine} == {int, str}
    for job in mine:
        meta = job["meta"]
        assert (meta["images_uploaded"], meta["images_failed"]) == (4, 2)
        assert meta["imagekit_urls"] == [image["url"] for image in uploaded]
        assert meta["failure_breakdown"] == {"rate_limited": 1, "not_found": 1}
        assert len(meta["failed_images"]) == 2
    history = venues[14]["image_enrichment_metadata"]["enrichment_history"]
    assert [entry["images_added"] for entry in history] == [0, 6]


def test_the_venues_show_every_outcome(venues: dict[int, dict[str, Any]]) -> None:
    assert statuses(venues[24]) == {"uploaded": 3, "failed": 1, "permanently_failed": 1}
    assert statuses(venues[22]) == {"failed": 2}
    assert statuses(venues[41]) == {"skipped_dev": 2}
    assert venues[17]["venue_images"] is None
    assert venues[16]["venue_images"] == []
    assert {type(element) for element in venues[25]["venue_images"]} == {
        *(dict, str, int, type(None))
    }


def test_the_retry_worker_and_the_others_stand_in_every_state(jobs: Rows) -> None:
    assert {job["state"] for job in of(jobs, RETRY)} == STATES
    strangers = [job for job in jobs if ".VenueImages." not in job["worker"]]
    assert {job["state"] for job in strangers} == STATES
    assert any(job["worker"].endswith("CleanupScheduler") for job in jobs)


def test_nothing_unfinished_blocks_a_retry_in_krakow(
    jobs: Rows, venues: dict[int, dict[str, Any]]
) -> None:
    unfinished = [
        job for job in jobs if job["state"] not in {"completed", "discarded", "cancelled"}
    ]
    touched = {job["args"].get("venue_id") for job in unfinished}
    assert not [i for i in touched if i and venues[i]["city_id"] == 5]


def test_times_lie_in_the_two_weeks_before_loading(jobs: Rows) -> None:
    now = NOW.replace(tzinfo=None)
    ages = [now - job["inserted_at"] for job in jobs]
    assert timedelta(days=13) < max(ages) < timedelta(days=14)
    assert timedelta(0) < min(ages) < timedelta(minutes=1)
    mine = [now - job["inserted_at"] for job in of(jobs, ENRICHMENT)]
    assert timedelta(minutes=5) < min(mine) < timedelta(minutes=15)


def test_ids_grow_with_time_and_the_sequence_goes_on(sample_database: Database) -> None:
    with sample_database.connect() as conn:
        query = "SELECT count(*) FROM (SELECT inserted_at < lag(inserted_at) OVER (ORDER BY id)"
        row = conn.execute(query + " AS back FROM oban_jobs) x WHERE back").fetchone()
        assert row == (0,)
        last = conn.execute("SELECT max(id) FROM oban_jobs").fetchone()
        added = conn.execute("INSERT INTO oban_jobs (worker) VALUES ('W') RETURNING id").fetchone()
        assert last is not None
        assert added == (last[0] + 1,)


def test_states_and_times_belong_together(jobs: Rows) -> None:
    for job in jobs:
        assert (job["completed_at"] is not None) == (job["state"] == "completed")
        assert (job["discarded_at"] is not None) == (job["state"] == "discarded")
        assert (job["cancelled_at"] is not None) == (job["state"] == "cancelled")
        if job["attempt"]:
            assert job["attempted_at"] >= job["inserted_at"]
        ended = job["completed_at"] or job["discarded_at"]
        assert ended is None or ended > job["attempted_at"]


def test_the_only_key_is_the_fake_one(readonly_sample_database: Database) -> None:
    query = "SELECT t::text FROM {} t WHERE t::text LIKE '%AIza%'"
    for table in ("venues", "oban_jobs"):
        found = rows(readonly_sample_database, query.format(table))
        assert found
        assert all("AIza" not in row["t"].replace(FAKE_KEY, "") for row in found)


def test_the_same_moment_gives_the_same_rows(databases: Databases) -> None:
    def everything(database: Database) -> list[Rows]:
        tables = ("cities", "venues", "oban_jobs", "venue_data_providers")
        return [rows(database, f"SELECT * FROM {table} ORDER BY id") for table in tables]

    with databases.copy_of(databases.sample()) as one:
        first = everything(one)
    again = databases.sample(Layout(without_images_index=False))
    assert first == everything(again)


def test_it_loads_into_other_layouts(databases: Databases) -> None:
    layout = Layout("jobs", 14, alternate_names=False)
    found = rows(databases.sample(layout), "SELECT state::text AS s FROM jobs.oban_jobs")
    assert "suspended" in {row["s"] for row in found}
