"""What the program was told, by whom: flag > environment > configuration file > default.

Importing this package loads neither psycopg nor a TOML parser: `venue-ops --help` needs
none of them.
"""

from __future__ import annotations

from venue_ops.settings.dsn import database_target
from venue_ops.settings.loader import load_settings
from venue_ops.settings.model import (
    DatabaseTarget,
    Overrides,
    QueueNames,
    Settings,
    WorkerNames,
)
from venue_ops.settings.secrets import environment_secrets

__all__ = [
    "DatabaseTarget",
    "Overrides",
    "QueueNames",
    "Settings",
    "WorkerNames",
    "database_target",
    "environment_secrets",
    "load_settings",
]
