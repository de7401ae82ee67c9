"""Doctor: from the options to checks, from findings to output, a count and an exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import typer

from venue_ops.context import Session
from venue_ops.core.doctor.checks import chosen
from venue_ops.core.doctor.facts import Configuration, Names
from venue_ops.core.doctor.findings import Check, Finding, Level, counted
from venue_ops.core.errors import ConfigurationError, VenueOpsError
from venue_ops.core.references import split_values
from venue_ops.core.services.doctor import examine
from venue_ops.core.services.source import Source
from venue_ops.exit_codes import ExitCode
from venue_ops.output.formats import Format
from venue_ops.settings import QueueNames, Settings, WorkerNames, environment_secrets
from venue_ops.views import doctor as view

FOR_PEOPLE = (None, Format.TABLE, Format.WIDE)


def print_checks(session: Session, names: Sequence[str]) -> None:
    """Only the names; asks no database."""
    session.output.listing(view.checks(chosen(split_values(names, option="--check"))))


def print_findings(session: Session, names: Sequence[str], *, strict: bool) -> None:
    """Make the checks; raises typer.Exit(4) if one failed, with `strict` if one did not pass.

    A check that somebody asked for by its name and that could not be made has failed them, too.
    """
    wanted = chosen(split_values(names, option="--check"))
    findings = _findings(session, wanted)
    fmt = session.flags.output
    if fmt in FOR_PEOPLE:
        most = view.MOST_DETAILS if session.is_terminal and fmt is not Format.WIDE else None
        session.output.document(view.document(findings, most=most, everything=fmt is Format.WIDE))
    else:
        session.output.listing(view.listing(findings))
    found = Counter(finding.level for finding in findings)
    session.console.note(_summary(found))
    unmade = found[Level.SKIPPED] if names else 0
    if found[Level.FAIL] or unmade or (strict and found[Level.PASS] < len(findings)):
        raise typer.Exit(ExitCode.ENVIRONMENT)


def _summary(found: Counter[Level]) -> str:
    parts = [f"{found[Level.PASS]:,} passed"]
    parts.append(counted(found[Level.WARN], "warning"))
    parts.append(f"{found[Level.FAIL]:,} failed")
    if found[Level.SKIPPED]:
        parts.append(f"{found[Level.SKIPPED]:,} not made")
    return f"{', '.join(parts)}."


def _findings(session: Session, wanted: Sequence[Check]) -> list[Finding]:
    """Settings that cannot be read are a finding like any other."""
    try:
        settings = session.settings
    except ConfigurationError as error:
        # What is left to print with; the environment's secrets stay hidden.
        session.settings = Settings(known_secrets=environment_secrets(session.env))
        problem = Configuration("no database", problem=error.message, hint=error.hint)
        return list(examine(error, problem, _names(Settings()), wanted))
    source: Source | VenueOpsError
    try:
        source = session.source
    except VenueOpsError as error:
        source = error
    return list(
        examine(
            source,
            _configuration(settings),
            _names(settings),
            wanted,
            is_demo=settings.demo,
            budget=_budget(session, settings),
        )
    )


def _names(settings: Settings) -> Names:
    return Names(
        queues=dict(settings.queues.by_kind),
        default_queues=dict(QueueNames().by_kind),
        default_workers=WorkerNames().all,
    )


def _configuration(settings: Settings) -> Configuration:
    if settings.demo:
        target = "the demo database"
    else:
        target = settings.database.label if settings.database else "no database"
    return Configuration(
        target,
        file=None if settings.config_file is None else str(settings.config_file),
        profile=settings.profile,
        oban_schema=settings.oban_schema,
        sources=settings.sources,
        warnings=settings.warnings,
    )


def _budget(session: Session, settings: Settings) -> timedelta | None:
    """A timeout that was typed is meant for every question; any other is too long for that."""
    return settings.statement_timeout if session.flags.statement_timeout else None
