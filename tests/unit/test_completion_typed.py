"""Where a line stands: which command, which option, and what of its value is typed."""

from __future__ import annotations

from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.cli import app
from venue_ops.completion.typed import Typed, options_of, typed
from venue_ops.completion.values import FILES, completer

ROOT = typer.main.get_command(app)
NOTHING_TO_OFFER = {
    "database_url": "may hold a password",
    "oban_schema": "as the application has it",
    "statement_timeout": "a duration",
    "limit": "a number",
    "respawn": "a number that has to be agreed to",
    "after": "what a listing printed",
    "min_failed": "a number",
    "venues": "a number",
    "jobs": "a number",
    "seed": "a number",
    "max_retries": "a number",
    "max_images": "a number",
    "max_duration": "a duration",
    "max_cost": "an amount",
    "concurrency": "a number",
    "timeout": "a duration",
    "reason": "a text",
    "queue": "as whoever enqueues has it",
    "rescue_after": "a duration",
}
"""Options whose values nobody can guess; whoever adds an option decides where it belongs."""


def at(line: str) -> Typed:
    *words, current = line.split(" ")
    return typed(ROOT, words, current)


def place(line: str) -> tuple[tuple[str, ...], str | None, str, str]:
    found = at(line)
    name = found.parameter.name if found.parameter is not None else None
    return found.path, name, found.attached, found.text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", ((), None, "", "")),
        ("sh", ((), None, "", "sh")),
        ("--tz ", ((), "tz", "", "")),
        ("--tz Eu", ((), "tz", "", "Eu")),
        ("show ", (("show",), None, "", "")),
        ("show city kr", (("show", "city"), "ref", "", "kr")),
        ("show city krakow ", (("show", "city"), None, "", "")),
        ("show job ", (("show", "job"), "job_id", "", "")),
        ("list --city kr", (("list",), "city", "", "kr")),
        ("list --city=kr", (("list",), "city", "--city=", "kr")),
        ("list --city=a=b", (("list",), "city", "--city=", "a=b")),
        ("list -ckr", (("list",), "city", "-c", "kr")),
        ("list -qckr", (("list",), "city", "-qc", "kr")),
        ("list -q", (("list",), None, "", "-q")),
        ("list -c", (("list",), "city", "-c", "")),
        ("list -c kr", (("list",), "city", "", "kr")),
        ("list --count --st", (("list",), None, "", "--st")),
        ("list --nosuch=x", (("list",), None, "", "--nosuch=x")),
        ("-o json --demo list --status partial,fa", (("list",), "status", "", "partial,fa")),
        ("show city -- -kr", (("show", "city"), "ref", "", "-kr")),
        ("show city --tz UTC kr", (("show", "city"), "ref", "", "kr")),
        ("export csv im", (("export", "csv"), "what", "", "im")),
    ],
)
def test_what_is_being_typed(line: str, expected: Any) -> None:
    assert place(line) == expected


def test_what_was_given_before() -> None:
    found = at("--demo -otable list -c a,b --city=c --count -v -v --tz UTC --venue x")
    assert found.given == {
        "demo": ("",),
        "output": ("table",),
        "city": ("a,b", "c"),
        "count": ("",),
        "verbose": ("", ""),
        "tz": ("UTC",),
    }


def test_a_command_that_does_not_exist_ends_all_guessing() -> None:
    assert at("nosuch --ci").lost
    assert at("show nosuch x").lost
    assert not at("nosuch").lost


@given(st.lists(st.text(max_size=8)), st.text(max_size=8))
def test_any_line_stands_somewhere(words: list[str], current: str) -> None:
    found = typed(ROOT, words, current)
    assert found.attached + found.text == current


def leaves(command: Any, path: tuple[str, ...] = ()) -> Any:
    if hasattr(command, "list_commands"):
        for name in command.list_commands(None):
            yield from leaves(command.commands[name], (*path, name))
    else:
        yield path, command


LEAVES = dict(leaves(ROOT))


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_value_is_completed_or_said_to_be_nobodys_guess(path: tuple[str, ...]) -> None:
    command = LEAVES[path]
    arguments = [item for item in command.params if item.param_type_name == "argument"]
    taking = [item for item in options_of(command) if not (item.is_flag or item.count)]
    for parameter in (*arguments, *taking):
        known = completer(Typed(command, path, "", parameter)) is not None
        assert known + (parameter.name in FILES) + (parameter.name in NOTHING_TO_OFFER) == 1, (
            parameter.name
        )
