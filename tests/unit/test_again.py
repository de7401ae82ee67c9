"""The command that goes on where a run ended: complete, and pasted as it stands."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.core.retry.again import Asked, Command, Left, next_command, typed_names

NOTHING = Left(0, (), None, is_all=True)
ONE = Left(1, ("noce-krk/gp-848af5ab31",), None, is_all=True)
MANY = Left(40, tuple(f"v-{n}/fs-0123456789" for n in range(8)), None, is_all=True)
STOPPED = Left(7, ONE.first, None, is_all=False)
CITY = Asked("retry city", ("krakow,pl", "nowy sacz"), ("--class", "transient,ambiguous"))
VENUES = Asked("retry venue", (), ("--class", "a", "--error", "--force", "--provider", "here"))
IMAGES = Asked("retry image", ("noce-krk/#3",), ("--max-retries", "5", "--force"))
RUN = "20261124-120000-ab12"


def line(asked: Asked | None, left: Left, *, ended: bool = True) -> str | None:
    found = next_command(RUN, asked, left, ended=ended)
    return None if found is None else found.line


@pytest.mark.parametrize(
    ("asked", "left", "said"),
    [
        (CITY, NOTHING, None),
        (CITY, Left(0, (), "a/fs-1", is_all=True), "venue-ops explain image a/fs-1"),
        (Asked("sweep", (), ("--force",)), ONE, "venue-ops sweep --force"),
        (
            Asked("retry venue", ("v-0", "v-1", "v-2", "v-3", "v-4", "v-5", "v-6")), MANY,
            "venue-ops retry venue v-0 v-1 v-2 v-3 v-4 v-5 v-6",
        ),
        (IMAGES, ONE, "venue-ops retry image noce-krk/gp-848af5ab31 --max-retries 5 --force"),
        (
            VENUES, MANY,
            f"venue-ops runs show {RUN} -o ids | venue-ops retry image - --class a",
        ),
        (
            Asked("retry venue", ("v" * 80,)), MANY,
            f"venue-ops runs show {RUN} -o ids | venue-ops retry image -",
        ),
        (CITY, STOPPED, "venue-ops retry city krakow,pl 'nowy sacz' --class transient,ambiguous"),
        (IMAGES, STOPPED, "venue-ops retry image 'noce-krk/#3' --max-retries 5 --force"),
        (VENUES, Left(0, (), None, is_all=False), "venue-ops reconcile"),
        (None, MANY, f"venue-ops runs show {RUN} -o ids | venue-ops retry image -"),
    ],
)  # fmt: skip
def test_after_a_run_that_ended(asked: Asked | None, left: Left, said: str | None) -> None:
    assert line(asked, left) == said


@pytest.mark.parametrize(
    ("asked", "left", "said"),
    [
        (CITY, NOTHING, "venue-ops retry city krakow,pl 'nowy sacz' --class transient,ambiguous"),
        (IMAGES, NOTHING, "venue-ops retry image 'noce-krk/#3' --max-retries 5 --force"),
        (VENUES, NOTHING, "venue-ops reconcile"),
        (None, NOTHING, "venue-ops reconcile"),
    ],
)
def test_after_a_run_that_was_killed(asked: Asked | None, left: Left, said: str) -> None:
    assert line(asked, left, ended=False) == said


def test_names_are_kept_as_long_as_they_can_be_typed() -> None:
    names = [f"venue-{number:04}" for number in range(180)]
    assert typed_names(names) == tuple(names)
    assert typed_names([*names, *names]) == ()


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@given(st.lists(WORDS, max_size=12))
def test_a_shell_reads_back_every_word(words: list[str]) -> None:
    assert shlex.split(Command.of(*words).line) == ["venue-ops", *words]


def test_lines_are_what_the_whole_is() -> None:
    """Pasted into a shell, over several lines and through a pipe."""
    names = [f"it's #{number} | $HOME" for number in range(12)]
    pipe = Command((("printf", "%s\\n", *names), ("sort", "-r", "-", "--stable", "--ignore-case")))
    lines = list(pipe.lines)
    assert len(lines) > 3
    assert max(map(len, lines)) <= 68
    pasted = "\n".join(lines)
    said = [
        subprocess.run(
            ["sh", "-c", script], capture_output=True, text=True, check=True, timeout=60
        ).stdout
        for script in (pipe.line, pasted)
    ]
    assert said[0] == said[1]
    assert sorted(said[0].splitlines()) == sorted(names)
