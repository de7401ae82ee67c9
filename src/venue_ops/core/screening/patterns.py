"""The expression that finds whatever redaction or neutralising could change.

It is written in what RE2 and Python's `re` have in common, over UTF-8 bytes. RE2 reads a text
once whatever the number of alternatives, and is some 140 times as fast here; see
docs/adr/0007-re2-for-exports.md. Where it is not installed, `re` finds the same, slowly.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Protocol

from venue_ops.core.redaction.names import words_of_secrets

_MEMORY = 64 << 20  # bytes for RE2's automaton; it is some 5 MB


MARKS = {b"\x02": b"&key=", b"\x03": b"?key=", b"\x04": b"&ixid="}
"""What stands for the usual parameters of provider URLs once their value is taken out.

One substitution with a fixed beginning is all that millions of rows get; the names of all other
secrets are left to the search.
"""


class Searcher(Protocol):
    """A compiled expression: `re.Pattern[bytes]` or RE2's."""

    def search(self, text: bytes, pos: int = 0, /) -> Any:
        """The first match from `pos` on, or None."""
        ...


_TOKENS = (
    *("AIza", "private_", "AKIA", "ASIA", "ABIA", "ACCA", "AROA", "AIDA", r"ya29\.", "GOCSPX-"),
    *("gh[pousr]_", "github_pat_", "glpat-", "[sr]k_live_", "[sr]k_test_", "xox[a-z]-", "eyJ"),
    *("[Bb]earer", "BEARER", "bEARER", "[Bb]asic", "BASIC", "bASIC", "-----BEGIN"),
)
"""How the tokens begin that `core.redaction.shapes` knows."""

_USERINFO = ("@", "%(?:25)*40")

_SEPARATOR = r"[ \t]*(?:[=:>%\\\[\]&\"'`]|,[ \t]*[\"'`\\%&])"

_DANGEROUS = (
    # All of C0 but the tab, which may be the delimiter, the line feed and our own MARKS.
    r"[\x00\x01\x05-\x08\x0b-\x1f\x7f]",
    *(r"\xc2[\x80-\xa0\xad]", r"\xcd\x8f", r"\xd8\x9c", r"\xe1[\x85\x9a\x9e\xa0]"),
    *(r"\xe2[\x80\x81\x88\xa0]", r"\xe3[\x80\x85]", r"\xef[\xb7-\xbf]"),
    *(r"\xf0\x9b", r"\xf0\x9d\x85", r"\xf3"),
)
"""Where the characters of `core.untrusted` begin in UTF-8, and odd blanks and formula signs."""


def _word(letters: str) -> str:
    """A word of a name: its letters, however they are divided by `_`, `.` or `-`."""
    return "[_.-]*".join(letters)


def _names() -> list[str]:
    ends = [word for word in words_of_secrets() if word not in {"xamz", "xgoog"}]
    needed = [word for word in ends if not any(o != word and word.endswith(o) for o in ends)]
    whole = f"(?i:{'|'.join(map(_word, sorted(needed)))})[_.-]*"
    proofs = f"(?i:{_word('xamz')}|{_word('xgoog')})[A-Za-z0-9_.-]*"
    flag = rf"--[A-Za-z0-9_.-]*{whole}[ \t]"
    return [f"(?:{whole}|{proofs}){_SEPARATOR}", flag]


@lru_cache(maxsize=4)
def suspicion(delimiter: str | None) -> str:
    """The expression for CSV with this delimiter, or for lines of JSON (None)."""
    if delimiter is None:
        own = [r"\\", r"\t"]
    else:
        first = rf"(?:\A|[\n{re.escape(delimiter)}])[ \"]*[=+@-]"
        own = [first, '"' if delimiter == "\t" else r"\t"]
    return "|".join([*_TOKENS, *_USERINFO, *_names(), *_DANGEROUS, *own])


@lru_cache(maxsize=4)
def searcher(delimiter: str | None) -> Searcher:
    """The compiled expression."""
    text = suspicion(delimiter)
    try:
        import re2
    except ImportError:
        return re.compile(text.encode("ascii"))
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = _MEMORY
    options.log_errors = False
    compiled: Searcher = re2.compile(text.encode("ascii"), options)
    return compiled
