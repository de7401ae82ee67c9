"""R5: the figures, against the application's breakdown of all failed images."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks import apps, asked
from benchmarks.databases import Measured
from benchmarks.measure import Timed, in_turn, wall_of
from benchmarks.process import environment
from benchmarks.report import Figure, at_least
from benchmarks.start import BIN
from venue_ops.core.db.questions import FailureTotals, GroupedFailures
from venue_ops.core.enums import GroupBy

GOAL = 6.0


def figures(database: Measured, runs: int) -> Iterator[Figure]:
    """The statements in turn with the application's; then the whole command, without a goal."""
    statements = {
        "stats, failed images": FailureTotals(),
        **{f"stats --by {by}": GroupedFailures(by=by) for by in GroupBy},
    }
    contenders: dict[str, Timed] = {"app": database.timed_apps(apps.BREAKDOWN, {})}
    for name, question in statements.items():
        contenders[name] = database.timed(asked.plain(question, {}))
    with tempfile.TemporaryDirectory(prefix="venue-ops-benchmarks-") as folder:
        command: list[str | Path] = [BIN / "venue-ops", "stats", "-o", "json"]
        whole = "stats, whole process"
        contenders[whole] = wall_of(command, environment(database.dsn, Path(folder)))
        taken = in_turn(contenders, runs)
    first, *others = statements
    yield at_least("R5", first, taken[first], taken["app"], GOAL)
    for name in (*others, whole):
        figure = at_least("R5", name, taken[name], taken["app"], GOAL)
        yield replace(figure, wanted="", holds=None)
