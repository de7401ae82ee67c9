"""A line of a shell taken apart and put together, with bash itself as the judge."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from venue_ops.completion.words import Word, quoted, read, split

ENV = {"HOME": "/h/ann", "CITY": "krakow", "TWO": "a b"}
TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12)


def texts(line: str) -> list[str]:
    return [word.text for word in split(line, ENV)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", [""]),
        ("venue-ops", ["venue-ops"]),
        ("venue-ops ", ["venue-ops", ""]),
        ("venue-ops  show\tci", ["venue-ops", "show", "ci"]),
        ("v 'a b' c", ["v", "a b", "c"]),
        ("v 'a b' ", ["v", "a b", ""]),
        ('v "a b', ["v", "a b"]),
        ("v 'a b ", ["v", "a b "]),
        (r"v a\ ", ["v", "a "]),
        (r"v a\ b", ["v", "a b"]),
        (r'v "say \"x\" \n" y', ["v", r'say "x" \n', "y"]),
        (r"v 'it'\''s", ["v", "it's"]),
        ("v --city=$CITY x", ["v", "--city=krakow", "x"]),
        ('v "${CITY}" x', ["v", "krakow", "x"]),
        ("v '$CITY' x", ["v", "$CITY", "x"]),
        (r"v \$CITY x", ["v", "$CITY", "x"]),
        ("v $NOWHERE x", ["v", "$NOWHERE", "x"]),
        ("v ~/a.toml x", ["v", "/h/ann/a.toml", "x"]),
        ("v $(touch x) y", ["v", "$(touch", "x)", "y"]),
        ("v $CITY", ["v", "$CITY"]),
    ],
)
def test_words_of_a_line(line: str, words: list[str]) -> None:
    assert texts(line) == words


def test_the_last_word_knows_its_open_quote() -> None:
    assert split('v a"b c', {})[-1] == Word('a"b c', "ab c", '"')
    assert split("v 'a", {})[-1] == Word("'a", "a", "'")
    assert split("v 'a'", {})[-1] == Word("'a'", "a", "")


@given(st.lists(TEXT))
def test_a_line_of_whole_words_is_read_as_shlex_does(words: list[str]) -> None:
    line = shlex.join(words)
    assert texts(f"v {line} x") == ["v", *words, "x"]


@given(st.text(max_size=30))
def test_any_line_is_read_and_ends_in_one_word(line: str) -> None:
    found = split(line, ENV)
    assert found
    assert line.endswith(found[-1].raw)
    assert read([found[-1].raw], {})[-1] == found[-1]


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXT.filter(bool), min_size=1, max_size=20))
def test_what_is_quoted_is_one_word_for_bash(values: list[str]) -> None:
    """Bare, and behind each quote; `!` is left out of double quotes by who quotes there."""
    lines = [quoted(text, "") for text in values]
    lines += ["'" + quoted(text, "'") + "'" for text in values]
    lines += ['"' + quoted(text, '"') + '"' for text in values]
    done = subprocess.run(
        ["bash", "-c", "printf '%s\\0' " + " ".join(lines)],
        capture_output=True,
        check=True,
        env={"LC_ALL": "C.UTF-8"},
    )
    assert done.stdout.decode().split("\0")[:-1] == values * 3
    assert not done.stderr
