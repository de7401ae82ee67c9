"""A closed stdout ends quietly, a full one with one sentence; a closed stderr changes nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.program import EXPORTS, FORMATS, LISTS, Program, command, on
from tests.databases import Database

FULL = Path("/dev/full")
PRINTING = (
    *LISTS,
    ("--help",),
    ("show", "job", "1"),
    ("show", "venue", "1"),
    ("show", "city", "1"),
    *EXPORTS,
    ("doctor", "--check", "jobs"),
)


@pytest.fixture
def generated(generated_database: Database) -> Program:
    """Enough rows to fill every buffer: 10,000 jobs and 3,000 venues."""
    return on(generated_database)


@pytest.fixture
def start(generated: Program) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the program with its stdout in a pipe."""
    with_us: list[subprocess.Popen[str]] = []

    def starting(*argv: str) -> subprocess.Popen[str]:
        with_us.append(generated.start(*argv))
        return with_us[-1]

    yield starting
    for each in with_us:
        each.kill()
        each.communicate()


@pytest.mark.parametrize("fmt", ["table", "json", "csv", "ids"])
@pytest.mark.parametrize("argv", LISTS, ids=lambda argv: argv[0])
def test_a_reader_that_goes_away(
    start: Callable[..., subprocess.Popen[str]], argv: tuple[str, ...], fmt: str
) -> None:
    """`| head -1`: exit 0, and silence."""
    running = start(*argv, "-o", fmt)
    assert running.stdout is not None
    assert running.stderr is not None
    assert running.stdout.read(1)
    running.stdout.close()
    assert running.stderr.read() == ""
    assert running.wait(30) == 0


@pytest.mark.parametrize("argv", EXPORTS, ids=" ".join)
def test_a_reader_of_an_export_that_goes_away(
    start: Callable[..., subprocess.Popen[str]], argv: tuple[str, ...]
) -> None:
    running = start(*argv)
    assert running.stdout is not None
    assert running.stderr is not None
    assert running.stdout.read(1)
    running.stdout.close()
    assert running.stderr.read() == ""
    assert running.wait(30) == 0


def test_head_in_a_shell(generated: Program) -> None:
    words = " ".join(command("list", "-k", "all", "-n", 0, "-o", "ndjson"))
    done = subprocess.run(
        ["/bin/bash", "-c", f"set -o pipefail; {words} | head -1"],
        env=generated.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "argv",
    [
        ("list", "-k", "all", "-n", "0"),
        ("list", "-n", "1", "-o", "ids"),
        ("venues", "-o", "csv"),
        ("partials", "-o", "csv"),
        ("show", "job", "1"),
        ("show", "venue", "1"),
        ("show", "city", "1"),
        *EXPORTS,
        ("stats",),
        ("stats", "--by", "city", "-o", "csv"),
        ("doctor", "-o", "csv"),
        ("--help",),
        ("list", "--help"),
    ],
    ids=" ".join,
)
def test_a_full_disk(generated: Program, argv: tuple[str, ...]) -> None:
    with FULL.open("w") as full:
        done = generated.process(*argv, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    error, hint = done.stderr.splitlines()
    assert error == ("error: The output could not be written completely: No space left on device.")
    assert hint.startswith("hint: Make room there")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_full_stderr_does_not_stop_the_data(generated: Program) -> None:
    with FULL.open("w") as full:
        done = generated.process(
            "list", "-n", 2, "-o", "ids", capture_output=False, stdout=-1, stderr=full
        )
    assert (done.returncode, done.stdout.count("\n")) == (0, 2)


def closed(number: int) -> Callable[[], None]:
    """Before the program starts, as `>&-` does in a shell."""
    return lambda: os.close(number)


@pytest.mark.parametrize("argv", PRINTING, ids=" ".join)
def test_a_closed_stdout(generated: Program, argv: tuple[str, ...]) -> None:
    done = generated.process(*argv, preexec_fn=closed(1))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    error, hint = done.stderr.splitlines()
    assert error == "error: The output could not be written completely: Bad file descriptor."
    assert hint.startswith("hint: ")


def test_a_closed_stderr(generated: Program) -> None:
    done = generated.process("list", "-n", 2, "-o", "ids", preexec_fn=closed(2))
    assert (done.returncode, done.stdout.count("\n")) == (0, 2)
    done = generated.process("list", "--city", "nowhere", preexec_fn=closed(2))
    assert (done.returncode, done.stdout) == (3, "")


def test_a_closed_stdin(generated: Program) -> None:
    done = generated.process("list", "-n", 2, "-o", "ids", preexec_fn=closed(0))
    assert (done.returncode, done.stderr) == (0, done.stderr)
    assert done.stdout.count("\n") == 2


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_line_is_whole(generated: Program, fmt: str) -> None:
    """What arrives before the pipe breaks is what a file would have begun with."""
    whole = generated("list", "-k", "all", "-n", 300, "-o", fmt).out
    assert whole.endswith("\n")
    assert generated("list", "-k", "all", "-n", 300, "-o", fmt).out == whole
