"""The facts of doctor, each asked for once: an answer and a failure are both remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from venue_ops.core.db import questions, rows_doctor
from venue_ops.core.db.questions import Question
from venue_ops.core.doctor import facts
from venue_ops.core.errors import DatabaseError, UnreachableError, VenueOpsError
from venue_ops.core.services.blank import counts_of
from venue_ops.core.services.doctor_workers import beside_settings
from venue_ops.core.services.source import Source, naive_utc

Fact = TypeVar("Fact")
FUTURE_SLACK = timedelta(minutes=5)
MANY_VENUES = 300_000
NEWEST_VENUES = 200_000
"""So many venues take some seconds to look at; the application had 817 when this was made."""
PATIENCE = timedelta(seconds=2)
"""How long a second connection may wait for a place in a pool."""


@dataclass(slots=True)
class Facts:
    """Asks the database of `source`, within `usual` or, where a table is read, `scan`.

    `is_thorough` looks at all rows however many there are. `last_budget` is what the last
    question could take, `waited_for` the tables that another session had locked all that time.
    """

    source: Source
    names: facts.Names
    usual: timedelta
    scan: timedelta
    is_thorough: bool = False
    last_budget: timedelta = timedelta(0)
    waited_for: set[str] = field(default_factory=set)
    _known: dict[str, Any] = field(default_factory=dict)

    @property
    def has_connected(self) -> bool:
        """Whether the database has answered at all."""
        return "server" in self._known

    def server(self) -> facts.Server:
        """Version and role."""
        return self._once("server", lambda: rows_doctor.server(self._server_row()))

    def clocks(self) -> facts.Clocks:
        """The server's clock between two looks at ours."""
        self.server()  # connects: what that takes is no part of the difference
        before = self.source.now()
        row = self._server_row()
        return facts.Clocks(before, rows_doctor.server_clock(row), self.source.now())

    def backends(self) -> facts.Backends:
        """Which processes answer; another connection is tried only where there is a pooler."""
        database = self.source.database
        self.server()
        promised = database.promised_process()
        answered = tuple(int(self._server_row()["pid"]) for _ in range(2))
        if set(answered) == {promised}:
            return facts.Backends(promised, answered)
        other = database.twin()
        asked = questions.ServerFacts(self.source.oban_schema)
        others: tuple[int, ...] = ()
        try:
            with other.cut_after(PATIENCE):
                others = tuple(int(row["pid"]) for row in other.ask(asked, {}))
        except DatabaseError:
            pass  # a pool without room for one more
        finally:
            other.close()
        return facts.Backends(promised, answered, others)

    def relations(self) -> facts.Relations:
        """The tables by name, in every schema."""
        schema = self.source.oban_schema
        return self._once(
            "relations",
            lambda: rows_doctor.relations(self._ask(questions.RelationFacts), schema),
        )

    def columns(self) -> tuple[facts.ColumnFact, ...]:
        """The columns that are read, of the tables that are there."""
        return self._all("columns", questions.ColumnFacts, rows_doctor.column)

    def indexes(self) -> tuple[facts.Index, ...]:
        """The indexes of these tables."""
        return self._all("indexes", questions.IndexFacts, rows_doctor.index)

    def oban_indexes(self) -> list[tuple[str, ...]]:
        """The columns of Oban's valid indexes."""
        return [i.columns for i in self.indexes() if i.table == facts.OBAN_JOBS and i.is_valid]

    def lock_on(self, table: str) -> facts.Lock | None:
        """Who keeps others from reading the table at this moment; None too where it is not told."""
        budget = self.last_budget
        try:
            found = [rows_doctor.lock(row) for row in self._ask(questions.LockFacts)]
        except UnreachableError:
            raise
        except DatabaseError:
            found = []
        finally:
            self.last_budget = budget
        return next((lock for lock in found if lock.table == table), None)

    def states(self) -> tuple[str, ...]:
        """The job states of Oban's enum."""
        return self._all("states", questions.KnownStates, lambda row: str(row["state"]))

    def role(self) -> facts.Role:
        """Who we are there."""
        return self._once("role", lambda: rows_doctor.role(self._ask(questions.RoleFacts)[0]))

    def counts(self) -> dict[str, int]:
        """How many jobs each worker has: reads the whole table."""
        return self._once(
            "counts", lambda: counts_of(self._ask(questions.WorkerCounts, within=self.scan))
        )

    def named_jobs(self) -> int:
        """How many jobs the named workers have."""
        named = self.source.named_workers()
        return sum(jobs for worker, jobs in self.counts().items() if worker in named)

    def workers(self) -> facts.Workers:
        """The table's workers beside those of the settings."""
        return beside_settings(
            self.counts(), self.source.named_workers(), self.names.default_workers
        )

    def queues(self) -> tuple[facts.Queue, ...]:
        """What waits and runs, by queue."""
        return self._all("queues", questions.QueueFacts, rows_doctor.queue)

    def spent(self) -> tuple[facts.Sample, ...]:
        """Jobs without attempts left, by queue."""
        return self._samples(questions.SpentAttempts, "queue")

    def executing(self, longer_than: timedelta) -> tuple[facts.Executing, ...]:
        """Jobs that execute for longer, by node."""
        before = naive_utc(self.source.now() - longer_than)
        return self._all(
            "executing", questions.ExecutingJobs, rows_doctor.executing, {"before": before}
        )

    def lost_attempts(self) -> tuple[facts.Sample, ...]:
        """Jobs with fewer errors than attempts, by worker."""
        return self._samples(questions.LostAttempts, "worker")

    def duplicates(self) -> tuple[facts.Sample, ...]:
        """Venues with several unfinished jobs."""
        return self._samples(questions.DuplicateJobs, "venue")

    def future_times(self) -> tuple[facts.Future, ...]:
        """Times that are still to come, by column."""
        after = naive_utc(self.source.now() + FUTURE_SLACK)
        return self._all("future", questions.FutureTimes, rows_doctor.future, {"after": after})

    def image_faults(self) -> facts.ImageFaults:
        """What is wrong with images, by kind.

        Reads every venue; where there are very many and nobody gave it the time, the newest.
        """
        venues = self.relations().ours("venues")
        few = venues is None or (venues.rows or 0) <= MANY_VENUES
        newest = None if few or self.is_thorough else NEWEST_VENUES
        asked = questions.ImageFaults(self.source.oban_schema, limited=newest is not None)
        return self._once(
            "images",
            lambda: facts.ImageFaults(
                tuple(
                    rows_doctor.image_fault(row)
                    for row in self._put(asked, {"limit": newest}, within=self.scan)
                ),
                newest,
            ),
        )

    def _samples(self, question: type[Question], subject: str) -> tuple[facts.Sample, ...]:
        return self._all(question.__name__, question, lambda row: rows_doctor.sample(row, subject))

    def _all(
        self,
        name: str,
        question: type[Question],
        made: Callable[[Any], Fact],
        parameters: dict[str, Any] | None = None,
        *,
        within: timedelta | None = None,
    ) -> tuple[Fact, ...]:
        return self._once(
            name,
            lambda: tuple(made(row) for row in self._ask(question, parameters, within=within)),
        )

    def _server_row(self) -> Any:
        return self._ask(questions.ServerFacts)[0]

    def _ask(
        self,
        question: type[Question],
        parameters: dict[str, Any] | None = None,
        *,
        within: timedelta | None = None,
    ) -> Sequence[Any]:
        asked = question(oban_schema=self.source.oban_schema)
        return self._put(asked, parameters or {}, within=within or self.usual)

    def _put(
        self, asked: Question, parameters: dict[str, Any], *, within: timedelta
    ) -> Sequence[Any]:
        source = self.source
        self.last_budget = within
        bound = {
            **source.common_parameters(),
            "schema": source.oban_schema,
            "now": naive_utc(source.now()),
            **parameters,
        }
        return source.database.ask(asked, bound, within=within)

    def _once(self, name: str, fetch: Callable[[], Fact]) -> Fact:
        """A failure is remembered, too: a scan that timed out is not begun again."""
        if name not in self._known:
            try:
                self._known[name] = fetch()
            except UnreachableError:
                raise
            except VenueOpsError as error:
                self._known[name] = error
        known = self._known[name]
        if isinstance(known, VenueOpsError):
            raise known
        found: Fact = known
        return found
