"""The workers that the settings name, and who works on the queues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from venue_ops.core.doctor import checks
from venue_ops.core.doctor.facts import MissingWorker, Queue, Workers
from venue_ops.core.doctor.findings import (
    Detail,
    Finding,
    counted,
    failed,
    listed,
    passed,
    warned,
)
from venue_ops.core.models import JobKind
from venue_ops.core.moments import brief_duration

ALWAYS_THERE: Final = (JobKind.BACKFILL, JobKind.ENRICHMENT)
"""The kinds that a database of the application has, unless their workers were renamed."""

IDLE: Final = timedelta(minutes=10)
"""A queue is not worked on when a job has waited so long and none was begun since."""

FORSAKEN: Final = timedelta(days=2)
"""The queue of the enrichments has a daily run; without an attempt for so long it has none."""


def workers(facts: Workers) -> Finding:
    """A name without a job must not pass as "nothing happened": the worker may be renamed."""
    if not facts.total:
        return warned(
            checks.WORKERS,
            "The table holds no job at all, so no worker can be compared.",
            remedy="Check that the URL and --oban-schema name the application's database.",
        )
    blank = [kind for kind in JobKind if kind != JobKind.OTHER and not facts.by_kind.get(kind)]
    blank_and_sure = [kind for kind in blank if kind in ALWAYS_THERE]
    likely = [missing for missing in facts.missing if missing.likely]
    details = [_missing(each) for each in facts.missing]
    details += [
        Detail(name, "is beside the named workers, and no setting names it", jobs)
        for name, jobs in facts.neighbours.items()
    ]
    named = counted(sum(n for kind, n in facts.by_kind.items() if kind != JobKind.OTHER), "job")
    renamed = [missing for missing in likely if missing.kind in blank_and_sure]
    if renamed:
        first = renamed[0]
        return failed(
            checks.WORKERS,
            f"No job is by {_last(first.name)}, which workers.{first.kind} names;"
            f" {counted(first.likely_jobs, 'job is', 'jobs are')} by {_last(first.likely)}.",
            details,
            remedy=_setting(renamed),
        )
    if likely:
        return warned(
            checks.WORKERS,
            f"No job is by {listed([_last(m.name) for m in likely])}; it may have another name.",
            details,
            remedy=_setting(likely),
        )
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
    quiet = f"; none is of kind {listed(blank)}, which is usual" if blank else ""
    return passed(checks.WORKERS, f"{named} of the named workers{quiet}.", details)


def _missing(missing: MissingWorker) -> Detail:
    text = f"has no job; workers.{missing.kind} names it"
    if missing.likely is None:
        return Detail(missing.name, text, 0)
    jobs = counted(missing.likely_jobs, "job")
    return Detail(missing.name, f"{text}; is it {missing.likely} ({jobs})?", 0)


def _setting(likely: Sequence[MissingWorker]) -> str:
    kinds: dict[str, list[str]] = {}
    for each in likely:
        kinds.setdefault(each.kind, []).append(str(each.likely))
    lines = (
        f"{kind} = [{', '.join(_toml(name) for name in dict.fromkeys(names))}]"
        for kind, names in kinds.items()
    )
    return f"Name them under [workers] in the configuration file: {'; '.join(lines)}"


def _toml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _last(worker: str | None) -> str:
    return (worker or "").rpartition(".")[2]


def queues(found: Sequence[Queue], named: Mapping[str, str], *, now: datetime) -> Finding:
    """Queues in which jobs wait and none is begun; `named` are those of the settings.

    A queue that is paused on purpose looks the same.
    """
    by_name = {queue.name: queue for queue in found}
    dead = [queue for queue in found if _is_dead(queue, now)]
    details = [_waiting(queue, now) for queue in dead]
    if dead:
        ours = [queue.name for queue in dead if queue.name in named.values()]
        finding = failed if ours else warned
        return finding(
            checks.QUEUES,
            f"Nobody works on {listed(ours or [queue.name for queue in dead])}:"
            " jobs wait and none is begun.",
            details,
            remedy=(
                "Check that a node of the application runs, that its Oban is configured with the"
                " queue, and that the queue is not paused; see also the check spent."
            ),
        )
    retry_queue = named.get("enrichment", "")
    attempted = by_name[retry_queue].last_attempt if retry_queue in by_name else None
    if found and (attempted is None or now - attempted > FORSAKEN):
        lately = "lately" if attempted is None else f"for {_age(now - attempted)}"
        return warned(
            checks.QUEUES,
            f"No job of {retry_queue} was begun {lately}: a retry queued there would wait.",
            [_seen(queue, now) for queue in found],
            remedy="Check the setting queues.enrichment against the queues in the details.",
        )
    waiting = sum(queue.waiting for queue in found)
    return passed(
        checks.QUEUES,
        f"{counted(waiting, 'job waits', 'jobs wait')} in queues that are worked on."
        if waiting
        else "No job waits.",
        [_seen(queue, now) for queue in found],
    )


def _is_dead(queue: Queue, now: datetime) -> bool:
    if not queue.waiting or queue.running or queue.waiting_since is None:
        return False
    begun = queue.last_attempt
    return now - queue.waiting_since > IDLE and (begun is None or now - begun > IDLE)


def _waiting(queue: Queue, now: datetime) -> Detail:
    since = _age(now - queue.waiting_since) if queue.waiting_since else "unknown"
    begun = (
        "none begun lately"
        if queue.last_attempt is None
        else (f"the last was begun {_age(now - queue.last_attempt)} ago")
    )
    return Detail(queue.name, f"waiting for up to {since}; {begun}", queue.waiting)


def _seen(queue: Queue, now: datetime) -> Detail:
    begun = (
        "none begun lately"
        if queue.last_attempt is None
        else (f"last begun {_age(now - queue.last_attempt)} ago")
    )
    return Detail(queue.name, f"{begun}, {queue.running:,} executing", queue.waiting)


def _age(age: timedelta) -> str:
    return brief_duration(max(age.total_seconds(), 0))
