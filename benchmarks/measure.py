"""Timing things in turn, so that a busy moment of the machine hits all of them alike."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ENOUGH = 90.0
"""Seconds after which one contender is not run again, if it has run three times."""

Timed = Callable[[], float]
"""Runs something once; the seconds it took."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The seconds of every run."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.seconds)

    def __str__(self) -> str:
        return in_milliseconds(self.median)


def in_turn(contenders: Mapping[str, Timed], runs: int) -> dict[str, Sample]:
    """Every contender `runs` times, A B C A B C; one unmeasured round before, to warm up."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for run in range(runs + 1):
        for name, contender in contenders.items():
            if len(taken[name]) >= 3 and sum(taken[name]) > ENOUGH:
                continue
            seconds = contender()
            if run:
                taken[name].append(seconds)
    return {name: Sample(tuple(seconds)) for name, seconds in taken.items()}


def in_milliseconds(seconds: float) -> str:
    """For people: `0.42 ms`, `8.3 ms`, `1,203 ms`."""
    ms = seconds * 1000
    digits = 2 if ms < 1 else 1 if ms < 100 else 0
    return f"{ms:,.{digits}f} ms"


def clocked(action: Callable[[], object]) -> Timed:
    """The wall time of a call."""

    def run() -> float:
        started = time.perf_counter()
        action()
        return time.perf_counter() - started

    return run


def cpu_of(command: Sequence[str | Path], env: Mapping[str, str]) -> Timed:
    """The processor time, user and system, of a whole process; its output is thrown away."""
    return lambda: _process(command, env)[1]


def wall_of(command: Sequence[str | Path], env: Mapping[str, str]) -> Timed:
    """The wall time of a whole process that writes into a pipe which is read to its end."""
    return lambda: _process(command, env)[0]


def _process(command: Sequence[str | Path], env: Mapping[str, str]) -> tuple[float, float]:
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
    )
    assert process.stdout is not None
    assert process.stderr is not None
    written = process.stdout.read()
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    process.stderr.close()
    if process.returncode or not written:
        raise RuntimeError(f"{command[0]} failed: {said.decode(errors='replace').strip()}")
    return wall, usage.ru_utime + usage.ru_stime
