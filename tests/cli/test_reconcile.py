"""`reconcile` from the command line: what it tells, how often, and how it ends."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.cli.program import Program
from tests.cli.retrying import statuses
from tests.cli.test_retry import here, program
from tests.retrying import World

__all__ = ["here", "program"]  # the fixtures


def overwrite(here: World, venue: int, images: Any) -> None:
    with here.database.connect(autocommit=True) as conn:
        conn.execute(
            "UPDATE venues SET venue_images = %s WHERE id = %s", [json.dumps(images), venue]
        )


@pytest.fixture
def stored(here: World, program: Program) -> tuple[int, list[Any]]:
    """A venue whose photo was stored, and its array from before."""
    venue = here.venue(here.image("/a.jpg"), slug="noce")
    stale = here.images(venue)
    assert program("retry", "venue", "noce").code == 0
    return venue, stale


Stored = tuple[int, list[Any]]


def test_what_is_gone_is_told_once_and_is_no_failure(
    here: World, program: Program, stored: Stored
) -> None:
    """Every photo that Google gave a new address is gone, every night."""
    overwrite(here, stored[0], [])
    looked = program("reconcile", "--dry-run", "-o", "json")
    assert (looked.code, [row["found"] for row in looked.data]) == (0, ["gone"])
    first = program("reconcile", "-o", "json")
    assert (first.code, [row["found"] for row in first.data]) == (0, ["gone"])
    assert "Told this once, for nothing is left to write: gone." in first.err
    second = program("reconcile", "-o", "json")
    assert (second.code, second.data) == (0, [])
    assert second.err.startswith("1 told before in ")
    assert [row["found"] for row in program("reconcile", "--all", "-o", "json").data] == ["gone"]


def test_exit_5_when_what_is_there_cannot_be_written(
    here: World, program: Program, stored: Stored
) -> None:
    venue, stale = stored
    overwrite(here, venue, [*stale, {**stale[0], "quality_score": 0.9}])
    found = program("reconcile", "-o", "json")
    assert (found.code, [row["found"] for row in found.data]) == (5, ["ambiguous"])
    assert statuses(here, venue) == ["failed", "failed"]


def test_a_photo_that_failed_since_is_said_and_left_to_a_retry(
    here: World, program: Program, stored: Stored
) -> None:
    venue, stale = stored
    overwrite(here, venue, [{**stale[0], "fetched_at": "2999-01-01T00:00:00Z"}])
    found = program("reconcile", "-o", "json")
    assert (found.code, [row["found"] for row in found.data]) == (0, ["failed_since"])
    assert statuses(here, venue) == ["failed"]
    again = program("retry", "venue", "noce", "-o", "json")
    assert [row["result"] for row in again.data] == ["uploaded"]


def test_force_stores_a_photo_again_that_the_journal_knows(
    here: World, program: Program, stored: Stored
) -> None:
    overwrite(here, *stored)
    here.store.objects.clear()
    done = program("retry", "venue", "noce", "--force", "-o", "json")
    assert [row["result"] for row in done.data] == ["uploaded"]
    assert len(here.store.objects) == 1


def test_photos_in_another_store_are_counted_and_not_used(
    here: World, program: Program, stored: Stored, tmp_path: Path
) -> None:
    overwrite(here, *stored)
    moved = replace(program, env={**program.env, "VENUE_OPS_STORE": f"file://{tmp_path}/photos"})
    found = moved("reconcile", "-o", "json")
    assert (found.code, found.data) == (0, [])
    assert "1 photo lies in another store (ImageKit (/venues)) and was not used" in found.err
    assert statuses(here, stored[0]) == ["failed"]
    assert [row["found"] for row in moved("reconcile", "--all", "-o", "json").data] == ["elsewhere"]
    done = moved("retry", "venue", "noce", "-o", "json")
    assert [row["result"] for row in done.data] == ["uploaded"]
    assert here.images(stored[0])[0]["url"].startswith("file://")


def test_exit_4_when_nobody_says_where_photos_lie(program: Program, stored: Stored) -> None:
    bare = replace(program, env={**program.env, "IMAGEKIT_PRIVATE_KEY": ""})
    refused = bare("reconcile")
    assert (refused.code, stored[0] > 0) == (4, True)
    assert refused.err.startswith("error: No store is set for the photos.")


def test_a_dry_run_makes_no_folder(program: Program, tmp_path: Path) -> None:
    """The world of the tests has made one already; this is another."""
    other = replace(program, env={**program.env, "VENUE_OPS_STATE_DIR": str(tmp_path / "none")})
    looked = other("reconcile", "--dry-run")
    assert looked.code == 0
    assert looked.err.startswith("The journal of ")
    assert not (tmp_path / "none").exists()
