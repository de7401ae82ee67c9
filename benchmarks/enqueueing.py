"""W3: 100,000 venues enqueued, against a plain `INSERT ... SELECT` of the same rows.

The plain one reads them from a table where they stand ready, and checks nothing. Ours is what a
confirmed run does with plans that were looked at: every venue's version and the jobs in the way,
transaction by transaction. Beside them stand the look, and the insert where every venue changed
after it: each image looked up as it stands, and every venue's savability. Each begins with the
table of jobs as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from benchmarks import asked
from benchmarks.measure import Timed, clocked, in_turn
from benchmarks.report import Figure, at_most
from benchmarks.retries import PROVIDER, Writable
from venue_ops.core.enums import Engine
from venue_ops.core.planning import Grain, Policy, VenuePlan
from venue_ops.core.services.enqueueing import Enqueueing, JobRows, batches
from venue_ops.core.services.plans import Scope, plans
from venue_ops.core.services.source import Source
from venue_ops.settings.model import QueueNames, WorkerNames

GOAL = 2.0
VENUES, FAILED, UPLOADED = 100_000, 2, 3

_MADE = """
    INSERT INTO venues (name, slug, city_id, latitude, longitude, venue_images,
        image_enrichment_metadata, inserted_at, updated_at)
    SELECT 'Enqueued', 'enqueued-' || n, (SELECT min(id) FROM cities), 0, 0,
        jsonb_set(%(images)s, '{0,position}', to_jsonb(n)), '{}', now(), now()
    FROM generate_series(1, %(venues)s) n RETURNING id
"""
_COLUMNS = "state, queue, worker, args, meta, tags, max_attempts, priority, scheduled_at"
_KEPT = f"""
    CREATE TABLE kept AS SELECT {_COLUMNS} FROM oban_jobs WHERE 'venue-ops' = ANY(tags)
"""
_PLAIN = f"INSERT INTO oban_jobs ({_COLUMNS}) SELECT {_COLUMNS} FROM kept"
_AS_BEFORE = "DELETE FROM oban_jobs WHERE 'venue-ops' = ANY(tags)"


def figures(here: Writable, runs: int) -> Iterator[Figure]:
    """The insert, and beside it what a dry run looks up."""
    with closing(here.database()) as database:
        source = asked.source(database)
        for engine in (Engine.APP, Engine.PYTHON):
            yield from _of_engine(here, source, engine, runs)


def _of_engine(here: Writable, source: Source, engine: Engine, runs: int) -> Iterator[Figure]:
    rows = JobRows(engine, QueueNames().enrichment, WorkerNames().retry[0], 3, "measured")
    service = Enqueueing(source, QueueNames().enrichment, rows)
    planned = _planned(here, source, _venues(here), Policy(by_job=engine is Engine.APP))
    looked = list(service.look(planned))

    def insert(plans: Sequence[VenuePlan]) -> None:
        for some in batches(plans, service.at_once):
            for _ in service.insert(some):
                pass

    def look() -> None:
        for _ in service.look(planned):
            pass

    insert(looked)
    with psycopg.connect(here.dsn, autocommit=True) as conn:
        conn.execute("DROP TABLE IF EXISTS kept")
        inserted = conn.execute(_KEPT).rowcount
        assert inserted == VENUES, inserted
        contenders = {
            "ours": _afresh(conn, clocked(lambda: insert(looked))),
            "plain": _afresh(conn, clocked(lambda: conn.execute(_PLAIN))),
            "anew": _afresh(conn, clocked(lambda: insert(planned))),
            "look": _afresh(conn, clocked(look)),
        }
        taken = in_turn(contenders, runs)
        conn.execute(_AS_BEFORE)
    what = f"{VENUES:,} venues enqueued for {engine} : plain INSERT ... SELECT"
    yield at_most("W3", what, taken["ours"], taken["plain"], GOAL)
    yield Figure("W3", f"the same looked up by a dry run, {engine}", str(taken["look"]))
    yield Figure("W3", f"the same, had every venue changed since, {engine}", str(taken["anew"]))


def _venues(here: Writable) -> Sequence[int]:
    images: list[dict[str, Any]] = here.images(FAILED + UPLOADED, _url)
    for image in images[FAILED:]:
        image["upload_status"] = "uploaded"
        del image["error_details"]
    with psycopg.connect(here.dsn, autocommit=True) as conn:
        found = conn.execute("SELECT id FROM venues WHERE slug LIKE 'enqueued-%'").fetchall()
        if not found:
            values = {"images": Jsonb(images), "venues": VENUES}
            found = conn.execute(_MADE, values).fetchall()
            conn.execute("VACUUM ANALYZE")
        return [row[0] for row in found]


def _planned(
    here: Writable, source: Source, venues: Sequence[int], policy: Policy
) -> Sequence[VenuePlan]:
    scope = Scope(Grain.VENUE, "measured", venues=tuple(venues))
    rows = here.rows()
    try:
        return list(plans(source, rows, scope, policy))
    finally:
        rows.database.close()


def _afresh(conn: psycopg.Connection[Any], timed: Timed) -> Timed:
    """With the jobs that there were, and none of the last run's dead rows."""

    def run() -> float:
        conn.execute(_AS_BEFORE)
        conn.execute("VACUUM ANALYZE oban_jobs")
        conn.execute("CHECKPOINT")
        return timed()

    return run


def _url(name: str) -> str:
    return f"https://fastly.4sqi.net/img/general/original/{PROVIDER}-{name}.jpg"
