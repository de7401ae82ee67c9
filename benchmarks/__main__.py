"""`python -m benchmarks`: measures the goals and prints `goal, figure, holds`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

from benchmarks import (
    enqueueing,
    exports,
    figures,
    growth,
    pace,
    pages,
    process,
    start,
    throughput,
    venues,
    writes,
)
from benchmarks.databases import OWN_JOBS, OWN_VENUES, Measured, made, opened
from benchmarks.report import Figure, table
from benchmarks.retries import writable

OWN = "own"
WRITES = ("W1", "W2", "W3", "W4")
GOALS = ("R1", "R2", "R3", "R4", "R5", "R6", "R7", *WRITES)
S_VARIABLE, L_VARIABLE = "VENUE_OPS_BENCH_S", "VENUE_OPS_BENCH_L"


def main() -> int:
    """Exit code 1 where a goal is missed."""
    given = _arguments()
    unknown = set(given.only) - set(GOALS)
    if unknown:
        _say(f"No such goal: {', '.join(sorted(unknown))}; there are {', '.join(GOALS)}.")
        return 2
    _say(f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    _say(f"load {' '.join(f'{each:.1f}' for each in os.getloadavg())} before it begins")
    found: list[Figure] = []
    with ExitStack() as stack:
        for figure in _measure(given, stack):
            found.append(figure)
            _say(f"  {figure.goal} {figure.what}: {figure.figure}")
    for line in table(found):
        print(line)
    return int(any(figure.holds is False for figure in found))


def _measure(given: argparse.Namespace, stack: ExitStack) -> Iterator[Figure]:
    wanted, runs = set(given.only), given.runs
    if "R1" in wanted:
        yield from start.figures(runs)
    if wanted & set(WRITES):
        yield from _of_writes(wanted, runs, stack)
    if not wanted - {"R1", *WRITES}:
        return
    databases = _databases(given, stack)
    for database in databases:
        _say(f"{database.size}, {database.server}")
    largest = databases[-1]
    if "R2" in wanted:
        yield from _judged(pages.figures(largest, runs), largest)
    if "R3" in wanted:
        yield from process.figures(largest, runs)
    if "R4" in wanted:
        yield from _judged(venues.figures(largest, runs), largest)
    if "R6" in wanted:
        for database in databases:
            yield from exports.figures(database, runs)
    if "R5" in wanted:
        yield from _judged(figures.figures(largest, runs), largest)
    if "R7" in wanted and len(databases) == 2:
        small, large = databases
        yield from growth.figures(small, large, runs)
    elif "R7" in wanted:
        _say("R7 needs two databases, ten times apart: --dsn-s and --dsn-l.")


def _of_writes(wanted: set[str], runs: int, stack: ExitStack) -> Iterator[Figure]:
    """On a database of their own, never on one that was given."""
    here = stack.enter_context(writable())
    _say(f"for what writes: {here.server}")
    if "W1" in wanted:
        yield from pace.figures(here)
    if "W2" in wanted:
        yield from throughput.figures(here, runs)
    if "W3" in wanted:
        yield from enqueueing.figures(here, runs)
    if "W4" in wanted:
        yield from writes.figures(here, runs)


def _judged(figures: Iterator[Figure], database: Measured) -> Iterator[Figure]:
    """Without a verdict on the small database: the application's queries are quick there."""
    for figure in figures:
        yield figure if database.name != OWN else replace(figure, holds=None)


def _databases(given: argparse.Namespace, stack: ExitStack) -> list[Measured]:
    """Those that were given, S before L; or else a small one."""
    dsns = {name: dsn for name, dsn in (("S", given.dsn_s), ("L", given.dsn_l)) if dsn}
    if not dsns:
        _say(
            f"No database was given: making one of {OWN_VENUES:,} venues and {OWN_JOBS:,} jobs."
            " The goals of R2, R4 and R5 are about one fifty times that size and are not judged"
            " here; see docs/performance.md."
        )
        dsns[OWN] = stack.enter_context(made())
    return [stack.enter_context(opened(name, dsn)) for name, dsn in dsns.items()]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--dsn-s", default=os.environ.get(S_VARIABLE), help=f"or {S_VARIABLE}")
    parser.add_argument("--dsn-l", default=os.environ.get(L_VARIABLE), help=f"or {L_VARIABLE}")
    parser.add_argument("--only", type=lambda text: text.upper().split(","), default=list(GOALS))
    parser.add_argument("--runs", type=int, default=7, help="how often each is measured")
    return parser.parse_args()


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123 - no path to speak of
            names = (line.partition(":")[2].strip() for line in file if "model name" in line)
            return next(names, platform.machine())
    except OSError:
        return platform.machine()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
