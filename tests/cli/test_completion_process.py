"""The hidden entry that the shells call, as a process; the command that prints their scripts."""

from __future__ import annotations

import os
import signal
import socket
import time
from datetime import timedelta
from pathlib import Path

import pytest
from tests.cli.program import Program

import venue_ops.completion
from venue_ops.completion.answer import in_child

SCRIPTS = Path(venue_ops.completion.__file__).with_name("scripts")


def test_the_entry_writes_for_each_shell(program: Program) -> None:
    def said(*argv: str) -> str:
        done = program.process("__complete", *argv)
        assert (done.returncode, done.stderr) == (0, "")
        return str(done.stdout)

    assert said("bash", "venue-ops show city kra", "kra") == "plain\nkrakow\n"
    assert said("bash", 'venue-ops list --city "kra', "kra") == "list\nkrakow\n"
    assert said("bash", "venue-ops list --city=kra", "kra") == "list\nkrakow\n"
    assert (
        said("zsh", "venue-ops", "show", "city", "kra") == "plain\nkrakow\tkrakow  -- Kraków, PL\n"
    )
    assert said("fish", "venue-ops", "list", "--city=k") == "list\n--city=krakow\tKraków, PL\n"
    assert said("bash", "venue-ops list --config=/x", "/x") == "files\n--config=\n"


WRONG = (
    (),
    ("nosuch",),
    ("bash",),
    ("bash", "venue-ops show city k"),
    ("zsh",),
    ("fish",),
    ("bash", "venue-ops --config /nowhere show city k", "k"),
    ("bash", "venue-ops --demo --database-url x show city k", "k"),
    ("bash", "venue-ops --profile nowhere show city k", "k"),
    ("bash", "venue-ops --database-url 'a secret' show city k", "k"),
    ("bash", "venue-ops list --city nowhere --venue k", "k"),
    ("bash", "venue-ops show city \udcff", "\udcff"),
)


@pytest.mark.parametrize("argv", WRONG, ids=str)
def test_silence_whatever_is_wrong(program: Program, argv: tuple[str, ...]) -> None:
    done = program.process("__complete", *argv)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none", "not a url", None])
def test_silence_without_a_database(url: str | None) -> None:
    done = Program(url).process("__complete", "bash", "venue-ops show city k", "k")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_silence_before_a_server_that_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = f"postgresql://nobody@127.0.0.1:{port}/none?connect_timeout=50"
        done = Program(url).process("__complete", "bash", "venue-ops show city k", "k", timeout=40)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_silence_while_the_tables_are_locked(slow: Program) -> None:
    done = slow.process("__complete", "bash", "venue-ops show venue n", "n", timeout=40)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_demo_is_not_started(demo_dir: Path) -> None:
    before = list(demo_dir.iterdir())
    done = Program(None).process("__complete", "bash", "venue-ops --demo show city k", "k")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(demo_dir.iterdir()) == before


def killed() -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return "never"


def late() -> str:
    time.sleep(60)
    return "late"


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_has_its_time_and_no_more() -> None:
    plenty, none = timedelta(seconds=30), timedelta(milliseconds=20)
    assert in_child(lambda: "ąę\n" * 100_000, plenty) == "ąę\n" * 100_000
    assert in_child(lambda: str(1 // 0), plenty) == ""
    assert in_child(killed, plenty) == ""
    assert in_child(late, none) == ""


# --- the command ------------------------------------------------------------------------------


def test_the_command_asks_for_which_shell() -> None:
    unset = Program(None)
    refused = unset("completion", env={"SHELL": "/usr/local/bin/zsh"})
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        "error: Say for which shell: bash, zsh, fish.\n"
        "hint: Yours is probably zsh: `venue-ops completion zsh`.\n"
    )
    other = unset("completion", env={"SHELL": "/bin/tcsh"})
    assert other.err.splitlines()[1] == "hint: As in `venue-ops completion bash`."
    assert unset("completion", "tcsh").code == 2


def test_the_command_needs_no_database() -> None:
    for shell in ("bash", "zsh", "fish"):
        printed = Program(None)("completion", shell)
        assert (printed.code, printed.err) == (0, "")
        assert printed.out == (SCRIPTS / f"venue-ops.{shell}").read_text("utf-8")
        assert f"__complete {shell}" in printed.out
        assert printed.out.isascii()
