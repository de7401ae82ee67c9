"""The SQL text of a question, compiled by SQLAlchemy once and then remembered on disk.

Importing SQLAlchemy takes longer than most of our statements. A statement's text depends on
nothing but the question and our own source, so it is kept in the user's cache folder under a
fingerprint of that source, as Python keeps byte code: a change of any line that could matter
makes a new folder. Whatever goes wrong with the cache only costs time.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from venue_ops.core.db.questions import Question

if TYPE_CHECKING:
    from sqlalchemy import ClauseElement

CACHE_VARIABLE = "VENUE_OPS_CACHE_DIR"


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with psycopg's named placeholders, and the constants SQLAlchemy bound by itself."""

    sql: str
    constants: dict[str, str | int]


def statement(question: Question) -> Statement:
    """The statement that answers a question, from the cache or freshly compiled."""
    path = _cache_path(question)
    if path is not None and (remembered := _read(path)) is not None:
        return remembered
    compiled = compile_question(question)
    if path is not None:
        _write(path, compiled)
    return compiled


def compile_question(question: Question) -> Statement:
    """Build and compile with SQLAlchemy, past any cache."""
    from sqlalchemy.dialects.postgresql import psycopg

    compiled = _build(question).compile(dialect=psycopg.dialect())  # type: ignore[no-untyped-call]
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    return Statement(sql=str(compiled), constants=constants)


def _build(question: Question) -> ClauseElement:
    module, _, function = question.builder.partition(":")
    builder = getattr(import_module(f"venue_ops.core.db.statements.{module}"), function)
    built: ClauseElement = builder(question)
    return built


def _cache_path(question: Question) -> Path | None:
    root = _cache_root()
    if root is None:
        return None
    name = hashlib.sha256(repr(question).encode()).hexdigest()[:24]
    return root / f"{type(question).__name__}-{name}.json"


@cache
def _cache_root() -> Path | None:
    """The folder for this version of our source; None where there is no home to put it."""
    base = os.environ.get(CACHE_VARIABLE) or os.environ.get("XDG_CACHE_HOME")
    home = os.environ.get("HOME")
    if not base and not home:
        return None
    folder = Path(base) if base else Path(str(home)) / ".cache"
    with suppress(OSError):
        return folder / "venue-ops" / f"statements-{_fingerprint()}"
    return None


def _fingerprint() -> str:
    """A hash over every module that takes part in building a statement, and the SQLAlchemy."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for source in sorted([*here.rglob("*.py"), *here.parent.glob("*.py")]):
        digest.update(source.read_bytes())
    library = find_spec("sqlalchemy")
    if library is not None and library.origin is not None:
        digest.update(f"{library.origin} {Path(library.origin).stat().st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def _read(path: Path) -> Statement | None:
    try:
        kept = json.loads(path.read_bytes())
        return Statement(sql=str(kept["sql"]), constants=dict(kept["constants"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, compiled: Statement) -> None:
    """Put in place whole or not at all: another process may be reading."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"sql": compiled.sql, "constants": compiled.constants}, file)
        Path(name).replace(path)
