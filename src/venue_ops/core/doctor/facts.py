"""What the database and the settings said: the values that checks judge. Times are aware."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

OBAN_JOBS = "oban_jobs"
APPLICATION_TABLES = ("venues", "cities", "countries")
OPTIONAL_TABLES = ("venue_data_providers",)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Where the settings come from; `problem` and `hint` where they cannot be read."""

    target: str
    file: str | None = None
    profile: str | None = None
    oban_schema: str = "public"
    sources: Mapping[str, str] | None = None
    warnings: tuple[str, ...] = ()
    problem: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """`version_number` as 160004; `is_replica` where it only follows another server."""

    version: str
    version_number: int
    is_replica: bool
    role: str


@dataclass(frozen=True, slots=True)
class Backends:
    """The process that the connection was promised, and those that answered.

    `others` answered another connection of ours that was open at the same time; empty where
    nobody tried.
    """

    promised: int
    answered: tuple[int, ...]
    others: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Clocks:
    """The server's clock, and this machine's just before and after it was asked."""

    before: datetime
    server: datetime
    after: datetime

    @property
    def ahead(self) -> timedelta:
        """How far the server is ahead of this machine at least; 0 where it cannot be told."""
        if self.server > self.after:
            return self.server - self.after
        return min(self.server - self.before, timedelta(0))


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view by name; `rows` is an estimate, None where nobody ever counted."""

    schema: str
    name: str
    is_visible: bool
    may_use_schema: bool
    rows: int | None
    comment: str | None
    is_owned: bool
    may_select: bool
    may_delete: bool
    may_truncate: bool
    is_filtered: bool
    live_rows: int
    dead_rows: int
    changed_rows: int


@dataclass(frozen=True, slots=True)
class Relations:
    """All that have the name of a table we read; `oban_schema` is where Oban's should be."""

    found: tuple[Relation, ...]
    oban_schema: str

    def ours(self, name: str) -> Relation | None:
        """The one that statements mean by the name."""
        return next(
            (each for each in self.found if each.name == name and self._is_ours(each)), None
        )

    def elsewhere(self, name: str) -> tuple[Relation, ...]:
        """Those of the name that statements do not mean."""
        return tuple(e for e in self.found if e.name == name and not self._is_ours(e))

    def all_ours(self) -> tuple[Relation, ...]:
        """The tables that are read."""
        found = (self.ours(name) for name in (OBAN_JOBS, *APPLICATION_TABLES))
        return tuple(each for each in found if each is not None)

    def _is_ours(self, relation: Relation) -> bool:
        if relation.name == OBAN_JOBS:
            return relation.schema == self.oban_schema
        return relation.is_visible


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """A column as declared (`wanted`) and as it is; `found` is None where it is missing."""

    table: str
    name: str
    wanted: str
    found: str | None
    found_type: str | None
    may_select: bool
    may_insert: bool
    may_update: bool


@dataclass(frozen=True, slots=True)
class Index:
    """One index; `is_partial` where it covers some rows only.

    `mentions` are the table's columns that stand anywhere in it: among its columns, in an
    expression or in the condition on the rows.
    """

    table: str
    name: str
    method: str
    columns: tuple[str, ...]
    is_valid: bool
    is_unique: bool
    is_partial: bool
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lock:
    """A session that lets nobody else read a table; `is_held` unless it waits for that itself.

    Whoever comes after one that waits, waits behind it.
    """

    table: str
    process: int
    role: str | None
    is_held: bool


@dataclass(frozen=True, slots=True)
class Role:
    """What a role is; `may_use_sequence` is None where ids do not come from a sequence.

    `is_read_only`: its transactions may not write unless they say so.
    """

    name: str
    is_superuser: bool
    may_create_roles: bool
    may_use_sequence: bool | None
    is_read_only: bool


@dataclass(frozen=True, slots=True)
class Names:
    """What the settings name, beside what the program names where they say nothing.

    Queues by kind, and the kind of each worker.
    """

    queues: Mapping[str, str]
    default_queues: Mapping[str, str]
    default_workers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MissingWorker:
    """A name of the settings that no job has.

    `is_default` where it is the program's own name for the kind. `likely` are the names in the
    table that it may be, the likeliest first, with their jobs.
    """

    name: str
    kind: str
    is_default: bool
    likely: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Workers:
    """The table's workers beside those of the settings; `by_kind` and `total` count jobs.

    `unnamed` are all that no setting names, most jobs first; `neighbours` are those of them
    that may be of the application's images.
    """

    total: int
    by_kind: Mapping[str, int]
    missing: tuple[MissingWorker, ...]
    neighbours: Mapping[str, int]
    unnamed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits and runs in a queue, and when a job of it was last attempted, of late.

    `backfills` and `enrichments` (retries are among them) count what the queue holds of the
    workers that the settings name, also of late.
    """

    name: str
    waiting: int
    waiting_since: datetime | None
    running: int
    last_attempt: datetime | None
    backfills: int = 0
    enrichments: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """Some rows under a heading: how many, and the ids of the first."""

    subject: str
    state: str
    count: int
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Executing:
    """A node's jobs that have run for long; `node_active` is when it last began any job."""

    node: str
    jobs: int
    since: datetime | None
    node_active: datetime | None
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Future:
    """Jobs with a time in this column that is still to come."""

    column: str
    jobs: int
    latest: datetime
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ImageFault:
    """One way in which images are wrong; `images` counts elements, or columns for `is_...`."""

    kind: str
    venues: int
    images: int
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ImageFaults:
    """What is wrong with images; `newest` is how many venues were looked at, None for all."""

    faults: tuple[ImageFault, ...]
    newest: int | None = None
