"""The table's workers beside those of the settings, for doctor to judge (pure)."""

from __future__ import annotations

from collections.abc import Mapping

from venue_ops.core.doctor import facts
from venue_ops.core.models import JobKind
from venue_ops.core.services.blank import Blank, blank


def beside_settings(
    counts: Mapping[str, int], named: Mapping[str, JobKind], defaults: Mapping[str, str]
) -> facts.Workers:
    """`counts` are the jobs of each worker, `named` and `defaults` the kinds of workers."""
    report = blank(counts, named, tuple(kind for kind in JobKind if kind != JobKind.OTHER))
    by_kind: dict[str, int] = {}
    for worker, jobs in counts.items():
        kind = named.get(worker, JobKind.OTHER)
        by_kind[kind] = by_kind.get(kind, 0) + jobs
    missing = (
        facts.MissingWorker(
            name,
            named[name],
            is_default=defaults.get(name) == named[name],
            likely=_likely(name, named, defaults, report),
        )
        for name in report.missing
    )
    unnamed = sorted((w for w in counts if w not in named), key=lambda w: (-counts[w], w))
    return facts.Workers(
        sum(counts.values()),
        by_kind,
        tuple(missing),
        neighbours={other.worker: other.jobs for other in report.unnamed if not other.instead_of},
        unnamed={worker: counts[worker] for worker in unnamed},
    )


def _likely(
    name: str, named: Mapping[str, JobKind], defaults: Mapping[str, str], report: Blank
) -> dict[str, int]:
    """The program's own name for the kind if it stands in the table, then those like this one."""
    own = (
        worker
        for worker, kind in defaults.items()
        if kind == named[name] and worker not in named and report.workers.get(worker)
    )
    alike = (other.worker for other in report.unnamed if other.instead_of == name)
    return {worker: report.workers[worker] for worker in (*own, *alike)}
