"""What retries print is what their schemas say: every result, every reason, every finding."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.cli import schemas
from tests.cli.program import Program, on
from tests.cli.receipts import OUTCOMES, write_receipt
from tests.databases import Database
from tests.retrying import World

from venue_ops.core.planning import Reason, Remedy
from venue_ops.core.planning.jobs import JobReason
from venue_ops.core.retry.outcomes import JobResult, Result, Stop
from venue_ops.core.retry.reconcile import Found
from venue_ops.core.retry.state import StateFolder
from venue_ops.demo.web import Answer


def enum_of(name: str, key: str) -> set[str]:
    found = schemas.shipped()[name]["properties"][key]["enum"]
    return {word for word in found if word is not None}


def both(program: Program, *argv: str | int, kind: str, code: int = 0) -> list[dict[str, Any]]:
    """The rows, the same as JSON and as lines, and both as their schema says."""
    whole, lines = program(*argv, "-o", "json"), program(*argv, "-o", "ndjson")
    assert (whole.code, lines.code) == (code, code), whole.err
    schemas.assert_list(json.loads(whole.out), kind)
    rows = [json.loads(line) for line in lines.lines]
    for row in rows:
        schemas.assert_row(row, kind)
    assert rows == whole.data
    return rows


def document(program: Program, *argv: str | int, name: str) -> dict[str, Any]:
    """What is shown, as its schema says, also on one line."""
    whole, line = program(*argv, "-o", "json"), program(*argv, "-o", "ndjson")
    assert whole.code == 0, whole.err
    schemas.assert_valid(json.loads(whole.out), name)
    assert json.loads(line.out) == whole.data
    data: dict[str, Any] = whole.data
    return data


@pytest.mark.parametrize(
    ("name", "key", "words"),
    [
        ("planned-image", "reason", Reason),
        ("planned-image", "remedy", Remedy),
        ("outcome", "result", Result),
        ("planned-job", "reason", JobReason),
        ("rerun", "reason", JobReason),
        ("rerun", "result", JobResult),
        ("reconciled", "found", Found),
    ],
)
def test_every_word_is_in_the_schema(name: str, key: str, words: Any) -> None:
    assert enum_of(name, key) == {str(word) for word in words}


@pytest.mark.parametrize("what", ["sweep", "retry city krakow", "retry venue noce-krk"])
def test_a_plan_of_the_sample(program: Program, what: str) -> None:
    rows = both(program, *what.split(), "--dry-run", kind="plan")
    assert {row["taken"] for row in rows} == {True, False}


def test_a_plan_of_named_images_has_all_of_them(program: Program) -> None:
    rows = both(program, "retry", "image", "noce-krk/#1", "noce-krk/#2", "--dry-run", kind="plan")
    assert [row["place"] for row in rows] == [1, 2]


def test_a_plan_of_poisonous_rows(generated_database: Database) -> None:
    program = on(generated_database)
    rows = both(program, "sweep", "--dry-run", "--limit", 300, kind="plan")
    assert len({row["reason"] for row in rows}) > 3


def test_what_became_of_images(world_of: World, retrier: Program) -> None:
    """Both formats want a run of their own: a second has nothing to do."""
    world_of.provider.scripts["/1.jpg"] = [Answer(404)]
    for fmt in ("json", "ndjson"):
        world_of.venue(*(world_of.image(f"/{n}.jpg") for n in range(2)), slug=f"of-{fmt}")
        done = retrier("retry", "venue", f"of-{fmt}", "-o", fmt)
        assert done.code == 5
        if fmt == "json":
            schemas.assert_list(json.loads(done.out), "outcomes")
            rows = done.data
        else:
            rows = [json.loads(line) for line in done.lines]
        for row in rows:
            schemas.assert_row(row, "outcomes")
        assert sorted(row["result"] for row in rows) == ["permanently_failed", "uploaded"]


def test_nothing_to_retry_is_an_empty_list(world_of: World, retrier: Program) -> None:
    assert both(retrier, "sweep", kind="outcomes") == []
    assert retrier("sweep", "-o", "csv").records == []
    assert retrier("sweep", "-o", "csv").lines[0].startswith("id,venue_id,venue,")


def test_runs(program: Program, kept: StateFolder) -> None:
    assert both(program, "runs", "list", kind="runs") == []
    ended = write_receipt(kept, 1, *OUTCOMES, stopped=Stop.MAX_IMAGES, reason="after the outage")
    killed = write_receipt(kept, 2, *OUTCOMES[:1], ends=False, what="sweep")
    rows = both(program, "runs", "list", kind="runs")
    assert [(row["id"], row["is_complete"]) for row in rows] == [(killed, False), (ended, True)]
    shown = document(program, "runs", "show", ended, name="run")
    assert shown["results"] == {"left": 1, "permanently_failed": 1, "uploaded": 1}
    assert len(shown["images"]) == 3
    assert document(program, "runs", "show", killed, name="run")["requests"] is None


def test_a_run_as_it_was(world_of: World, retrier: Program) -> None:
    """A provider that refuses everything stands in the receipt, too."""
    for n in range(8):
        world_of.provider.scripts[f"/{n}.jpg"] = [Answer(403)]
    world_of.venue(*(world_of.image(f"/{n}.jpg") for n in range(8)), slug="noce")
    assert retrier("retry", "venue", "noce", "--concurrency", 1).code == 7
    (run,) = both(retrier, "runs", "list", kind="runs")
    shown = document(retrier, "runs", "show", run["id"], name="run")
    assert shown["stopped_providers"] == {"foursquare": "dead_key"}


def test_photos_reconciled(world_of: World, retrier: Program) -> None:
    assert both(retrier, "reconcile", kind="reconciliations") == []
    venue = world_of.venue(world_of.image("/a.jpg"), slug="noce")
    stale = json.dumps(world_of.images(venue))
    retrier("retry", "venue", "noce")
    (fine,) = both(retrier, "reconcile", "--all", kind="reconciliations")
    with world_of.database.connect(autocommit=True) as conn:
        conn.execute("UPDATE venues SET venue_images = %s WHERE id = %s", [stale, venue])
    (found,) = both(retrier, "reconcile", "--dry-run", kind="reconciliations", code=5)
    assert (fine["found"], found["found"]) == ("fine", "overwritten")


def test_jobs_of_every_kind_and_outcome_are_explained(program: Program) -> None:
    jobs = program("list", "-k", "all", "-n", 0, "-o", "json").data
    one_each = {(job["kind"], job["outcome"], job["state"]): job["id"] for job in jobs}
    for job in one_each.values():
        shown = document(program, "explain", "job", job, name="explanation")
        assert shown["why"]
        assert shown["retry"]
        assert shown["next"]


def test_every_venue_of_the_sample_is_explained(program: Program) -> None:
    for venue in program("venues", "-n", 0, "-o", "ids").lines:
        assert document(program, "explain", "venue", venue, name="explanation")["why"]


def test_every_image_of_a_partial_venue_is_explained(program: Program) -> None:
    for venue in program("partials", "-n", 0, "-o", "ids").lines:
        for image in program("show", "venue", venue, "-o", "ids").lines:
            assert document(program, "explain", "image", image, name="explanation")["why"]


@pytest.mark.parametrize(
    "argv",
    [
        ["retry", "venue", "nowhere"],
        ["retry", "city", "krakow", "--dry-run", "--columns", "nonsense"],
        ["retry", "city", "krakow", "--columns", "nonsense"],
        ["retry", "city", "krakow"],
        ["sweep", "--class", "nonsense"],
        ["sweep"],
        ["runs", "show", "nothing"],
        ["explain", "job", "9999"],
        ["explain", "venue", "nowhere"],
        ["explain", "image", "noce-krk/#99"],
    ],
    ids=" ".join,
)
def test_an_error(program: Program, argv: list[str]) -> None:
    failed = program("-o", "json", *argv)
    assert failed.out == ""
    (error, *_) = [line for line in failed.err.splitlines() if line.startswith("{")]
    schemas.assert_valid(json.loads(error), "error")
    assert json.loads(error)["error"]["exit_code"] == failed.code
