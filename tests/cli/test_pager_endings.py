"""How paging ends: readers who leave, pagers that fail, signals, and real less where it is."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable

import pytest
from tests.cli.screen import LONG, SHORT, TAGGED, Screen
from tests.databases import Database

# The child of a fork runs another program at once, whatever threads pytest has.
pytestmark = pytest.mark.filterwarnings(
    "ignore:This process .* is multi-threaded:DeprecationWarning"
)


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
from venue_ops.output.pager_command import PagerCommand

def rows(conn):
    yield from range(2000)
    conn.execute("SELECT pg_sleep(600)")
    yield 0

leaving = PagerCommand(("sh", "-c", "head -n 3; exec 0<&-; sleep 1"))
paging = Paging(leaving, os.environ, 24, 80, print)
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
    warning, hint, rest = screen.text.split("\r\n", 2)
    assert "warning:" in warning
    assert f"did not work ({reason})." in warning
    assert hint.endswith("Mend it, or do without: --no-pager.")
    assert rest.splitlines()[5:] == plain.splitlines()[5:]
    assert screen.text.count("warning:") == 1


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("less 'open", "a quote is left open"),
        ('"', "a quote is left open"),
        ("less \\", "it ends with a backslash"),
    ],
)
@pytest.mark.parametrize("variable", ["VENUE_OPS_PAGER", "PAGER"])
def test_a_value_that_is_no_command_costs_one_warning(
    screen: Screen, variable: str, value: str, reason: str
) -> None:
    with screen.run(*LONG, "--no-pager", "--color", "never"):
        assert screen.ended() == 0
    plain = screen.text
    with screen.run(*LONG, "--color", "never", **{variable: value}):
        assert screen.ended() == 0
    warning, hint, rest = screen.text.split("\r\n", 2)
    assert warning == f"warning: {variable} cannot be read as a command: {reason}."
    assert hint == "hint: Mend it, or do without: --no-pager."
    assert rest.splitlines()[5:] == plain.splitlines()[5:]
    with screen.run(*SHORT, **{variable: value}):
        assert screen.ended() == 0
    assert "warning" not in screen.text, "nothing had to be paged"


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
