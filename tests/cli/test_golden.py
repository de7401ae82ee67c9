"""What every command looks like, byte by byte, on the sample data at one fixed moment.

`UPDATE_GOLDEN=1 pytest tests/cli/test_golden.py` writes the files anew; read the difference
then.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.cli.program import DOCUMENT_FORMATS, FORMATS, Program, Result, command
from tests.cli.terminal import terminal

from venue_ops.cli import main
from venue_ops.context import Session
from venue_ops.core.untrusted import visible

GOLDEN = Path(__file__).parent / "golden"
COMMANDS = {
    "list": ("list", "--city", "krakow", "--limit", "14"),
    "partials": ("partials",),
    "job": ("show", "job", "146"),
    "backfill": ("show", "job", "134"),
    "venue": ("show", "venue", "noce-krk"),
    "city": ("show", "city", "krakow"),
    "image": ("show", "image", "noce-krk/gp-8fe24abdcc"),
    "stats": ("stats",),
    "days": ("stats", "--by", "day", "--limit", "9"),
}
LISTED = ("list", "partials", "venue", "image", "stats", "days")
"""What has rows to print as csv, tsv and ids."""
C_LOCALE = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def assert_golden(name: str, shown: str) -> None:
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        file.write_bytes(shown.encode())
    assert shown == file.read_bytes().decode()


def at_a_terminal(
    program: Program, columns: int, *argv: str, encoding: str = "utf-8", **env: str
) -> Result:
    """Both streams on one terminal, as a person has them; notes come behind the data."""
    environment = {**program.environment({"TERM": "xterm-256color", **env})}
    with terminal(columns) as screen:
        streams = [
            open(screen.device, "w", encoding=encoding, closefd=False, newline="")  # noqa: SIM115
            for _ in range(2)
        ]
        session = Session(
            env=environment, stdout=streams[0], stderr=streams[1], clock=program.clock
        )
        code = main(argv, session=session)
        for stream in streams:
            stream.close()
    return Result(int(code), screen.text, "")


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_terminal(program: Program, name: str, columns: int) -> None:
    shown = at_a_terminal(program, columns, *COMMANDS[name])
    assert shown.code == 0
    assert_golden(f"{name}-terminal-{columns}", shown.out)
    plain = at_a_terminal(program, columns, *COMMANDS[name], NO_COLOR="1").out
    assert "\x1b" in shown.out
    assert "\x1b" not in plain
    assert_golden(f"{name}-terminal-{columns}-no-color", plain)


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize("name", ["list", "partials"])
def test_a_table_is_as_wide_as_the_terminal_at_most(
    program: Program, name: str, columns: int
) -> None:
    lines = at_a_terminal(program, columns, *COMMANDS[name], "-q", NO_COLOR="1").lines
    assert len(lines) > 2
    assert max(map(len, lines)) <= columns


@pytest.mark.parametrize("name", COMMANDS)
def test_a_terminal_without_utf8(program: Program, name: str) -> None:
    shown = at_a_terminal(program, 80, *COMMANDS[name], encoding="ascii", NO_COLOR="1").out
    assert shown.isascii()
    assert_golden(f"{name}-terminal-80-ascii", shown)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_pipe(program: Program, name: str) -> None:
    shown = program(*COMMANDS[name])
    assert "\x1b" not in shown.out
    assert_golden(f"{name}-pipe", shown.out)
    assert program(*COMMANDS[name], env={"NO_COLOR": "1"}).out == shown.out
    assert program(*COMMANDS[name], env={"COLUMNS": "20", "TERM": "dumb"}).out == shown.out
    coloured = program(*COMMANDS[name], env={"FORCE_COLOR": "1"}).out
    assert coloured != shown.out
    assert_golden(f"{name}-pipe-force-color", coloured)
    assert program(*COMMANDS[name], "--color", "always").out == coloured


@pytest.mark.parametrize(
    ("name", "fmt"),
    [
        (name, fmt)
        for name in COMMANDS
        for fmt in (FORMATS if name in LISTED else DOCUMENT_FORMATS)
        if fmt != "table"
    ],
)
def test_a_format(program: Program, name: str, fmt: str) -> None:
    shown = program(*COMMANDS[name], "-o", fmt).out
    assert_golden(f"{name}-{fmt}", shown)
    rest = shown.replace("\r\n", "").replace("\n", "").replace("\t", "" if fmt == "tsv" else "\t")
    assert visible(rest) == rest


@pytest.mark.parametrize("name", COMMANDS)
def test_a_pipe_in_the_c_locale(program: Program, name: str) -> None:
    shown = program(*COMMANDS[name], encoding="ascii").out
    assert shown.isascii()
    assert_golden(f"{name}-pipe-ascii", shown)


# --- the same as processes of their own --------------------------------------------------------


@pytest.mark.parametrize("name", ["list", "partials"])
def test_a_process_in_a_pipe(program: Program, name: str) -> None:
    done = program.process(*COMMANDS[name], "-q", text=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert_golden(f"{name}-pipe", done.stdout.decode())


@pytest.mark.parametrize("name", ["list", "partials"])
def test_a_process_in_the_c_locale(program: Program, name: str) -> None:
    done = program.process(*COMMANDS[name], "-q", env=C_LOCALE, text=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert_golden(f"{name}-pipe-ascii", done.stdout.decode("ascii"))


@pytest.mark.parametrize("columns", [80, 200])
def test_a_process_at_a_terminal(program: Program, columns: int) -> None:
    """Partials have no times, which depend on the day on a terminal."""
    with terminal(columns) as screen:
        environment = program.environment({"TERM": "xterm-256color"})
        done = subprocess.run(
            command("partials"),
            env=environment,
            check=False,
            stdin=screen.device,
            stdout=screen.device,
            stderr=screen.device,
            timeout=60,
        )
    assert done.returncode == 0
    assert_golden(f"partials-terminal-{columns}", screen.text)
