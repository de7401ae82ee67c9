"""Write docs/images from what the program itself prints at a terminal.

The sample data is loaded for one fixed moment, the program runs with its clock at that moment,
and its own colours are taken over: the same program gives the same pictures. `--check` writes
nothing and fails when a picture is not what the program would print.
"""

from __future__ import annotations

import argparse
import html
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from venue_ops.cli import main as run
from venue_ops.color import ColorWhen
from venue_ops.context import Flags, Session
from venue_ops.demo.cluster import Cluster
from venue_ops.demo.contents import fill_with_sample, replace_database

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
PICTURES: dict[str, Sequence[Sequence[str]]] = {
    "list.svg": (("list", "--city", "krakow"), ("partials",)),
}
MOMENT = datetime(2025, 10, 24, 18, 0, tzinfo=UTC)
WIDTH = 134
DATABASE = "picture"

# Without rich's links to a font server: whoever looks at a picture asks nobody else for it.
SVG_FORMAT = re.sub(r"\s*@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
SVG_FORMAT = SVG_FORMAT.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")


# A run of text as rich draws it. Many programs that show SVG drop blanks or know no textLength,
# so each word gets a place of its own.
RUN = re.compile(
    r'<text class="(\S+)" x="(\S+)" y="(\S+)" textLength="\S+"([^>]*)>(.*?)</text>', re.S
)
CELL = 12.2  # how wide rich draws a character
GAP = re.compile("\u00a0{2,}|\n")


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@contextmanager
def sample_database() -> Iterator[str]:
    """The connection string of a server of its own, gone afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="venue-ops-picture-"))
    cluster = Cluster(directory / "postgres", {"listen_addresses": "", "fsync": "off"})
    try:
        endpoint = cluster.start()
        replace_database(endpoint, DATABASE, lambda conn: fill_with_sample(conn, MOMENT))
        yield endpoint.conninfo(DATABASE)
    finally:
        cluster.destroy()
        shutil.rmtree(directory, ignore_errors=True)


def typed(conninfo: str, arguments: Sequence[str]) -> str:
    """A command as a terminal shows it, with what was typed in front."""
    screen = Terminal()
    session = Session(
        flags=Flags(database_url=conninfo, tz="UTC", color=ColorWhen.ALWAYS),
        # None of the settings of whoever makes the picture.
        env={"VENUE_OPS_CONFIG": os.devnull, "COLUMNS": str(WIDTH)},
        stdout=screen,
        stderr=screen,
        clock=lambda: MOMENT,
    )
    if code := run(list(arguments), session=session):
        sys.exit(f"error: {' '.join(arguments)} ended with {int(code)}: {screen.getvalue()}")
    return f"\x1b[1m$ venue-ops --demo {' '.join(arguments)}\x1b[0m\n{screen.getvalue()}"


def svg(name: str, printed: str) -> str:
    console = Console(record=True, width=WIDTH, file=StringIO(), _environ={})
    console.print(Text.from_ansi(printed), no_wrap=True, crop=True)
    identity = name.partition(".")[0]
    drawn = console.export_svg(title="venue-ops", code_format=SVG_FORMAT, unique_id=identity)
    lines = (line.rstrip() for line in RUN.sub(words, drawn).splitlines())
    return "".join(f"{line}\n" for line in lines if line)


def words(run: re.Match[str]) -> str:
    style, x, y, rest, content = run.groups()
    text, drawn, start = html.unescape(content), [], 0
    for gap in [*GAP.finditer(text), None]:
        end = gap.start() if gap else len(text)
        word = text[start:end]
        left = start + len(word) - len(word.lstrip("\u00a0"))
        if word := word.strip("\u00a0"):
            place = f'x="{float(x) + left * CELL:g}" y="{y}" textLength="{len(word) * CELL:g}"'
            drawn.append(f'<text class="{style}" {place}{rest}>{html.escape(word)}</text>')
        start = gap.end() if gap else end
    return "\n".join(drawn)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a picture is out of date")
    check = parser.parse_args().check
    with sample_database() as conninfo:
        drawn = {
            name: svg(name, "\n".join(typed(conninfo, command) for command in commands))
            for name, commands in PICTURES.items()
        }
    for name, picture in drawn.items():
        path = IMAGES / name
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(picture, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != picture:
            sys.exit(f"error: docs/images/{name} is out of date\nhint: python -m tools.picture")


if __name__ == "__main__":
    main()
