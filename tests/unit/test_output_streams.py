"""Streams that fail, streams that cannot encode, and what is loaded to write to them."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest

from venue_ops.core.errors import OutputError
from venue_ops.core.redaction import Redactor
from venue_ops.output import Column, Format, Listing, Output, OutputOptions

COLUMNS = (Column[int]("name", lambda row: f"Kraków 🍕 {row}", flexible=True),)

WRITE = """
import sys
from venue_ops.core.errors import OutputError
from venue_ops.core.redaction import Redactor
from venue_ops.output import Column, Format, Listing, Output, OutputOptions
columns = (Column("name", lambda row: "Krak\\u00f3w " * 5),)
output = Output(sys.stdout, OutputOptions(Format("{fmt}")), Redactor())
try:
    output.listing(Listing(range({rows}), columns, str))
except BrokenPipeError:
    sys.exit(70)
except OutputError as error:
    sys.exit(f"OutputError {{error.message}}")
print(*sorted(name for name in sys.modules if name in {{"rich", "sqlalchemy"}}), file=sys.stderr)
"""


@contextmanager
def full_device() -> Iterator[TextIO]:
    """A disk without room, whose unwritten rest goes nowhere when it is closed."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        try:
            yield full
        finally:
            with Path(os.devnull).open("w") as null:
                os.dup2(null.fileno(), full.fileno())


def listing(rows: int = 3) -> Listing[int]:
    return Listing(range(rows), COLUMNS, str)


def run(fmt: str, rows: int, stdout: int, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITE.format(fmt=fmt, rows=rows)],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **env},
    )


@pytest.mark.parametrize("fmt", Format)
@pytest.mark.parametrize("rows", [1, 5000])
def test_a_full_device_is_one_sentence(fmt: Format, rows: int) -> None:
    with full_device() as full, pytest.raises(OutputError, match="No space left on device"):
        Output(full, OutputOptions(fmt), Redactor()).listing(listing(rows))


def test_a_full_device_as_stdout() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    with run("csv", 5000, full) as process:
        os.close(full)
        _, err = process.communicate()
    assert err == (
        "OutputError The output could not be written completely: No space left on device.\n"
    )
    assert process.returncode == 1


@pytest.mark.parametrize("fmt", Format)
def test_a_reader_that_went_away(fmt: Format) -> None:
    # The pipe has no reader any more before the first byte is written.
    reader, writer = os.pipe()
    os.close(reader)
    with run(fmt, 5, writer) as process:
        os.close(writer)
        _, err = process.communicate()
    assert (process.returncode, err) == (70, "")


def test_a_closed_stream() -> None:
    stream = io.StringIO()
    stream.close()
    with pytest.raises(OutputError, match="it is closed"):
        Output(stream, OutputOptions(), Redactor(), terminal=False).text("x")


@pytest.mark.parametrize("fmt", Format)
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1250", "utf-16", "utf-8"])
@pytest.mark.parametrize("terminal", [False, True])
def test_any_encoding(fmt: Format, encoding: str, terminal: bool) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding)
    Output(stream, OutputOptions(fmt), Redactor(), 12, terminal).listing(listing())
    assert raw.getvalue().decode(encoding)


def test_the_c_locale() -> None:
    env = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    with run("table", 1, subprocess.PIPE, **env) as process:
        out, err = process.communicate()
    assert (process.returncode, err) == (0, "\n")
    assert out == "NAME\n" + " ".join([r"Krak\xf3w"] * 5) + "\n"


@pytest.mark.parametrize("fmt", Format)
def test_a_pipe_loads_no_rich(fmt: Format) -> None:
    with run(fmt, 3, subprocess.PIPE, FORCE_COLOR="1") as process:
        _, err = process.communicate()
    assert (process.returncode, err) == (0, "\n")
