"""What a line asks for so far: the command, the options given, and what is being typed.

Walks the words over the commands of Typer without running their parser, which would take
longer, call callbacks and refuse what is not finished yet. Pure, but for the commands that it
makes Typer load.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Typed:
    """Where a line stands.

    `parameter` is the option or argument whose value is being typed, `text` what stands of it,
    and `attached` what stands before it in the same word (`--city=`). Without a parameter a
    command or an option is being typed. `given` holds the values of each parameter by its name,
    and "" for a flag. `lost` is a line whose command does not exist.
    """

    command: Any
    path: tuple[str, ...]
    text: str
    parameter: Any = None
    attached: str = ""
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    options_end: bool = False
    lost: bool = False

    @property
    def is_option(self) -> bool:
        """Whether the name of an option is being typed."""
        return self.parameter is None and self.text.startswith("-") and not self.options_end


def typed(root: Any, words: Sequence[str], current: str) -> Typed:
    """Where a line stands, from the words behind the program's name and the one being typed."""
    walk = _Walk(root)
    for word in words:
        walk.take(word)
    return walk.at(current)


class _Walk:
    """One pass over the words."""

    def __init__(self, root: Any) -> None:
        self.command = root
        self.path: tuple[str, ...] = ()
        self.given: dict[str, list[str]] = {}
        self.waiting: Any = None
        self.options_end = False
        self.lost = False
        self.arguments = 0

    def take(self, word: str) -> None:
        """A word that is complete."""
        if self.waiting is not None:
            self._give(self.waiting, word)
            self.waiting = None
        elif word == "--" and not self.options_end:
            self.options_end = True
        elif word.startswith("-") and word != "-" and not self.options_end:
            self._take_option(word)
        elif hasattr(self.command, "list_commands"):
            self._descend(word)
        else:
            argument = self._argument()
            if argument is not None:
                self._give(argument, word)
            self.arguments += 1

    def at(self, current: str) -> Typed:
        """The answer, at the word being typed."""
        parameter, attached = self.waiting, ""
        if parameter is None and current.startswith("-") and not self.options_end:
            parameter, attached = self._attached(current)
        elif parameter is None and not hasattr(self.command, "list_commands"):
            parameter = self._argument()
        return Typed(
            self.command,
            self.path,
            current.removeprefix(attached),
            parameter,
            attached,
            {name: tuple(values) for name, values in self.given.items()},
            self.options_end,
            self.lost,
        )

    def _take_option(self, word: str) -> None:
        name, equals, value = word.partition("=")
        option = self._option(name)
        if option is not None and word.startswith("--"):
            if not _takes_value(option):
                self._give(option, "")
            elif equals:
                self._give(option, value)
            else:
                self.waiting = option
            return
        parameter, attached = self._attached(word)
        if parameter is not None and attached != word:
            self._give(parameter, word.removeprefix(attached))
        else:
            self.waiting = parameter

    def _attached(self, word: str) -> tuple[Any, str]:
        """The option whose value begins within a word, and what stands before the value."""
        if word.startswith("--"):
            name, equals, _ = word.partition("=")
            option = self._option(name) if equals else None
            return (option, f"{name}=") if option and _takes_value(option) else (None, "")
        for place in range(1, len(word)):
            option = self._option(f"-{word[place]}")
            if option is None:
                break
            if _takes_value(option):
                return option, word[: place + 1]
            self._give(option, "")
        return None, ""

    def _option(self, name: str) -> Any:
        return next((item for item in options_of(self.command) if name in names_of(item)), None)

    def _argument(self) -> Any:
        """The argument that the next word is a value of."""
        arguments = [item for item in self.command.params if item.param_type_name == "argument"]
        if self.arguments < len(arguments):
            return arguments[self.arguments]
        return arguments[-1] if arguments and arguments[-1].nargs == -1 else None

    def _descend(self, word: str) -> None:
        below = self.command.commands.get(word)
        if below is None:
            self.lost = True
            return
        self.command, self.path = below, (*self.path, word)

    def _give(self, parameter: Any, value: str) -> None:
        self.given.setdefault(parameter.name, []).append(value)


def options_of(command: Any) -> Iterable[Any]:
    """The options that a command shows."""
    return (
        item
        for item in command.params
        if item.param_type_name == "option" and not getattr(item, "hidden", False)
    )


def names_of(option: Any) -> Sequence[str]:
    """All its names, such as `--city` and `-c`."""
    return (*option.opts, *option.secondary_opts)


def _takes_value(option: Any) -> bool:
    return not (option.is_flag or option.count)
