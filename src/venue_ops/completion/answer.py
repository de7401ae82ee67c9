"""The hidden entry `venue-ops __complete SHELL ...`, which the scripts of the shells call.

    bash LINE WORD TYPE  the line up to the cursor, what of it will be replaced, and COMP_TYPE
    zsh WORD ...         the words up to the cursor as they are typed, the last being completed
    fish WORD ... WORD   likewise, but only the last one still has its quotes

The answer is one line that says how to go on (`plain`, `list`, `open`: no blank behind it,
`files`) and one line for each offer. It is silence where there is none: whatever goes wrong,
nobody asked for an error message while typing.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from io import StringIO
from typing import Any

from venue_ops.completion.offers import Offers, offers
from venue_ops.completion.typed import Typed, typed
from venue_ops.completion.values import asks_the_database, completer
from venue_ops.completion.words import Word, quoted, read, split
from venue_ops.context import Flags, Session

ENTRY = "__complete"
PATIENCE_VARIABLE = "VENUE_OPS_COMPLETION_TIMEOUT"
PATIENCE = timedelta(seconds=1)
STATEMENT_TIMEOUT = "300ms"
_LONGEST_ABOUT = 60
_LISTING = "63"
"""COMP_TYPE at the second TAB, a question mark: what can stand there is listed."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a shell handed over: the words typed, and where a reply of bash begins.

    `listing`: bash will show the replies, and put none of them into the line if there are several.
    """

    words: tuple[Word, ...]
    replaced: str = ""
    listing: bool = False


def answer(root: Any, argv: Sequence[str], session: Session) -> None:
    """Write the offers to stdout, or nothing at all; never raises."""
    with suppress(Exception):
        session.stdout.write(_in_time(Request.of(root, argv, _quiet(session))))
        session.stdout.flush()


@dataclass(frozen=True, slots=True)
class Request:
    """A shell's question, understood."""

    shell: str
    line: Line
    typed: Typed
    session: Session

    @classmethod
    def of(cls, root: Any, argv: Sequence[str], session: Session) -> Request:
        """Of the words behind `__complete`; the session gets the line's own options."""
        shell, line = argv[0], _line(argv, session.env)
        words = [word.text for word in line.words]
        found = typed(root, words[1:-1], words[-1])
        session.give(_flags(found))
        return cls(shell, line, found, session)

    def answered(self) -> str:
        """The answer; raises what the settings and the database raise."""
        try:
            found = offers(self.typed, self.session, described=self.shell != "bash")
            return _written(self.shell, found, self.line)
        finally:
            self.session.close()


def _line(argv: Sequence[str], env: Mapping[str, str]) -> Line:
    shell, *given = argv
    if shell == "bash":
        line, replaced, *how = given  # a script of an older version does not say how
        return Line(split(line, env), replaced, how == [_LISTING])
    if shell == "fish":
        return Line((*(Word(word, word) for word in given[:-1]), *read(given[-1:], env)))
    return Line(read(given, env))


def _flags(found: Typed) -> Flags:
    """The global options of the line that say which database is meant."""
    last = {name: values[-1] for name, values in found.given.items()}
    return Flags(
        database_url=last.get("database_url"),
        demo="demo" in last,
        profile=last.get("profile"),
        config=last.get("config"),
        oban_schema=last.get("oban_schema"),
        statement_timeout=STATEMENT_TIMEOUT,
        quiet=True,
    )


def _quiet(session: Session) -> Session:
    """A session that says nothing and starts no demo."""
    return replace(session, stderr=StringIO(), starts_demo=False)


def _in_time(request: Request) -> str:
    """The answer; if a database has to be asked, within some time or not at all."""
    parameter, session = request.typed.parameter, request.session
    values = completer(request.typed) if parameter is not None else None
    if values is None or not asks_the_database(values):
        return request.answered()
    from venue_ops.core.db.compiled import statement
    from venue_ops.core.services.suggestions import questions

    for question in questions(session.settings.oban_schema):
        statement(question)  # a first time takes longer than there is time, and is remembered
    session.source  # noqa: B018 (what it takes to connect is imported before the clock runs)
    return in_child(request.answered, _patience(session.env))


def _patience(env: Mapping[str, str]) -> timedelta:
    from venue_ops.core.moments import parse_duration

    given = env.get(PATIENCE_VARIABLE, "")
    return parse_duration(given) if given.strip() else PATIENCE


def in_child(work: Callable[[], str], patience: timedelta) -> str:
    """What `work` returns in a process of its own; "" if it fails or takes longer.

    Nothing inside one process can end a look-up of a host name that gets no answer, which
    takes ten seconds and more.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(reading)
            with os.fdopen(writing, "w", encoding="utf-8") as pipe:
                pipe.write(work())
        finally:
            os._exit(0)
    os.close(writing)
    pieces: list[bytes] = []
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], patience.total_seconds())[0]:
            if not (piece := pipe.read(65_536)):
                break
            pieces.append(piece)
        else:
            pieces.clear()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return b"".join(pieces).decode()


def _written(shell: str, found: Offers, line: Line) -> str:
    """The offers in the way of a shell; "" where there are none."""
    if found.files:
        return f"files\n{found.fixed}\n"
    lines = list(_WRITERS[shell](found, line))
    if not lines:
        return ""
    how = "open" if found.open else "list" if found.list else "plain"
    return "\n".join([how, *lines]) + "\n"


def _for_bash(found: Offers, line: Line) -> list[str]:
    """Only the part of each word that readline replaces, quoted as the word is.

    What is only shown is not quoted: a reader wants to see ; and not \\;.
    """
    current = line.words[-1]
    length = len(current.raw) - len(line.replaced)
    head = Word("", "", "")
    if current.raw.endswith(line.replaced):
        head = read([current.raw[:length]], {})[0]
    words = []
    for offer in found.offers:
        word = found.fixed + offer.value
        # In double quotes nothing keeps bash from taking ! for a command of its history.
        if word.startswith(head.text) and not (head.quote == '"' and "!" in word):
            words.append(word[len(head.text) :])
    if line.listing and len(words) > 1:
        return words
    replies = [quoted(word, head.quote) for word in words]
    if len(replies) == 1 and head.quote and replies[0].endswith(head.quote):
        replies[0] += head.quote  # readline takes the last one for the closing one
    return replies


def _for_zsh(found: Offers, _: Line) -> list[str]:
    """The whole word and, behind a tab, what is shown of it in a list."""
    from venue_ops.output.layout import display_width

    widest = max((display_width(offer.value) for offer in found.offers), default=0)
    lines = []
    for offer in found.offers:
        shown = offer.value
        if offer.about:
            gap = " " * (widest - display_width(offer.value))
            shown = f"{offer.value}{gap}  -- {_short(offer.about)}"
        lines.append(f"{found.fixed}{offer.value}\t{shown}")
    return lines


def _for_fish(found: Offers, _: Line) -> list[str]:
    """The whole word and, behind a tab, what it is about."""
    return [f"{found.fixed}{offer.value}\t{_short(offer.about)}" for offer in found.offers]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_ABOUT else text[: _LONGEST_ABOUT - 1] + "…"


_WRITERS: Mapping[str, Callable[[Offers, Line], list[str]]] = {
    "bash": _for_bash,
    "zsh": _for_zsh,
    "fish": _for_fish,
}
