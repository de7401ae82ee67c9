"""What a shell is offered for the word being typed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from venue_ops.completion.exports import refuses
from venue_ops.completion.typed import Typed, names_of, options_of
from venue_ops.completion.values import FILES, Asked, completer
from venue_ops.context import Session
from venue_ops.core.suggestions import LIMIT, Suggestion
from venue_ops.core.untrusted import visible

MORE = "…"
"""Ends the last offer where there were too many, so that no shell takes what the others have in
common for certain."""


@dataclass(frozen=True, slots=True)
class Offers:
    """`fixed` stands before every offer in the same word; `files`: the shell completes files.

    `open` offers are not complete yet: no blank follows. A `list` goes on behind a comma.
    """

    offers: tuple[Suggestion, ...] = ()
    fixed: str = ""
    files: bool = False
    open: bool = False
    list: bool = False


def offers(typed: Typed, session: Session, *, described: bool) -> Offers:
    """What can stand for the word being typed; raises what the settings and database raise."""
    if typed.lost:
        return Offers()
    if typed.parameter is not None:
        return _of_values(typed, session, described)
    if typed.is_option:
        return Offers(_limited(_options(typed), typed.text))
    if hasattr(typed.command, "list_commands"):
        return Offers(_limited(_commands(typed.command), typed.text))
    return Offers()


def _of_values(typed: Typed, session: Session, described: bool) -> Offers:
    values = completer(typed)
    if typed.parameter.name in FILES:
        return Offers(files=True, fixed=typed.attached)
    if values is None:
        return Offers()
    asked = Asked(typed.text, typed, session, described)
    if not getattr(typed.parameter, "multiple", False):
        found = _limited(_harmless(values(asked), session), asked.prefix)
        return Offers(found, typed.attached, open=_are_open(found))
    before, tail = _last_item(typed.text)
    taken = {item for value in typed.given.get(typed.parameter.name, ()) for item in _items(value)}
    taken |= set(_items(before))
    if typed.parameter.name == "city" and before:
        # `london,g` may go on to `london,gb`. If it can, nothing else may stand there.
        head, slug = _last_item(before[:-1])
        whole = f"{slug},{tail}"
        countries = _limited(_harmless(values(replace(asked, prefix=whole)), session), whole)
        if countries:
            return Offers(countries, typed.attached + head, list=True)
    left = (item for item in values(replace(asked, prefix=tail)) if item.value not in taken)
    fitting = _limited(_harmless(left, session), tail)
    return Offers(fitting, typed.attached + before, open=_are_open(fitting), list=True)


def _last_item(text: str) -> tuple[str, str]:
    """What stands up to the last comma, with it, and what stands behind."""
    head, comma, tail = text.rpartition(",")
    return head + comma, tail


def _items(value: str) -> list[str]:
    return [item for item in value.split(",") if item]


def _limited(found: Iterable[Suggestion], prefix: str) -> tuple[Suggestion, ...]:
    """Those that begin so, each once; and a last one that stands for the rest."""
    fitting: dict[str, Suggestion] = {}
    for item in found:
        if item.value.startswith(prefix):
            fitting.setdefault(item.value, item)
        if len(fitting) > LIMIT:
            kept = tuple(fitting.values())[:LIMIT]
            return (*kept, Suggestion(prefix + MORE, "there are more: type on"))
    return tuple(fitting.values())


def _are_open(found: tuple[Suggestion, ...]) -> bool:
    return bool(found) and all(item.value.endswith(("/", MORE)) for item in found)


def _harmless(found: Iterable[Suggestion], session: Session) -> Iterator[Suggestion]:
    """Without values that would drive a terminal, mislead a reader or show a secret.

    Nobody could type the first two anyway, and quoting would not make them readable.
    """
    clean = session.redactor.text
    for item in found:
        if item.value and visible(item.value) == item.value == clean(item.value):
            yield Suggestion(item.value, visible(clean(item.about)))


def _commands(group: Any) -> Iterator[Suggestion]:
    """Those of the root are not loaded to be listed."""
    if (short_helps := getattr(group, "short_helps", None)) is not None:
        yield from (Suggestion(name, text) for name, text in short_helps().items())
        return
    for name in group.list_commands(None):
        command = group.commands[name]
        if not command.hidden:
            yield Suggestion(name, _first_sentence(command.short_help or command.help))


def _options(typed: Typed) -> Iterator[Suggestion]:
    """All long names, and the short ones too behind a single dash; flags only once.

    An export is not offered what it would refuse.
    """
    for option in options_of(typed.command):
        again = option.multiple or option.count
        if (not again and option.name in typed.given) or refuses(typed, option.name):
            continue
        for name in names_of(option):
            if name.startswith("--") or typed.text == "-":
                yield Suggestion(name, _first_sentence(option.help))
    yield Suggestion("--help", "Show this message and exit.")


def _first_sentence(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split())
