"""A request counts from when it left, not from when it was let out (promise 9)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.test_pacing import Time, most_in_a_second

from venue_ops.core.retry.pacing import Noted, Pacer, after_sending


@given(
    st.integers(1, 20),
    st.floats(0.0, 0.3),
    st.lists(st.floats(0.0, 0.9), min_size=1, max_size=40),
)
def test_a_request_that_left_late_counts_from_when_it_left(
    rate: int, least: float, more: list[float]
) -> None:
    """Whatever a look-up and a handshake take, no window of a second holds more than the rate."""
    ways = [least, *(least + each for each in more)]
    clock, sent = Time(), list[float]()
    with TemporaryDirectory() as folder:
        pacer = Pacer(Path(folder), "here", float(rate), clock=clock, sleep=clock.sleep)
        for way in ways:  # one after another, so that each has left before the next is let out
            turn = asyncio.run(pacer.turn())
            clock.now += way
            pacer.sent(turn)
            sent.append(clock.now)
    assert most_in_a_second(sent) <= rate


def test_a_way_that_all_take_alike_costs_nothing(tmp_path: Path) -> None:
    """100 ms to every answer's request shift them all; the pace is used as ever."""
    clock, sent = Time(), list[float]()
    pacer = Pacer(tmp_path, "here", 5.0, clock=clock, sleep=clock.sleep)
    for _ in range(60):
        turn = asyncio.run(pacer.turn())
        clock.now += 0.1
        pacer.sent(turn)
        sent.append(clock.now)
    assert most_in_a_second(sent) <= 5
    later = sent[25:]
    assert (len(later) - 1) / (later[-1] - later[0]) >= 0.95 * 5


def test_what_left_late_is_moved_to_where_it_belongs() -> None:
    noted = Noted(slot=11.0, held=3.0, asked=(10.0, 10.2, 10.4))
    assert after_sending(noted, 10.2, 10.9, 3) == Noted(11.0, 3.0, (10.0, 10.4, 10.9))
    assert after_sending(noted, 9.0, 10.9, 3) == Noted(11.0, 3.0, (10.2, 10.4, 10.9))
