"""The workers that the settings name: the check is made to pass, warn and fail by real rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.cli.doctor import finding, subjects
from tests.cli.program import Program, on
from tests.databases import Database

from venue_ops.settings import WorkerNames

NAMES = WorkerNames()
ENRICHMENT = NAMES.enrichment[0]


def test_a_worker_that_was_renamed_is_found_by_the_name_it_has_now(
    sample: Program, owner: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """The fault this project began with: a page asked for a worker that no longer existed."""
    assert finding(sample, "workers")["level"] == "pass"
    new = ENRICHMENT.replace("EnrichmentJob", "VenueEnrichmentJob")
    owner.execute("UPDATE oban_jobs SET worker = %s WHERE worker = %s", [new, ENRICHMENT])
    found = finding(sample, "workers")
    assert found["level"] == "fail"
    assert found["summary"] == (
        "No job is by EnrichmentJob, which workers.enrichment names;"
        " 25 jobs are by VenueEnrichmentJob."
    )
    assert found["details"][0]["subject"] == ENRICHMENT
    setting = found["remedy"].partition(": ")[2]
    file = tmp_path / "config.toml"
    file.write_text(f"[workers]\n{setting}\n")
    assert finding(sample, "workers", "--config", str(file))["level"] == "pass"
    assert sample("list", "--kind", "enrichment", "--config", str(file), "-o", "ids").lines


def test_an_old_name_without_jobs_beside_the_new_one_is_no_fault(
    sample: Program, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[workers]\nenrichment = ["{ENRICHMENT}", "Old.Photos.Fetcher"]\n')
    found = finding(sample, "workers", "--config", str(file))
    assert found["level"] == "pass"
    assert subjects(found)[0] == "Old.Photos.Fetcher"


def test_a_kind_without_jobs(sample: Program, owner: psycopg.Connection[Any]) -> None:
    owner.execute("DELETE FROM oban_jobs WHERE worker = %s", [NAMES.cleanup[0]])
    assert finding(sample, "workers")["level"] == "pass"
    owner.execute("DELETE FROM oban_jobs WHERE worker = %s", [NAMES.backfill[0]])
    found = finding(sample, "workers")
    assert found["level"] == "warn"
    assert "There is no backfill among" in found["summary"]


def test_a_rarer_worker_that_was_renamed(sample: Program, owner: psycopg.Connection[Any]) -> None:
    owner.execute("UPDATE oban_jobs SET worker = worker || 's' WHERE worker = %s", [NAMES.retry[0]])
    found = finding(sample, "workers")
    assert found["level"] == "fail"
    assert "retry = [" in found["remedy"]


@pytest.mark.parametrize("kind", ["backfill", "enrichment", "retry", "cleanup"])
@pytest.mark.parametrize("name", ["Nowhere.Known", "x"])
def test_a_wrong_name_in_the_settings_fails_and_the_right_one_is_beside_it(
    sample: Program, tmp_path: Path, kind: str, name: str
) -> None:
    """Nothing in the table resembles it, but the program's own name is there."""
    file = tmp_path / "config.toml"
    file.write_text(f'[workers]\n{kind} = "{name}"\n')
    found = finding(sample, "workers", "--config", str(file))
    right = getattr(NAMES, kind)[0]
    assert found["level"] == "fail"
    assert f"which workers.{kind} names" in found["summary"]
    assert found["details"][0]["subject"] == name
    assert right in found["details"][0]["text"]
    assert sample("doctor", "--config", str(file)).code == 4
    file.write_text(f"[workers]\n{found['remedy'].partition(': ')[2]}\n")
    assert finding(sample, "workers", "--config", str(file))["level"] == "pass"


def test_a_wrong_name_where_nothing_is_like_it_and_the_default_is_gone(
    sample: Program, owner: psycopg.Connection[Any], tmp_path: Path
) -> None:
    owner.execute("UPDATE oban_jobs SET worker = 'App.Repeat' WHERE worker = %s", [NAMES.retry[0]])
    file = tmp_path / "config.toml"
    file.write_text('[workers]\nretry = "Nowhere.Known"\n')
    found = finding(sample, "workers", "--config", str(file))
    assert found["level"] == "fail"
    assert "App.Repeat" in subjects(found)
    assert "take it out of the settings" in found["remedy"]


@pytest.mark.parametrize("kind", ["backfill", "enrichment", "retry", "cleanup"])
def test_a_database_without_jobs_of_a_kind_does_not_fail_by_default(
    sample: Program, owner: psycopg.Connection[Any], kind: str
) -> None:
    owner.execute("DELETE FROM oban_jobs WHERE worker = %s", [getattr(NAMES, kind)[0]])
    assert finding(sample, "workers")["level"] in {"pass", "warn"}


def test_a_table_without_jobs(empty_database: Callable[..., Database]) -> None:
    found = finding(on(empty_database()), "workers")
    assert found["level"] == "warn"
    assert "no job at all" in found["summary"]
