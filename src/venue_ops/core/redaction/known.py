"""Literal secrets, found however they were encoded on the way into a text."""

from __future__ import annotations

import re
from functools import lru_cache

from venue_ops.core.redaction.names import REDACTED

_SHORTEST = 4
_LONGEST_WORD = 8
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SHORT_ESCAPES = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f", "\v": "v", "\a": "a"}
_BYTE = 0x100
_ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot|\\#34", "'": "apos|\\#39|\\#x27"}


@lru_cache(maxsize=16)
def known_pattern(secrets: frozenset[str]) -> re.Pattern[str] | None:
    """A pattern for all of them, longest first; None when none is long enough to look for.

    A short secret that is a plain word ("postgres") only counts as a whole word.
    """
    wanted = [text for text in secrets if len(text) >= _SHORTEST and text not in REDACTED]
    if not wanted:
        return None
    wanted.sort(key=lambda text: (-len(text), text))
    return re.compile("|".join(map(_secret, wanted)))


def _secret(text: str) -> str:
    pattern = "".join(map(_char, text))
    if len(text) <= _LONGEST_WORD and text.isascii() and text.isalpha() and text.islower():
        return rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])"
    return pattern


def _char(char: str) -> str:
    """The character as it is, percent-encoded (any number of times), or escaped in a string."""
    if char in _UNRESERVED:
        return re.escape(char)
    forms = [re.escape(char)]
    encoded = char.encode("utf-8", "surrogatepass")
    forms.append("".join(rf"%(?:25){{0,4}}(?i:{byte:02x})" for byte in encoded))
    units = char.encode("utf-16-be", "surrogatepass").hex()
    forms.append("".join(rf"\\{{1,7}}u(?i:{units[i : i + 4]})" for i in range(0, len(units), 4)))
    if char == " ":
        forms.append(r"\+")
    if char in _SHORT_ESCAPES:
        forms.append(rf"\\{{1,7}}{_SHORT_ESCAPES[char]}")
    if ord(char) < _BYTE:
        forms.append(rf"\\{{1,7}}x(?i:{ord(char):02x})")
    if char in "\"'\\/":
        forms.insert(0, rf"\\{{1,7}}{re.escape(char)}")
    if char in _ENTITIES:
        forms.insert(0, f"&(?:{_ENTITIES[char]});")
    return f"(?:{'|'.join(forms)})"
