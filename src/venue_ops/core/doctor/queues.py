"""Who works on the queues, and whether those that the settings name are the right ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from venue_ops.core.doctor import checks
from venue_ops.core.doctor.facts import Names, Queue
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
from venue_ops.core.moments import brief_duration
from venue_ops.core.references import close_matches

IDLE: Final = timedelta(minutes=10)
"""A queue is not worked on when a job has waited so long and none was begun since."""

FORSAKEN: Final = timedelta(days=2)
"""The queue of the enrichments has a daily run; without an attempt for so long it has none."""


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A queue of the settings that may be the wrong one; `is_certain` where the jobs say so."""

    kind: str
    name: str
    said: str
    detail: str
    likely: tuple[str, ...] = ()
    is_certain: bool = False


def queues(found: Sequence[Queue], names: Names, *, now: datetime) -> Finding:
    """Queues in which jobs wait and none is begun, and queues of the settings that are wrong.

    A queue that is paused on purpose looks like one that nobody works on.
    """
    dead = [queue for queue in found if _is_dead(queue, now)]
    doubts = list(_doubts(found, names, now))
    ours = [queue.name for queue in dead if _is_ours(queue, names)]
    if not dead and not doubts:
        waiting = sum(queue.waiting for queue in found)
        return passed(
            checks.QUEUES,
            f"{counted(waiting, 'job waits', 'jobs wait')} in queues that are worked on."
            if waiting
            else "No job waits.",
            [*_absent(found, names), *(_seen(queue, now) for queue in found)],
        )
    told, remedies = [], []
    if dead:
        which = listed(ours or [queue.name for queue in dead], "or")
        told.append(f"Nobody works on {which}: jobs wait and none is begun.")
        remedies.append(
            "Check that a node of the application runs, that its Oban is configured with the"
            " queue, and that the queue is not paused; see also the check spent."
        )
    told += [doubt.said for doubt in doubts]
    details = [Detail(doubt.name, doubt.detail) for doubt in doubts]
    details += [_waiting(queue, now) for queue in dead]
    if doubts:
        details += [_seen(queue, now) for queue in found if queue not in dead]
        remedies.append(_setting(doubts))
    finding = failed if ours or any(doubt.is_certain for doubt in doubts) else warned
    return finding(checks.QUEUES, " ".join(told), details, remedy=" ".join(remedies))


def _is_dead(queue: Queue, now: datetime) -> bool:
    if not queue.waiting or queue.running or queue.waiting_since is None:
        return False
    begun = queue.last_attempt
    return now - queue.waiting_since > IDLE and (begun is None or now - begun > IDLE)


def _is_ours(queue: Queue, names: Names) -> bool:
    return queue.name in names.queues.values() or any(_held(queue, kind) for kind in names.queues)


def _held(queue: Queue, kind: str) -> int:
    """How many jobs of the kind's workers the queue holds."""
    return {JobKind.BACKFILL: queue.backfills, JobKind.ENRICHMENT: queue.enrichments}.get(
        JobKind(kind), 0
    )


def _doubts(found: Sequence[Queue], names: Names, now: datetime) -> Iterator[_Doubt]:
    """What speaks against each queue of the settings; nothing where the table is blank."""
    for kind, name in names.queues.items() if found else ():
        holders = {each.name: jobs for each in found if (jobs := _held(each, kind))}
        if holders and name not in holders:
            yield _elsewhere(kind, name, holders)
        elif doubt := _idle(kind, name, found, names.default_queues.get(kind), now):
            yield doubt


def _elsewhere(kind: str, name: str, holders: Mapping[str, int]) -> _Doubt:
    """The jobs that belong into the queue are in others."""
    likely = sorted(holders, key=lambda each: -holders[each])
    counts = [f"{each} ({counted(holders[each], 'job')})" for each in likely]
    setting, jobs = f"queues.{kind}", f"the jobs of workers.{kind} are in"
    return _Doubt(
        kind,
        name,
        f"The setting {setting} names {name}, but {jobs} {listed(likely)}.",
        f"{setting} names it; {jobs} {listed(counts)}",
        tuple(likely),
        is_certain=True,
    )


def _idle(
    kind: str, name: str, found: Sequence[Queue], default: str | None, now: datetime
) -> _Doubt | None:
    """Nothing was begun in the queue; of backfills, which a person starts, that is usual."""
    queue = next((each for each in found if each.name == name), None)
    begun = None if queue is None else queue.last_attempt
    is_daily = kind == JobKind.ENRICHMENT
    if not is_daily and (name == default or begun is not None):
        return None
    if begun is not None and now - begun <= FORSAKEN:
        return None
    others = [] if queue and _held(queue, kind) else [q.name for q in found if q is not queue]
    near = [each for each in (default,) if each in others]
    near += [each for each in close_matches(name, others) if each not in near]
    unseen = default is not None and default != name and queue is None
    likely = near or [each for each in (default,) if unseen and each]
    setting = f"queues.{kind}"
    lately = "lately" if begun is None else f"for {_age(now - begun)}"
    state = "no job of it is there" if queue is None else f"none begun {lately}"
    question = f"; is it {listed(likely, 'or')}?" if likely else ""
    return _Doubt(
        kind,
        name,
        f"No job of {name} ({setting}) was begun {lately}"
        f"{': a retry queued there would wait' if is_daily else ''}.",
        f"{setting} names it; {state}{question}",
        tuple(likely),
        is_certain=unseen and bool(near),
    )


def _setting(doubts: Sequence[_Doubt]) -> str:
    told = []
    if unsure := [f"queues.{each.kind}" for each in doubts if not each.is_certain]:
        word = "setting" if len(unsure) == 1 else "settings"
        told.append(f"Check the {word} {listed(unsure)} against the queues in the details.")
    lines = [f"{each.kind} = {quoted_toml(each.likely[0])}" for each in doubts if each.is_certain]
    if lines:
        told.append(f"Set under [queues] in the configuration file: {'; '.join(lines)}")
    return " ".join(told)


def _absent(found: Sequence[Queue], names: Names) -> Iterator[Detail]:
    """The queues of the settings in which nothing happened, which is usual."""
    there = {queue.name for queue in found}
    for kind, name in names.queues.items():
        if name not in there:
            yield Detail(name, f"queues.{kind} names it; no job of it is there")


def _waiting(queue: Queue, now: datetime) -> Detail:
    since = _age(now - queue.waiting_since) if queue.waiting_since else "unknown"
    return Detail(queue.name, f"waiting for up to {since}; {_begun(queue, now)}", queue.waiting)


def _seen(queue: Queue, now: datetime) -> Detail:
    running = f"{queue.running:,} executing" if queue.running else "none executing"
    waits = "; jobs wait" if queue.waiting else ""
    return Detail(queue.name, f"{_begun(queue, now)}, {running}{waits}", queue.waiting)


def _begun(queue: Queue, now: datetime) -> str:
    if queue.last_attempt is None:
        return "none begun lately"
    return f"last begun {_age(now - queue.last_attempt)} ago"


def _age(age: timedelta) -> str:
    return brief_duration(max(age.total_seconds(), 0))
