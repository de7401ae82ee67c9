"""A line of a shell as words, and a word as a line of the shell. Pure; nothing is ever run.

bash and zsh hand over words as they are typed, with their quotes. Both quote alike, as far as
a line that is still being typed can tell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})", re.ASCII)
_PLAIN = frozenset("%+,-./:=@_")
_SPECIAL_IN_DOUBLE: Final = '"$`\\'
_BLANK: Final = " \t\n"


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is typed and as the program would get it; `quote` is one left open."""

    raw: str
    text: str
    quote: str = ""


def split(line: str, env: Mapping[str, str]) -> tuple[Word, ...]:
    """The words of a line; the last one is being typed, and is empty behind a blank.

    In all but the last, variables that `env` holds are put in. Command substitutions stay as
    they are written.
    """
    found: list[Word] = []
    place = 0
    while place < len(line):
        if line[place] in _BLANK:
            place += 1
            continue
        word, place = _one(line, place)
        found.append(word)
    if not (found and line.endswith(found[-1].raw)):
        found.append(Word("", ""))
    return (*(_expanded(word, env) for word in found[:-1]), found[-1])


def read(raws: Sequence[str], env: Mapping[str, str]) -> tuple[Word, ...]:
    """Words that the shell has already told apart, likewise."""
    found = [_one(raw, 0, whole=True)[0] for raw in raws]
    return (*(_expanded(word, env) for word in found[:-1]), *found[-1:])


def quoted(text: str, quote: str) -> str:
    """The text as it has to stand in a line: bare, or behind the open quote."""
    if quote == "'":
        return text.replace("'", "'\\''")
    if quote == '"':
        return "".join(f"\\{char}" if char in _SPECIAL_IN_DOUBLE else char for char in text)
    return "".join(
        char if char.isalnum() or char in _PLAIN or not char.isascii() else f"\\{char}"
        for char in text
    )


def _one(line: str, place: int, *, whole: bool = False) -> tuple[Word, int]:
    """The word that begins at a place, and the place behind it."""
    start, quote, taken = place, "", []
    while place < len(line):
        char = line[place]
        following = line[place + 1 : place + 2]
        if not quote and char in _BLANK and not whole:
            break
        if char == "\\" and quote != "'":
            escapes = not quote or following in _SPECIAL_IN_DOUBLE
            taken.append(following if escapes else char + following)
            place += 2
            continue
        if char in "\"'" and quote in {"", char}:
            quote = "" if quote else char
        else:
            taken.append(char)
        place += 1
    place = min(place, len(line))
    return Word(line[start:place], "".join(taken), quote), place


def _expanded(word: Word, env: Mapping[str, str]) -> Word:
    """With variables and a leading `~/` put in where no single quotes forbid it."""
    if "'" in word.raw or "\\" in word.raw:
        return word
    text = _VARIABLE.sub(lambda name: env.get(name[1] or name[2], name[0]), word.text)
    if word.raw.startswith("~/") and env.get("HOME"):
        text = env["HOME"] + text[1:]
    return Word(word.raw, text, word.quote)
