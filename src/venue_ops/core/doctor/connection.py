"""The settings, the connection, and what stands between this program and the tables."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from venue_ops.core.doctor import checks
from venue_ops.core.doctor.facts import Backends, Clocks, Configuration, Server
from venue_ops.core.doctor.findings import Detail, Finding, failed, passed, warned
from venue_ops.core.moments import brief_duration

OLDEST_SERVER: Final = 15
NEWEST_TESTED: Final = 18
LARGEST_SKEW: Final = timedelta(seconds=5)
"""As much as two clocks may differ elsewhere in this program (`CHILD_SLACK_SECONDS`)."""


def configuration(facts: Configuration) -> Finding:
    """Whether the settings can be read; which file and profile are in force."""
    if facts.problem is not None:
        return failed(checks.CONFIGURATION, facts.problem, remedy=facts.hint)
    sources = facts.sources or {}
    details = [
        Detail(name, f"set by {source}")
        for name, source in sources.items()
        if source != "default" and name not in {"profile", "config_file"}
    ]
    file = f"the file {facts.file}" if facts.file else "no configuration file"
    profile = f", profile {facts.profile}" if facts.profile else ""
    if facts.warnings:
        return warned(
            checks.CONFIGURATION,
            f"The settings have {len(facts.warnings)} warning{'s' * (len(facts.warnings) > 1)}.",
            [*(Detail("warning", text) for text in facts.warnings), *details],
            remedy="Mend what the warnings name; docs/how-to/configuration.md has every setting.",
        )
    origin = sources.get("database_url", "default")
    return passed(
        checks.CONFIGURATION,
        f"The database is {facts.target}, by {origin}; {file}{profile};"
        f" Oban's tables in {facts.oban_schema}.",
        details,
    )


def connection(label: str, server: Server) -> Finding:
    """It answered."""
    where = " (a replica: to read it is enough)" if server.is_replica else ""
    return passed(checks.CONNECTION, f"Connected to {label} as {server.role}{where}.")


def server(facts: Server) -> Finding:
    """PostgreSQL 15 or newer."""
    major = facts.version_number // 10_000
    version = facts.version.split(" ")[0]
    if major < OLDEST_SERVER:
        return failed(
            checks.SERVER,
            f"PostgreSQL {version} is older than {OLDEST_SERVER}: some statements will fail.",
            remedy=f"Upgrade the server to PostgreSQL {OLDEST_SERVER} or newer.",
        )
    newer = (
        f", newer than the {NEWEST_TESTED} this was tested with" if major > NEWEST_TESTED else ""
    )
    return passed(checks.SERVER, f"PostgreSQL {version}{newer}.")


def pooler(facts: Backends) -> Finding:
    """A pooler is no problem, but good to know of.

    Whoever speaks for the server announces a process id at the beginning; a pooler invents one,
    so it differs from the process that answers. Two clients that are open at the same time and
    share one process have a pooler that lends it by the transaction.
    """
    processes = {facts.promised, *facts.answered}
    if len(processes) == 1:
        return passed(checks.POOLER, "No pooler: the server itself answers.")
    if len(set(facts.answered)) > 1 or set(facts.answered) & set(facts.others):
        mode = "in transaction mode"
    elif facts.others:
        mode = "that gives each client a server connection of its own, as in session mode"
    else:
        mode = "whose mode did not show"
    return passed(checks.POOLER, f"There is a pooler {mode}; venue-ops works through it.")


def clock(facts: Clocks) -> Finding:
    """Whether `--since 2h` means here what it means there."""
    ahead = facts.ahead
    if abs(ahead) <= LARGEST_SKEW:
        return passed(checks.CLOCK, "This machine and the server agree on the time.")
    word = "behind" if ahead > timedelta(0) else "ahead of"
    return warned(
        checks.CLOCK,
        f"This machine is {brief_duration(abs(ahead).total_seconds())} {word} the server.",
        remedy="Set this machine's clock (NTP): --since, --until and every age are reckoned by it.",
    )
