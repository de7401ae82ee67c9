"""Every command that the documentation shows works, and prints what is shown.

In a ```console block a line that begins with `$ venue-ops` is run on the sample data, at the
moment it was loaded for, as at a terminal; what stands below it has to be what it prints, but
for blanks and what `...` stands for. What follows a `|` or `>` is run by a shell, where the
programs it names are installed; `ANALYSIS_URL` names another database to it. A command in
backticks within a table or a list has to end with exit code 0.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import pytest
from tests.databases import NOW, Database
from tools import columns_reference, picture

from venue_ops.cli import main
from venue_ops.context import Session
from venue_ops.exit_codes import ExitCode

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ("reference/commands.md", "reference/columns.md")
IN_ORDER = "docs/tutorial-retry.md"
"""Its commands build on one another: tests/cli/test_demo_retry.py runs them."""
PAGES = [
    ROOT / "README.md",
    *(
        page
        for page in sorted((ROOT / "docs").rglob("*.md"))
        if "_build" not in page.parts and not str(page).endswith(GENERATED)
    ),
]
WIDTH = 112
BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
ENTRY = re.compile(r"^(?:\||- ).*$", re.MULTILINE)
IN_BACKTICKS = re.compile(r"`(venue-ops [^`]+)`")
SHOWS_EXIT_CODE = "; echo $?"
ELSEWHERE = ("demo", "--profile", "worker")
"""What needs a server or a file of its own, or goes on until a signal. These are run by
tests/cli/test_demo_command.py, the tests of the settings, and those of the worker."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A command as it stands on a page, and the output below it."""

    page: str
    command: str
    output: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"{self.page}: {self.command}"


class Screen(StringIO):
    def isatty(self) -> bool:
        return True


def shown_in_blocks(page: Path) -> Iterator[Shown]:
    """The commands of the console blocks; a `$` of another program ends the output before."""
    name = str(page.relative_to(ROOT))
    for block in BLOCK.findall(page.read_text("utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            if command.startswith("venue-ops"):
                yield Shown(name, command, tuple(output.rstrip("\n").split("\n")) if output else ())


def shown_in_entries(page: Path) -> Iterator[Shown]:
    name = str(page.relative_to(ROOT))
    prose = BLOCK.sub("", page.read_text("utf-8"))
    for entry in ENTRY.findall(prose):
        for command in IN_BACKTICKS.findall(entry):
            yield Shown(name, command.replace("\\|", "|"), ())


def for_sample(shown: Shown) -> bool:
    words = shown.command.split()
    return (
        shown.page != IN_ORDER
        and not any(word in ELSEWHERE for word in words[1:2])
        and "..." not in words
    )


BLOCKS = [shown for page in PAGES for shown in shown_in_blocks(page) if for_sample(shown)]
ENTRIES = [shown for page in PAGES for shown in shown_in_entries(page) if for_sample(shown)]


def split(command: str) -> tuple[Sequence[str], str]:
    """The program's own words, and what a shell does with its output."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|>")
    lexer.whitespace_split = True
    words = list(lexer)
    for word in words:
        if word in {"|", ">"}:
            before, after = command.split(f" {word} ", 1)
            return shlex.split(before), f"cat > {after}" if word == ">" else after
    return words, ""


def missing(command: str) -> list[str]:
    """The programs of a pipe that this machine lacks."""
    steps = [words.split()[0] for words in re.split(r" \| (?=[a-z])", split(command)[1]) if words]
    return [program for program in steps if shutil.which(program) is None]


def environment(database: Database, page: str, folder: Path) -> dict[str, str]:
    """Which database it is: by a variable, or on the page of profiles by its own file."""
    if page != "docs/how-to/profiles.md":
        return {"VENUE_OPS_DATABASE_URL": database.url}
    (config,) = re.findall(r"^```toml\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.M | re.S)
    file = folder / ".config" / "venue-ops" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(config, "utf-8")
    return dict.fromkeys(("STAGING_DATABASE_URL", "PROD_DATABASE_URL"), database.url)


def run(
    database: Database, shown: Shown, folder: Path, more: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """The exit code and what a terminal would show."""
    argv, rest = split(shown.command.removesuffix(SHOWS_EXIT_CODE))
    screen, out = Screen(), StringIO()
    session = Session(
        env={
            **environment(database, shown.page, folder),
            "VENUE_OPS_TZ": "UTC",
            "COLUMNS": str(WIDTH),
            "NO_COLOR": "1",
            "HOME": str(folder),
        },
        stdout=out if rest else screen,
        stderr=screen,
        clock=lambda: database.now,
    )
    code = main([word for word in argv[1:] if word != "--demo"], session=session)
    if not rest:
        return int(code), screen.getvalue()
    piped = subprocess.run(
        ["sh", "-c", rest],
        input=out.getvalue(),
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **(more or {})},
        check=True,
    )
    return int(code), screen.getvalue() + piped.stdout


def fits(shown: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether the lines are equal but for the blanks.

    A line `...` stands for any number of lines, and `...` in a line for any text.
    """
    if not shown:
        return not printed
    if shown[0] == "...":
        return any(fits(shown[1:], printed[n:]) for n in range(len(printed) + 1))
    return bool(printed) and line_fits(shown[0], printed[0]) and fits(shown[1:], printed[1:])


def line_fits(shown: str, printed: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in " ".join(shown.split()).split("..."))
    return re.fullmatch(pattern, " ".join(printed.split())) is not None


def test_there_is_something_to_test() -> None:
    assert len(BLOCKS) > 20
    assert len(ENTRIES) > 20


@pytest.mark.parametrize("shown", BLOCKS, ids=lambda shown: shown.id)
def test_a_command_prints_what_is_shown(
    readonly_sample_database: Database,
    empty_database: Callable[..., Database],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shown: Shown,
) -> None:
    monkeypatch.chdir(tmp_path)  # some write files
    command = shown.command.removesuffix(SHOWS_EXIT_CODE)
    if lacking := missing(command):
        pytest.skip(f"needs {', '.join(lacking)}")
    more = {"ANALYSIS_URL": empty_database().url} if "$ANALYSIS_URL" in command else {}
    code, printed = run(readonly_sample_database, shown, tmp_path, more)
    if command != shown.command:
        printed += f"{code}\n"
    else:
        assert code == ExitCode.DONE, printed
    if shown.output:
        assert fits(shown.output, printed.splitlines()), printed


@pytest.mark.parametrize("shown", ENTRIES, ids=lambda shown: shown.id)
def test_a_command_in_a_table_works(
    readonly_sample_database: Database, tmp_path: Path, shown: Shown
) -> None:
    if lacking := missing(shown.command):
        pytest.skip(f"needs {', '.join(lacking)}")
    (tmp_path / "prod.txt").touch()  # what docs/how-to/profiles.md compares with
    if shown.command.split()[1] in WRITING and "--dry-run" not in shown.command:
        shown = replace(shown, command=f"{shown.command} --dry-run")
    code, printed = run(readonly_sample_database, shown, tmp_path)
    assert code == ExitCode.DONE, printed


WRITING = ("retry", "sweep", "reconcile")
"""Commands that write want a store and the world; here they are shown to be meant."""


def test_the_pictures_are_of_this_program(readonly_sample_database: Database) -> None:
    """What they say, that is: how rich draws it may change with its version."""
    assert picture.MOMENT == NOW
    for name, commands in picture.PICTURES.items():
        printed = "\n".join(picture.typed(readonly_sample_database.conninfo, c) for c in commands)
        drawn = (picture.IMAGES / name).read_text("utf-8")
        assert words_of(drawn) == words_of(picture.svg(name, printed)), "python -m tools.picture"


def words_of(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]+)</text>", svg)


def test_the_columns_are_those_of_the_views() -> None:
    hint = "python -m tools.columns_reference"
    assert columns_reference.PAGE.read_text("utf-8") == columns_reference.page(), hint


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_are_named_exist(page: Path) -> None:
    named = re.findall(r"`((?:tests|tools|docs|src)/[\w/.-]+\.\w+)`", page.read_text("utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_stand_where_they_are_tested(page: Path) -> None:
    """Not in a block that no test reads."""
    unread = BLOCK.sub("", page.read_text("utf-8"))
    fenced = re.findall(r"^```\w*\n(.*?)^```", unread, re.DOTALL | re.MULTILINE)
    assert not any(re.search(r"^\$ ", block, re.MULTILINE) for block in fenced)
