"""R1: how long `venue-ops --help` takes, against the help of an empty Typer program."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import cpu_of, in_turn
from benchmarks.report import Figure, at_most

BIN = Path(sys.executable).parent


def figures(runs: int) -> Iterator[Figure]:
    """CPU time of whole processes; `--version` has no goal."""
    env = dict(os.environ)
    taken = in_turn(
        {
            "help": cpu_of([BIN / "venue-ops", "--help"], env),
            "typer": cpu_of([BIN / "typer", "--help"], env),
            "version": cpu_of([BIN / "venue-ops", "--version"], env),
            "python": cpu_of([sys.executable, "-c", "print()"], env),
        },
        2 * runs + 1,
    )
    yield at_most("R1", "venue-ops --help : typer --help, CPU", taken["help"], taken["typer"], 1.1)
    yield Figure("R1", "venue-ops --version, CPU", str(taken["version"]))
    yield Figure("R1", "python -c 'print()', CPU", str(taken["python"]))
