"""The three spellings of a connection string: URL, keyword string, and what libpq is given.

Written here and not taken from psycopg for two reasons: `--help` must not load psycopg, and
libpq's own messages about a malformed string quote the string, password included. A
`DsnSyntaxError` carries a fixed sentence and never any part of what was read.
Rules: PostgreSQL's manual, "Connection Strings"; stricter where a password could be
mistaken for a host or a database name.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

_SCHEME = re.compile(r"(?:postgres(?:ql)?(?:\+\w+)?|ecto)://", re.IGNORECASE | re.ASCII)
_ANY_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_BAD_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")
_BRACKETED = re.compile(r"\[([^\[\]]+)\](?::(.*))?", re.DOTALL)
_PORT = re.compile(r"[0-9]{1,5}")
_BARE = re.compile(r"[A-Za-z0-9_./:,@%+-]+")
_SPACE = r"[ \t\n\r\f\v]"
_PAIR = re.compile(
    rf"{_SPACE}*(?P<name>[^=\s']+){_SPACE}*={_SPACE}*"
    rf"(?:'(?P<quoted>(?:[^'\\]|\\.)*)'|(?P<bare>(?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*)?)"
    rf"(?={_SPACE}|\Z)",
    re.DOTALL | re.ASCII,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_HIGHEST_PORT = 65535


class DsnSyntaxError(Exception):
    """Why a connection string cannot be read: a fixed sentence that quotes nothing of it."""


def is_url(text: str) -> bool:
    """Whether it is a URL of any scheme; a keyword string otherwise."""
    return _ANY_SCHEME.match(text) is not None


def url_parameters(url: str) -> dict[str, str]:
    """The parameters of a URL by libpq's names, decoded; those of the query unfiltered.

    Raises DsnSyntaxError.
    """
    scheme = _SCHEME.match(url)
    if scheme is None:
        raise DsnSyntaxError("it has to start with postgresql:// or postgres://")
    rest = url[scheme.end() :]
    end = re.search(r"[/?]|\Z", rest)
    authority, tail = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    path, _, query = tail.partition("?")
    if "@" in path or ("@" in query and authority):
        # An unencoded / or ? ends the user and password early: what follows would be taken
        # for the name of a database, and shown.
        raise DsnSyntaxError("a / ? or @ in the password or a parameter is not percent-encoded")
    found = _authority(authority)
    if path[1:]:
        found["dbname"] = decode(path[1:])
    return found | _query(query)


def _authority(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    credentials, _, hosts = text.rpartition("@")
    user, _, password = credentials.partition(":")
    if user:
        found["user"] = decode(user)
    if password:
        found["password"] = decode(password)
    pairs = [_host_and_port(part) for part in hosts.split(",")]
    if any(host for host, _ in pairs) or len(pairs) > 1:
        found["host"] = ",".join(host for host, _ in pairs)
    if any(port for _, port in pairs):
        found["port"] = ",".join(port for _, port in pairs)
    return found


def _host_and_port(text: str) -> tuple[str, str]:
    if text.startswith("["):
        match = _BRACKETED.fullmatch(text)
        if match is None:
            raise DsnSyntaxError(
                "an address in [ ] is not closed or is followed by more than a port"
            )
        host, port = match[1], match[2] or ""
    else:
        host, _, port = text.partition(":")
    if port:
        check_port(port)
    return decode(host), port


def _query(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in text.split("&"):
        name, equals, value = item.partition("=")
        if equals:
            found[decode(name)] = decode(value)
    return found


def keyword_parameters(text: str) -> dict[str, str]:
    """The parameters of `host=... dbname=...` or `service=name`; raises DsnSyntaxError."""
    found: dict[str, str] = {}
    position = 0
    end = len(text.rstrip(" \t\n\r\f\v"))
    while position < end:
        match = _PAIR.match(text, position)
        if match is None:
            raise DsnSyntaxError(
                "it is neither a URL (postgresql://...) nor pairs of keyword=value"
                " (a value with blanks goes between single quotes)"
            )
        raw = match["quoted"] if match["quoted"] is not None else match["bare"] or ""
        found[match["name"]] = _ESCAPED.sub(r"\1", raw)
        position = match.end()
    return found


def is_port(text: str) -> bool:
    """Whether it is a number from 1 to 65535."""
    return _PORT.fullmatch(text) is not None and 1 <= int(text) <= _HIGHEST_PORT


def check_port(text: str) -> int:
    """The port as a number; raises DsnSyntaxError."""
    if not is_port(text):
        raise DsnSyntaxError(
            "the port is not a number from 1 to 65535 (a : / ? # or @ in the password has to be"
            " percent-encoded)"
        )
    return int(text)


def decode(text: str) -> str:
    """Undo percent-encoding as libpq does (`+` stays `+`); raises DsnSyntaxError."""
    if _BAD_PERCENT.search(text):
        raise DsnSyntaxError("a % is not followed by two hexadecimal digits (write %25)")
    raw = unquote_to_bytes(text)
    if b"\0" in raw:
        raise DsnSyntaxError("it holds a NUL character")
    decoded = raw.decode(errors="replace")
    if decoded.encode() != raw:
        raise DsnSyntaxError("it is not valid UTF-8")
    return decoded


def conninfo(parameters: dict[str, str]) -> str:
    """A keyword string that libpq reads back as exactly these parameters."""
    return " ".join(f"{name}={_quoted(value)}" for name, value in parameters.items())


def _quoted(value: str) -> str:
    if _BARE.fullmatch(value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
