"""Every check by its name. The order is the one they are made and shown in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from venue_ops.core.doctor.facts import OBAN_JOBS
from venue_ops.core.doctor.findings import Check, Group
from venue_ops.core.errors import UsageError
from venue_ops.core.references import close_matches, shortened

CONFIGURATION: Final = Check(
    "configuration", Group.SETUP, "Can the settings be read, and which are in force?"
)
CONNECTION: Final = Check("connection", Group.SETUP, "Does the database answer?")
SERVER: Final = Check("server", Group.SETUP, "Is the server new enough?")
POOLER: Final = Check("pooler", Group.SETUP, "Is there a pooler in between?")
CLOCK: Final = Check("clock", Group.SETUP, "Do this machine and the server agree on the time?")
TABLES: Final = Check("tables", Group.SCHEMA, "Are the application's tables there?")
COLUMNS: Final = Check("columns", Group.SCHEMA, "Are the columns there, and of the right type?")
OBAN: Final = Check("oban", Group.SCHEMA, "Which migration of Oban is it, and is it complete?")
INDEXES: Final = Check("indexes", Group.SCHEMA, "Are the indexes there that statements rely on?")
STATISTICS: Final = Check("statistics", Group.SCHEMA, "Does the planner know the tables?")
WORKER_INDEX: Final = Check(
    "worker-index", Group.SCHEMA, "Would one more index be worth its price?"
)
READING: Final = Check("reading", Group.ACCESS, "May this role read what it has to?")
RETRYING: Final = Check("retrying", Group.ACCESS, "May this role also write what a retry needs?")
EXCESS: Final = Check("excess", Group.ACCESS, "May this role do more than it needs?")
WORKERS: Final = Check("workers", Group.JOBS, "Do the workers that the settings name have jobs?")
QUEUES: Final = Check("queues", Group.JOBS, "Does somebody work on every queue?")
SPENT: Final = Check("spent", Group.JOBS, "Do jobs without attempts left jam a queue?")
ORPHANS: Final = Check("orphans", Group.JOBS, "Are jobs executing that nobody works on?")
LIFELINE: Final = Check("lifeline", Group.JOBS, "Are jobs started again while they run?")
DUPLICATES: Final = Check("duplicates", Group.JOBS, "Does a venue have several jobs at once?")
FUTURE: Final = Check("future", Group.JOBS, "Do jobs have times that are still to come?")
MALFORMED: Final = Check("malformed", Group.IMAGES, "Are the venues' images of the right shape?")
SHARED_URLS: Final = Check("shared-urls", Group.IMAGES, "Do uploaded images share one URL?")

CHECKS: Final = (
    *(CONFIGURATION, CONNECTION, SERVER, POOLER, CLOCK),
    *(TABLES, COLUMNS, OBAN, INDEXES, STATISTICS, WORKER_INDEX),
    *(READING, RETRYING, EXCESS),
    *(WORKERS, QUEUES, SPENT, ORPHANS, LIFELINE, DUPLICATES, FUTURE),
    *(MALFORMED, SHARED_URLS),
)


ON_JOBS: Final = frozenset(
    check for check in CHECKS if check.group is Group.JOBS or check in {OBAN, WORKER_INDEX}
)
"""The checks that make no sense without `oban_jobs`."""

ON_VENUES: Final = frozenset({MALFORMED, SHARED_URLS})
"""The checks that make no sense without `venues`."""

READS: Final = {
    **dict.fromkeys((WORKER_INDEX, *(c for c in CHECKS if c.group is Group.JOBS)), OBAN_JOBS),
    **dict.fromkeys(ON_VENUES, "venues"),
}
"""The table whose rows a check reads; all others ask the catalogs alone."""

ON_ANY_TABLE: Final = frozenset({COLUMNS, INDEXES, STATISTICS, READING, RETRYING})
"""The checks that look at every table there is."""


def chosen(names: Iterable[str]) -> tuple[Check, ...]:
    """The checks that some names mean, in their own order; all where there is no name.

    A name is that of a check or of a group. Raises UsageError for any other.
    """
    wanted = set(names)
    known = [*(check.name for check in CHECKS), *Group]
    for name in sorted(wanted.difference(known)):
        near = close_matches(name, known)
        raise UsageError(
            f'--check does not know "{shortened(name)}".',
            hint=f"Did you mean {' or '.join(near)}?" if near else f"Known are {', '.join(known)}.",
        )
    return tuple(c for c in CHECKS if not wanted or c.name in wanted or c.group in wanted)
