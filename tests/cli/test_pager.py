"""A pager at a real terminal: real less where it is installed, small scripts for the edges."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.program import Program, command, on
from tests.databases import Database

from venue_ops.output.pager import pager_words, rows_taken

PATIENCE = 60

# The child of a fork runs another program at once, whatever threads pytest has.
pytestmark = pytest.mark.filterwarnings(
    "ignore:This process .* is multi-threaded:DeprecationWarning"
)


@dataclass
class Screen:
    """The program at a terminal of 24 lines, as its foreground job."""

    program: Program
    terminal: int = -1
    pid: int = 0
    text: str = ""

    @contextmanager
    def run(self, *argv: str | int, **env: str) -> Iterator[Screen]:
        with self.start(command(*argv), **env):
            yield self

    @contextmanager
    def start(self, words: Sequence[str], **env: str) -> Iterator[Screen]:
        self.text = ""
        given = {"TERM": "xterm", **env}
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
            whole = {k: v for k, v in self.program.environment(given).items() if v != "UNSET"}
            os.execve(words[0], list(words), whole)  # noqa: S606 (the terminal has to be its own)
        try:
            yield self
        finally:
            os.close(self.terminal)
            try:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            except (ChildProcessError, ProcessLookupError):
                pass  # it has ended

    def press(self, keys: str) -> None:
        os.write(self.terminal, keys.encode())

    def until(self, what: str | Callable[[], bool]) -> str:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self._read(0.02)
            if what in self.text if isinstance(what, str) else what():
                return self.text
        pytest.fail(f"never seen {what!r}: {self.text!r}")

    def ended(self) -> int:
        """The exit code, once the program has ended by itself."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self._read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._read(0.05)
                return os.waitstatus_to_exitcode(status)
        pytest.fail(f"never ended: {self.text!r}")

    def _read(self, seconds: float) -> None:
        while select.select([self.terminal], [], [], seconds)[0]:
            try:
                piece = os.read(self.terminal, 65_536)
            except OSError:
                return
            self.text += piece.decode()


@pytest.fixture
def screen(generated_database: Database) -> Screen:
    return Screen(on(generated_database))


@pytest.fixture
def pager(tmp_path: Path) -> Callable[[str], str]:
    """`pager("cat")`: a script with that body, in a folder with a blank, as PAGER has it."""

    def made(body: str) -> str:
        folder = tmp_path / "a folder"
        folder.mkdir(exist_ok=True)
        script = folder / "pager"
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)
        return f"'{script}'"

    return made


TAGGED = 'sed "s/^/| /"'
LONG = ("list", "-k", "all", "-n", "40")
SHORT = ("list", "-n", "5")


# --- when, and which --------------------------------------------------------------------------


def test_what_is_longer_than_the_screen_is_paged(
    screen: Screen, pager: Callable[[str], str]
) -> None:
    with screen.run(*LONG, PAGER=pager(TAGGED)):
        assert screen.ended() == 0
    lines = screen.text.splitlines()
    assert sum(line.startswith("| ") for line in lines) == 41
    assert "next page: --after" in lines[-1], "notes come behind"
    assert "\x1b[1m" in screen.text, "colours reach the pager"


@pytest.mark.parametrize(
    ("argv", "env"),
    [
        (SHORT, {}),
        ((*LONG, "--no-pager"), {}),
        ((*LONG, "-o", "csv"), {}),
        ((*LONG, "-o", "ndjson"), {}),
        ((*LONG, "-o", "ids"), {}),
        (LONG, {"TERM": "dumb"}),
        (LONG, {"TERM": "UNSET"}),
        (LONG, {"VENUE_OPS_PAGER": ""}),
        (LONG, {"VENUE_OPS_PAGER": "cat"}),
        (("list", "--help"), {}),
    ],
    ids=str,
)
def test_what_is_not_paged(
    screen: Screen, pager: Callable[[str], str], argv: tuple[str, ...], env: dict[str, str]
) -> None:
    with screen.run(*argv, **{"PAGER": pager(TAGGED), **env}):
        assert screen.ended() == 0
    assert "| " not in screen.text.splitlines()[0][:2]
    assert not any(line.startswith("| ") for line in screen.text.splitlines())


@pytest.mark.parametrize(
    "argv",
    [
        (*LONG, "-o", "wide"),
        ("list", "-n", "3", "-o", "json"),
        ("venues", "-n", "40"),
        ("show", "job", "1", "-o", "json"),
    ],
    ids=" ".join,
)
def test_what_people_read_is_paged(
    screen: Screen, pager: Callable[[str], str], argv: tuple[str, ...]
) -> None:
    with screen.run(*argv, PAGER=pager(TAGGED)):
        assert screen.ended() == 0
    assert screen.text.startswith("| ")


def test_a_pipe_or_a_keyboard_that_is_none_gets_no_pager(program: Program) -> None:
    done = program.process(*LONG, env={"PAGER": "sed s/^/XX/", "TERM": "xterm"})
    assert done.returncode == 0
    assert "XX" not in done.stdout


@pytest.mark.parametrize(
    ("env", "setting", "words"),
    [
        ({"VENUE_OPS_PAGER": "a -b", "PAGER": "c"}, "d", ("a", "-b")),
        ({"PAGER": "c"}, "d 'e f'", ("d", "e f")),
        ({"PAGER": "c -x"}, None, ("c", "-x")),
        ({"PAGER": ""}, None, ()),
        ({"PAGER": " cat "}, None, ()),
        ({"PAGER": "c"}, "", ()),
        ({"PATH": "/nowhere"}, None, ()),
        ({"PAGER": "less 'open"}, None, ("less 'open",)),
        ({"PAGER": "less | sh; $(x)"}, None, ("less", "|", "sh;", "$(x)")),
    ],
)
def test_which_pager(env: dict[str, str], setting: str | None, words: tuple[str, ...]) -> None:
    assert pager_words(env, setting) == words


def test_the_settings_may_name_it(
    screen: Screen, pager: Callable[[str], str], tmp_path: Path
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(f'pager = "{pager(TAGGED)}"\n')
    with screen.run(*LONG, "--config", str(file), PAGER="cat"):
        assert screen.ended() == 0
    assert screen.text.startswith("| ")


def test_defaults_of_less_and_lv_do_not_replace_the_users(
    screen: Screen, pager: Callable[[str], str]
) -> None:
    show = pager('cat >/dev/null; echo "LESS=$LESS LV=$LV"')
    with screen.run(*LONG, PAGER=show):
        screen.ended()
    assert "LESS=FRX LV=-c" in screen.text
    with screen.run(*LONG, PAGER=show, LESS="-S", LV=""):
        screen.ended()
    assert "LESS=-S LV=\r" in screen.text


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"])), st.integers(1, 200))
def test_rows_of_one_line(text: str, columns: int) -> None:
    rows = rows_taken(f"{text}\n", columns)
    assert rows == max(1, -(-len(text) // columns))
    assert rows_taken(f"\x1b[1m{text}\x1b[0m\n", columns) == rows


def test_rows_of_several_lines() -> None:
    assert rows_taken("a\nb\n", 80) == 2
    assert rows_taken("a", 80) == 0
    assert rows_taken("żż界\n", 2) == 2


# --- a reader who leaves ----------------------------------------------------------------------


def test_leaving_early_ends_quietly_and_stops_the_query(
    screen: Screen, pager: Callable[[str], str]
) -> None:
    with screen.run("list", "-k", "all", "-n", "0", PAGER=pager("head -n 3")):
        assert screen.ended() == 0
    assert len(screen.text.splitlines()) == 3


def test_the_first_page_is_there_before_all_rows_are(
    screen: Screen, pager: Callable[[str], str], generated_database: Database
) -> None:
    """The pager answers to a first line, and leaves while the program still has rows to send."""
    with screen.run("venues", "-n", "0", PAGER=pager("head -n 1; exec 0<&-; echo left")):
        assert screen.ended() == 0
    assert "left" in screen.text
    assert "error" not in screen.text


ASKING = """
import os, sys
import psycopg
from venue_ops.core.redaction import Redactor
from venue_ops.output import Column, Listing, Output, OutputOptions
from venue_ops.output.pager import Paging

def rows(conn):
    yield from range(2000)
    conn.execute("SELECT pg_sleep(600)")
    yield 0

paging = Paging(("sh", "-c", "head -n 3; exec 0<&-; sleep 1"), os.environ, 24, 80, print)
output = Output(sys.stdout, OutputOptions(), Redactor(), paging=paging)
with psycopg.connect(sys.argv[1], autocommit=True) as conn:
    try:
        output.listing(Listing(rows(conn), [Column("n", lambda row: row)], str))
    except BrokenPipeError:
        print("left", conn.execute("SELECT 1").fetchone())
"""


def test_a_statement_that_runs_is_stopped_when_the_reader_leaves(
    screen: Screen, readonly_sample_database: Database
) -> None:
    """What fits the pipe is sent; then the program waits for the database, not for the pager."""
    words = [sys.executable, "-c", ASKING, readonly_sample_database.conninfo]
    with screen.start(words):
        screen.until("left (1,)")
        assert screen.ended() == 0
    assert "Traceback" not in screen.text


def test_exit_status_is_what_it_would_be(screen: Screen, pager: Callable[[str], str]) -> None:
    argv = (*LONG, "-s", "failed", "--exit-status")
    with screen.run(*argv, PAGER=pager(TAGGED)):
        assert screen.ended() == 6
    assert screen.text.startswith("| ")


# --- a pager that does not work ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "No such file or directory"),
        ("exit 3", "it ended with 3"),
        ("exec nosuch-program 2>/dev/null", "it ended with 127"),
        ("sleep 0.1; exit 1", "it ended with 1"),
    ],
)
def test_a_pager_that_fails_at_once_costs_one_warning(
    screen: Screen, pager: Callable[[str], str], body: str | None, reason: str
) -> None:
    with screen.run(*LONG, "--no-pager"):
        screen.ended()
    plain = screen.text
    with screen.run(*LONG, PAGER=pager(body) if body else "/nowhere/pager --x"):
        assert screen.ended() == 0
    first, rest = screen.text.split("\r\n", 1)
    assert "warning:" in first
    assert f"did not work ({reason})" in first
    assert rest.splitlines()[5:] == plain.splitlines()[5:]
    assert screen.text.count("warning:") == 1


# --- Ctrl-C and SIGTERM -----------------------------------------------------------------------


def test_ctrl_c_belongs_to_the_pager(screen: Screen, pager: Callable[[str], str]) -> None:
    body = "trap 'echo caught' INT; cat; read key </dev/tty; read key </dev/tty; echo bye"
    with screen.run(*LONG, PAGER=pager(body)):
        screen.until("NOW")
        time.sleep(0.3)
        screen.press("\x03")
        screen.until("caught")
        screen.press("\n\n")
        screen.until("bye")
        assert screen.ended() == 0
    assert "next page: --after" in screen.text


def test_sigterm_takes_the_pager_along(screen: Screen, pager: Callable[[str], str]) -> None:
    body = "trap 'echo terminated; exit 0' TERM; cat; while :; do sleep 0.1; done"
    with screen.run(*LONG, PAGER=pager(body)):
        screen.until("NOW")
        time.sleep(0.3)
        os.kill(screen.pid, signal.SIGTERM)
        assert screen.ended() == 143
    assert "terminated" in screen.text


# --- less itself ------------------------------------------------------------------------------


@pytest.mark.external
@pytest.mark.skipif(shutil.which("less") is None, reason="less is not installed")
def test_less(screen: Screen) -> None:
    with screen.run(*LONG, PAGER="UNSET", LESS="UNSET"):
        screen.until(":\x1b[K")
        assert "next page" not in screen.text
        screen.press("\x03")
        time.sleep(0.5)  # the terminal throws away what is typed right behind a Ctrl-C
        screen.press("G")
        screen.until("(END)")
        screen.press("q")
        assert screen.ended() == 0
    assert "next page: --after" in screen.text
    with screen.run(*SHORT, PAGER="UNSET", LESS="UNSET"):
        assert screen.ended() == 0
    assert "(END)" not in screen.text


@pytest.mark.external
@pytest.mark.skipif(shutil.which("less") is None, reason="less is not installed")
def test_less_left_while_everything_streams(screen: Screen) -> None:
    with screen.run("list", "-k", "all", "-n", "0", PAGER="less -FRX"):
        screen.until(":\x1b[K")
        screen.press("q")
        assert screen.ended() == 0
    assert "error" not in screen.text.rpartition(":\x1b[K")[2]
