"""A blank result says why: the page that this project started from showed an empty table.

It asked for jobs of a worker that had been renamed, so there was nothing to show and nothing
to see it by.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.program import Program, on
from tests.databases import Database

MODULE = "EventasaurusDiscovery.VenueImages"


@pytest.fixture
def old_settings(tmp_path: Path) -> str:
    """Settings that still name the workers by their old names."""
    file = tmp_path / "old.toml"
    file.write_text(
        f'[workers]\nbackfill = "{MODULE}.BackfillJob"\nenrichment = "{MODULE}.EnrichJob"\n'
    )
    return str(file)


def test_the_users_bug_cannot_happen(program: Program, old_settings: str) -> None:
    blank = program("list", "--kind", "backfill", "--config", old_settings)
    assert blank.code == 0
    assert blank.lines == [
        "ID  KIND  WHEN  OUTCOME  NOW  CITY  VENUE  IMAGES  FAILED  ERROR",
    ]
    assert "0 of 0 backfill jobs are there." in blank.err
    assert f"No job is by worker {MODULE}.BackfillJob, which the settings name." in blank.err
    assert (
        f"11 jobs are by worker {MODULE}.BackfillOrchestratorJob, which no setting names"
        in blank.err
    )
    assert "BackfillJob by another name?" in blank.err


@pytest.mark.parametrize("fmt", ["table", "wide", "json", "ndjson", "csv", "tsv", "ids"])
def test_it_is_said_in_every_format(program: Program, old_settings: str, fmt: str) -> None:
    blank = program("list", "-k", "enrichment", "--config", old_settings, "-o", fmt)
    assert blank.code == 0
    assert f"25 jobs are by worker {MODULE}.EnrichmentJob, which no setting names" in blank.err
    if fmt == "json":
        assert blank.out == '{"data":[],"page":{"limit":50,"next":null,"total":null}}\n'
    elif fmt in {"csv", "tsv"}:
        assert len(blank.lines) == 1
    elif fmt in {"ndjson", "ids"}:
        assert blank.out == ""


def test_renamed_workers_can_be_named_together(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "both.toml"
    names = f'["{MODULE}.BackfillJob", "{MODULE}.BackfillOrchestratorJob"]'
    file.write_text(f"[workers]\nbackfill = {names}\n")
    assert len(program("list", "-k", "backfill", "--config", str(file), "-o", "ids").ids) == 11


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        (["--error", "no such text"], "0 of 43 jobs match --error no such text."),
        (["--provider", "here", "-k", "backfill"], "0 of 11 backfill jobs match --provider here."),
        (["--venue", "4711"], "0 of 43 jobs match --venue 4711."),
        (["--since", "now"], "0 of 43 jobs match --since now."),
        (["-c", "krakow", "-s", "running"], "0 of 43 jobs match --city krakow --status running."),
        (["-c", "krakow", "--state", "retryable"], "0 of 43 jobs match --city krakow --state"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_matched_nothing_is_named(program: Program, filters: list[str], said: str) -> None:
    blank = program("list", *filters)
    assert blank.code == 0
    assert len(blank.lines) == 1
    assert said in blank.err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["venues", "-s", "malformed"], "No venue is malformed."),
        (
            ["venues", "-c", "krakow", "-s", "failed"],
            "No venue is failed and matches --city krakow.",
        ),
        (["partials", "-e", "no such"], "No venue is partial and matches --error no such."),
        (["partials", "--min-failed", "9"], "No venue is partial and matches --min-failed 9."),
        (["venues", "-p", "nobody"], "No venue matches --provider nobody."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_venues(program: Program, argv: list[str], said: str) -> None:
    blank = program(*argv)
    assert blank.code == 0
    assert len(blank.lines) == 1
    assert blank.err.splitlines() == [said]


def test_a_database_without_a_row(empty_database: Callable[..., Database]) -> None:
    program = on(empty_database())
    jobs = program("list")
    assert (jobs.code, len(jobs.lines)) == (0, 1)
    assert "0 of 0 jobs are there." in jobs.err
    assert f"No job is by worker {MODULE}.EnrichmentJob, which the settings name." in jobs.err
    assert program("venues").err == "There are no venues.\n"
    assert program("partials").err == "No venue is partial.\n"
    assert program("show", "city", "krakow").code == 3
    assert "The database has no cities at all." in program("list", "--city", "krakow").err


def test_quiet_is_quiet(program: Program, old_settings: str) -> None:
    assert program("list", "-k", "backfill", "--config", old_settings, "-q").err == ""
