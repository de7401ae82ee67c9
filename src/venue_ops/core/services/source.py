"""Where answers come from: the database and what the settings say about its contents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from venue_ops.core.db.connection import Database
from venue_ops.core.models import JobKind


@dataclass(frozen=True, slots=True)
class Source:
    """The application's database, Oban's schema in it, and the workers of each kind."""

    database: Database
    oban_schema: str
    workers: Mapping[JobKind, tuple[str, ...]]
    max_retries: int
    now: Callable[[], datetime]

    def common_parameters(self) -> dict[str, Any]:
        """What nearly every statement binds; psycopg passes over what one does not."""
        named = {f"{kind}_workers": list(names) for kind, names in self.workers.items()}
        return {**named, "max_retries": self.max_retries}

    def named_workers(self) -> dict[str, JobKind]:
        """Worker name to kind, as the settings say."""
        return {name: kind for kind, names in self.workers.items() for name in names}


def naive_utc(moment: datetime) -> datetime:
    """An aware moment as the application stores it: UTC without zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)
