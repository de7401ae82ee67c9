"""What Typer says of a wrong command line, in the words of the other errors."""

from __future__ import annotations

import re
from typing import Any

from venue_ops.core.errors import UsageError
from venue_ops.core.references import shortened, unknown_word

_CHOICE = re.compile(r".*? is not one of (?P<known>'.*')\.", re.DOTALL)
_QUOTED = re.compile(r"'([^']*)'")


def in_our_words(error: Any) -> UsageError:
    """The error of Typer's parser, with what is known instead or where to look."""
    path = error.ctx.command_path if getattr(error, "ctx", None) else "venue-ops"
    look = f"See `{path} --help`."
    if getattr(error, "param", None) is not None:
        label = _label(error.param)
        for problem in _problems(error):
            match problem:
                case {"type": "value_error", "input": str(word)} if known := _known(problem):
                    return unknown_word(label, word, known)
                case {"type": "int_parsing" | "int_type" | "int_from_float", "input": word}:
                    message = f'{label} takes a whole number, not "{shortened(str(word))}".'
                    return UsageError(message, hint=look)
                case {"type": "greater_than_equal", "ctx": {"ge": least}}:
                    return UsageError(f"{label} cannot be less than {least}.", hint=look)
    return UsageError(error.format_message(), hint=look)


def _label(param: Any) -> str:
    """`--order` of an option, `WHAT` of an argument."""
    if param.param_type_name == "argument":
        return str(param.metavar or param.name.upper())
    return str(max(param.opts, key=len))


def _problems(error: Any) -> list[Any]:
    """What pydantic, which Typer reads values by, has to say; empty if it was not asked."""
    errors = getattr(error.__cause__, "errors", None)
    return errors() if callable(errors) else []


def _known(problem: Any) -> list[str]:
    found = _CHOICE.fullmatch(problem["msg"])
    return _QUOTED.findall(found["known"]) if found else []
