"""Secrets known by the name before them: `key=...`, `"api_key": "..."`, `Authorization: ...`.

A scanner finds names with a separator behind them, asks `names.secrecy` what the name means and
cuts the value out by the rules of its surroundings: a URL (also one encoded inside another), a
quoted string of JSON, Elixir, Python or libpq (also escaped inside another), a header's line.

Linear time: a name cannot start within another name, no part is read again once it is matched
(possessive quantifiers), and a value that was cut out is not looked at again.
"""

from __future__ import annotations

import re
from functools import lru_cache

from venue_ops.core.redaction.names import LONGEST_PLAIN, REDACTED, Secrecy, is_plain, secrecy

_QUOTE = r"(?:\\*+[\"'`]|%(?:25)*+2[27]|&(?:quot|apos|\#3[49]|\#x2[27]);|\\+u002[27])"
_NAME = re.compile(
    rf"""
    (?: (?P<lead> %(?:25)*[0-9A-Fa-f]{{2}} | \\(?:u00|x)[0-9A-Fa-f]{{2}} | \\[nrtbf] )
      | (?<![A-Za-z0-9_])(?<![A-Za-z0-9_][.-]) (?P<flag>--)?
    )
    (?P<name> [A-Za-z0-9_]++ (?:[.-][A-Za-z0-9_]++)*+ )
    (?: \[[^\[\]\s]{{0,40}}\] | \] | %(?:25)*5[bBdD] ){{0,4}}
    (?P<close> {_QUOTE} )?
    (?P<gap> [ \t]*+ )
    (?P<sep> => | :=(?!=) | ==? | :(?!:) | %(?:25)*+3[aAdD] | \\+u003[aAdD] | &\#61; | >
           | ,(?=[ \t]*+{_QUOTE}) | (?<=[ \t])(?={_QUOTE}) | (?(flag)(?<=[ \t])|(?!)) )
    (?P<space> [ \t]*+ )
    """,
    re.VERBOSE,
)
_OPENING = re.compile(_QUOTE)
_NEXT_NAME = r"(?:amp;)?[ ]?[\"']?[A-Za-z_][\w.-]{0,60}(?:\[\w{0,20}\])?[\"']?(?:=|:|%|\\u003)"
_FREE = re.compile(
    rf"""(?: [^\s&,;"'<>`\\] | [&,;](?!{_NEXT_NAME}) | <(?![/!A-Za-z]) | >(?!\s|<|\Z)
          | ["'`](?![\s,;:.)\]}}>&\\]|\Z)
          | \\++(?!["'](?:[\s,;:.)\]}}>&\\]|\Z)|[nrt]\b|u0026) )*+""",
    re.VERBOSE,
)
_LINE = re.compile(r"(?:[^\r\n\\]|\\(?![nr]))*+")
_LINE_IN_QUOTES = {quote: re.compile(rf"[^\r\n{quote}]*+") for quote in ('"', "'", "`")}
_RAW = {
    quote: re.compile(rf"(?:[^{quote}\\]|\\.|{quote}{quote})*+", re.DOTALL)
    for quote in ('"', "'", "`")
}
_ESCAPED = re.compile(r"(?<!\\)(\\*+)([\"'`])")
_ELEMENT = re.compile(r"[^<]*+")

_WHOLE_LINE = ("authorization", "cookie")
_PASSWORDS = ("password", "passwd", "passphrase", "secret")
_ABSENT = frozenset(("nil", "null", "none", "true", "false", "undefined", "missing"))
_TRAILING = ",;.)]}>"
_DEEPEST = 4


@lru_cache(maxsize=8)
def _parameter_value(depth: int) -> re.Pattern[str]:
    """The value of a URL parameter whose `=` was percent-encoded `depth` times.

    It ends at an `&` or `#` encoded as often or less; encoded more often they are its own.
    """
    ends = rf"(?:25){{0,{depth - 1}}}(?:2[0236]|0[aAdD]|3[cCeE])" if depth else r"(?!)"
    return re.compile(rf"(?:[^&#\s\"'<>`\\%]|%(?!{ends})|;(?!{_NEXT_NAME}))*+")


def _name_secrecy(text: str, match: re.Match[str]) -> Secrecy:
    name, lead, sep = match["name"], match["lead"] or "", match["sep"]
    before = text[match.start() - 1 : match.start()] if match.start() else ""
    in_url = before in {"?", "&", ";", "#"} or lead[-2:].lower() in {"26", "3f", "3b", "23"}
    name = name[-100:]
    found = secrecy(name, parameter=in_url or _depth(sep) > 0)
    if lead[:1] == "\\" and len(lead) == len("\\n"):
        found = max(found, secrecy(lead[1] + name))
    if sep == ">":
        return found if before == "<" else Secrecy.NONE
    if sep == "" and not match["flag"]:
        return found if name.lower().endswith(_PASSWORDS) else Secrecy.NONE
    if sep == "," and not (match["close"] or before == ":"):
        return Secrecy.NONE
    return found


def _depth(sep: str) -> int:
    """How often an `=` was percent-encoded: 0 for `=`, 1 for `%3D`, 2 for `%253D`."""
    return min(1 + sep.count("25"), _DEEPEST) if sep[:1] == "%" and sep[-1] in "dD" else 0


def _quoted_end(text: str, start: int, opening: str) -> int:
    """Where the string ends that began with this quote; the end of the text if nowhere."""
    quote = opening[-1]
    if opening in _RAW:
        match = _RAW[opening].match(text, start)
        return match.end() if match else start
    if opening[0] != "\\" or quote not in _RAW:
        end = text.find(opening, start)
        return end if end >= 0 else len(text)
    for match in _ESCAPED.finditer(text, start):
        # As many backslashes: our closing quote; fewer: the string around ours has ended.
        if match[2] == quote and len(match[1]) < len(opening):
            return match.start()
    return len(text)


def _value_span(text: str, match: re.Match[str]) -> tuple[int, int, bool]:
    """Start and end of the value, and whether it was quoted."""
    start, sep = match.end(), match["sep"]
    before = text[match.start() - 1 : match.start()] if match.start() else ""
    if sep == ">":
        element = _ELEMENT.match(text, start)
        return start, element.end() if element else start, True
    in_url = before in {"?", "&"} and sep == "=" and not match["space"]
    opening = None if in_url else _OPENING.match(text, start)
    if opening:
        return opening.end(), _quoted_end(text, opening.end(), opening.group()), True
    if sep[-1:] in {":", "="} and match["name"].lower().endswith(_WHOLE_LINE):
        pattern = _LINE if match["close"] else _LINE_IN_QUOTES.get(before, _LINE)
    elif in_url or _depth(sep):
        pattern = _parameter_value(_depth(sep))
    else:
        pattern = _FREE
    found = pattern.match(text, start)
    end = found.end() if found else start
    return start, start + len(text[start:end].rstrip(_TRAILING + " \t")), False


def _is_secret(text: str, match: re.Match[str], span: tuple[int, int, bool]) -> bool:
    start, end, quoted = span
    if start >= end:
        return False
    if not quoted and end - start < 10 and text[start:end].lower() in _ABSENT:
        return False
    value = text[start:end] if end - start <= LONGEST_PLAIN else ""
    if match["sep"] == ",":
        return not is_plain(value)
    tight = match["sep"] in {"=>"} or (
        match["sep"][:1] in {"=", "%", "\\"} and not match["gap"] and not match["space"]
    )
    sure = _name_secrecy(text, match) is Secrecy.STRONG or tight
    return sure or not is_plain(value)


def redact_assignments(text: str) -> str:
    """Every value whose name means a secret replaced; names, quotes and the rest stay."""
    parts: list[str] = []
    done = position = 0
    while match := _NAME.search(text, position):
        position = match.end("name")
        if _name_secrecy(text, match) is Secrecy.NONE:
            continue
        span = _value_span(text, match)
        if _is_secret(text, match, span):
            parts += (text[done : span[0]], REDACTED)
            done = position = span[1]
    return "".join(parts) + text[done:]
