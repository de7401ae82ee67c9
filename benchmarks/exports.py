"""R6: exports against psql's own COPY of the same statement, and the memory they take.

psql sends what the program sends, without any redaction: what the program adds is its start, the
search for secrets and formulas, and their cleaning.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from psycopg import ClientCursor

from benchmarks import asked
from benchmarks.databases import Measured
from benchmarks.measure import Sample, in_turn
from benchmarks.process import environment
from benchmarks.report import Figure
from benchmarks.start import BIN
from venue_ops.core.db.connection import COPY_SETTINGS, LOCAL_SETTINGS, CopyShape
from venue_ops.core.enums import Exported
from venue_ops.core.exports.columns import columns_of
from venue_ops.core.queries import ImageQuery, JobQuery, VenueQuery
from venue_ops.core.services import exports
from venue_ops.demo.cluster import binary_directory

GOAL, MEMORY = 0.9, 80
PIECE = 1 << 20
RUNS = 3


def figures(database: Measured, runs: int) -> Iterator[Figure]:
    """Rows a second of whole processes into a pipe, and the peak of the program's memory."""
    with tempfile.TemporaryDirectory(prefix="venue-ops-benchmarks-") as name:
        env = {**environment(database.dsn, Path(name)), "VENUE_OPS_STATEMENT_TIMEOUT": "0"}
        for what in Exported:
            script = Path(name) / f"{what}.sql"
            script.write_text(_statement(database, what), "utf-8")
            ours, psql = (
                _Export([BIN / "venue-ops", "export", "csv", what, "-q"], env),
                _Export(
                    [
                        binary_directory() / "psql",
                        "-qXv",
                        "ON_ERROR_STOP=1",
                        database.dsn,
                        "-f",
                        script,
                    ],
                    env,
                ),
            )
            taken = in_turn({"ours": ours, "psql": psql}, min(runs, RUNS))
            yield _rate(f"export csv {what} : psql's COPY", ours, taken["ours"], taken["psql"])
            yield _memory(f"export csv {what}, peak memory on {database.name}", ours)


class _Export:
    """A process whose output is read and thrown away; remembers its lines and its memory."""

    def __init__(self, command: Sequence[str | Path], env: Mapping[str, str]) -> None:
        self._command, self._env = command, env
        self.lines = 0
        self.peak = 0.0

    def __call__(self) -> float:
        started = time.perf_counter()
        with subprocess.Popen(self._command, stdout=subprocess.PIPE, env=self._env) as process:
            assert process.stdout is not None
            self.lines = 0
            while piece := process.stdout.read(PIECE):
                self.lines += piece.count(b"\n")
                self.peak = max(self.peak, _peak_of(process.pid))
        if process.returncode or not self.lines:
            raise RuntimeError(f"{self._command} failed with {process.returncode}")
        return time.perf_counter() - started


def _peak_of(pid: int) -> float:
    """The most memory that a process has held so far, in MB; 0 where nothing tells."""
    with suppress(OSError, ValueError):
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
        return max((int(x.split()[1]) / 1000 for x in lines if x.startswith("VmHWM")), default=0.0)
    return 0.0


def _statement(database: Measured, what: Exported) -> str:
    """One transaction as the program sends it, as text that psql reads."""
    source, columns = asked.source(asked.nowhere()), columns_of(what, ())
    build: dict[Exported, Callable[[], exports.Export]] = {
        Exported.OPERATIONS: lambda: exports.operations_export(
            source, JobQuery(), columns, small_cities=False
        ),
        Exported.VENUES: lambda: exports.venues_export(source, VenueQuery(), columns),
        Exported.IMAGES: lambda: exports.images_export(source, ImageQuery(), columns),
    }
    export = build[what]()
    question = asked.plain(export.question, export.parameters)
    copy = CopyShape(",", exports.quoted(export)).around(question.statement.sql)
    with ClientCursor(database.ours) as cursor:
        settings = [
            cursor.mogrify(LOCAL_SETTINGS, {"timeout": "0"}),
            cursor.mogrify(COPY_SETTINGS, {"locks": "0"}),
        ]
        text = cursor.mogrify(copy, question.values)
    quiet = ["\\o /dev/null", *(f"{each};" for each in settings), "\\o"]
    return "\n".join(["BEGIN READ ONLY;", *quiet, f"{text};", "COMMIT;"])


def _rate(what: str, export: _Export, ours: Sample, psql: Sample) -> Figure:
    share = psql.median / ours.median
    rates = f"{export.lines / ours.median:,.0f} : {export.lines / psql.median:,.0f} rows/s"
    return Figure("R6", what, f"{share:.2f} ({rates})", f"at least {GOAL:g}", share >= GOAL)


def _memory(what: str, export: _Export) -> Figure:
    return Figure(
        "R6", what, f"{export.peak:.0f} MB", f"under {MEMORY} MB", 0 < export.peak < MEMORY
    )
