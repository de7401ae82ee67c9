"""Text from outside, made harmless before a person or a spreadsheet reads it.

Names, addresses, attributions and error texts come from the web. A terminal obeys the control
sequences in them, a reader is misled by bidirectional and invisible characters, and a
spreadsheet runs a cell that begins with `=`. Nothing is dropped: what is dangerous becomes a
visible escape (`\\x1b`, `\\u202e`). JSON does not pass here, `json` escapes by itself.
"""

from __future__ import annotations

import re

_DANGEROUS = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: terminals act on them
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5"  # invisible: soft hyphen, joiner, fillers
    "\u180b-\u180f\u200b-\u200f"  # Mongolian selectors, zero width, left/right marks
    "\u2028-\u202e"  # line and paragraph separator, bidi embedding and override
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0d"  # joiners, bidi isolates, blanks, selectors
    "\ufeff\uffa0\ufff0-\ufffb\ufdd0-\ufdef\ufffe\uffff"  # BOM, annotation, noncharacters
    "\ud800-\udfff"  # lone surrogates: no encoder takes them
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # shorthand and musical format controls
    "\U000e0000-\U000e0fff"  # tags and selectors that smuggle hidden text
    "]"
)

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_BYTE, _BMP = 0x100, 0x10000

# Excel, LibreOffice and Sheets start a formula with these; East Asian input methods also with
# the full-width and small forms.
_FORMULA_START = frozenset("=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212")
# A reader of TSV takes off a leading quote and finds the formula behind it.
_BLANK = ' "\u00a0\u1680\u202f\u205f\u3000' + "".join(map(chr, range(0x2000, 0x200B)))


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    if code < _BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _BMP else f"\\U{code:08x}"


def visible(text: str) -> str:
    """The text on one line with every control or invisible character as an escape.

    Idempotent; printable text, emoji and their variation selector 16 stay as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return _DANGEROUS.sub(_escape, text)


def spreadsheet_safe(text: str) -> str:
    """`visible(text)`, with `'` before it where a spreadsheet would start a formula.

    That is when the first character that is neither blank nor a quote is one of `= + - @` (also
    full-width), or a tab or line break comes first (OWASP, CSV injection).
    """
    safe = visible(text)
    if text[:1] in {"\t", "\r", "\n"}:
        return "'" + safe
    first = safe.lstrip(_BLANK)[:1]
    return "'" + safe if first in _FORMULA_START else safe
