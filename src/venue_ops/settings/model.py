"""The settings as values. Nothing here reads a file, the environment or a clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo
from pathlib import Path
from types import MappingProxyType

from venue_ops.core.models import JobKind
from venue_ops.settings.retrying import RetrySettings

DEFAULT_STATEMENT_TIMEOUT = timedelta(seconds=30)
DEFAULT_OBAN_SCHEMA = "public"
DEFAULT_MAX_RETRIES = 3
"""The application marks an image `permanently_failed` after this many retries."""

_NAMESPACE = "EventasaurusDiscovery.VenueImages"
_SHORTEST_SECRET = 4


@dataclass(frozen=True, slots=True)
class WorkerNames:
    """Which workers do what, as `oban_jobs.worker` spells them (no `Elixir.` in front).

    The application has renamed its workers before, so each kind may have several names:
    jobs of the old name stay in the table next to jobs of the new one.
    """

    backfill: tuple[str, ...] = (f"{_NAMESPACE}.BackfillOrchestratorJob",)
    enrichment: tuple[str, ...] = (f"{_NAMESPACE}.EnrichmentJob",)
    retry: tuple[str, ...] = (f"{_NAMESPACE}.FailedUploadRetryWorker",)
    cleanup: tuple[str, ...] = (f"{_NAMESPACE}.CleanupScheduler",)

    @property
    def all(self) -> Mapping[str, JobKind]:
        """Worker name -> kind; a worker that is not in it is of kind `other`."""
        kinds = {
            JobKind.BACKFILL: self.backfill,
            JobKind.ENRICHMENT: self.enrichment,
            JobKind.RETRY: self.retry,
            JobKind.CLEANUP: self.cleanup,
        }
        return {name: kind for kind, names in kinds.items() for name in names}


@dataclass(frozen=True, slots=True)
class QueueNames:
    """The queues that the application's nodes consume, and that of `venue-ops worker`."""

    backfill: str = "venue_backfill"
    enrichment: str = "venue_enrichment"
    worker: str = "venue_ops_retry"

    @property
    def by_kind(self) -> Mapping[str, str]:
        """The application's, by the kind of job that they are for."""
        return {JobKind.BACKFILL: self.backfill, JobKind.ENRICHMENT: self.enrichment}


@dataclass(frozen=True, slots=True)
class DatabaseTarget:
    """One database: how libpq reaches it, and how a person recognises it.

    `conninfo` is a libpq keyword string and may hold the password, so neither it nor
    `secrets` shows in the repr. The other fields are what the URL and the PG* variables
    tell; what only a service file knows is not in them. `port` is None where there are
    several hosts or where only the service file knows it.
    """

    conninfo: str = field(repr=False)
    host: str
    port: int | None
    dbname: str
    user: str | None
    address: str
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def label(self) -> str:
        """For people: `eventasaurus on db.example.com:5432`. Never a secret."""
        return f"{self.dbname} on {self.address}"

    def hidden(self) -> frozenset[str]:
        """The secrets that output must not hold.

        A password that is also the name of the database, its user or its host is left out:
        to replace every `postgres` would spoil all output and hide nothing.
        """
        return self.secrets - {self.dbname, self.user, self.host}


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the flags said; None where a flag was not given."""

    database_url: str | None = field(default=None, repr=False)
    demo: bool = False
    profile: str | None = None
    config: str | Path | None = None
    oban_schema: str | None = None
    tz: str | None = None
    statement_timeout: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a command may want to know about its surroundings.

    `database` is None with `demo` (the embedded database is meant) and where none is
    configured. `timezone` None is the machine's own zone. `statement_timeout` zero is no
    timeout. `pager` None leaves the choice to PAGER, "" is none. `sources` tells for every
    setting where its value came from, and `warnings` is for the cli to print.
    """

    database: DatabaseTarget | None = None
    demo: bool = False
    profile: str | None = None
    read_only: bool = False
    production: bool = False
    oban_schema: str = DEFAULT_OBAN_SCHEMA
    timezone: tzinfo | None = None
    statement_timeout: timedelta = DEFAULT_STATEMENT_TIMEOUT
    workers: WorkerNames = WorkerNames()
    queues: QueueNames = QueueNames()
    max_retries: int = DEFAULT_MAX_RETRIES
    pager: str | None = None
    retry: RetrySettings = field(default_factory=RetrySettings)
    config_file: Path | None = None
    sources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    warnings: tuple[str, ...] = ()
    known_secrets: frozenset[str] = field(default=frozenset(), repr=False)

    def secrets(self) -> frozenset[str]:
        """The literal texts that no output may hold; none is shorter than four characters.

        To replace every `ab` would spoil all output, and whoever can guess that needs no help.
        """
        own = self.database.hidden() if self.database else frozenset()
        return frozenset(text for text in own | self.known_secrets if len(text) >= _SHORTEST_SECRET)
