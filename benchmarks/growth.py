"""R7: how much longer a statement takes on ten times as many rows."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import asked, pages
from benchmarks.asked import Asked
from benchmarks.databases import STOPPED, Measured
from benchmarks.measure import Timed, in_turn
from benchmarks.report import Figure, at_most
from venue_ops.core.db.questions import JobById, JobChildren
from venue_ops.core.queries import JobQuery
from venue_ops.settings.model import WorkerNames

GOAL = 1.5


def figures(small: Measured, large: Measured, runs: int) -> Iterator[Figure]:
    """The statements of R2 and of `show` on both databases, in turn."""
    ours, theirs = _statements(small), _statements(large)
    contenders: dict[str, Timed] = {}
    for name in ours:
        contenders[f"S {name}"] = small.timed(ours[name])
        contenders[f"L {name}"] = large.timed(theirs[name])
    taken = in_turn(contenders, runs)
    for name in ours:
        at_s, at_l = taken[f"S {name}"], taken[f"L {name}"]
        if at_l.median >= STOPPED:
            yield Figure("R7", name, f"stopped after 30 s : {at_s}", f"at most {GOAL}x", False)
        else:
            yield at_most("R7", name, at_l, at_s, GOAL)


def _statements(database: Measured) -> dict[str, Asked]:
    middle = int(database.one("SELECT max(id) / 2 FROM venues"))
    slug = str(database.one("SELECT slug FROM venues WHERE id >= %(id)s LIMIT 1", {"id": middle}))
    enrichment, backfill = WorkerNames().enrichment, WorkerNames().backfill
    newest = """
        SELECT id FROM oban_jobs
        WHERE worker = ANY(%(workers)s) AND state = 'completed' AND meta ? %(key)s
        ORDER BY id DESC LIMIT 1
    """
    job = int(database.one(newest, {"workers": list(enrichment), "key": "status"}))
    parent = int(database.one(newest, {"workers": list(backfill), "key": "venue_ids"}) or job)
    cities = (page for _, page in pages.city_pages(database).values())
    places = ("9 %", "2 %", "0.25 %", "none")
    return {
        "list": asked.operations(JobQuery()),
        **{
            f"list --city, {place} of the jobs": page
            for place, page in zip(places, cities, strict=True)
        },
        **{f"list {name}": page for name, page in pages.filtered(database).items()},
        "show job": asked.plain(JobById(), {"job_id": job}),
        "show job: its children": asked.plain(JobChildren(), {"job_id": parent}),
        "show venue": asked.venue(slug),
    }
