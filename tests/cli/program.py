"""The program as tests run it: in this process at a fixed moment, or as a real process."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.databases import NOW, Database

from venue_ops.cli import main
from venue_ops.context import Session

LISTS = (
    ("list", "--kind", "all", "--limit", "0"),
    ("venues", "--limit", "0"),
    ("partials", "--limit", "0"),
)
"""Every command that lists, so that it lists all it can."""

EXPORTS = tuple(
    ("export", fmt, *what)
    for fmt in ("csv", "ndjson")
    for what in (("operations", "--kind", "all"), ("venues",), ("images",))
)
"""Every export, of all there is."""

TABLES = ("oban_jobs", "venues", "cities", "countries")
"""What the role has to be able to read."""

FORMATS = ("table", "wide", "json", "ndjson", "csv", "tsv", "ids")
DOCUMENT_FORMATS = ("table", "wide", "json", "ndjson")
"""What a job and a city can be printed as; a venue can be printed as all FORMATS."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run left behind: its exit code, its data and its narration."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """What stands under `data` in the JSON printed."""
        return json.loads(self.out)["data"]

    @property
    def page(self) -> Any:
        """What stands under `page` in the JSON printed."""
        return json.loads(self.out)["page"]

    @property
    def lines(self) -> list[str]:
        """The data, line by line."""
        return self.out.splitlines()

    @property
    def ids(self) -> list[int]:
        """The ids printed by `-o ids`."""
        return [int(line) for line in self.lines]

    @property
    def records(self) -> list[dict[str, str]]:
        """The rows of a CSV."""
        return list(csv.DictReader(io.StringIO(self.out, newline="")))

    @property
    def error(self) -> dict[str, Any]:
        """The one error that `-o json` prints on stderr."""
        (line,) = self.err.splitlines()
        found: dict[str, Any] = json.loads(line)["error"]
        return found


@dataclass(frozen=True, slots=True)
class Program:
    """`venue-ops` on one database, at the moment that its content is relative to."""

    url: str | None
    clock: Callable[[], datetime] = lambda: NOW
    env: Mapping[str, str] = field(default_factory=dict)

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The whole environment of a run; times are in UTC wherever the test runs.

        Streams are buffered, as they are for users: what is held can still fail at exit.
        """
        named = {} if self.url is None else {"VENUE_OPS_DATABASE_URL": self.url}
        own = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        return {**own, "VENUE_OPS_TZ": "UTC", **named, **self.env, **(more or {})}

    def __call__(
        self, *argv: str | int, env: Mapping[str, str] | None = None, encoding: str = "utf-8"
    ) -> Result:
        """Run it in this process, its streams being no terminals."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding, newline="") for _ in range(2))
        session = Session(env=self.environment(env), stdout=out, stderr=err, clock=self.clock)
        code = main([str(word) for word in argv], session=session)
        return Result(int(code), _written(out), _written(err))

    def process(
        self, *argv: str | int, env: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.CompletedProcess[Any]:
        """Run it as a process of its own."""
        given: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 60, **options}
        return subprocess.run(command(*argv), env=self.environment(env), check=False, **given)

    def start(
        self, *argv: str | int, env: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[str]:
        """Start it as a process of its own that heeds Ctrl-C, and go on.

        A shell starts what it puts in the background with SIGINT ignored, which is inherited:
        the tests have to pass there, too.
        """
        given: dict[str, Any] = {"stdout": -1, "stderr": -1, "text": True, **options}
        words = [sys.executable, "-c", HEEDING, *(str(word) for word in argv)]
        return subprocess.Popen(words, env=unmeasured(self.environment(env)), **given)


def unmeasured(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that signals reach: coverage does not measure it.

    A signal that comes while coverage enters a file, under a lock of its own, would find that
    lock taken by the very thread that asks for it, and wait for ever.
    """
    return {k: v for k, v in environment.items() if not k.startswith("COVERAGE_PROCESS")}


HEEDING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from venue_ops.cli import run
run()
"""


def command(*argv: str | int) -> Sequence[str]:
    """What a shell would start."""
    return [sys.executable, "-m", "venue_ops", *(str(word) for word in argv)]


def on(database: Database, **options: Any) -> Program:
    """The program on this database."""
    return Program(database.url, **options)


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    raw = stream.buffer
    assert isinstance(raw, io.BytesIO)
    return raw.getvalue().decode(stream.encoding)
