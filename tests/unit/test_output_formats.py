"""Every format, byte by byte: golden files for people, exact values for machines.

`UPDATE_GOLDEN=1 pytest ...` writes the files anew; read the difference then.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from venue_ops.core.errors import UsageError
from venue_ops.core.redaction import Redactor
from venue_ops.output import (
    Cell,
    ColorWhen,
    Column,
    Document,
    Facts,
    Format,
    Listing,
    Output,
    OutputOptions,
    PageInfo,
    Section,
    Style,
)

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2025, 11, 7, 12, tzinfo=UTC)
WARSAW = ZoneInfo("Europe/Warsaw")


@dataclass(frozen=True)
class Job:
    id: int
    venue: str | None
    outcome: str
    at: datetime | None
    took: timedelta | None = None
    cost: Decimal | None = None
    providers: tuple[str, ...] = ()


STYLES = {"failed": Style.BAD, "partial": Style.WARN, "success": Style.GOOD}
COLUMNS: tuple[Column[Job], ...] = (
    Column("id", lambda job: job.id, right=True),
    Column("outcome", lambda job: job.outcome, lambda job: Cell(job.outcome, STYLES[job.outcome])),
    Column("venue", lambda job: job.venue, flexible=True),
    Column("finished_at", lambda job: job.at, header="FINISHED", keep=3),
    Column("took", lambda job: job.took, right=True, keep=2),
    Column("providers", lambda job: list(job.providers), keep=1),
    Column("cost_usd", lambda job: job.cost, default=False, right=True),
)
JOBS = (
    Job(
        9,
        "Noce Kraków",
        "success",
        datetime(2025, 10, 24, 17, 11, 34, 115801, UTC),
        timedelta(seconds=3, milliseconds=185),
        Decimal("0.0170"),
        ("google_places", "here"),
    ),
    Job(
        123456,
        '=HYPERLINK("http://x/?key=s3cr3t", "O\'Malley\'s, the very long name of a bar & grill")',
        "partial",
        datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC),
        timedelta(minutes=4, seconds=5),
        Decimal("0"),
        ("unsplash",),
    ),
    Job(10, "東京カフェ [bold]:smile:[/] \x1b[2J e\u0301", "failed", None),
    Job(11, None, "failed", NOW),
)


def listing(jobs: tuple[Job, ...] = JOBS) -> Listing[Job]:
    return Listing(iter(jobs), COLUMNS, lambda job: str(job.id), PageInfo(50, "11", None))


def written(
    what: Listing[Any] | Document,
    fmt: Format | None = None,
    *,
    width: int = 80,
    terminal: bool = False,
    encoding: str = "utf-8",
    env: dict[str, str] | None = None,
    **options: Any,
) -> str:
    raw = io.BytesIO()
    output = Output(
        io.TextIOWrapper(raw, encoding, newline=""),
        OutputOptions(fmt, **{"tz": WARSAW, **options}),
        Redactor(),
        width,
        terminal,
        env=env or {},
        now=lambda: NOW,
    )
    if isinstance(what, Document):
        output.document(what)
    else:
        output.listing(what)
    return raw.getvalue().decode("utf-8")


DOCUMENT = Document(
    blocks=(
        Facts("Job 9", (("outcome", Cell("partial", Style.WARN)), ("venue", "Noce"), ("note", ""))),
        Section("Images", Listing(JOBS[:2], COLUMNS[:3], lambda job: str(job.id))),
        Section("Errors", Listing((), COLUMNS[:3], str), empty="no errors"),
    ),
    data={"id": 9, "url": "https://x?key=abc1", "images": [{"at": NOW, "cost": Decimal("1.10")}]},
    listing=Listing(JOBS[:1], COLUMNS[:2], lambda job: str(job.id)),
)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("terminal-80", {"terminal": True, "env": {"NO_COLOR": "1"}}),
        ("terminal-200", {"terminal": True, "width": 200, "env": {"NO_COLOR": "1"}}),
        ("terminal-40", {"terminal": True, "width": 40, "env": {"NO_COLOR": "1"}}),
        ("terminal-80-colour", {"terminal": True}),
        ("terminal-200-colour", {"terminal": True, "width": 200}),
        ("terminal-80-ascii", {"terminal": True, "encoding": "ascii"}),
        ("terminal-wide", {"terminal": True, "fmt": Format.WIDE, "env": {"NO_COLOR": "1"}}),
        ("pipe", {}),
        ("pipe-wide", {"fmt": Format.WIDE}),
        ("pipe-force-color", {"env": {"FORCE_COLOR": "1"}}),
        ("pipe-ascii", {"encoding": "ascii"}),
        ("terminal-json", {"terminal": True, "fmt": Format.JSON}),
        *((f"pipe-{fmt}", {"fmt": fmt}) for fmt in ("json", "ndjson", "csv", "tsv", "ids")),
    ],
)
@pytest.mark.parametrize(("kind", "what"), [("list", listing), ("show", lambda: DOCUMENT)])
def test_golden(kind: str, what: Any, name: str, options: dict[str, Any]) -> None:
    fmt = options.get("fmt")
    text = written(what(), **{**options, "fmt": fmt and Format(fmt)}).encode()
    path = GOLDEN / f"{kind}-{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_bytes(text)
    assert text == path.read_bytes()


def test_widths_of_a_terminal_are_kept() -> None:
    for width in (40, 60, 80, 200):
        for line in written(listing(), width=width, terminal=True, env={"NO_COLOR": "1"}).split(
            "\n"
        ):
            assert len(line) <= width


def test_columns_that_found_no_room_are_told() -> None:
    output = Output(
        io.StringIO(), OutputOptions(), Redactor(), 48, True, env={"NO_COLOR": "1"}, now=lambda: NOW
    )
    assert not output.hidden_columns
    assert output.listing(listing()) == len(JOBS)
    assert output.hidden_columns == ("took", "providers")


def test_a_column_for_machines_alone() -> None:
    columns = (*COLUMNS[:1], Column[Job]("raw", lambda job: 1, default=False, wide=False))
    what = Listing(JOBS, columns, lambda job: str(job.id))
    shown = {fmt: "raw" in written(what, fmt).lower() for fmt in Format}
    assert {fmt for fmt, there in shown.items() if not there} == {"table", "wide", "ids"}
    assert "RAW" in written(what, Format.TABLE, columns=("raw",))


def test_columns_that_were_asked_for_stay() -> None:
    text = written(listing(), width=20, terminal=True, columns=("providers", "took", "providers"))
    assert "PROVIDERS" in text
    assert text.count("TOOK") == 1


@pytest.mark.parametrize("fmt", [fmt for fmt in Format if fmt is not Format.IDS])
def test_columns_choose_and_order(fmt: Format) -> None:
    text = written(listing(JOBS[:1]), fmt, columns=("cost_usd", "id")).lower().replace(" ", "_")
    assert text.index("cost_usd") < text.index("id", text.index("cost_usd") + 8)
    assert "outcome" not in text


def test_unknown_column() -> None:
    with pytest.raises(UsageError, match='no column "outcom" here') as caught:
        written(listing(), Format.CSV, columns=("id", "outcom"))
    assert caught.value.hint == (
        'Did you mean "outcome"? The columns are: id, outcome, venue, finished_at, took, '
        "providers, cost_usd."
    )


@pytest.mark.parametrize(
    ("fmt", "text"),
    [
        ("table", "ID  OUTCOME  VENUE  FINISHED  TOOK  PROVIDERS\n"),
        ("json", '{"data":[],"page":{"limit":50,"next":"11","total":null}}\n'),
        ("ndjson", ""),
        ("csv", "id,outcome,venue,finished_at,took,providers,cost_usd\r\n"),
        ("tsv", "id\toutcome\tvenue\tfinished_at\ttook\tproviders\tcost_usd\n"),
        ("ids", ""),
    ],
)
def test_no_rows(fmt: str, text: str) -> None:
    assert written(listing(()), Format(fmt)) == text
    assert written(listing(()), Format(fmt), terminal=True, env={"NO_COLOR": "1"}).split() == (
        text.split() if fmt != "json" else written(listing(()), Format.JSON, terminal=True).split()
    )


@pytest.mark.parametrize("fmt", [Format.TABLE, Format.CSV, Format.TSV])
def test_no_headers(fmt: Format) -> None:
    with_headers, without = (written(listing(), fmt, headers=h) for h in (True, False))
    assert "OUTCOME" not in without.upper().split("\n")[0]
    assert len(with_headers.splitlines()) == len(without.splitlines()) + 1


def test_times_of_machines_are_utc_unless_a_zone_was_asked_for() -> None:
    utc = json.loads(written(listing(), Format.NDJSON, tz=None).split("\n")[0])
    assert utc["finished_at"] == "2025-10-24T17:11:34.115801Z"
    local = json.loads(written(listing(), Format.NDJSON).split("\n")[0])
    assert local["finished_at"] == "2025-10-24T19:11:34.115801+02:00"


def test_a_document_without_list_says_what_works() -> None:
    with pytest.raises(UsageError, match="as csv") as caught:
        written(Document((), {}), Format.CSV)
    assert caught.value.hint == "These formats work here: table, wide, json, ndjson."


def test_columns_of_a_document() -> None:
    assert json.loads(written(DOCUMENT, Format.JSON, columns=("id",))) == {"data": {"id": 9}}
    with pytest.raises(UsageError, match="no column"):
        written(DOCUMENT, Format.JSON, columns=("nope",))
    with pytest.raises(UsageError, match="--columns"):
        written(DOCUMENT, Format.TABLE, columns=("id",))


def test_text_is_one_line_of_data() -> None:
    stream = io.StringIO()
    Output(stream, OutputOptions(), Redactor()).text("a\nb ?key=abc1")
    assert stream.getvalue() == "a\\nb ?key=REDACTED\n"


def test_a_long_table_stays_aligned_and_is_not_gathered() -> None:
    taken = 0

    def rows() -> Iterator[int]:
        nonlocal taken
        for number in range(2500):
            taken += 1
            yield number

    class Stream(io.StringIO):
        def write(self, text: str) -> int:
            assert taken <= 1000 or self.tell() > 0
            return super().write(text)

    stream = Stream()
    columns = (Column[int]("n", lambda n: n, right=True), Column[int]("x", lambda n: "y"))
    count = Output(stream, OutputOptions(color=ColorWhen.NEVER), Redactor()).listing(
        Listing(rows(), columns, str)
    )
    lines = stream.getvalue().splitlines()
    assert count == 2500
    assert lines[1:1001] == [f"{n:3d}  y" for n in range(1000)]
    assert lines[2500] == "2499  y"
