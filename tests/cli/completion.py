"""The program as a shell asks it what to offer."""

from __future__ import annotations

from dataclasses import dataclass

import typer
from tests.cli.program import Program

from venue_ops.cli import app
from venue_ops.completion.answer import Request
from venue_ops.context import Session

ROOT = typer.main.get_command(app)
Env = dict[str, str]


@dataclass(frozen=True)
class Asking:
    """The program as it is asked by a shell that shows descriptions."""

    program: Program

    def answer(self, line: str, env: Env | None = None) -> str:
        session = Session(env=self.program.environment(env), clock=self.program.clock)
        return Request.of(ROOT, ["fish", "venue-ops", *line.split(" ")], session).answered()

    def described(self, line: str, env: Env | None = None) -> dict[str, str]:
        pairs = [line.split("\t") for line in self.answer(line, env).splitlines()[1:]]
        return {value: about for value, about in pairs}  # noqa: C416 (exactly two of them)

    def __call__(self, line: str, env: Env | None = None) -> list[str]:
        return list(self.described(line, env))
