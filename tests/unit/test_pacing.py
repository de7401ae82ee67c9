"""The pace of a provider: in no window of a second more than its rate (promise 9)."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.core.errors import ConfigurationError
from venue_ops.core.retry.pacing import (
    LONGEST_HOLD,
    HeldError,
    Noted,
    Pacer,
    after_asking,
    next_turn,
)

RATES = st.one_of(st.integers(1, 60).map(float), st.floats(0.05, 60))
MOMENTS = st.floats(0, 5)
LATE = st.one_of(st.just(0.0), st.floats(0, 0.03), st.floats(0, 3))


def taken(rate: float, arrivals: list[float], late: list[float], start: float) -> list[float]:
    """When each of those that arrive at these moments asks, waking up as late as is said.

    Several wait at once, as processes do: whoever wakes first after a slot has come takes it.
    """
    noted, found = Noted(), list[float]()
    lateness = itertools.cycle(late)
    waiting = [(start + at, number) for number, at in enumerate(arrivals)]
    heapq.heapify(waiting)
    while waiting:
        now, number = heapq.heappop(waiting)
        turn = next_turn(noted, now, rate)
        assert turn >= now
        if turn > now:
            heapq.heappush(waiting, (turn + next(lateness), number))
        else:
            noted = after_asking(noted, now, rate)
            found.append(now)
    return found


def most_in_a_second(moments: list[float]) -> int:
    """The highest count in any window of a second, both ends included."""
    return max(
        sum(first <= at <= first + 1.0 for at in moments[place:])
        for place, first in enumerate(moments)
    )


@given(
    RATES,
    st.lists(MOMENTS, min_size=1, max_size=40),
    st.lists(LATE, min_size=1, max_size=7),
    st.sampled_from([0.0, 17.25, 8_000_000.0]),
)
def test_no_window_holds_more_than_the_rate(
    rate: float, arrivals: list[float], late: list[float], start: float
) -> None:
    found = taken(rate, arrivals, late, start)
    assert len(found) == len(arrivals)
    assert most_in_a_second(found) <= max(1, math.floor(rate))
    if rate < 1:
        assert all(two - one >= 1 / rate for one, two in itertools.pairwise(found))


@given(st.integers(1, 60), st.integers(2, 200))
def test_the_pace_is_used_to_95_percent_where_nobody_is_late(rate: int, many: int) -> None:
    found = taken(float(rate), [0.0] * many, [0.0], 100.0)
    assert (many - 1) / (found[-1] - found[0]) >= 0.95 * rate


@given(st.integers(2, 60), st.lists(st.floats(0, 0.004), min_size=1, max_size=9))
def test_waking_up_a_little_late_costs_nothing_for_long(rate: int, late: list[float]) -> None:
    found = taken(float(rate), [0.0] * 150, late, 100.0)
    assert (len(found) - 1) / (found[-1] - found[0] - 0.004) >= 0.95 * rate


def test_what_was_not_used_is_not_made_up_for() -> None:
    noted = Noted()
    for at in (100.0, 160.0):
        noted = after_asking(noted, at, 10)
    assert next_turn(noted, 160.0, 10) > 160.1


@given(RATES, st.floats(0, 100), st.floats(0, 3_600))
def test_nothing_goes_out_while_it_is_held(rate: float, now: float, held: float) -> None:
    noted = Noted(slot=now, held=now + held, asked=(now,))
    assert next_turn(noted, now, rate) >= now + held
    assert after_asking(noted, now, rate).held == noted.held


# --- the file -----------------------------------------------------------------------------------


class Time:
    """A clock that only sleeping moves."""

    def __init__(self, now: float = 10_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def pacer(tmp_path: Path, time: Time) -> Callable[..., Pacer]:
    def make(name: str = "here", rate: float = 5.0) -> Pacer:
        return Pacer(tmp_path, name, rate, clock=time, sleep=time.sleep)

    return make


def turns(pacer: Pacer, time: Time, many: int) -> list[float]:
    async def take() -> list[float]:
        found = []
        for _ in range(many):
            await pacer.turn()
            found.append(time.now)
        return found

    return asyncio.run(take())


def test_runs_share_one_pace(pacer: Callable[..., Pacer], time: Time) -> None:
    one, other = pacer(), pacer()
    found = [at for _ in range(10) for each in (one, other) for at in turns(each, time, 1)]
    assert most_in_a_second(found) == 5


def test_each_provider_has_its_own(pacer: Callable[..., Pacer], time: Time) -> None:
    turns(pacer("here"), time, 1)
    turns(pacer("unsplash"), time, 1)
    assert time.slept == []


@pytest.mark.parametrize("name", ["", "..", "a/b", "/etc/passwd", "\0", "ż" * 300, "here\n"])
def test_a_provider_of_any_name_has_a_file_in_the_folder(
    pacer: Callable[..., Pacer], time: Time, tmp_path: Path, name: str
) -> None:
    turns(pacer(name), time, 1)
    (file,) = tmp_path.iterdir()
    assert file.suffix == ".json"
    assert file.stat().st_mode & 0o777 == 0o600


BOOT = {"boot": "another start of this machine"}
BEFORE = {
    "another boot": {**BOOT, "slot": 10_000.5, "held": 12_000, "asked": [9_999.9] * 5},
    "asked in the future": {"slot": 1, "held": 0, "asked": [10_000.1]},
    "a slot far ahead": {"slot": 10_001 + LONGEST_HOLD, "held": 0, "asked": []},
    "held far ahead": {"slot": 1, "held": 10_001 + LONGEST_HOLD, "asked": []},
}


@pytest.mark.parametrize("kept", BEFORE.values(), ids=BEFORE)
def test_a_file_from_before_a_reboot_holds_nobody_up(
    pacer: Callable[..., Pacer], time: Time, tmp_path: Path, kept: dict[str, object]
) -> None:
    turns(pacer(), time, 1)
    file = tmp_path / "here.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **kept}))
    turns(pacer(), time, 1)
    assert time.slept == []


CORRUPT = [
    b"{", b"\xff\xfe", b"null", b"[]", b"7", b'{"slot": 1}',
    b'{"slot": "x", "held": 0, "asked": []}',
    b'{"boot": "", "slot": NaN, "held": 0, "asked": []}',
    b'{"boot": "", "slot": 1, "held": 1e999, "asked": []}',
    b'{"boot": "", "slot": 1, "held": 0, "asked": [null]}',
    b'{"boot": "", "slot": 1, "held": 0, "asked": 5}',
    b'{"boot": "", "slot": 1' + b"0" * 400 + b', "held": 0, "asked": []}',
    b"[" * 100_000, b"\0" * 300,
]  # fmt: skip


@pytest.mark.parametrize("text", CORRUPT, ids=range(len(CORRUPT)))
def test_a_corrupt_file_costs_a_second_and_no_more(
    pacer: Callable[..., Pacer], time: Time, tmp_path: Path, text: bytes
) -> None:
    """What was asked in the last second is not known any more, so it is taken as used up."""
    (tmp_path / "here.json").write_bytes(text)
    first, *others = turns(pacer(), time, 6)
    assert 1.0 <= first - 10_000 <= 1.1
    assert most_in_a_second([first, *others]) == 5


def test_a_rate_beyond_any_provider_is_kept_too(
    pacer: Callable[..., Pacer], time: Time, tmp_path: Path
) -> None:
    turns(pacer(), time, 1)
    file = tmp_path / "here.json"
    full = [9_999.9999 - 1e-8 * number for number in range(5_000)][::-1]
    file.write_text(json.dumps({**json.loads(file.read_text()), "asked": full}))
    assert file.stat().st_size > 50_000
    (at,) = turns(pacer(rate=5_000.0), time, 1)
    assert at >= 10_000.999


# --- hold ---------------------------------------------------------------------------------------


def test_a_hold_is_for_all_runs(pacer: Callable[..., Pacer], time: Time) -> None:
    one, other = pacer(), pacer()
    one.hold(30)
    one.hold(3)  # the longer one stays
    assert turns(other, time, 1) == [10_030.0]
    assert turns(one, time, 1)[0] >= 10_030.2


def test_a_hold_is_bounded(pacer: Callable[..., Pacer], time: Time) -> None:
    for seconds in (86_400 * 365, math.inf):
        pacer().hold(seconds)
    assert turns(pacer(), time, 1) == [10_000.0 + LONGEST_HOLD]


def test_nobody_waits_for_longer_than_they_said(pacer: Callable[..., Pacer], time: Time) -> None:
    pacer().hold(301)
    with pytest.raises(HeldError) as found:
        asyncio.run(pacer().turn(longest_hold=300))
    assert found.value.seconds == 301
    assert time.slept == []
    asyncio.run(pacer().turn(longest_hold=301))
    assert time.slept == [301]


def test_a_slow_provider_is_not_held(pacer: Callable[..., Pacer], time: Time) -> None:
    """One request in 1,000 seconds is a pace, not a wish to be left alone."""
    slow = pacer(rate=0.001)
    for _ in range(2):
        asyncio.run(slow.turn(longest_hold=1))
    assert time.now >= 11_000


def test_a_folder_that_is_gone_is_a_fault_of_the_settings(tmp_path: Path, time: Time) -> None:
    pacer = Pacer(tmp_path / "gone", "here", 5, clock=time, sleep=time.sleep)
    with pytest.raises(ConfigurationError, match="No such file") as found:
        asyncio.run(pacer.turn())
    assert "state_dir" in str(found.value.hint)
    with pytest.raises(ConfigurationError, match="No such file"):
        pacer.hold(1)
