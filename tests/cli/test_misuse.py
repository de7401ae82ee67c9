"""A wrong command line is told in one sentence, with what is known instead, and exits with 2."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from tests.cli.program import Program

WRONG = [
    (("list", "--order", "actvity"), '--order does not know "actvity". Did you mean activity?'),
    (("list", "-o", "jsn"), '--output does not know "jsn". Did you mean json or ndjson?'),
    (("stats", "--by", "it's 'x'"), "--by does not know \"it's 'x'\"."),
    (("completion", "powershell"), 'SHELL does not know "powershell".'),
    (("list", "--limit", "x"), '--limit takes a whole number, not "x".'),
    (("list", "--limit", "-3"), "--limit cannot be less than 0."),
    (("show", "job", "noce-krk"), 'ID takes a whole number, not "noce-krk".'),
    (("show", "job", "0"), "ID cannot be less than 1."),
    (("show", "job"), "Missing argument 'ID'."),
    (("list", "extra"), "Got unexpected extra argument(s) (extra)"),
    (("lst",), "No such command 'lst'. Did you mean 'list'?"),
    (("export", "Images"), "images is what to export, and the format is missing."),
]
KNOWN = {
    ("list", "--order", "actvity"): "Known are id, activity.",
    ("completion", "powershell"): "Known are bash, zsh, fish.",
    ("list", "--limit", "-3"): "See `venue-ops list --help`.",
    ("export", "Images"): "Write `venue-ops export csv images`, or ndjson.",
}


@pytest.mark.parametrize(("argv", "said"), WRONG, ids=" ".join)
def test_a_wrong_command_line(program: Program, argv: tuple[str, ...], said: str) -> None:
    wrong = program(*argv)
    assert (wrong.code, wrong.out) == (2, "")
    error, hint = wrong.err.splitlines()
    assert error == f"error: {said}"
    assert hint == f"hint: {KNOWN.get(argv) or hint.removeprefix('hint: ')}"
    assert hint.endswith(".")


@pytest.mark.parametrize("command", ["csv", "ndjson"])
def test_the_help_of_an_export_names_only_what_it_takes(program: Program, command: str) -> None:
    told = program.process("export", command, "--help").stdout
    options = set(re.findall(r"--[a-z][a-z-]+", told))
    assert {"--columns", "--force", "--quiet"} <= options
    assert not options & {"--output", "--no-headers", "--no-pager"}


@pytest.mark.parametrize("command", ["list", "stats", "export csv", "show job"])
def test_paragraphs_of_a_help_fill_their_lines(program: Program, command: str) -> None:
    """No line of the text above the options could have taken the next line's first word."""
    told = program.process(*command.split(), "--help", env={"COLUMNS": "80"}).stdout
    text = told.partition("╭─")[0].split("Usage:")[1]
    lines = [line.strip() for line in text.splitlines()[1:]]
    assert len(lines) > 2
    for line, following in pairwise(lines):
        if line and following:
            assert len(f"{line} {following.split()[0]}") > 78, line
