"""What ends several tasks at once ends the program as each of them alone would."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from tests.cli.program import Program

from venue_ops.core.errors import DatabaseError


def nested(*errors: BaseException) -> BaseExceptionGroup[BaseException]:
    return BaseExceptionGroup("outer", [BaseExceptionGroup("inner", errors)])


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (nested(DatabaseError("Gone."), DatabaseError("Gone.")), 4, "error: Gone.\n"),
        (nested(ValueError("x")), 1, "error: Something unexpected happened: ValueError: x\n"),
        (nested(ValueError("x"), KeyboardInterrupt()), 130, ""),
        (nested(BrokenPipeError()), 0, ""),
    ],
    ids=["database", "fault", "interrupt", "reader"],
)
def test_the_exit_code_is_that_of_what_is_inside(
    program: Program, error: BaseException, code: int, said: str
) -> None:
    def clock() -> datetime:
        raise error

    ended = replace(program, clock=clock)("list")
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith(said)
    assert len(ended.err.splitlines()) <= 2
