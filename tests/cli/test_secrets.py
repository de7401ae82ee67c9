"""No secret leaves: promise 13, for every command and format.

Canaries are planted in the database (provider URLs, args, meta, errors), in the settings (URL,
file) and in the environment; then all output is searched, percent-decoded and JSON-decoded as
well.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.cli.canaries import (
    COMMANDS,
    KNOWN,
    MARK,
    PASSWORD,
    PLANTED,
    assert_silent,
    hits,
    told_secrets,
)
from tests.cli.program import EXPORTS, FORMATS, Program, Result
from tests.databases import Database


@pytest.fixture
def program(planted: Database, tmp_path: Path) -> Program:
    """The program, told a password in its URL, in a file and in the environment."""
    return told_secrets(planted, tmp_path)


def test_the_search_finds_what_is_there() -> None:
    for text in (*PLANTED, *KNOWN, *(quote(each, safe="") for each in KNOWN)):
        assert hits(text)
    for escaped in (repr(PASSWORD), f"\\u0063{MARK[1:]}"):
        assert hits(escaped)


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("argv", COMMANDS, ids=lambda argv: " ".join(argv[:2]))
def test_no_output_holds_a_secret(program: Program, argv: tuple[str, ...], fmt: str) -> None:
    result = program(*argv, "-o", fmt, "-vv", "--debug")
    assert result.code == 0 or (result.code == 2 and "There is no list" in result.err)
    assert_silent(result)


@pytest.mark.parametrize("argv", COMMANDS, ids=lambda argv: " ".join(argv[:2]))
def test_nor_do_all_columns_and_colours(program: Program, argv: tuple[str, ...]) -> None:
    assert_silent(program(*argv, "-o", "wide", "--color", "always"))
    known = program(*argv, "-o", "json", "--columns", "nonsense")
    names = known.error["hint"].partition(": ")[2].rstrip(".")
    everything = program(*argv, "-o", "json", "--columns", names)
    assert everything.code == 0
    assert_silent(everything)


@pytest.mark.parametrize("fmt", FORMATS)
def test_doctor_holds_no_secret(program: Program, fmt: str) -> None:
    """Its findings name queues, nodes, workers and settings."""
    result = program("doctor", "-o", fmt, "-vv", "--debug")
    assert result.code == 0, result.err
    assert_silent(result)
    assert_silent(program("doctor", "-o", fmt, "--config", "missing.toml", "--debug"))


@pytest.mark.parametrize("argv", EXPORTS, ids=" ".join)
def test_no_export_holds_a_secret(
    program: Program, planted: Database, tmp_path: Path, argv: tuple[str, ...]
) -> None:
    """To stdout, to a file, and when it fails."""
    assert_silent(program(*argv, "-vv", "--debug"))
    file = tmp_path / "exported"
    assert_silent(program(*argv, "-O", str(file), "-vv", "--debug"))
    assert_silent(Result(0, file.read_text("utf-8"), ""))
    with planted.connect() as conn:
        conn.execute("LOCK TABLE oban_jobs, venues IN ACCESS EXCLUSIVE MODE")
        failed = program(*argv, "--statement-timeout", "50ms", "--debug")
    assert failed.code == 4
    assert_silent(failed)


def test_wrong_words_are_not_repeated_with_their_secrets(program: Program) -> None:
    for text in PLANTED:
        for argv in (
            ("list", "--city", text),
            ("list", "--venue", f"{text}?"),
            ("list", "--status", text),
            ("list", "--error", text, "-n", "1"),
            ("show", "venue", f"{text}?"),
            ("list", text),
            (text,),
        ):
            assert_silent(program(*argv))


def test_settings_and_repr_hide_it(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    for content in (
        f"database_url = 'postgresql://x:{MARK}@h/x'\nnonsense = 1\n",
        f"database_url = 'postgresql://x:{MARK}@h/x\n",
        f"database_url = ['postgresql://x:{MARK}@h/x']\n",
        f"password = '{MARK}'\n",
    ):
        file.write_text(content)
        failed = program("list", "--config", file.as_posix(), "--debug")
        assert failed.code in {2, 4}
        assert_silent(failed)


def test_a_process_says_nothing_either(program: Program) -> None:
    """What Python itself writes at the end of a process is searched here."""
    for argv in (("list", "-n", "3"), ("show", "job", "1000", "-o", "json"), ("list", "-s", "x")):
        done: Any = program.process(*argv, "--debug")
        assert_silent(Result(done.returncode, done.stdout, done.stderr))
