"""R3: `venue-ops list` into a pipe, whole process, against a bare script of the same query.

The script holds the statement's text and imports psycopg alone. The program is measured as it
is after its first run, when the text of the statement is remembered, and without that memory.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks import asked
from benchmarks.databases import Measured
from benchmarks.measure import in_turn, wall_of
from benchmarks.report import Figure, at_most
from benchmarks.start import BIN
from venue_ops.core.db.compiled import CACHE_VARIABLE
from venue_ops.core.queries import JobQuery

GOAL = 2.7
SETTINGS = ("VENUE_OPS_", "PG", "DATABASE_URL", "SUPABASE_DATABASE_URL")
LIMIT = 50

SCRIPT = """
import psycopg

with psycopg.connect({dsn!r}, options="-c jit=off", prepare_threshold=None) as conn:
    for row in conn.execute({sql!r}, {values!r}):
        print(*row, sep="\\t")
"""


def figures(database: Measured, runs: int) -> Iterator[Figure]:
    """Wall time of whole processes."""
    page = asked.operations(JobQuery(limit=LIMIT))
    with tempfile.TemporaryDirectory(prefix="venue-ops-benchmarks-") as name:
        folder = Path(name)
        script = folder / "bare.py"
        script.write_text(
            SCRIPT.format(dsn=database.dsn, sql=page.statement.sql, values=page.values), "utf-8"
        )
        command: list[str | Path] = [BIN / "venue-ops", "list", "--limit", str(LIMIT)]
        env = environment(database.dsn, folder / "home")
        taken = in_turn(
            {
                "list": wall_of(command, env),
                "script": wall_of([sys.executable, script], env),
                "json": wall_of([*command, "-o", "json"], env),
                "unremembered": wall_of(command, {**env, CACHE_VARIABLE: os.devnull}),
            },
            2 * runs + 1,
        )
    yield at_most("R3", "list : bare psycopg script", taken["list"], taken["script"], GOAL)
    yield at_most("R3", "list -o json", taken["json"], taken["script"], GOAL)
    yield at_most("R3", "list, first run ever", taken["unremembered"], taken["script"], GOAL)


def environment(dsn: str, home: Path) -> Mapping[str, str]:
    """The user's own variables, without settings of ours and with an empty home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
    return {
        **kept,
        "VENUE_OPS_DATABASE_URL": dsn,
        "HOME": str(home),
        CACHE_VARIABLE: str(home / "cache"),
    }
