"""Hostile text in every place of every format: it arrives as text, or not at all."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest

from venue_ops.core.redaction import Redactor
from venue_ops.core.untrusted import visible
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

PAYLOADS = [
    "\x1b[31mred\x1b[0m",
    "\x1b[2J\x1b[H",
    "\x1b[?1049h",
    "\x1b[6n",
    "\x1b]0;owned\x07",
    "\x1b]52;c;cm0gLXJm\x07",
    "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1bP$q\x1b\\",
    "\x1b_G\x1b\\",
    "\x9b31m",
    "\x9d0;owned\x9c",
    "\x90q\x9c",
    "a\rb",
    "a\nb\r\nc",
    "a\x08\x08b",
    "\x07\x00\x7f\x85",
    "evil\u202egpj.exe",
    "\u2066a\u2069\u200f",
    "a\u200bb\u200c\u200d\u2060",
    "\ufeffa\ufffe\ufff9",
    "\u2028a\u2029",
    "\ud800a\udfff",
    "\U000e0041\U000e007f",
    "[bold red]x[/bold red]",
    "[link=http://evil.example]x[/link]",
    "[/]",
    ":smile: :warning:",
    "\\[x]",
    "=1+1",
    '=HYPERLINK("http://evil.example","x")',
    "=cmd|'/C calc'!A0",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    '"=1+1"',
    "＝1＋1",
    '"a","b"',
    "a;=1+1",
    "a\t=1",
    "',\"];{}",
    "</script><script>",
    "%s %(x)s {0}",
]
SECRET = "cNry9-S3cr3t"


def document(text: str) -> tuple[Listing[str], Document]:
    columns = (
        Column[str]("plain", lambda row: row),
        Column[str]("styled", lambda row: row, lambda row: Cell(row, Style.BAD), flexible=True),
        Column[str]("inside", lambda row: {row: [row]}, header=text),
    )
    listing = Listing([text, text], columns, lambda row: row, PageInfo(2, text, None))
    facts = Facts(text, ((text, text), (text, Cell(text, Style.ACCENT))))
    return listing, Document((facts, Section(text, listing, text)), {"v": text, text: 1}, listing)


def everything(
    text: str, fmt: Format, *, terminal: bool, color: ColorWhen, redactor: Redactor | None = None
) -> list[str]:
    listing, shown = document(text)
    results = []
    for what in (listing, shown, text):
        stream = io.StringIO(newline="")
        options = OutputOptions(fmt, color=color)
        output = Output(stream, options, redactor or Redactor(), 120, terminal, env={})
        if isinstance(what, Listing):
            output.listing(what)
        elif isinstance(what, Document):
            output.document(what)
        else:
            output.text(what)
        results.append(stream.getvalue())
    return results


@pytest.mark.parametrize("fmt", Format)
@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize(
    ("terminal", "color"), [(False, "auto"), (True, "auto"), (False, "always")]
)
def test_no_control_gets_through(fmt: Format, payload: str, terminal: bool, color: str) -> None:
    for text in everything(payload, fmt, terminal=terminal, color=ColorWhen(color)):
        rest = text
        if color == "always" or terminal:
            # Our own colours, which are a number between ESC [ and m, and nothing else.
            rest = (
                re.sub(r"\x1b\[(?:0|1|2|3[1236])m", "", rest) if fmt in {"table", "wide"} else rest
            )
        separators = {"csv": "\r\n", "tsv": "\t\n"}.get(fmt, "\n")
        rest = rest.translate(dict.fromkeys(map(ord, separators)))
        assert visible(rest) == rest


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_and_emoji_codes_stay_literal(payload: str) -> None:
    for text in everything(payload, Format.WIDE, terminal=True, color=ColorWhen.ALWAYS):
        assert visible(payload).strip() in re.sub(r"\x1b\[[0-9]+m", "", text)


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize(("fmt", "dialect"), [("csv", "excel"), ("tsv", "excel-tab")])
def test_no_cell_is_a_formula(payload: str, fmt: str, dialect: str) -> None:
    listing_text, document_text, _ = everything(
        payload, Format(fmt), terminal=False, color=ColorWhen.AUTO
    )
    for text in (listing_text, document_text):
        rows = list(csv.reader(io.StringIO(text, newline=""), dialect))
        assert [len(row) for row in rows] == [3, 3, 3]
        # A reader that takes no quotes for its own must find none either.
        raw = [field for line in text.splitlines() for field in re.split(r"[,\t]", line)]
        for cell in [*(cell for row in rows for cell in row), *(raw if fmt == "tsv" else [])]:
            assert cell.strip()[:1] not in set("=+-@＝＋－＠\t\r\n") or not cell.strip()


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("terminal", [False, True])
def test_json_keeps_the_exact_value(payload: str, terminal: bool) -> None:
    row = {"plain": payload, "styled": payload, "inside": {payload: [payload]}}
    data: Any
    for fmt in (Format.JSON, Format.NDJSON):
        listing_text, document_text, _ = everything(
            payload, fmt, terminal=terminal, color=ColorWhen.AUTO
        )
        if fmt is Format.JSON:
            whole = json.loads(listing_text)
            assert whole == {
                "data": [row, row],
                "page": {"limit": 2, "next": payload, "total": None},
            }
            data = json.loads(document_text)["data"]
        else:
            assert [json.loads(line) for line in listing_text.splitlines()] == [row, row]
            data = json.loads(document_text)
        assert data == {"v": payload, payload: 1}


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("terminal", [False, True])
def test_ids_are_one_a_line(payload: str, terminal: bool) -> None:
    listing_text, _, _ = everything(payload, Format.IDS, terminal=terminal, color=ColorWhen.AUTO)
    assert listing_text == f"{visible(payload)}\n" * 2


@pytest.mark.parametrize("fmt", Format)
@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        f"https://maps.googleapis.com/maps/api/place/photo?maxwidth=4&key={SECRET}",
        f"postgres://bob:{SECRET}@db/x",
        f'{{"api_key": "{SECRET}"}}',
        f"the password is {SECRET}",
        f"{'x' * 100}{SECRET}",
    ],
)
def test_no_secret_in_any_place_of_any_format(fmt: Format, terminal: bool, text: str) -> None:
    redactor = Redactor(frozenset({SECRET}))
    for color in ColorWhen:
        for result in everything(text, fmt, terminal=terminal, color=color, redactor=redactor):
            assert SECRET not in result
            assert SECRET[:8] not in result  # what is cut is cut after it was redacted
