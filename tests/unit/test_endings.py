"""Errors of tasks that went side by side end the program as one error."""

from __future__ import annotations

import asyncio
import io
import traceback

import pytest

from venue_ops.context import Flags, Session
from venue_ops.core.errors import DatabaseError, StoreError
from venue_ops.endings import failed, one_of, ungrouped
from venue_ops.exit_codes import ExitCode, exit_code_for


def raised(error: BaseException) -> BaseException:
    """What leaves the block that this is raised in."""
    with pytest.raises(BaseException) as caught, ungrouped():  # noqa: PT011 - whatever it is
        raise error
    return caught.value


def nested(*errors: BaseException) -> BaseExceptionGroup[BaseException]:
    """A group in a group in a group, as task groups within task groups make them."""
    return BaseExceptionGroup("a", [BaseExceptionGroup("b", [BaseExceptionGroup("c", errors)])])


def test_several_of_one_kind_are_told_once_the_first_with_its_own_cause() -> None:
    first, second = DatabaseError("The first.", hint="Mend it."), DatabaseError("The second.")
    first.__cause__ = OSError("why")
    told = raised(ExceptionGroup("tasks", [first, second]))
    assert told is first
    assert str(told.__cause__) == "why"
    assert exit_code_for(told) is ExitCode.ENVIRONMENT
    assert not hasattr(told, "__notes__")


def test_without_a_cause_the_group_is_not_made_one() -> None:
    """So a trace shows the error where it was raised, and not what carried it."""
    error = StoreError("Full.")
    told = raised(ExceptionGroup("tasks", [error]))
    assert "ExceptionGroup" not in "".join(traceback.format_exception(told))


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_a_wish_to_stop_goes_before_every_error(kind: type[BaseException]) -> None:
    group = BaseExceptionGroup("tasks", [StoreError("Full."), nested(ValueError("x"), kind())])
    assert type(raised(group)) is kind


def test_the_first_of_different_kinds_is_told_and_the_others_are_noted() -> None:
    told = raised(nested(TypeError("a fault"), DatabaseError("Gone."), DatabaseError("Gone.")))
    assert type(told) is TypeError
    assert told.__notes__ == ["besides: 2 DatabaseError"]


def test_a_reader_that_went_away_hides_no_error() -> None:
    gone = BrokenPipeError()
    assert one_of(nested(gone, asyncio.CancelledError())) is gone
    assert isinstance(one_of(nested(gone, DatabaseError("Gone."))), DatabaseError)


def test_what_is_no_group_passes_as_it_is() -> None:
    error = DatabaseError("Gone.")
    assert raised(error) is error
    with ungrouped():
        pass


async def _fail(error: BaseException) -> None:
    raise error


def test_of_real_task_groups() -> None:
    async def outer() -> None:
        async with asyncio.TaskGroup() as one:
            one.create_task(asyncio.sleep(30))
            one.create_task(inner())

    async def inner() -> None:
        async with asyncio.TaskGroup() as two:
            two.create_task(_fail(DatabaseError("Gone.", hint="Wait.")))
            two.create_task(_fail(DatabaseError("Gone, too.")))

    with pytest.raises(DatabaseError, match=r"^Gone\.$"), ungrouped():
        asyncio.run(outer())


def test_debug_shows_what_else_there_was() -> None:
    err = io.StringIO()
    session = Session(flags=Flags(debug=True), env={}, stdout=io.StringIO(), stderr=err)
    error = raised(nested(DatabaseError("Gone."), TypeError("x")))
    assert isinstance(error, Exception)
    assert failed(session, error, []) == ExitCode.ENVIRONMENT
    assert "besides: 1 TypeError" in err.getvalue()
