"""A pager at a real terminal: what is shown in one, in which, and how much fits the screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.program import Program
from tests.cli.screen import LONG, SHORT, TAGGED, Screen

from venue_ops.output.pager import rows_taken
from venue_ops.output.pager_command import PagerCommand, pager_command

# The child of a fork runs another program at once, whatever threads pytest has.
pytestmark = pytest.mark.filterwarnings(
    "ignore:This process .* is multi-threaded:DeprecationWarning"
)


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
        ({"PAGER": "less | sh; $(x)"}, None, ("less", "|", "sh;", "$(x)")),
    ],
)
def test_which_pager(env: dict[str, str], setting: str | None, words: tuple[str, ...]) -> None:
    assert pager_command(env, setting) == (PagerCommand(words) if words else None)


@pytest.mark.parametrize(
    ("env", "setting", "name"),
    [
        ({"VENUE_OPS_PAGER": "less 'open", "PAGER": "less"}, "less", "VENUE_OPS_PAGER"),
        ({"PAGER": "less"}, 'less "open', "The setting pager"),
        ({"PAGER": "less 'open"}, None, "PAGER"),
    ],
)
def test_what_is_no_command_is_said_by_its_name(
    env: dict[str, str], setting: str | None, name: str
) -> None:
    fault = f"{name} cannot be read as a command: a quote is left open."
    assert pager_command(env, setting) == PagerCommand(fault=fault)


@given(st.text())
def test_any_value_is_a_command_or_a_fault_or_none(text: str) -> None:
    found = pager_command({"PAGER": text}, None)
    assert found is None or bool(found.words) != bool(found.fault)


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
