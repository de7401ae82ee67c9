"""Text from outside cannot drive a terminal, mislead a reader or start a formula."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.core.untrusted import spreadsheet_safe, visible

BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x1b]8;;http://x\x1b\\y", r"\x1b]8;;http://x\x1b\y"),
        ("\x9b31m", r"\x9b31m"),
        ("a\r\nb\tc\0", r"a\r\nb\tc\x00"),
        ("\x7f", r"\x7f"),
        ("pay\u202egpj.exe", r"pay\u202egpj.exe"),
        ("\u2066x\u2069", r"\u2066x\u2069"),
        ("a\u200bb\u200db\ufeff", r"a\u200bb\u200db\ufeff"),
        ("a\u2028b\u2029", r"a\u2028b\u2029"),
        ("\u00ad\u034f\u3164\u2800", r"\xad\u034f\u3164\u2800"),
        ("\ud800", r"\ud800"),
        ("x\U000e0041\U000e0100", r"x\U000e0041\U000e0100"),
        ("Café „Noce” 東京 ☕️ 🍕 עברית e\u0301", "Café „Noce” 東京 ☕️ 🍕 עברית e\u0301"),
        (r"C:\new\x1b", r"C:\new\x1b"),
    ],
)
def test_visible(text: str, seen: str) -> None:
    assert visible(text) == seen


@given(st.text(st.characters()))
def test_nothing_that_acts_is_left(text: str) -> None:
    seen = visible(text)
    for char in seen:
        assert unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"}
        assert unicodedata.bidirectional(char) not in BIDI
    assert visible(seen) == seen
    seen.encode("utf-8")


@given(st.text("abc ąż东=+[]{}\\'\"-@,;:/?&", max_size=50))
def test_printable_text_is_untouched(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            " =1",
            "\t=1",
            "\tx",
            "\r=1",
            "\n=1",
            "\u00a0=1",
            "\u3000=1",
        ),
        *("＝1", "＋1", "－1", "＠x", "﹦1", "−1", '"=1+1"', ' " =1', '=HYPERLINK("http://x")'),
    ],
)
def test_a_formula_is_text(text: str) -> None:
    assert spreadsheet_safe(text) == "'" + visible(text)


@pytest.mark.parametrize("text", ["", " ", "Noce", "a=b", "1-2", "'=1", "\u200b=1", "[=1]"])
def test_other_text_is_not_quoted(text: str) -> None:
    assert spreadsheet_safe(text) == visible(text)


@given(st.text())
def test_no_cell_begins_as_a_formula(text: str) -> None:
    first = spreadsheet_safe(text).lstrip(' "\u00a0\u3000')[:1]
    assert first not in set("=+-@＝＋－＠\t\r\n")
