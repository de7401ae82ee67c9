"""How far a retry is, on stderr: bars at a terminal, a line now and then elsewhere."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest
from tests.cli.program import Program, command
from tests.cli.receipts import item
from tests.cli.terminal import terminal
from tests.databases import NOW
from tests.retrying import World
from tests.unit.test_output_payloads import PAYLOADS

from venue_ops.core.retry.outcomes import Outcome, Result
from venue_ops.core.untrusted import visible
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer
from venue_ops.listings.progress import LINE_EVERY, Lines

RUN_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
OF_RICH = re.compile(r"\x1b\[(?:\?25[lh]|2K|1A|[0-9;]*m)")
"""Hide and show the cursor, erase a line, go up one, colours."""


class Clock:
    """Seconds that pass when a test says so."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def lines() -> tuple[Lines, Clock, list[str]]:
    said: list[str] = []
    clock = Clock()
    return Lines(said.append, 1_234, clock), clock, said


def outcome(result: Result) -> Outcome:
    return Outcome(item(1), result, NOW)


# --- lines ---------------------------------------------------------------------------------------


def test_a_line_comes_now_and_then(lines: tuple[Lines, Clock, list[str]]) -> None:
    tell, clock, said = lines
    for second in range(1, 61):
        clock.now = 100.0 + second
        for _ in range(2):
            tell(outcome(Result.UPLOADED))
    assert len(said) == 60 / LINE_EVERY
    assert said[0] == "19 of 1,234 images, 1.9 a second, about 10m39s left"
    assert said[-1] == "119 of 1,234 images, 2.0 a second, about 9m22s left"


def test_a_line_counts_what_failed(lines: tuple[Lines, Clock, list[str]]) -> None:
    tell, clock, said = lines
    for result in Result:
        tell(outcome(result))
    clock.now += LINE_EVERY
    tell(outcome(Result.FAILED))
    assert said == ["9 of 1,234 images, 3 failed, 3 left alone, 0.9 a second, about 22m41s left"]


def test_more_than_was_planned_leaves_no_time(lines: tuple[Lines, Clock, list[str]]) -> None:
    _, clock, _ = lines
    tell = Lines(print, 0, clock)
    assert tell.line(clock.now) == "0 of 0 images, 0.0 a second, about ? left"
    tell(outcome(Result.UPLOADED))
    assert "about 0" in tell.line(clock.now)


def test_off_a_terminal_a_short_run_says_what_it_does_and_did(
    world_of: World, retrier: Program
) -> None:
    world_of.venue(world_of.image("/a.jpg"), world_of.image("/b.jpg"), slug="noce")
    done = retrier("retry", "venue", "noce", "-o", "ids")
    first, second, third = RUN_ID.sub("RUN", done.err).splitlines()
    assert first.startswith("Retrying 2 images of 1 venue, at least ")
    assert (second, third) == ("2 uploaded; 2 requests.", "Its receipt: venue-ops runs show RUN")
    assert "\x1b" not in done.err + done.out


def test_quiet_is_quiet(world_of: World, retrier: Program) -> None:
    world_of.venue(world_of.image("/a.jpg"), slug="noce")
    done = retrier("retry", "venue", "noce", "-q", "-o", "ids")
    assert (done.code, done.err, len(done.lines)) == (0, "", 1)


# --- bars ----------------------------------------------------------------------------------------


def at_a_terminal(program: Program, *argv: str, columns: int = 100, **env: str) -> tuple[Any, str]:
    """stdout goes into a pipe, stderr and stdin are a terminal."""
    with terminal(columns) as screen:
        done = subprocess.run(
            command(*argv),
            env=program.environment({"TERM": "xterm-256color", **env}),
            check=False,
            stdin=screen.device,
            stdout=subprocess.PIPE,
            stderr=screen.device,
            timeout=60,
            text=True,
        )
    return done, screen.text


def slowly(here: World) -> None:
    """So that a bar is drawn more than once."""
    here.provider_web._handler = lambda request: Answer(200, png(request.path), delay=0.3)


def test_a_bar_a_provider(world_of: World, retrier: Program) -> None:
    slowly(world_of)
    here = world_of.image("/c.jpg", provider="google_places")
    world_of.venue(world_of.image("/a.jpg"), world_of.image("/b.jpg"), here, slug="noce")
    done, seen = at_a_terminal(retrier, "retry", "venue", "noce", "-o", "ndjson")
    assert done.returncode == 0
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 3
    plain = OF_RICH.sub("", seen)
    assert re.search(r"foursquare .*0 of 2", plain)
    assert re.search(r"google_places .*0 of 1", plain)
    assert "2 of 2" in plain or "1 of 2" in plain
    assert "3 uploaded; 3 requests." in plain
    assert seen.count("\x1b[?25l") == seen.count("\x1b[?25h")  # the cursor is back


@pytest.mark.parametrize(("color", "no_color"), [("never", ""), ("auto", "1")])
def test_no_colour_where_none_is_wanted(
    world_of: World, retrier: Program, color: str, no_color: str
) -> None:
    slowly(world_of)
    world_of.venue(world_of.image("/a.jpg"), slug="noce")
    argv = ("retry", "venue", "noce", "--color", color)
    done, seen = at_a_terminal(retrier, *argv, NO_COLOR=no_color)
    assert done.returncode == 0
    assert "foursquare" in seen
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", seen)


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_draw_gets_lines(
    world_of: World, retrier: Program, term: str
) -> None:
    world_of.venue(world_of.image("/a.jpg"), slug="noce")
    done, seen = at_a_terminal(retrier, "retry", "venue", "noce", "--color", "never", TERM=term)
    assert done.returncode == 0
    assert "\x1b" not in seen
    assert "1 uploaded" in seen


def test_names_of_providers_drive_no_terminal(world_of: World, retrier: Program) -> None:
    payloads = [text for text in PAYLOADS if not re.search("[\0\ud800-\udfff]", text)]
    assert len(payloads) >= 30
    images = [world_of.image(f"/{n}.jpg", provider=each) for n, each in enumerate(payloads)]
    world_of.venue(*images, slug="noce")
    done, seen = at_a_terminal(
        retrier, "retry", "venue", "noce", "-o", "ids", "--color", "never", columns=200
    )
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == len(payloads)
    rest = re.sub(r"\x1b\[(?:\?25[lh]|2K|1A|[01]?m)|\r", "", seen).replace("\n", "")
    assert "\x1b" not in rest
    assert visible(rest) == rest
