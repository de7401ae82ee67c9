"""Why a list of operations is blank: no page may pass "wrong question" off as "nothing there"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from venue_ops.core.db.questions import AbsentKinds, WorkerCounts
from venue_ops.core.models import JobKind
from venue_ops.core.queries import JobQuery
from venue_ops.core.references import close_matches
from venue_ops.core.services.source import Source

BUDGET = timedelta(seconds=5)
PROBE_BUDGET = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class UnnamedWorker:
    """A worker of the table that no setting names, and what it may be called by mistake."""

    worker: str
    jobs: int
    instead_of: str | None


@dataclass(frozen=True, slots=True)
class Blank:
    """What the table holds of the kinds that were asked for.

    `jobs` counts them without any filter; `missing` are the workers of these kinds that have
    no row at all, `unnamed` the ones that look like them and that no setting names.
    """

    jobs: int
    missing: tuple[str, ...]
    unnamed: tuple[UnnamedWorker, ...]
    workers: Mapping[str, int]


def worker_counts(source: Source) -> dict[str, int]:
    """How many jobs each worker of the table has."""
    found = source.database.ask(
        WorkerCounts(oban_schema=source.oban_schema), source.common_parameters()
    )
    return counts_of(found)


def counts_of(found: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The rows of WorkerCounts as worker to number of jobs."""
    return {row["worker"]: int(row["jobs"]) for row in found}


def absent_kinds(source: Source, kinds: Iterable[JobKind]) -> tuple[JobKind, ...]:
    """The kinds of which the table has no job at all; none if it does not tell soon.

    To find a job takes no time; to find that there is none takes a scan of the table.
    """
    names = [str(kind) for kind in kinds]
    if not names:
        return ()
    found = source.database.ask_if_quick(
        AbsentKinds(oban_schema=source.oban_schema),
        {**source.common_parameters(), "kinds": names},
        PROBE_BUDGET,
    )
    return tuple(JobKind(row["kind"]) for row in found or ())


def why_blank(source: Source, query: JobQuery) -> Blank | None:
    """What is there instead; None if the database did not tell within the budget."""
    found = source.database.ask_if_quick(
        WorkerCounts(oban_schema=source.oban_schema), source.common_parameters(), BUDGET
    )
    if found is None:
        return None
    return blank(counts_of(found), source.named_workers(), query.kinds)


def blank(
    counts: Mapping[str, int], named: Mapping[str, JobKind], kinds: tuple[JobKind, ...]
) -> Blank:
    """The same from the counts alone (pure)."""
    asked = [worker for worker in counts if named.get(worker, JobKind.OTHER) in kinds]
    missing = tuple(
        worker for worker, kind in named.items() if kind in kinds and not counts.get(worker)
    )
    others = {worker: _resembles(worker, missing) for worker in counts if worker not in named}
    alike = [worker for worker, instead_of in others.items() if instead_of]
    beside = [worker for worker in others if missing and _is_neighbour(worker, named)]
    unnamed = tuple(
        UnnamedWorker(worker, counts[worker], others[worker]) for worker in alike or beside
    )
    return Blank(
        jobs=sum(counts[worker] for worker in asked),
        missing=missing,
        unnamed=unnamed if JobKind.OTHER not in kinds else (),
        workers=counts,
    )


def matching_workers(counts: Mapping[str, int], wanted: str) -> tuple[str, ...]:
    """The workers a name stands for: itself, or all that end with `.` and the name."""
    return tuple(worker for worker in counts if worker == wanted or worker.endswith(f".{wanted}"))


def _resembles(worker: str, missing: tuple[str, ...]) -> str | None:
    """The missing worker that this one may be by another name.

    One of the same last name wherever it has moved to, or of a similar one in the same
    application: many applications have an EmailJob.
    """
    last, root = _last(worker), worker.partition(".")[0]
    nearby = [name for name in missing if name.partition(".")[0] == root]
    near = close_matches(last, [_last(name) for name in nearby])[:1]
    same = [name for name in missing if _last(name) == last]
    return next((name for name in (*same, *nearby) if _last(name) in (last, *near)), None)


def _is_neighbour(worker: str, named: Mapping[str, JobKind]) -> bool:
    """In the same module as a worker that a setting names."""
    return worker.rpartition(".")[0] in {name.rpartition(".")[0] for name in named}


def _last(worker: str) -> str:
    return worker.rpartition(".")[2]
