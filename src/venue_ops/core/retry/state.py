"""The state folder: what has to outlive a run, for one database at a time.

It holds the journal (photos that lie in the store), the receipts of runs, the leases that keep
runs on this machine apart, and the pace of each provider. It has to be on a persistent disk.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from venue_ops.core.errors import ConfigurationError

_ODD = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class StateFolder:
    """Paths below one root; `database` names the database that is worked on.

    `key` tells it apart by whatever name it goes and however it is reached (the cluster's
    identifier and the database's number); None where nobody knows, and the name has to do.
    """

    root: Path
    database: str
    key: str | None = None

    @property
    def of_database(self) -> Path:
        """What belongs to this database: a readable name, and a hash that tells it apart.

        A database that was renamed keeps its folder.
        """
        digest = hashlib.sha256((self.key or self.database).encode()).hexdigest()[:12]
        named = self.root / f"{_ODD.sub('-', self.database)[:60]}-{digest}"
        if self.key is None or named.exists():
            return named
        return min(self.root.glob(f"*-{digest}"), default=named)

    @property
    def journal(self) -> Path:
        """Photos that lie in the store, a file a venue."""
        return self.of_database / "journal"

    @property
    def runs(self) -> Path:
        """The receipts, a file a run."""
        return self.of_database / "runs"

    @property
    def shown(self) -> Path:
        """Which image stood at which place when a venue was last shown."""
        return self.of_database / "shown"

    @property
    def leases(self) -> Path:
        """Locks, a file a venue that is worked on."""
        return self.of_database / "leases"

    @property
    def pace(self) -> Path:
        """When each provider was last asked: of all databases, for it is one provider."""
        return self.root / "pace"

    def make(self) -> None:
        """Make all folders, for this user alone. Raises ConfigurationError."""
        ours = (self.root, self.of_database, self.journal, self.runs, self.leases, self.pace)
        try:
            self.root.parent.mkdir(parents=True, exist_ok=True)
            for folder in ours:  # each by itself: parents=True would leave them open to others
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"The state folder {self.root} cannot be made: {error.strerror}.",
                hint="Name another by state_dir in the settings or VENUE_OPS_STATE_DIR.",
            ) from None


def listed(folder: Path) -> list[Path]:
    """What lies in a folder, by name; nothing where there is none. Raises OSError otherwise.

    (`Path.glob` takes a folder that may not be read for an empty one.)
    """
    try:
        with os.scandir(folder) as found:
            return sorted(folder / each.name for each in found)
    except FileNotFoundError:
        return []
