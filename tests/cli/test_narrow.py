"""A terminal of 40 columns: what finds no room is left out or cut, and no row runs on."""

from __future__ import annotations

import re
import subprocess

import pytest
from tests.cli.program import Program
from tests.cli.terminal import terminal

WIDTH = 40
COMMANDS = (
    "list",
    "venues",
    "partials",
    "stats --count",
    "stats --by city --count",
    "stats --by provider --count",
    "stats --by day",
    "show job 134",
    "show job 146",
    "show venue noce-krk",
    "show image noce-krk/gp-8fe24abdcc",
    "show city krakow",
    "doctor",
    "retry venue noce-krk --dry-run",
    "explain job 146",
    "explain venue noce-krk",
)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("command", COMMANDS)
def test_no_row_runs_over_the_edge(program: Program, command: str) -> None:
    """Only a word that has no blank in it, as a URL or a worker's name, may be longer."""
    with terminal(WIDTH) as screen:
        ended = program.process(
            *command.split(),
            "--no-pager",
            env={"TERM": "xterm", "LANG": "C.UTF-8"},
            capture_output=False,
            stdout=screen.device,
            stderr=subprocess.DEVNULL,
        )
    assert ended.returncode == 0
    lines = COLOUR.sub("", screen.text).splitlines()
    assert len(lines) >= 3
    for line in lines:
        assert len(line) <= WIDTH or len(line.split()) <= 2, line
