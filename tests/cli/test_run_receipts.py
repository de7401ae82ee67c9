"""`runs`: what is left of a run, and a command that can be pasted."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from tests.cli.program import Program
from tests.cli.retrying import statuses
from tests.cli.test_retry import here, program
from tests.retrying import World

from venue_ops.core.errors import ConfigurationError
from venue_ops.core.retry.receipts import ReceiptWriter
from venue_ops.demo.web import Answer

__all__ = ["here", "program"]  # the fixtures

PROVIDERS = ("foursquare", "google_places", "here")


def shown(program: Program) -> Any:
    (run, *_) = program("runs", "list", "-o", "json").data
    return program("runs", "show", run["id"], "-o", "json").data


def test_what_failed_again_can_be_pasted_with_its_options(here: World, program: Program) -> None:
    here.provider.scripts["/b.jpg"] = [Answer(503)]
    here.venue(here.image("/a.jpg"), here.image("/b.jpg"), slug="noce")
    done = program("retry", "venue", "noce", "--provider", "foursquare", "--max-retries", 5)
    assert done.code == 5
    run = shown(program)
    assert run["next"] == "venue-ops retry venue noce --provider foursquare --max-retries 5"
    assert run["results"] == {"failed": 1, "uploaded": 1}
    text = program("runs", "show", run["id"]).out
    assert text.index("\nLeft\n") < text.index("/fs-") < text.index("\nDone\n")
    here.provider.scripts.clear()
    assert program(*shlex.split(run["next"])[1:]).code == 0


def test_more_names_than_fit_are_passed_on_as_ids(here: World, program: Program) -> None:
    """Three failures a provider: none of them is left alone for it."""
    venues = [
        here.venue(here.image(f"/{n}.jpg", provider=PROVIDERS[n % 3]), slug=f"venue-{n}")
        for n in range(12)
    ]
    for n in range(10):
        here.provider.scripts[f"/{n}.jpg"] = [Answer(404 if n == 0 else 500)]
    program("retry", "venue", *(f"venue-{n}" for n in range(12)), "--class", "transient,ambiguous")
    run = shown(program)
    first, second = run["next"].split(" | ")
    assert first == f"venue-ops runs show {run['id']} -o ids"
    assert second == "venue-ops retry image - --class transient,ambiguous"
    ids = program(*shlex.split(first)[1:]).out
    assert len(ids.splitlines()) == run["results"]["failed"] == 9
    here.provider.scripts.clear()
    again = program.process(*shlex.split(second)[1:], input=ids)
    assert again.returncode == 0
    assert [statuses(here, venue) for venue in venues[1:]] == [["uploaded"]] * 11


def test_what_was_asked_can_be_typed_again(world_of: World, retrier: Program) -> None:
    """More than five names are too many for a line; a name with a blank is quoted."""
    world_of.provider.scripts["/0.jpg"] = [Answer(503)]
    for n in range(6):
        world_of.venue(world_of.image(f"/{n % 3}.jpg"), slug=f"venue {n}")
    names = [f"venue {n}" for n in range(6)]
    assert retrier("retry", "venue", *names).code == 5
    (run,) = retrier("runs", "list", "-o", "json").data
    assert run["what"].endswith("'venue 4' and 1 more")
    ids = retrier("runs", "show", run["id"], "-o", "ids")
    assert {line.partition("/")[0] for line in ids.lines} == {"venue 0", "venue 3"}
    following = retrier("runs", "show", run["id"], "-o", "json").data["next"]
    assert shlex.split(following) == ["venue-ops", "retry", "image", *ids.lines]
    typed = retrier(*shlex.split(following)[1:], "--dry-run", "-o", "json")
    again = ("retry", "image", "-", "--dry-run", "-o", "json")
    piped = retrier.process(*again, input=ids.out)
    assert [row["taken"] for row in typed.data] == [True, True]
    assert json.loads(piped.stdout)["data"] == typed.data


def test_a_run_that_did_everything_has_nothing_next(here: World, program: Program) -> None:
    here.venue(here.image("/a.jpg"), slug="noce")
    program("retry", "venue", "noce")
    run = shown(program)
    assert run["next"] is None
    assert "Left" not in program("runs", "show", run["id"]).out
    assert program("runs", "show", run["id"], "-o", "ids").out == ""


def test_receipts_that_cannot_be_read_are_not_taken_for_none(here: World, program: Program) -> None:
    here.venue(here.image("/a.jpg"), slug="noce")
    program("retry", "venue", "noce")
    (runs,) = here.state.root.glob("vo*/runs")
    for file in runs.iterdir():
        file.unlink()
    runs.rmdir()
    runs.write_text("")
    refused = program("runs", "list")
    assert refused.code == 4
    assert refused.err.startswith("error: The receipts cannot be read: Not a directory.")


@pytest.mark.parametrize("which", ["end", "image"])
def test_a_receipt_that_cannot_be_written_hides_no_result(
    here: World, program: Program, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    venue = here.venue(here.image("/a.jpg"), slug="noce")
    real = ReceiptWriter._write

    def full(writer: ReceiptWriter, kind: str, part: Any, **options: Any) -> None:
        if kind in (which, "end"):
            raise ConfigurationError("The receipt of the run cannot be written: it is full.")
        real(writer, kind, part, **options)

    monkeypatch.setattr(ReceiptWriter, "_write", full)
    done = program("retry", "venue", "noce", "-o", "json")
    assert done.code == (0 if which == "end" else 4)
    assert statuses(here, venue) == ["uploaded"]
    assert [row["result"] for row in json.loads(done.out)["data"]] == ["uploaded"]
    assert "The receipt of the run cannot be written: it is full." in done.err


def test_the_table_is_read_from_the_receipt(here: World, program: Program, tmp_path: Path) -> None:
    here.venue(here.image("/a.jpg"), slug="noce")
    done = program("retry", "venue", "noce", "-o", "json")
    (row,) = done.data
    assert row["venue"] == "noce"
    assert row["path"].startswith("/venues/noce/")
    assert row["url"].endswith(row["path"].removeprefix("/venues"))
    assert {"id", "venue_id", "provider", "error_type", "status_code", "message", "at"} < set(row)
