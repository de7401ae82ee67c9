"""What a screen lets pass, redaction and neutralising would leave as it is: promises 13 and 14."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.cli.canaries import GOOGLE, KNOWN, PHOTO, PLANTED
from tests.unit.test_redaction import FRAGMENTS

from venue_ops.core.redaction import SECRET_PARAMETERS, Redactor
from venue_ops.core.screening.patterns import MARKS, searcher, suspicion
from venue_ops.core.untrusted import spreadsheet_safe, visible
from venue_ops.output.screened import Screen

PIECES = st.sampled_from(
    [
        *FRAGMENTS.split(),
        *sorted(SECRET_PARAMETERS),
        *(
            f"{PHOTO}&key={GOOGLE}",
            "&key=abc1",
            "?key=abc1",
            "&ixid=M3w",
            "&w=4",
            "https://h/p?a=1",
        ),
        *(
            "apiKey",
            "X-Amz-Date",
            "user",
            "REDACTED",
            "=REDACTED",
            "%40",
            "%2540",
            "--token",
            "a:b",
        ),
        *(
            " ",
            "  ",
            "\t",
            "\n",
            "\r",
            "\x02",
            "\x03",
            "\x1b[2J",
            "\x7f",
            "\x85",
            "\u202e",
            "\u200b",
        ),
        *(
            "=1+1",
            "+1",
            "-1",
            "@x",
            "＝1",
            "−2",
            "\u00a0=",
            "'",
            '"',
            '""',
            ",",
            ";",
            "|",
            "é",
            "東京",
        ),
    ]
)
TEXTS = st.lists(PIECES, max_size=8).map("".join) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
)
ROWS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4)
KNOWING = Redactor(frozenset({*KNOWN, "p@ß/ü?", "s3cr3t-w0rd"}))


def copied(fields: Sequence[str | None], delimiter: str = ",", *, forced: bool = False) -> bytes:
    """A record as PostgreSQL's COPY writes it."""
    return (delimiter.join(_copied(f, delimiter, forced) for f in fields) + "\n").encode()


def _copied(text: str | None, delimiter: str, forced: bool) -> str:
    if text is None:
        return ""
    special = forced or not text or any(char in text for char in f'{delimiter}"\r\n')
    return '"' + text.replace('"', '""') + '"' if special else text


def read(text: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(
        csv.reader(io.StringIO(text.decode(), newline=""), delimiter=delimiter, strict=True)
    )


@pytest.fixture(params=["re2", "re"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Both libraries have to find the same."""
    searcher.cache_clear()
    if request.param == "re":
        monkeypatch.setitem(sys.modules, "re2", None)
    yield request.param
    searcher.cache_clear()


def test_the_engine_is_the_one_that_is_meant(engine: str) -> None:
    assert isinstance(searcher(","), re.Pattern) == (engine == "re")


def check_csv(
    rows: list[tuple[str, str]], redactor: Redactor, delimiter: str, *, forced: bool
) -> None:
    screen = Screen((True, True), redactor, delimiter, b"\r\n")
    raw = [copied(row, delimiter, forced=forced) for row in rows]
    cleaned = [[spreadsheet_safe(redactor.text(text)) for text in row] for row in rows]
    assert read(b"".join(screen.cleaned(raw)), delimiter) == cleaned


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
@settings(max_examples=700)
@given(ROWS, st.booleans())
@example([(text, text) for text in PLANTED], True)
@example([(f"a {text} b", "x") for text in KNOWN], False)
@example([(f"{PHOTO}&key={GOOGLE}.", f"{PHOTO}&key=null"), (f"{PHOTO}&key={GOOGLE}-", "")], True)
def test_csv_is_what_a_listing_would_print(
    delimiter: str, known: bool, rows: list[tuple[str, str]], forced: bool
) -> None:
    check_csv(rows, KNOWING if known else Redactor(), delimiter, forced=forced)


@settings(max_examples=2_000)
@given(ROWS)
@example([(text, text) for text in PLANTED])
def test_json_is_what_a_listing_would_print(rows: list[tuple[str, str]]) -> None:
    for redactor in (Redactor(), KNOWING):
        screen = Screen((True, True, False), redactor, None)
        raw = [
            (
                json.dumps({"a": a, "url": b, "n": 7}, ensure_ascii=False, separators=(",", ":"))
                + "\n"
            )
            .replace("\x7f", "\x7f")
            .encode()
            for a, b in rows
        ]
        text = b"".join(screen.cleaned(raw)).decode()
        lines = [json.loads(line) for line in text.splitlines()]
        assert lines == [{"a": redactor.text(a), "url": redactor.text(b), "n": 7} for a, b in rows]
        assert visible(text.replace("\n", "")) == text.replace("\n", "")


@given(ROWS)
def test_the_slow_engine_finds_the_same(rows: list[tuple[str, str]]) -> None:
    text = b"".join(copied(row) for row in rows)
    pattern = re.compile(suspicion(",").encode())
    assert (pattern.search(text) is None) == (searcher(",").search(text) is None)


def test_every_character_that_is_made_visible_is_suspicious() -> None:
    search = re.compile(suspicion(None).encode()).search
    missed = [
        hex(code)
        for code in range(1, 0x110000)
        if not 0xD800 <= code <= 0xDFFF and chr(code) not in "\n\x02\x03\x04"
        if visible(chr(code)) != chr(code) and search(chr(code).encode()) is None
    ]
    assert missed == []
    assert set(MARKS) == {b"\x02", b"\x03", b"\x04"}


def test_every_secret_name_is_suspicious_in_every_spelling() -> None:
    for name in SECRET_PARAMETERS:
        for spelled in (name, name.upper(), name.title(), name.replace("_", "-")):
            for text in (f"?{spelled}=x1", f'"{spelled}": "x1Y"', f"{spelled}%3Dx1"):
                if Redactor().text(text) != text:
                    assert searcher(",").search(text.encode()) is not None, text


def test_numbers_and_nulls_are_kept() -> None:
    screen = Screen((False, True, True), Redactor())
    row = copied(["-5", None, "key: x1Y"])
    assert screen.row(row) == b"-5,,key: REDACTED\n"
    assert screen.row(b'-5,"",=1\n') == b'-5,"",\'=1\n'
    number = Screen((False,), Redactor(), None).row(b'{"n":1.10000000000000000001}\n')
    assert number == b'{"n":1.10000000000000000001}\n'
    assert json.loads(number, parse_float=Decimal)["n"] == Decimal("1.10000000000000000001")


def test_the_usual_keys_go_without_a_look_at_their_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> bytes:
        raise AssertionError("this line is usual")

    url = f"{PHOTO}&key={GOOGLE}"
    screen = Screen((False, True), Redactor())
    monkeypatch.setattr(Screen, "row", refuse)
    assert screen.piece([copied(["7", url], forced=True)] * 3) == (
        f'"7","{PHOTO}&key=REDACTED"\n'.encode() * 3
    )
