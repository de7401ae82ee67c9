"""What the program would ask: its statements and parameters, taken from its own services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.rows import DictRow

from venue_ops.core.db.compiled import Statement, compile_question
from venue_ops.core.db.connection import Database
from venue_ops.core.db.questions import Question
from venue_ops.core.models import JobKind
from venue_ops.core.queries import JobQuery, VenueQuery
from venue_ops.core.services.operations import operations_page
from venue_ops.core.services.places import venue_row_or_none
from venue_ops.core.services.source import Source
from venue_ops.core.services.venues import venues_page
from venue_ops.settings.model import WorkerNames


@dataclass(frozen=True, slots=True)
class Asked:
    """One statement with all of its parameters."""

    statement: Statement
    parameters: Mapping[str, Any]

    @property
    def values(self) -> dict[str, Any]:
        return {**self.statement.constants, **self.parameters}


class _Recorder(Database):
    """Remembers the question instead of asking it."""

    def __init__(self) -> None:
        super().__init__("", label="nowhere", statement_timeout=timedelta(0))
        self.asked: list[tuple[Question, Mapping[str, Any]]] = []

    def ask(
        self,
        question: Question,
        parameters: Mapping[str, Any],
        *,
        within: timedelta | None = None,
    ) -> Sequence[DictRow]:
        del within
        self.asked.append((question, parameters))
        return []

    def only(self) -> Asked:
        ((question, parameters),) = self.asked
        return Asked(compile_question(question), parameters)


def operations(query: JobQuery, *, small_cities: bool = False) -> Asked:
    """The page of `venue-ops list`."""
    recorder = _Recorder()
    operations_page(source(recorder), query, small_cities=small_cities)
    return recorder.only()


def venues(query: VenueQuery) -> Asked:
    """The page of `venue-ops venues` and `venue-ops partials`."""
    recorder = _Recorder()
    venues_page(source(recorder), query)
    return recorder.only()


def venue(ref: str) -> Asked:
    """What `venue-ops show venue` looks up first."""
    recorder = _Recorder()
    venue_row_or_none(source(recorder), ref)
    return recorder.only()


def plain(question: Question, parameters: Mapping[str, Any]) -> Asked:
    """Any other question, with the parameters that all have in common."""
    common = source(_Recorder()).common_parameters()
    return Asked(compile_question(question), {**common, **parameters})


def nowhere() -> Database:
    """A database for what only looks at a source, and asks nothing."""
    return _Recorder()


def source(database: Database) -> Source:
    """A database with the settings' defaults."""
    names = WorkerNames()
    return Source(
        database=database,
        oban_schema="public",
        workers={
            JobKind.BACKFILL: names.backfill,
            JobKind.ENRICHMENT: names.enrichment,
            JobKind.RETRY: names.retry,
            JobKind.CLEANUP: names.cleanup,
        },
        max_retries=3,
        now=lambda: datetime.now(UTC),
    )
