"""Write docs/reference/commands.md from the commands themselves.

`--check` writes nothing and fails, with the difference, when the page is not what the program
would say. Commands that are loaded only when called are walked like all others; hidden ones
are left out.
"""

from __future__ import annotations

import importlib
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import typer
from tools.generated import ROOT, write_or_check
from typer.main import get_command

PAGE = ROOT / "docs" / "reference" / "commands.md"
TITLE = """\
% Written by `make reference` from the program; do not edit.

# Commands

Every command, its arguments and its options, as `--help` says them. The options of
`venue-ops` itself stand before the command.
"""
CODE_SPAN = re.compile(r"(`[^`]+`)")


def root() -> Any:
    """The top of the command tree, whether the module keeps it or builds it on demand."""
    cli = importlib.import_module("venue_ops.cli")
    app = cli.app if hasattr(cli, "app") else cli.build_app()
    return get_command(app) if isinstance(app, typer.Typer) else app


def walk(command: Any, context: typer.Context) -> Iterator[tuple[Any, typer.Context]]:
    """A command and all below it, in the order in which `--help` lists them."""
    yield command, context
    if not hasattr(command, "list_commands"):
        return
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        if below is not None and not below.hidden:
            yield from walk(below, typer.Context(below, info_name=name, parent=context))


def prose(text: str | None) -> str:
    r"""A docstring as Markdown: cut at \f; a paragraph marked by \b keeps its lines."""
    paragraphs = []
    for paragraph in (text or "").partition("\f")[0].strip().split("\n\n"):
        literal = paragraph.removeprefix("\b\n")
        lines = textwrap.fill(paragraph, 100, break_long_words=False, break_on_hyphens=False)
        paragraphs.append(lines if literal == paragraph else f"```text\n{literal}\n```")
    return "\n\n".join(paragraphs)


def cell(text: str) -> str:
    """Text for a table: code spans as they are, what Markdown would interpret escaped."""
    parts = CODE_SPAN.split(" ".join(text.split()))
    parts[::2] = [re.sub(r"([\\*_<\[\]])", r"\\\1", part) for part in parts[::2]]
    return "".join(parts).replace("|", "\\|")


def table(heading: str, records: list[tuple[str, str]]) -> str:
    rows = [f"| `{names.replace('|', chr(92) + '|')}` | {cell(text)} |" for names, text in records]
    return "\n".join([f"| {heading} | |", "| --- | --- |", *rows])


def describe(command: Any, context: typer.Context) -> str:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    sections = [f"## {context.command_path}", prose(command.help), f"```text\n{usage}\n```"]
    records: dict[str, list[tuple[str, str]]] = {"argument": [], "option": []}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        said_at_the_top = parameter.name == "help" and context.parent is not None
        if record is not None and not said_at_the_top:
            records[parameter.param_type_name].append(record)
    sections += [table(kind.capitalize(), found) for kind, found in records.items() if found]
    sections.append(prose(command.epilog))
    return "\n\n".join(section for section in sections if section)


def page() -> str:
    top = root()
    context = typer.Context(top, info_name="venue-ops")
    return "\n\n".join([TITLE.rstrip(), *(describe(*found) for found in walk(top, context))]) + "\n"


if __name__ == "__main__":
    write_or_check(PAGE, page, __doc__)
