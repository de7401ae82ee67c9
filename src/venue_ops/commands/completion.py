"""`venue-ops completion`: the script that makes a shell complete our words."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath
from typing import Annotated

import typer

from venue_ops.commands import options
from venue_ops.context import Session
from venue_ops.core.errors import UsageError

app = options.command_app()


class Shell(StrEnum):
    """The shells there are scripts for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@app.command(cls=options.OpsCommand)
def completion(
    ctx: typer.Context,
    shell: Annotated[
        Shell | None, typer.Argument(metavar="SHELL", help=f"{options.words(Shell)}.")
    ] = None,
) -> None:
    """Print the script that completes commands, options, cities, venues, providers and job ids.

    Try it in this shell: eval "$(venue-ops completion bash)" in bash, the same with zsh in
    zsh, venue-ops completion fish | source in fish. The how-to says where to put it for good.
    """
    from importlib.resources import files

    session: Session = ctx.obj
    if shell is None:
        raise UsageError(
            f"Say for which shell: {options.words(Shell)}.",
            hint=_hint(PurePath(session.env.get("SHELL", "")).name),
        )
    script = files("venue_ops.completion").joinpath("scripts", f"venue-ops.{shell}")
    session.output.verbatim(script.read_text("utf-8"))


def _hint(login_shell: str) -> str:
    if login_shell not in set(Shell):
        return "As in `venue-ops completion bash`."
    return f"Yours is probably {login_shell}: `venue-ops completion {login_shell}`."
