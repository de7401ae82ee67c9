"""What may be wrong with jobs. No statement reads more than a part of a large table.

What waits or runs is found by Oban's own index on the state; what happened lately, among the
newest jobs by id.
"""

from __future__ import annotations

from sqlalchemy import TextClause, text

from venue_ops.core.db.questions import (
    DuplicateJobs,
    ExecutingJobs,
    FutureTimes,
    LostAttempts,
    QueueFacts,
    SpentAttempts,
)

NEWEST = 200_000
"""How many jobs count as recent: a second's work, and days of any real database."""
_SAMPLES = 5
_MOST_SPENT = 50

_WAITING = "('available', 'scheduled', 'retryable')"


def _jobs(schema: str) -> str:
    """Oban's table as a name in SQL text, in which a colon would begin a parameter."""
    quoted = '"' + schema.replace('"', '""') + '"'
    return quoted.replace("\\", "\\\\").replace(":", "\\:") + ".oban_jobs"


def _recent(schema: str, columns: str) -> str:
    jobs = _jobs(schema)
    newest = f"(SELECT max(id) FROM {jobs})"  # noqa: S608
    return f"SELECT {columns} FROM {jobs} WHERE id > {newest} - {NEWEST}"  # noqa: S608


def queues(question: QueueFacts) -> TextClause:
    """Binds `now` and the workers; every queue where something waits, runs or happened lately."""
    jobs = _jobs(question.oban_schema)
    recent = _recent(
        question.oban_schema,
        "queue, max(attempted_at) AS attempted_at,"
        " count(*) FILTER (WHERE worker = ANY (CAST(:backfill_workers AS text[]))) AS backfills,"
        " count(*) FILTER (WHERE worker = ANY (CAST(:enrichment_workers AS text[])"
        " || CAST(:retry_workers AS text[]))) AS enrichments",
    )
    return text(f"""
WITH waiting AS (
  SELECT queue, count(*) AS jobs, min(scheduled_at) AS since FROM {jobs}
  WHERE state = 'available' AND scheduled_at <= CAST(:now AS timestamp) GROUP BY queue
), running AS (
  SELECT queue, count(*) AS jobs, max(attempted_at) AS attempted_at FROM {jobs}
  WHERE state = 'executing' GROUP BY queue
), recent AS (
  {recent} GROUP BY queue
)
SELECT queue, coalesce(waiting.jobs, 0) AS waiting, waiting.since AS waiting_since,
       coalesce(running.jobs, 0) AS running,
       greatest(recent.attempted_at, running.attempted_at) AS last_attempt,
       coalesce(recent.backfills, 0) AS backfills,
       coalesce(recent.enrichments, 0) AS enrichments
FROM waiting FULL JOIN running USING (queue) FULL JOIN recent USING (queue)
ORDER BY queue
""")  # noqa: S608


def spent(question: SpentAttempts) -> TextClause:
    """Binds nothing; the ids of the first 50 of each."""
    return text(f"""
SELECT queue, CAST(state AS text) AS state, count(*) AS jobs,
       (array_agg(id ORDER BY id))[1\\:{_MOST_SPENT}] AS ids
FROM {_jobs(question.oban_schema)}
WHERE state IN {_WAITING} AND attempt >= max_attempts
GROUP BY queue, state ORDER BY queue, state
""")  # noqa: S608


def executing(question: ExecutingJobs) -> TextClause:
    """Binds `before`: jobs that began before it, and when their node last began any job."""
    recent = _recent(
        question.oban_schema, "attempted_by[1] AS node, max(attempted_at) AS attempted_at"
    )
    return text(f"""
WITH active AS ({recent} GROUP BY attempted_by[1])
SELECT coalesce(job.attempted_by[1], 'no node') AS node, count(*) AS jobs,
       min(job.attempted_at) AS since, max(active.attempted_at) AS node_active,
       (array_agg(job.id ORDER BY job.id))[1\\:{_SAMPLES}] AS ids
FROM {_jobs(question.oban_schema)} AS job
LEFT JOIN active ON active.node = job.attempted_by[1]
WHERE job.state = 'executing'
  AND coalesce(job.attempted_at, job.scheduled_at) < CAST(:before AS timestamp)
GROUP BY 1 ORDER BY count(*) DESC, 1
""")  # noqa: S608


def lost_attempts(question: LostAttempts) -> TextClause:
    """Binds nothing; among the newest jobs those with fewer errors than failed attempts.

    Each attempt that failed leaves an error; one that Lifeline took for dead leaves none. A
    snoozed job counts attempts that did not fail, and is left out.
    """
    recent = _recent(question.oban_schema, "worker, state, id")
    return text(f"""
SELECT worker, CAST(state AS text) AS state, count(*) AS jobs,
       (array_agg(id ORDER BY id DESC))[1\\:{_SAMPLES}] AS ids
FROM ({recent}
      AND cardinality(errors) < attempt - CASE state
          WHEN 'discarded' THEN 0 WHEN 'retryable' THEN 0 ELSE 1 END
      AND state IN ('executing', 'completed', 'discarded', 'retryable')
      AND meta -> 'snoozed' IS NULL) AS lost
GROUP BY worker, state ORDER BY count(*) DESC, worker, state
""")  # noqa: S608


def duplicates(question: DuplicateJobs) -> TextClause:
    """Binds `enrichment_workers`, `retry_workers`; venues with several unfinished jobs."""
    return text(f"""
SELECT venue, count(*) AS jobs, (array_agg(id ORDER BY id))[1\\:{_SAMPLES}] AS ids
FROM (
  SELECT id, args ->> 'venue_id' AS venue FROM {_jobs(question.oban_schema)}
  WHERE state IN ('available', 'scheduled', 'retryable', 'executing')
    AND worker = ANY (CAST(:enrichment_workers AS text[]) || CAST(:retry_workers AS text[]))
    AND args -> 'venue_id' IS NOT NULL
) AS unfinished
GROUP BY venue HAVING count(*) > 1
ORDER BY count(*) DESC, min(id)
""")  # noqa: S608


def future_times(question: FutureTimes) -> TextClause:
    """Binds `after`; recent jobs with a time that is later than it and than the server's clock."""
    columns = ("inserted_at", "attempted_at", "completed_at", "cancelled_at", "discarded_at")
    each = ", ".join(f"('{name}', {name})" for name in columns)
    recent = _recent(question.oban_schema, f"id, {', '.join(columns)}")
    return text(f"""
SELECT happened.name AS column_name, count(*) AS jobs, max(happened.at) AS latest,
       (array_agg(id ORDER BY id DESC))[1\\:{_SAMPLES}] AS ids
FROM ({recent}
      AND greatest({", ".join(columns)}) >
          greatest(CAST(:after AS timestamp), timezone('UTC', now()) + interval '5 minutes')
     ) AS job
CROSS JOIN LATERAL (VALUES {each}) AS happened (name, at)
WHERE happened.at >
      greatest(CAST(:after AS timestamp), timezone('UTC', now()) + interval '5 minutes')
GROUP BY happened.name ORDER BY happened.name
""")  # noqa: S608
