"""The workers that the settings name, beside those of the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from venue_ops.core.doctor import checks
from venue_ops.core.doctor.facts import MissingWorker, Workers
from venue_ops.core.doctor.findings import (
    Detail,
    Finding,
    counted,
    failed,
    listed,
    passed,
    quoted_toml,
    warned,
)
from venue_ops.core.models import JobKind

ALWAYS_THERE: Final = (JobKind.BACKFILL, JobKind.ENRICHMENT)
"""The kinds that a database of the application has, unless their workers were renamed."""

_MOST_LIKELY: Final = 3
_MOST_UNNAMED: Final = 5


def workers(facts: Workers) -> Finding:
    """A name without a job must not pass as "nothing happened": the worker may be renamed.

    A name that somebody put into the settings is there because jobs have it: where none has,
    and the kind none under another name either, it is wrong, whatever the kind. One of the
    program's own names may simply have no job yet, so it takes a name in the table that looks
    like it; and beside a name that is in use, one of the past is as it should be.
    """
    if not facts.total:
        return warned(
            checks.WORKERS,
            "The table holds no job at all, so no worker can be compared.",
            remedy="Check that the URL and --oban-schema name the application's database.",
        )
    blank = [kind for kind in JobKind if kind != JobKind.OTHER and not facts.by_kind.get(kind)]
    wrong = [missing for missing in facts.missing if missing.kind in blank and _is_wrong(missing)]
    likely = [missing for missing in facts.missing if missing.likely]
    details = _details(facts, wrong)
    if wrong:
        return failed(checks.WORKERS, _said(wrong), details, remedy=_remedy(wrong, likely))
    if likely:
        return warned(
            checks.WORKERS,
            f"No job is by {listed([_last(m.name) for m in likely], 'or')};"
            f" {'it' if len(likely) == 1 else 'they'} may have another name.",
            details,
            remedy=_remedy((), likely),
        )
    blank_and_sure = [kind for kind in blank if kind in ALWAYS_THERE]
    if blank_and_sure:
        return warned(
            checks.WORKERS,
            f"There is no {' and no '.join(blank_and_sure)} among {counted(facts.total, 'job')}.",
            details,
            remedy=(
                "Oban deletes finished jobs after some days; if there should be some, set"
                f" workers.{blank_and_sure[0]} to the worker's name in the table."
            ),
        )
    named = counted(sum(n for kind, n in facts.by_kind.items() if kind != JobKind.OTHER), "job")
    quiet = f"; none is of kind {listed(blank, 'or')}, which is usual" if blank else ""
    return passed(checks.WORKERS, f"{named} of the named workers{quiet}.", details)


def _is_wrong(missing: MissingWorker) -> bool:
    """Of a kind that has no job: whether the name is at fault."""
    if not missing.is_default:
        return True
    if missing.kind in ALWAYS_THERE:
        return bool(missing.likely)
    return any(_is_kin(name, missing.name) for name in missing.likely)


def _is_kin(worker: str, other: str) -> bool:
    """Beside it in its module, or moved elsewhere: a CountryScheduler is no CleanupScheduler."""
    return _module(worker) == _module(other) or _last(worker) == _last(other)


def _said(wrong: Sequence[MissingWorker]) -> str:
    first = wrong[0]
    if len(wrong) > 1:
        names = [f"{_last(each.name)} (workers.{each.kind})" for each in wrong]
        return f"No job is by {listed(names, 'or')}, which the settings name."
    if not first.likely:
        return (
            f"No job is by {_last(first.name)}, which workers.{first.kind} names,"
            " and no worker of the table resembles it."
        )
    likely, jobs = next(iter(first.likely.items()))
    name, other = _last(first.name), _last(likely)
    if name == other:
        name, other = first.name, likely
    return (
        f"No job is by {name}, which workers.{first.kind} names;"
        f" {counted(jobs, 'job is', 'jobs are')} by {other}."
    )


def _details(facts: Workers, wrong: Sequence[MissingWorker]) -> list[Detail]:
    """The names without a job, and names of the table that are in no setting."""
    details = [_missing(each) for each in facts.missing]
    told = {name for each in facts.missing for name in each.likely}
    beside = {name: jobs for name, jobs in facts.neighbours.items() if name not in told}
    details += [
        Detail(name, "is beside the named workers, and no setting names it", jobs)
        for name, jobs in beside.items()
    ]
    if any(not each.likely for each in wrong):
        rest = [(n, jobs) for n, jobs in facts.unnamed.items() if n not in told | beside.keys()]
        details += [
            Detail(name, "is in the table, and no setting names it", jobs)
            for name, jobs in rest[:_MOST_UNNAMED]
        ]
    return details


def _missing(missing: MissingWorker) -> Detail:
    text = f"has no job; workers.{missing.kind} names it"
    if not missing.likely:
        return Detail(missing.name, text, 0)
    names = [
        f"{name} ({counted(jobs, 'job')})"
        for name, jobs in list(missing.likely.items())[:_MOST_LIKELY]
    ]
    return Detail(missing.name, f"{text}; is it {listed(names, 'or')}?", 0)


def _remedy(wrong: Sequence[MissingWorker], likely: Sequence[MissingWorker]) -> str:
    told = []
    lost = dict.fromkeys(f"workers.{each.kind}" for each in wrong if not each.likely)
    if lost:
        one = len(lost) == 1
        told.append(
            f"Set {listed(list(lost))} to the {'name' if one else 'names'} in the table, or take"
            f" {'it' if one else 'them'} out of the settings to have the"
            f" {'default' if one else 'defaults'} again."
        )
    if likely:
        told.append(_setting(likely))
    return " ".join(told)


def _setting(likely: Sequence[MissingWorker]) -> str:
    kinds: dict[str, dict[str, None]] = {}
    for each in likely:
        kinds.setdefault(each.kind, {})[next(iter(each.likely))] = None
    lines = (
        f"{kind} = [{', '.join(quoted_toml(name) for name in names)}]"
        for kind, names in kinds.items()
    )
    return f"Name them under [workers] in the configuration file: {'; '.join(lines)}"


def _last(worker: str) -> str:
    return worker.rpartition(".")[2] or worker


def _module(worker: str) -> str:
    return worker.rpartition(".")[0]
