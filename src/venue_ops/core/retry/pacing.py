"""How often a provider may be asked, over all runs of this machine.

When each provider was asked last stands in a small file that all processes share under a lock.
In no window of a second are there more than the rate allows, and slots that nobody used are not
made up for. What counts is when a request left this machine: one whose connection took longer
than the last ones' is moved in the file to where it belongs. The clock is the machine's
monotonic one, which all processes read alike.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import math
import os
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from weakref import finalize

from venue_ops.core.errors import ConfigurationError

_ODD = re.compile(r"[^A-Za-z0-9_-]")
_LEAST_WINDOW = 1.03
_STEP = 1.04
"""Seconds that hold as many requests as the rate allows in one. Slots lie a little wider than the
window asks for, so that one that came late does not push all that follow; what is over a second
is for the way to the provider, which is never equally long."""
_WORTH_NOTING = 0.001
"""Seconds; what is less late than that is left as it was noted."""
LONGEST_HOLD = 3600.0
"""No note in the file reaches further ahead; one that does is from before a reboot."""


_MANY_WAYS = 20
"""So many requests tell what the way to the provider takes at least; before that it is nothing."""


class HeldError(Exception):
    """The provider asked for so many seconds of quiet that nobody waits for them."""

    def __init__(self, seconds: float) -> None:
        super().__init__("the provider asked to wait")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Noted:
    """What a provider's file says: the next regular slot, until when it wants quiet, and when it
    was asked last."""

    slot: float = 0.0
    held: float = 0.0
    asked: tuple[float, ...] = ()


def next_turn(noted: Noted, now: float, rate: float) -> float:
    """When the next request may go out, `now` or later (pure). `rate` is requests a second.

    Slots come at even steps; so that one that came late does not crowd with the next ones, the
    request that lies `rate` back has to be a whole second ago as well.
    """
    many = _in_a_second(rate)
    turn = max(now, noted.slot, noted.held)
    if len(noted.asked) >= many:
        turn = max(turn, noted.asked[-many] + _LEAST_WINDOW * max(1.0, many / rate))
    return turn


def after_asking(noted: Noted, now: float, rate: float) -> Noted:
    """What to note of a request that goes out now (pure)."""
    many = _in_a_second(rate)
    step = _STEP * max(1.0, many / rate) / many
    regular = noted.slot + step if now - noted.slot < step else now + step
    since = now - _LEAST_WINDOW * max(1.0, many / rate)
    recent = (at for at in noted.asked[1 - many :] if at > since) if many > 1 else ()
    return Noted(slot=max(regular, now), held=noted.held, asked=(*recent, now))


def after_sending(noted: Noted, turn: float, sent: float, rate: float) -> Noted:
    """What to note when the request let out at `turn` counts as of `sent` (pure)."""
    others = list(noted.asked)
    if turn in others:
        others.remove(turn)
    asked = sorted((*others, sent))[-_in_a_second(rate) :]
    return replace(noted, asked=tuple(asked))


def _in_a_second(rate: float) -> int:
    """How many requests a window of a second may hold; 2.5 a second are 2 in any one."""
    return max(1, math.floor(rate))


@dataclass(frozen=True, slots=True)
class _Try:
    """When it was tried, and for how long to wait; a slot was taken where that is not above 0."""

    at: float
    wait: float


class Pacer:
    """Lets the requests to one provider out at its pace."""

    def __init__(
        self,
        folder: Path,
        provider: str,
        rate: float,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._path = folder / f"{_ODD.sub('_', provider)[:60] or '_'}.json"
        self._file: int | None = None
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._queue = asyncio.Lock()
        self._ways: deque[float] = deque(maxlen=max(_MANY_WAYS, _in_a_second(rate)))

    async def turn(self, *, longest_hold: float = LONGEST_HOLD) -> float:
        """Return when a request may go out, and the moment; who came first goes first.

        Raises HeldError at once where the provider wants quiet for more than `longest_hold`
        seconds, and ConfigurationError where its file cannot be used.
        """
        async with self._queue:
            while (taken := self._try(longest_hold)).wait > 0:
                await self._sleep(taken.wait)
            return taken.at

    def sent(self, turn: float) -> None:
        """The request that was let out at `turn` has gone onto its connection just now.

        What all of the last ones took alike (a look-up, a handshake) shifts them all and is no
        matter; what one took longer would bring it closer to those behind it.
        """
        way = self._clock() - turn
        usual = min(self._ways) if len(self._ways) == self._ways.maxlen else 0.0
        self._ways.append(way)
        late = way - usual
        if late > _WORTH_NOTING:
            with self._locked() as file:
                noted = self._read(file, self._clock())
                _write(file, after_sending(noted, turn, turn + late, self._rate))

    def hold(self, seconds: float) -> None:
        """Let nothing out for so long: the provider asked for it."""
        with self._locked() as file:
            now = self._clock()
            noted = self._read(file, now)
            until = max(noted.held, now + min(seconds, LONGEST_HOLD))
            _write(file, Noted(noted.slot, until, noted.asked))

    def _try(self, longest_hold: float) -> _Try:
        """Take the slot, or give the seconds until there is one."""
        with self._locked() as file:
            now = self._clock()
            noted = self._read(file, now)
            if noted.held - now > longest_hold:
                raise HeldError(noted.held - now)
            wait = next_turn(noted, now, self._rate) - now
            if wait <= 0:
                _write(file, after_asking(noted, now, self._rate))
            return _Try(now, wait)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The file, held against all other processes; it stays open as long as the pacer lives."""
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
                finalize(self, os.close, self._file)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield self._file
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        except OSError as error:
            raise ConfigurationError(
                f"A provider's pace cannot be noted: {error.strerror}.",
                hint="Make room on the disk of the state folder, or name another (state_dir).",
            ) from None

    def _read(self, file: int, now: float) -> Noted:
        """What the file says. Of one that cannot be read, the last second is taken as used up."""
        text = os.pread(file, os.fstat(file).st_size, 0)
        if not text:
            return Noted()
        try:
            kept = json.loads(text)
            noted = Noted(
                _moment(kept["slot"]), _moment(kept["held"]), tuple(map(_moment, kept["asked"]))
            )
            is_from_before = kept["boot"] != _boot()
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            noted = Noted(slot=now + _LEAST_WINDOW * max(1.0, 1 / self._rate))
            _write(file, noted)
            return noted
        ahead = now + max(LONGEST_HOLD, 2 * _STEP / self._rate)
        is_ahead = max(noted.slot, noted.held) > ahead or any(at > now for at in noted.asked)
        return Noted() if is_from_before or is_ahead else noted


def _moment(value: object) -> float:
    found = float(value)  # type: ignore[arg-type]  # what it cannot take is a TypeError
    if not math.isfinite(found):
        raise ValueError
    return found


def _write(file: int, noted: Noted) -> None:
    kept = {"boot": _boot(), "slot": noted.slot, "held": noted.held, "asked": noted.asked}
    text = json.dumps(kept, separators=(",", ":")).encode()
    os.pwrite(file, text.ljust(os.fstat(file).st_size), 0)  # blanks: to cut it off takes longer


@cache
def _boot() -> str:
    """What tells this start of the machine from others, where the system says; else nothing."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""
