"""Every check, one by one: facts from the database, judged by `core.doctor`.

A check that cannot be made is itself a finding, and none stops another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from venue_ops.core.doctor import (
    access,
    checks,
    connection,
    images,
    indexes,
    jobs,
    queues,
    schema,
    workers,
)
from venue_ops.core.doctor.facts import Configuration, Names
from venue_ops.core.doctor.findings import Check, Finding, failed, skipped
from venue_ops.core.errors import DatabaseError, UnreachableError, VenueOpsError
from venue_ops.core.services import doctor_skips
from venue_ops.core.services.doctor_facts import Facts
from venue_ops.core.services.source import Source

USUAL_BUDGET: Final = timedelta(seconds=5)
"""How long one question may take that any database answers at once."""

SCAN_BUDGET: Final = timedelta(seconds=15)
"""How long one may take that reads a whole table: enough for some hundred thousand venues."""

NO_CONNECTION: Final = "There is no connection to the database."

Judge = Callable[[Facts], Finding]


def examine(
    source: Source | VenueOpsError,
    configuration: Configuration,
    names: Names,
    chosen: Iterable[Check],
    *,
    is_demo: bool = False,
    budget: timedelta | None = None,
) -> Iterator[Finding]:
    """What came of each check chosen, in their order.

    A source that cannot even be made is given as the error that says why. `names` are of the
    settings and their defaults. `budget` stands in for both budgets of a question; zero is none.
    Where there is no connection, the finding about it comes whether it was chosen or not.
    """
    if isinstance(source, VenueOpsError):
        yield from _unconnected(source, configuration, chosen)
        return
    facts = Facts(
        source,
        names,
        usual=USUAL_BUDGET if budget is None else budget,
        scan=SCAN_BUDGET if budget is None else budget,
        is_thorough=budget is not None,
    )
    judges = _judges(source, configuration, names, is_demo=is_demo)
    is_lost = False
    for check in chosen:
        if is_lost and check is not checks.CONFIGURATION:
            yield skipped(check, NO_CONNECTION)
            continue
        try:
            yield _made(check, judges[check], facts)
        except UnreachableError as error:
            is_lost = True
            # One that was there and went away is told by the check that lost it.
            yield failed(
                check if facts.has_connected else checks.CONNECTION,
                error.message,
                remedy=error.hint,
            )
            if not facts.has_connected and check is not checks.CONNECTION:
                yield skipped(check, NO_CONNECTION)


def _unconnected(
    error: VenueOpsError, configuration: Configuration, chosen: Iterable[Check]
) -> Iterator[Finding]:
    """Only the settings can be judged."""
    yield connection.configuration(configuration)
    if configuration.problem is None:
        yield failed(checks.CONNECTION, error.message, remedy=error.hint)
    else:
        yield skipped(checks.CONNECTION, "The settings do not say which database is meant.")
    for check in chosen:
        if check not in {checks.CONFIGURATION, checks.CONNECTION}:
            yield skipped(check, NO_CONNECTION)


def _made(check: Check, judge: Judge, facts: Facts) -> Finding:
    """The finding of one check; whatever goes wrong in it is told and no more."""
    try:
        lacking = doctor_skips.reason_to_skip(check, facts)
        return judge(facts) if lacking is None else skipped(check, lacking)
    except UnreachableError:
        raise
    except DatabaseError as error:
        return doctor_skips.in_place_of_answer(check, error, facts)
    except Exception as error:
        return failed(
            check,
            f"The check itself broke: {type(error).__name__}: {error}",
            remedy="Report it, with what `venue-ops doctor --check " + check.name + "` prints.",
        )


def _judges(
    source: Source,
    configuration: Configuration,
    names: Names,
    *,
    is_demo: bool,
) -> Mapping[Check, Judge]:
    now, named = source.now, list(source.named_workers())
    return {
        checks.CONFIGURATION: lambda _: connection.configuration(configuration),
        checks.CONNECTION: lambda f: connection.connection(source.database.label, f.server()),
        checks.SERVER: lambda f: connection.server(f.server()),
        checks.POOLER: lambda f: connection.pooler(f.backends()),
        checks.CLOCK: lambda f: connection.clock(f.clocks()),
        checks.TABLES: lambda f: schema.tables(f.relations()),
        checks.COLUMNS: lambda f: schema.columns(f.columns()),
        checks.OBAN: lambda f: schema.oban(f.relations(), f.states(), f.oban_indexes()),
        checks.INDEXES: lambda f: indexes.indexes(f.indexes(), f.relations()),
        checks.STATISTICS: lambda f: schema.statistics(f.relations()),
        checks.WORKER_INDEX: lambda f: indexes.worker_index(
            f.indexes(), f.relations(), named, f.named_jobs()
        ),
        checks.READING: lambda f: access.reading(f.role(), f.relations(), f.columns()),
        checks.RETRYING: lambda f: access.retrying(
            f.role(), f.columns(), is_replica=f.server().is_replica
        ),
        checks.EXCESS: lambda f: access.excess(
            f.role(), f.relations(), f.columns(), is_demo=is_demo
        ),
        checks.WORKERS: lambda f: workers.workers(f.workers()),
        checks.QUEUES: lambda f: queues.queues(f.queues(), names, now=now()),
        checks.SPENT: lambda f: jobs.spent(f.spent(), oban_schema=source.oban_schema),
        checks.ORPHANS: lambda f: jobs.orphans(f.executing(jobs.LONG), now=now()),
        checks.LIFELINE: lambda f: jobs.lifeline(f.lost_attempts()),
        checks.DUPLICATES: lambda f: jobs.duplicates(f.duplicates()),
        checks.FUTURE: lambda f: jobs.future(f.future_times(), now=now()),
        checks.MALFORMED: lambda f: images.malformed(f.image_faults()),
        checks.SHARED_URLS: lambda f: images.shared_urls(f.image_faults()),
    }
