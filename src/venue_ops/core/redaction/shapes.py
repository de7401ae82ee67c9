"""Secrets known by their shape: provider keys, tokens, and passwords in URLs.

Every pattern here takes linear time: a match starts at a fixed text or behind a look-behind
that forbids a second start within the same run of characters.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from functools import lru_cache

from venue_ops.core.redaction.names import REDACTED

_TOKEN = re.compile(
    r"""
      AIza[\w-]{10,}                                          # Google
    | (?P<imagekit>private_[A-Za-z0-9+/%=-]{6,})              # ImageKit
    | (?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{12,}
    | (?<![\w-])ya29\.[\w.-]{8,} | GOCSPX-[\w-]{8,}
    | (?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{16,} | github_pat_\w{16,} | glpat-[\w-]{16,}
    | (?<![A-Za-z0-9])[sr]k_(?:live|test)_\w{8,} | (?<![A-Za-z0-9])xox[a-z]-[\w-]{8,}
    | (?<![\w-])eyJ[\w-]{6,}\.[\w-]{2,}(?:\.[\w-]*)?          # JWT
    | (?P<scheme>\b[Bb](?:earer|EARER)(?:\s+|%(?:25)*20|\+))(?P<bearer>[\w.~+/=%-]{6,})
    | (?P<basic>\b[Bb](?:asic|ASIC)(?:\s+|%(?:25)*20|\+))(?P<pair>[A-Za-z0-9+/_%-]{4,}={0,2})
    | -----BEGIN[ ][A-Z0-9 ]{0,40}PRIVATE[ ]KEY-----(?:(?!-----END)[\s\S])*+(?:-----END[^-]*+-----)?
    """,
    re.VERBOSE | re.ASCII,
)
_WORDS = re.compile(r"[a-z]+(?:[_-][a-z]+)*[.,;:]?")
_LONGEST_WORD = 24


def _is_word(text: str) -> bool:
    return len(text) <= _LONGEST_WORD and _WORDS.fullmatch(text) is not None


def _is_pair(encoded: str) -> bool:
    """Whether this is the base64 of `user:password`, and not the word after "basic"."""
    plain = encoded.replace("%3D", "=").rstrip("=")
    try:
        return b":" in b64decode(plain + "=" * (-len(plain) % 4), altchars=None)
    except (binascii.Error, ValueError):
        return False


def _token(match: re.Match[str]) -> str:
    found = match.group()
    if match["imagekit"]:
        return found if _is_word(found) else REDACTED
    if match["scheme"]:
        return found if _is_word(match["bearer"]) else match["scheme"] + REDACTED
    if match["basic"]:
        return match["basic"] + REDACTED if _is_pair(match["pair"]) else found
    return REDACTED


def redact_tokens(text: str) -> str:
    """Keys and tokens whose own shape tells what they are."""
    return _TOKEN.sub(_token, text)


_MARK = re.compile(r":(?:\\*+/){2}|%(?:25)*+3[aA](?:%(?:25)*+2[fF]){2}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
_LONGEST_SCHEME = 24
_WEB = frozenset(
    ("http", "https", "ftp", "ftps", "ws", "wss", "file", "s3", "gs", "ssh", "sftp", "git")
)
_AUTHORITY = re.compile(r"[^\s/?#\\\"'<>]*+")
_DEEPEST = 4
# A quote ends the run only where text goes on as after a closing quote: passwords hold quotes.
_WEB_RUN = re.compile(r"(?:[^\s\"'<>]|[\"'<>](?=[^\s,;:.)\]}>&/\"'<=]))*+")
# In a DSN even that may be part of the password: there only a blank ends it.
_DSN_RUN = re.compile(r"\S*+")
_NOT_A_PORT = re.compile(r"[^:\[]*+:(?!\d{0,5}(?:[/?#,\s\"'<>)\]}]|\Z))")
_BLANKS_IN_PASSWORD = 256
# user:password@host:port or user:password@host/..., with no scheme before it.
_BARE = re.compile(
    r"(?<![\w.:/@%+-])(?!mailto:|acct:|xmpp:|sip:)"
    r"([\w.+-]++:)(?!/)[^\s@/\"'<>:,;(){}\[\]]++@(?=[\w.\[-]++[:/])",
    re.ASCII,
)


class _Runs:
    """The last `@` of the run of characters around a position; every run is read once."""

    def __init__(self, text: str, pattern: re.Pattern[str]) -> None:
        self._text = text
        self._pattern = pattern
        self._end = -1
        self._last = -1

    def last_at(self, start: int) -> int:
        if start > self._end:
            match = self._pattern.match(self._text, start)
            self._end = match.end() if match else start
            self._last = self._text.rfind("@", start, self._end)
        return self._last if self._last >= start else -1


@lru_cache(maxsize=_DEEPEST)
def _encoded(depth: int) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Authority and `@` in a URL encoded `depth` times; encoded more often they are its own."""
    lead = rf"%(?:25){{0,{depth - 1}}}"
    ends = rf"{lead}(?:2[fF]|3[fF]|23|26)"
    return re.compile(rf"(?:(?!{ends})[^\s/?#&\"'<>])*+"), re.compile(rf"@|{lead}40")


def _encoded_end(text: str, start: int, depth: int) -> int:
    authority_pattern, at_pattern = _encoded(min(depth, _DEEPEST))
    authority = authority_pattern.match(text, start)
    end = -1
    if authority:
        for at in at_pattern.finditer(text, start, authority.end()):
            end = at.start()
    return end


def _userinfo_end(text: str, mark: re.Match[str], web_runs: _Runs, dsn_runs: _Runs) -> int:
    """Where the userinfo behind `://` ends (its `@`), or -1 when there is none."""
    start = mark.end()
    if mark.group()[0] == "%":
        colon = mark.group().lower().partition("3a")[0]
        return _encoded_end(text, start, 1 + colon.count("25"))
    before = _SCHEME.search(text[max(0, mark.start() - _LONGEST_SCHEME) : mark.start()])
    web = before is None or before.group().lower() in _WEB
    authority = _AUTHORITY.match(text, start)
    at = text.rfind("@", start, authority.end() if authority else start)
    strange = _NOT_A_PORT.match(text, start, start + _BLANKS_IN_PASSWORD) is not None
    if web:
        # A path may hold an @ of its own, so look past the authority only for a password.
        if at >= 0 and ":" not in text[start:at]:
            return at
        return max(at, web_runs.last_at(start)) if at >= 0 or strange else -1
    last = dsn_runs.last_at(start)
    if last < 0 and strange:
        line_end = text.find("\n", start, start + _BLANKS_IN_PASSWORD)
        limit = line_end if line_end >= 0 else start + _BLANKS_IN_PASSWORD
        last = text.rfind("@", start, limit)
    return last


def redact_userinfo(text: str) -> str:
    """`scheme://user:password@host` without user and password, also percent-encoded.

    A DSN with a password that was not encoded (`/`, `#`, `@`, quotes or blanks in it) is cut at
    its last `@`: too much is hidden rather than too little.
    """
    if "@" not in text and "40" not in text:
        return text
    parts: list[str] = []
    done = 0
    web_runs, dsn_runs = _Runs(text, _WEB_RUN), _Runs(text, _DSN_RUN)
    for mark in _MARK.finditer(text):
        if mark.start() < done:
            continue
        end = _userinfo_end(text, mark, web_runs, dsn_runs)
        if end > mark.end():
            parts += (text[done : mark.end()], REDACTED)
            done = end
    return _BARE.sub(rf"\1{REDACTED}@", "".join(parts) + text[done:])
