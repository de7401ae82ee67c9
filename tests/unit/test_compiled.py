"""Statements kept on disk: the same text as fresh ones, whatever becomes of the cache."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import product
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.databases import Databases
from tests.parameters import PARAMETERS

from venue_ops.core.db import compiled, questions
from venue_ops.core.db.questions import (
    CityPath,
    FailureTotals,
    FigureFilter,
    GroupedFailures,
    GroupedImages,
    ImageFilter,
    ImageRuns,
    ImagesExport,
    JobFilter,
    JobsPage,
    Question,
    VenueFigures,
    VenueFilter,
)
from venue_ops.core.enums import Engine, Exported, GroupBy
from venue_ops.core.exports.columns import COLUMNS
from venue_ops.core.models import JobKind, VenueOutcome
from venue_ops.core.queries import DEFAULT_KINDS, JobOrder, VenueOrder
from venue_ops.demo.schema import Layout

QUESTION = JobsPage(kinds=DEFAULT_KINDS, filters=(JobFilter.CITY,))


def subsets(members: Any) -> list[tuple[Any, ...]]:
    """None, each alone, each missing, all: in the order in which they are asked."""
    every = tuple(members)
    alone = [(member,) for member in every]
    missing = [tuple(other for other in every if other is not member) for member in every]
    return [(), *alone, *missing, every]


CHOICES: dict[str, list[Any]] = {
    "oban_schema": ["public", "private-oban"],
    "kinds": [(), DEFAULT_KINDS, (JobKind.OTHER,), (JobKind.CLEANUP, JobKind.OTHER)],
    "outcomes": [(), *((outcome,) for outcome in VenueOutcome), tuple(VenueOutcome)],
    "city_path": list(CityPath),
    "limited": [True, False],
    "named": [True, False],
    "by": list(GroupBy),
    "described": [True, False],
    "of_cities": [True, False],
    "engine": list(Engine),
    "unfinished": [("available", "executing")],
    "looks": [True, False],
    "fresh": [True, False],
}
OF_FIGURES = (FailureTotals, ImageRuns, VenueFigures, GroupedFailures, GroupedImages)


def choices(question: type[Question], field: str) -> list[Any]:
    if field == "columns":
        of = Exported(question.__name__.removesuffix("Export").lower())
        return subsets(column.name for column in COLUMNS[of])[1:]
    if field == "filters" and question is ImagesExport:
        return subsets(ImageFilter)
    if field == "filters" and issubclass(question, OF_FIGURES):
        return subsets(FigureFilter)
    of_venues = question.__name__.startswith("Venue")
    if field == "filters":
        return subsets(VenueFilter if of_venues else JobFilter)
    if field == "order":
        return list(VenueOrder if of_venues else JobOrder)
    return CHOICES[field]


def every_question() -> Iterator[Question]:
    """Each class with each combination of its fields, the schema's aside.

    Of an export's columns, of which each is built by itself, one and all: the typical questions
    have each of them alone.
    """
    for kind in question_classes():
        names = [field.name for field in fields(kind) if field.name != "oban_schema"]
        some = {name: choices(kind, name) for name in names}
        if "columns" in some:
            some["columns"] = [some["columns"][0], some["columns"][-1]]
        for values in product(*some.values()):
            yield kind(oban_schema="private-oban", **dict(zip(names, values, strict=True)))


def typical_questions() -> Iterator[Question]:
    """Each field of each class turned alone, without any filter and with all of them."""
    for kind in question_classes():
        names = [field.name for field in fields(kind) if field.name != "oban_schema"]
        filters = choices(kind, "filters")
        common = [{"filters": few} for few in (filters[0], filters[-1])]
        for given in common if "filters" in names else [{}]:
            yield kind(oban_schema="private-oban", **given)
            for name in names:
                for value in choices(kind, name):
                    yield kind(oban_schema="private-oban", **{**given, name: value})


def question_classes() -> list[type[Question]]:
    found = [getattr(questions, name) for name in dir(questions)]
    return [
        kind
        for kind in found
        if isinstance(kind, type) and issubclass(kind, Question) and kind is not Question
    ]


def explain(databases: Databases, asked: Iterable[Question]) -> None:
    """EXPLAIN checks every name and type on the application's empty tables, and plans it."""
    database = databases.empty(Layout(oban_schema="private-oban"))
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        for question in asked:
            statement = compiled.compile_question(question)
            assert compiled.Statement(**_as_json(statement)) == statement
            connection.execute("EXPLAIN " + statement.sql, {**PARAMETERS, **statement.constants})


def test_every_question_is_a_statement_the_database_understands(databases: Databases) -> None:
    few = dict.fromkeys(typical_questions())
    assert {type(question) for question in few} == set(question_classes())
    assert len(few) > 100
    explain(databases, few)


@pytest.mark.slow
def test_so_is_every_combination_of_what_a_question_can_hold(databases: Databases) -> None:
    every = dict.fromkeys(every_question())
    assert len(every) > 1_000
    explain(databases, every)


def _as_json(statement: compiled.Statement) -> Any:
    return json.loads(json.dumps({"sql": statement.sql, "constants": statement.constants}))


def test_the_schema_is_in_the_text_quoted_where_it_has_to_be() -> None:
    text = compiled.compile_question(JobsPage(oban_schema="private-oban")).sql
    assert '"private-oban".oban_jobs' in text
    assert "public.oban_jobs" not in text


# --- the cache --------------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "kept"
    monkeypatch.setenv(compiled.CACHE_VARIABLE, str(folder))
    compiled._cache_root.cache_clear()
    yield folder
    compiled._cache_root.cache_clear()


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_kept_is_what_would_be_compiled(cache: Path) -> None:
    fresh = compiled.compile_question(QUESTION)
    assert compiled.statement(QUESTION) == fresh
    (file,) = kept(cache)
    assert compiled.statement(QUESTION) == fresh
    assert kept(cache) == [file]
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_two_questions_never_share_a_file(cache: Path) -> None:
    few = [QUESTION, JobsPage(), JobsPage(oban_schema="jobs"), JobsPage(limited=False)]
    few_texts = [compiled.statement(question).sql for question in few]
    assert len(kept(cache)) == len(set(few_texts)) == len(few)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"\xff\xfe", b"null", b"[]", b'"text"', b'{"sql": "SELECT 1"}', b"{}"),
        *(b'{"sql": "SELECT 1", "constants": 5}', b'{"constants": {}}'),
    ],
)
def test_a_file_that_is_damaged_is_written_again(cache: Path, content: bytes) -> None:
    fresh = compiled.statement(QUESTION)
    (file,) = kept(cache)
    file.write_bytes(content)
    assert compiled.statement(QUESTION) == fresh
    assert json.loads(file.read_bytes())["sql"] == fresh.sql


def test_a_cache_that_cannot_be_a_folder_costs_only_time(cache: Path) -> None:
    cache.write_text("in the way")
    assert compiled.statement(QUESTION) == compiled.compile_question(QUESTION)


def test_a_cache_that_is_full_costs_only_time(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", full)
    assert compiled.statement(QUESTION) == compiled.compile_question(QUESTION)
    assert kept(cache) == []


def test_whatever_a_text_depends_on_is_in_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    """The values of an enum stand in the SQL: a new one must not meet an old text."""
    read: set[str] = set()
    read_bytes = Path.read_bytes

    def recorded(path: Path) -> bytes:
        read.add(path.name)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", recorded)
    compiled._fingerprint()
    assert {"vocabulary.py", "jobs.py", "images.py", "filters.py"} <= read
    assert {"models.py", "queries.py"} <= read


# --- a process of its own ---------------------------------------------------------------------

ASK = """
import sys
from venue_ops.core.db.compiled import statement
from venue_ops.core.db.questions import JobFilter, JobsPage
from venue_ops.core.queries import DEFAULT_KINDS
text = statement(JobsPage(kinds=DEFAULT_KINDS, filters=(JobFilter.CITY,))).sql
print(int("sqlalchemy" in sys.modules), len(text))
"""


def ask(**env: str) -> tuple[bool, int]:
    """Whether a new process needed SQLAlchemy, and how long its statement was."""
    keep = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ASK],
        env=keep | env,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    loaded, length = done.stdout.split()
    return loaded == "1", int(length)


def test_only_the_first_process_imports_sqlalchemy(tmp_path: Path) -> None:
    length = len(compiled.compile_question(QUESTION).sql)
    assert ask(XDG_CACHE_HOME=str(tmp_path)) == (True, length)
    assert ask(XDG_CACHE_HOME=str(tmp_path)) == (False, length)
    assert ask(HOME=str(tmp_path / "other")) == (True, length)
    assert ask(HOME=str(tmp_path / "other")) == (False, length)


def test_without_home_and_without_cache_it_works_all_the_same() -> None:
    length = len(compiled.compile_question(QUESTION).sql)
    assert ask() == (True, length)
    assert ask(HOME="/proc/nowhere") == (True, length)
    assert ask(HOME="/dev/null") == (True, length)
