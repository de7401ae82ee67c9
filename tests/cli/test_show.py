"""`venue-ops show`: one job, one venue or one city in full."""

from __future__ import annotations

import json

import pytest
from tests.cli import schemas
from tests.cli.program import Program, on
from tests.databases import Database


def test_a_job_has_its_life(program: Program) -> None:
    shown = program("show", "job", 137)
    assert shown.code == 0
    for words in (
        "Job 137",
        "enrichment, venue",
        "discarded, attempt 3 of 3",
        "Outcome then  failed",
        "Outcome now   no_images",
        "google_places: REQUEST_DENIED",
        "Browar Sessions (browar-sessions, id 12)",
        "Kraków (krakow,pl, id 5)",
        "Attempts that failed",
        "What the providers answered",
    ):
        assert words in shown.out
    job = program("show", "job", 137, "-o", "json").data
    assert [error["attempt"] for error in job["errors"]] == [1, 2, 3]
    assert all("REQUEST_DENIED" in error["error"] for error in job["errors"])
    assert job["discarded_at"] is not None
    assert job["completed_at"] is None
    assert job["provider_answers"][0]["provider"] == "google_places"


def test_a_job_has_what_failed_then_and_what_stands_now(program: Program) -> None:
    job = program("show", "job", 146, "-o", "json").data
    assert (job["outcome"], job["outcome_now"], job["venue"]) == ("partial", "partial", "noce-krk")
    assert job["failure_breakdown"] == {"not_found": 1, "rate_limited": 1}
    assert [image["error_type"] for image in job["failed_images"]] == ["rate_limited", "not_found"]
    assert [image["retryability"] for image in job["failed_images"]] == ["transient", "permanent"]
    assert all(image["url"].endswith("key=REDACTED") for image in job["failed_images"])
    assert [image["place"] for image in job["images_now"]] == [1, 2, 3, 4, 5, 6]
    assert job["args"]["venue_id"] == "14"  # an id as text is an id all the same
    assert job["meta"]["images_failed"] == 2


def test_a_backfill_has_its_children(program: Program) -> None:
    job = program("show", "job", 134, "-o", "json").data
    assert sorted(child["id"] for child in job["children"]) == [136, 137, 138]
    assert job["jobs_by_outcome"] == {"failed": 2, "success": 1}
    assert (job["jobs_spawned"], job["jobs_found"]) == (3, 3)
    assert "Jobs it started: 3 of 3 still in the table" in program("show", "job", 134).out
    assert program("show", "job", 101, "-o", "json").data["children"] == []


def test_a_job_of_a_venue_that_is_gone(program: Program) -> None:
    assert "Sala Zeszłoroczna, id 19 (gone)" in program("show", "job", 142).out
    job = program("show", "job", 142, "-o", "json").data
    assert (job["venue"], job["venue_id"], job["venue_name"]) == (None, 19, "Sala Zeszłoroczna")
    assert (job["images_now"], job["outcome_now"]) == ([], None)


@pytest.mark.parametrize("reference", ["noce-krk", "14"])
def test_a_venue_goes_by_slug_and_id(program: Program, reference: str) -> None:
    venue = program("show", "venue", reference, "-o", "json").data
    assert (venue["id"], venue["slug"], venue["outcome"]) == (14, "noce-krk", "partial")
    assert [job["id"] for job in venue["jobs"]] == [146, 121]
    assert len(venue["enrichment_history"]) == 2


def test_which_images_could_be_retried_and_why_the_others_not(program: Program) -> None:
    images = program("show", "venue", "noce-krk", "-o", "json").data["images"]
    assert {image["place"]: image["retry"] for image in images} == {
        1: "uploaded",
        2: "uploaded",
        3: "retry",
        4: "uploaded",
        5: "permanent_error",
        6: "uploaded",
    }
    assert [image["id"] for image in images] == program(
        "show", "venue", "noce-krk", "-o", "ids"
    ).lines
    shown = program("show", "venue", "noce-krk").out
    assert "1 of 2 failed images can be retried" in shown
    assert "no: permanent" in shown


def test_awkward_images_are_all_there(program: Program) -> None:
    venue = program("show", "venue", "muzeum-nocnych-swiatel", "-o", "json").data
    assert [image["retry"] for image in venue["images"]] == [
        "no_status",
        "not_an_image",
        "not_an_image",
        "not_an_image",
        "unknown_status",
        "ambiguous_error",
    ]
    ids = program("show", "venue", "muzeum-nocnych-swiatel", "-o", "ids").lines
    assert ids[1:4] == [f"muzeum-nocnych-swiatel/#{place}" for place in (2, 3, 4)]
    assert len(set(ids)) == 6


def test_a_venues_images_as_csv(program: Program) -> None:
    records = program("show", "venue", "noce-krk", "-o", "csv").records
    assert [record["upload_status"] for record in records] == [
        *("uploaded", "uploaded", "failed"),
        *("uploaded", "failed", "uploaded"),
    ]
    chosen = program("show", "venue", 14, "-o", "tsv", "--columns", "place,retry", "--no-headers")
    assert chosen.lines[2] == "3\tretry"


def test_columns_choose_among_the_keys(program: Program) -> None:
    chosen = program("show", "job", 146, "-o", "json", "--columns", "venue,id")
    assert chosen.out == '{"data":{"venue":"noce-krk","id":146}}\n'
    refused = program("show", "job", 146, "-o", "json", "--columns", "colour")
    assert (refused.code, refused.error["message"]) == (2, 'There is no column "colour" here.')


def test_a_city_has_its_totals(program: Program) -> None:
    city = program("show", "city", "krakow", "-o", "json").data
    assert (city["id"], city["name"], city["country_code"]) == (5, "Kraków", "PL")
    venues = {row["outcome"]: row["venues"] for row in city["venues_by_outcome"]}
    assert venues == {"no_images": 8, "partial": 1, "success": 1}
    jobs = sum(row["jobs"] for row in city["jobs_by_outcome"])
    assert jobs == len(program("list", "-c", "krakow", "-n", 0, "-o", "ids").ids)
    assert {(row["error_type"], row["retryability"]) for row in city["errors"]} == {
        ("not_found", "permanent"),
        ("rate_limited", "transient"),
    }
    assert [row["slug"] for row in city["worst_venues"]] == ["noce-krk"]
    assert [row["id"] for row in city["last_backfills"]] == [144, 134, 124, 120, 109]


@pytest.mark.parametrize("reference", ["Kraków", "kraków", "Cracow", "5", "krakow,pl"])
def test_a_city_goes_by_any_of_its_names(program: Program, reference: str) -> None:
    assert program("show", "city", reference).lines[0] == "Kraków"


@pytest.mark.parametrize(
    ("argv", "code", "message", "hint"),
    [
        (["job", "9999"], 3, "There is no job 9999.", "venue-ops show venue"),
        (["job", "9" * 30], 3, "There is no job 9999", "venue-ops show venue"),
        (["job", "abc"], 2, "ID ", "venue-ops show job --help"),
        (["job", "0"], 2, "ID ", "venue-ops show job --help"),
        (["job"], 2, "Missing argument 'ID'", "venue-ops show job --help"),
        (["image", "noce-krk"], 2, '"noce-krk" names no image.', "noce-krk/#3"),
        (["image", "noce-krk/"], 2, '"noce-krk/" names no image.', "noce-krk/#3"),
        (["image", "/gp-1"], 2, '"/gp-1" names no image.', "noce-krk/#3"),
        (["image", "noce/gp-1"], 3, 'slug or id "noce"', "venue-ops venues"),
        (["image", "noce-krk/gp-1"], 3, 'no image "gp-1" among its 6.', "show venue noce-krk"),
        (["image", "noce-krk/#7"], 3, 'no image "#7" among its 6.', "show venue noce-krk"),
        (["image", "noce-krk/#0"], 3, 'no image "#0" among its 6.', "show venue noce-krk"),
        (["venue", "noce"], 3, 'slug or id "noce"', "venue-ops venues"),
        (["venue", "4711"], 3, 'slug or id "4711"', "venue-ops venues"),
        (["city", "krkow"], 3, 'No city is called "krkow".', "Did you mean krakow?"),
        (["city", "london"], 2, '"london" names 2 cities.', "london,gb, london,ca"),
        (["city", "krakow,warszawa"], 2, "one city at a time", "venue-ops show city --help"),
        (["job", "146", "-o", "csv"], 2, "no list to print as csv", "table, wide, json, ndjson"),
        (["city", "krakow", "-o", "ids"], 2, "no list to print as ids", "table, wide, json"),
        (["venue", "14", "--columns", "id"], 2, "--columns", "csv, tsv"),
        (["venue", "14", "-o", "csv", "--columns", "slug"], 2, 'no column "slug"', "place, id"),
        (["planet", "earth"], 2, "No such command 'planet'", "venue-ops show --help"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_what_does_not_exist_or_cannot_be_meant(
    program: Program, argv: list[str], code: int, message: str, hint: str
) -> None:
    result = program("show", *argv)
    assert (result.code, result.out) == (code, "")
    error, advice = result.err.splitlines()
    assert message in error
    assert hint in advice


def test_an_image_goes_by_its_id_or_place(program: Program) -> None:
    ids = program("show", "venue", "noce-krk", "-o", "ids").lines
    rows = program("show", "venue", "noce-krk", "-o", "json").data["images"]
    for place, (ident, row) in enumerate(zip(ids, rows, strict=True), start=1):
        for ref in (ident, f"noce-krk/#{place}", f"14/#{place}", f"14/{ident.partition('/')[2]}"):
            whole = json.loads(program("show", "image", ref, "-o", "json").out)
            schemas.assert_document(whole, "one-image")
            assert whole["data"] == row
            assert program("show", "image", ref, "-o", "ids").lines == [ident]


def test_every_exported_image_can_be_shown(generated_database: Database) -> None:
    """But for those of one identity, which are told apart by their place."""
    program = on(generated_database)
    found = program("export", "csv", "images", "--columns", "id,venue,place", "-q").records
    for row in found[:: len(found) // 60]:
        shown = program("show", "image", row["id"] or f"{row['venue']}/#{row['place']}")
        twins = sum(other["id"] == row["id"] for other in found) - 1 if row["id"] else 0
        assert shown.code == (2 if twins else 0)
        if twins:
            assert f"/#{row['place']}" in shown.err


@pytest.mark.parametrize("junk", ['"abc"', '" 14"', '"014"', "1.5", "true", "null", "[14]", "{}"])
def test_junk_ids_are_shown_as_they_are(sample_database: Database, junk: str) -> None:
    with sample_database.connect(autocommit=True) as conn:
        conn.execute(
            "UPDATE oban_jobs SET args = jsonb_build_object('venue_id', %s::jsonb) WHERE id = 146",
            [junk],
        )
    program = on(sample_database)
    job = program("show", "job", 146, "-o", "json").data
    assert (job["venue_id"], job["venue"], job["outcome_now"]) == (None, None, None)
    assert job["args"]["venue_id"] == json.loads(junk)
    assert program("show", "job", 146).code == 0
    assert 146 in program("list", "-n", 0, "-o", "ids").ids
    assert program("list", "--venue", "noce-krk", "-o", "ids").ids == [121]
