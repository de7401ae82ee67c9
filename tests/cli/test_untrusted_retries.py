"""Text from outside drives nothing in a retry either: promise 14 for plans, runs and explanations.

The payloads stand in rows, in what a provider answers, in receipts and in what is typed; names of
files and folders are made from them.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.enqueueing import Node, consuming
from tests.cli.program import DOCUMENT_FORMATS, FORMATS, Program, Result, on
from tests.cli.receipts import item, write_receipt
from tests.cli.test_untrusted import (
    OWN_COLOURS,
    PAYLOADS,
    TOGETHER,
    assert_harmless,
    is_formula,
    plant,
)
from tests.databases import Databases
from tests.retrying import World

from venue_ops.core.planning import Identity
from venue_ops.core.retry.outcomes import Result as Became
from venue_ops.core.retry.state import StateFolder
from venue_ops.core.untrusted import visible
from venue_ops.demo.web import Answer

PLANS = (
    ("retry", "image", *(f"1000/#{n}" for n in range(1, 60)), "--dry-run"),
    ("retry", "venue", "1000", "--dry-run", "--class", "transient,ambiguous"),
    ("retry", "city", "999", "--dry-run", "--force"),
    ("sweep", "--dry-run"),
    ("sweep", "--enqueue", "--engine", "python", "--dry-run"),
)
EXPLAINED = (("job", "1000"), ("venue", "1000"), ("image", "1000/#2"))
SAFE_NAME = re.compile(r"[A-Za-z0-9._-]+")


@pytest.fixture(scope="module")
def hostile(databases: Databases) -> Iterator[Program]:
    """Payload n stands in venue 1000 + n and job 1000 + n; all together in number 1000."""
    with databases.copy_of(databases.sample()) as database:
        plant(database)
        yield on(database)


def assert_quiet(result: Result, fmt: str, code: int = 0) -> None:
    assert result.code == code, result.err
    assert_harmless(result.out, fmt)
    assert_harmless(result.err, "table")


def assert_no_formula(text: str, fmt: str) -> None:
    dialect = {"csv": "excel", "tsv": "excel-tab"}[fmt]
    rows = list(csv.reader(io.StringIO(text, newline=""), dialect))
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not [cell for row in rows for cell in row if is_formula(cell)]


# --- plans and explanations ---------------------------------------------------------------------


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("argv", PLANS, ids=lambda argv: " ".join(argv[:2]))
def test_a_plan(hostile: Program, argv: tuple[str, ...], fmt: str) -> None:
    planned = hostile(*argv, "-o", fmt)
    assert_quiet(planned, fmt)
    if fmt in {"csv", "tsv"}:
        assert_no_formula(planned.out, fmt)
    if fmt in {"table", "wide"}:
        coloured = hostile(*argv, "-o", fmt, "--color", "always").out
        assert_harmless(OWN_COLOURS.sub("", coloured), fmt)


def test_a_plan_keeps_the_exact_value_as_json(hostile: Program) -> None:
    for number, payload in enumerate(PAYLOADS, 1001):
        planned = hostile("retry", "venue", number, "--dry-run", "-o", "json").data
        assert {row["provider"] for row in planned} == {payload}
        assert {row["error_type"] for row in planned} == {payload}
        assert {row["venue"] for row in planned} == {payload}


@pytest.mark.parametrize("fmt", DOCUMENT_FORMATS)
@pytest.mark.parametrize("argv", EXPLAINED, ids=" ".join)
def test_an_explanation(hostile: Program, argv: tuple[str, ...], fmt: str) -> None:
    assert_quiet(hostile("explain", *argv, "-o", fmt), fmt)
    if fmt in {"table", "wide"}:
        coloured = hostile("explain", *argv, "-o", fmt, "--color", "always").out
        assert_harmless(OWN_COLOURS.sub("", coloured), fmt)


@pytest.mark.parametrize("number", range(1, len(PAYLOADS) + 1))
def test_each_payload_alone(hostile: Program, number: int) -> None:
    """In the title, in the error's text, in the command to type; as what is missing."""
    payload = PAYLOADS[number - 1]
    for what in (
        ("venue", 1000 + number),
        ("job", 1000 + number),
        ("image", f"{1000 + number}/#2"),
    ):
        assert_quiet(hostile("explain", *what), "table")
    said = hostile("explain", "image", f"{1000 + number}/#2", "-o", "json").data["why"]
    assert f"What was said: {payload}" in said
    for argv in (
        ("retry", "venue", f"{payload}?"),
        ("retry", "image", f"{payload}?/#1"),
        ("retry", "city", f"{payload}?"),
        ("explain", "venue", f"{payload}?"),
        ("runs", "show", payload),
        ("sweep", "--class", payload),
        ("sweep", "--max-duration", payload),
    ):
        refused = hostile(*argv)
        assert refused.code in {2, 3}
        assert_quiet(refused, "table", refused.code)


# --- receipts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_receipt(program: Program, kept: StateFolder, fmt: str) -> None:
    """Whatever wrote it: every text of it is a payload."""
    fields = {"error_type": TOGETHER, "message": TOGETHER, "url": TOGETHER}

    def odd(place: int) -> Any:
        text = PAYLOADS[place - 1]
        return item(place, id=f"{text}/xx-1", status=text, identity=Identity(text, text))

    outcomes = [(Became.FAILED, {**fields, "message": text}) for text in PAYLOADS]
    run = write_receipt(kept, 1, *outcomes, what=TOGETHER, reason=TOGETHER, item=odd)
    file = kept.runs / f"{run}.jsonl"
    assert visible(file.read_text("ascii").replace("\n", "")) == file.read_text().replace("\n", "")
    file.write_text(file.read_text().replace('"failed"', '"\\u001b[2J"'))
    for argv in (("runs", "list"), ("runs", "show", run)):
        shown = program(*argv, "-o", fmt)
        assert_quiet(shown, fmt)
        if fmt in {"csv", "tsv"}:
            assert_no_formula(shown.out, fmt)


# --- real runs ----------------------------------------------------------------------------------


@pytest.fixture
def venues(world_of: World) -> dict[str, int]:
    """By payload: it is the slug, the provider and the error, and what the provider answers."""
    answer = Answer(404, TOGETHER.encode(), {"X-Said": "x\x1b[2J", "Content-Type": "text/\x9b31m"})
    made = {}
    for n, text in enumerate(PAYLOADS):
        world_of.provider.scripts[f"/bad-{n}.jpg"] = [answer]
        details = {"error_type": "rate_limited", "error": text, "message": text}
        images = (
            world_of.image(f"/{kind}-{n}.jpg", provider=text, error_details=details)
            for kind in ("good", "bad")
        )
        made[text] = world_of.venue(*images, slug=text)
    return made


@pytest.mark.parametrize("fmt", ["table", "json", "csv"])
@pytest.mark.usefixtures("venues")
def test_a_run_that_waits_for_its_jobs(world_of: World, retrier: Program, fmt: str) -> None:
    """They say whatever they like of what went wrong."""

    def consume(node: Node, job_id: int, _: Any) -> None:
        node.end(job_id, "discarded", f"** (RuntimeError) {TOGETHER}")

    with consuming(world_of, consume):
        done = retrier("sweep", "--enqueue", "--wait", "-o", fmt, "--reason", TOGETHER)
    assert_quiet(done, fmt, code=5)
    if fmt == "csv":
        assert_no_formula(done.out, fmt)
    run = retrier("runs", "list", "-o", "ids").lines[0]
    assert_quiet(retrier("runs", "show", run, "-o", fmt), fmt)


@pytest.mark.parametrize("fmt", ["table", "json", "ndjson", "csv"])
def test_a_run(
    world_of: World, retrier: Program, venues: dict[str, int], tmp_path: Path, fmt: str
) -> None:
    done = retrier("sweep", "-o", fmt, "--reason", TOGETHER)
    assert_quiet(done, fmt, code=5)
    if fmt in {"csv", "tsv"}:
        assert_no_formula(done.out, fmt)
    for argv in (("runs", "list"), ("reconcile", "--all")):
        assert_quiet(retrier(*argv, "-o", fmt), fmt)
    run = retrier("runs", "list", "-o", "ids").lines[0]
    assert_quiet(retrier("runs", "show", run, "-o", fmt), fmt)
    assert len(world_of.store.objects) == len(PAYLOADS)
    for name in (part for path in world_of.store.objects for part in path.split("/")[1:]):
        assert SAFE_NAME.fullmatch(name)
    for path in (tmp_path / "kept").rglob("*"):
        assert SAFE_NAME.fullmatch(path.name)
    if fmt == "json":
        assert {row["provider"] for row in done.data} == set(PAYLOADS)
        assert {row["venue"] for row in done.data} == set(venues)
    written = [i for v in venues.values() for i in world_of.images(v) if "error_details" in i]
    assert {json.dumps(i["error_details"]["error"]) for i in written} == {'"HTTP 404"'}
