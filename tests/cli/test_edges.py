"""Edges that a stranger found: what is asked for and does not match is said, never passed over."""

from __future__ import annotations

import json

import pytest
from tests.cli.program import Program, on
from tests.databases import Database

from venue_ops.settings import WorkerNames

NAMES = WorkerNames()


def test_an_empty_url_is_no_reason_to_take_another_database(program: Program) -> None:
    result = program("list", "--database-url", "")
    assert (result.code, result.out) == (2, "")
    assert "--database-url is empty" in result.err


@pytest.mark.parametrize(
    ("argv", "said"),
    [(["--kind", "all,bogus"], "bogus"), (["--columns", ""], "no column"), (["--tz", ""], "--tz")],
)
def test_what_cannot_be_meant_is_refused(program: Program, argv: list[str], said: str) -> None:
    result = program("list", *argv)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_a_full_page_still_says_that_a_kind_is_missing(sample_database: Database) -> None:
    """The backfills have another worker now: the page is full, and all the same not whole."""
    with sample_database.connect() as conn:
        conn.execute(
            "UPDATE oban_jobs SET worker = worker || 'V2' WHERE worker = %s", NAMES.backfill
        )
        conn.commit()
    for argv in (["list"], ["show", "city", "warszawa"]):
        said = on(sample_database)(*argv).err
        assert f"No job is by worker {NAMES.backfill[0]}, which the settings name." in said
        assert f"11 jobs are by worker {NAMES.backfill[0]}V2, which no setting names" in said


def test_a_healthy_table_gives_no_alarm(program: Program) -> None:
    said = program("list", "--error", "no such error").err
    assert "no setting names" not in said
    assert "0 of" in said


def test_behind_the_last_row_there_is_nothing_more(program: Program) -> None:
    assert program("list", "--after", "1").err == "Nothing more behind --after 1.\n"


def test_the_message_of_a_failed_image_is_found(sample_database: Database) -> None:
    meta = {"status": "success", "failed_images": [{"message": "Too many requests, wait"}]}
    with sample_database.connect() as conn:
        conn.execute("UPDATE oban_jobs SET meta = %s::jsonb WHERE id = 150", [json.dumps(meta)])
        conn.commit()
    assert "150" in on(sample_database)("list", "--error", "WAIT", "-o", "ids").lines


def test_a_job_says_what_its_venues_came_to(program: Program) -> None:
    assert "Venues        10: 8 enriched, 1 failed, 1 skipped" in program("show", "job", 101).out
    assert "Skipped because  not_stale" in program("show", "job", 140).out


def test_pruned_children_are_counted_too(sample_database: Database) -> None:
    with sample_database.connect() as conn:
        conn.execute("DELETE FROM oban_jobs WHERE id IN (136, 137, 138)")
        conn.commit()
    shown = on(sample_database)("show", "job", 134).out
    assert "Jobs it started: 0 of 3 still in the table\nnone: finished jobs are pruned" in shown


def test_a_job_of_another_worker_shows_the_venue_it_names(program: Program) -> None:
    rows = program("list", "--kind", "other", "-o", "json").data
    naming = [row for row in rows if row["venue_id"] is not None]
    assert naming
    assert all(row["venue"] is not None and row["city"] is not None for row in naming)


def test_a_slug_of_digits_is_what_the_lists_print(sample_database: Database) -> None:
    with sample_database.connect() as conn:
        conn.execute("UPDATE venues SET slug = '14' WHERE id = 10")
        conn.commit()
    program = on(sample_database)
    assert "14" in program("venues", "-o", "ids").lines
    assert program("show", "venue", "14", "-o", "json").data["id"] == 10


def test_a_time_at_the_edge_of_the_calendar_is_shown(sample_database: Database) -> None:
    with sample_database.connect() as conn:
        conn.execute(
            "UPDATE venues SET image_enrichment_metadata = jsonb_build_object("
            "'last_checked_at', '0001-01-01T00:00:00Z', 'next_enrichment_due',"
            " '9999-12-31T23:59:59Z') WHERE id = 14"
        )
        conn.commit()
    for zone in ("America/New_York", "Europe/Warsaw"):
        assert on(sample_database)("show", "venue", "noce-krk", "--tz", zone).code == 0


def test_found_in_development_is_not_passed_off_as_uploaded(sample_database: Database) -> None:
    with sample_database.connect() as conn:
        conn.execute(
            "UPDATE venues SET venue_images ="
            ' \'[{"upload_status": "skipped_dev", "url": "https://h/a.jpg"}]\' WHERE id = 10'
        )
        conn.commit()
    program = on(sample_database)
    assert "1/1 dev" in program("venues", "--city", "krakow").out
    totals = program("show", "city", "krakow", "-o", "json").data["venues_by_outcome"]
    (success,) = [row for row in totals if row["outcome"] == "success"]
    assert (success["uploaded"], success["skipped_dev"]) == (0, 1)
