"""A wrong command line is told in one sentence, with what is known instead, and exits with 2."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from tests.cli.program import Program

LIST_HELP, JOB_HELP = "See `venue-ops list --help`.", "See `venue-ops show job --help`."

WRONG = [
    (
        ("list", "--order", "actvity"),
        '--order does not know "actvity". Did you mean activity?',
        "Known are id, activity.",
    ),
    (
        ("list", "-o", "jsn"),
        '--output does not know "jsn". Did you mean json or ndjson?',
        "Known are table, wide, json, ndjson, csv, tsv, ids.",
    ),
    (
        ("stats", "--by", "it's 'x'"),
        "--by does not know \"it's 'x'\".",
        "Known are city, provider, day.",
    ),
    (
        ("completion", "powershell"),
        'SHELL does not know "powershell".',
        "Known are bash, zsh, fish.",
    ),
    (
        ("export", "Images"),
        "images is what to export, and the format is missing.",
        "Write `venue-ops export csv images`, or ndjson.",
    ),
    (("list", "--limit", "x"), '--limit takes a whole number, not "x".', LIST_HELP),
    (("list", "--limit", "-3"), "--limit cannot be less than 0.", LIST_HELP),
    (("list", "extra"), "Got unexpected extra argument(s) (extra)", LIST_HELP),
    (("show", "job", "noce-krk"), 'ID takes a whole number, not "noce-krk".', JOB_HELP),
    (("show", "job", "0"), "ID cannot be less than 1.", JOB_HELP),
    (("show", "job"), "Missing argument 'ID'.", JOB_HELP),
    (("lst",), "No such command 'lst'. Did you mean 'list'?", "See `venue-ops --help`."),
]


@pytest.mark.parametrize(
    ("argv", "said", "hint"),
    WRONG,
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_command_line(
    program: Program, argv: tuple[str, ...], said: str, hint: str
) -> None:
    wrong = program(*argv)
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err.splitlines() == [f"error: {said}", f"hint: {hint}"]


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
