"""What stderr says, and that it never gets in the way."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from venue_ops.color import ColorWhen, wants_color
from venue_ops.console import Console
from venue_ops.core.errors import NotFoundError
from venue_ops.core.redaction import Redactor

HOSTILE = NotFoundError("No venue \x1b[2J\u202e at ?key=abc1.", hint="Try\nnoce; pw hunter22.")


def said(*, error: bool = False, **options: object) -> str:
    stream = io.StringIO()
    console = Console(stream, **{"color": False, **options})  # type: ignore[arg-type]
    if error:
        console.error(HOSTILE, 3)
    else:
        console.note("a note")
        console.hint("a hint")
        console.warn("a warning")
        console.verbose("detail")
        console.verbose("more detail", level=2)
    return stream.getvalue()


def test_a_command_that_is_told_names_the_database_that_is_meant() -> None:
    def hinted(text: str, where: str) -> str:
        stream = io.StringIO()
        Console(stream, color=False, where=where).hint(text)
        return stream.getvalue().removeprefix("hint: ").rstrip("\n")

    told = "See `venue-ops list` or `venue-ops demo`, `venue-ops --profile x list`."
    assert hinted(told, "") == told
    assert hinted(told, "--demo") == told.replace("ops list", "ops --demo list", 1)
    assert hinted("`venue-ops list`", r"--profile 'a\1'") == r"`venue-ops --profile 'a\1' list`"


def test_narration() -> None:
    assert said() == "a note\nhint: a hint\nwarning: a warning\n"


def test_quiet_keeps_warnings_and_errors() -> None:
    assert said(quiet=True, verbose=2) == "warning: a warning\n"
    assert said(quiet=True, error=True).startswith("error: ")


def test_verbose() -> None:
    assert said(verbose=1).endswith("\ndetail\n")
    assert said(verbose=2).endswith("\ndetail\nmore detail\n")


def test_colour() -> None:
    assert "\x1b[33mwarning:\x1b[0m a warning" in said(color=True)
    assert "\x1b[1;31merror:\x1b[0m No venue" in said(color=ColorWhen.ALWAYS, error=True)
    assert "\x1b" not in said(color=ColorWhen.AUTO, env={})
    assert "\x1b" in said(color=ColorWhen.AUTO, env={"FORCE_COLOR": "1"})


def test_error_is_redacted_and_on_two_lines() -> None:
    redactor = Redactor(frozenset({"hunter22"}))
    assert said(error=True, redactor=redactor) == (
        "error: No venue \\x1b[2J\\u202e at ?key=REDACTED.\nhint: Try\\nnoce; pw REDACTED.\n"
    )


def test_error_as_json() -> None:
    redactor = Redactor(frozenset({"hunter22"}))
    text = said(error=True, redactor=redactor, json_errors=True)
    assert text.isascii()
    assert text.count("\n") == 1
    assert json.loads(text) == {
        "error": {
            "code": "not_found",
            "exit_code": 3,
            "message": "No venue \x1b[2J\u202e at ?key=REDACTED.",
            "hint": "Try\nnoce; pw REDACTED.",
        }
    }


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("bad\nsecond line"), "error: ValueError: bad\n"),
        (KeyError(), "error: KeyError\n"),
        (RuntimeError("postgres://u:pw@h/d"), "error: RuntimeError: postgres://REDACTED@h/d\n"),
    ],
)
def test_unexpected_error(error: Exception, line: str) -> None:
    stream = io.StringIO()
    Console(stream, color=False).error(error, 1)
    assert stream.getvalue() == line


def test_traceback_keeps_its_lines_but_no_secret() -> None:
    stream = io.StringIO()
    Console(stream, color=False).trace("Traceback:\n  x = '?key=abc1'\n\x1b[2J\n")
    assert stream.getvalue() == "Traceback:\n  x = '?key=REDACTED'\n\\x1b[2J\n"


def test_a_broken_stderr_is_ignored() -> None:
    closed = io.StringIO()
    closed.close()
    Console(closed).warn("lost")
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        Console(full).warn("lost")
        with Path(os.devnull).open("w") as null:  # else closing it would fail again
            os.dup2(null.fileno(), full.fileno())


def test_ascii_stderr() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, "ascii")
    Console(stream, color=False).warn("Kraków")
    assert raw.getvalue() == b"warning: Krak\\xf3w\n"


@pytest.mark.parametrize(
    ("when", "terminal", "env", "wanted"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", False, {"FORCE_COLOR": "0"}, False),
        ("auto", True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_when_to_colour(when: str, terminal: bool, env: dict[str, str], wanted: bool) -> None:
    assert wants_color(ColorWhen(when), terminal=terminal, env=env) is wanted
