"""Oban's tables as SQL text, for the migrations 11 to 14.

`{schema}` stands for the quoted schema ("prefix") and `{channel}` for the literal name of the
notification channel; `venue_ops.demo.schema` fills them in. What each migration changes:
12 lets priorities go above 3 and drops the insert trigger (Oban then notifies itself);
13 adds two indexes for pruning; 14 adds the state `suspended`.
"""

from __future__ import annotations

from typing import LiteralString

STATES = (
    "available",
    "scheduled",
    "executing",
    "retryable",
    "completed",
    "discarded",
    "cancelled",
)
"""The values of oban_job_state before migration 14, in the type's own order."""

JOBS: LiteralString = """
CREATE TABLE {schema}.oban_jobs (
    id bigserial PRIMARY KEY,
    state {schema}.oban_job_state NOT NULL DEFAULT 'available',
    queue text NOT NULL DEFAULT 'default',
    worker text NOT NULL,
    args jsonb NOT NULL DEFAULT '{{}}',
    errors jsonb[] NOT NULL DEFAULT ARRAY[]::jsonb[],
    attempt integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL DEFAULT 20,
    inserted_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
    scheduled_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
    attempted_at timestamp,
    completed_at timestamp,
    attempted_by text[],
    discarded_at timestamp,
    priority integer NOT NULL DEFAULT 0,
    tags text[] DEFAULT ARRAY[]::text[],
    meta jsonb DEFAULT '{{}}',
    cancelled_at timestamp,
    CONSTRAINT worker_length CHECK (char_length(worker) BETWEEN 1 AND 127),
    CONSTRAINT queue_length CHECK (char_length(queue) BETWEEN 1 AND 127),
    CONSTRAINT positive_max_attempts CHECK (max_attempts > 0),
    CONSTRAINT attempt_range CHECK (attempt BETWEEN 0 AND max_attempts)
)
"""

PRIORITY_CHECK_11: LiteralString = """
ALTER TABLE {schema}.oban_jobs
    ADD CONSTRAINT priority_range CHECK (priority BETWEEN 0 AND 3)
"""

PRIORITY_CHECK_12: LiteralString = """
ALTER TABLE {schema}.oban_jobs
    ADD CONSTRAINT non_negative_priority CHECK (priority >= 0) NOT VALID
"""

PEERS: LiteralString = """
CREATE UNLOGGED TABLE {schema}.oban_peers (
    name text NOT NULL PRIMARY KEY,
    node text NOT NULL,
    started_at timestamp NOT NULL,
    expires_at timestamp NOT NULL
)
"""

INDEXES: tuple[LiteralString, ...] = (
    "CREATE INDEX oban_jobs_state_queue_priority_scheduled_at_id_index"
    " ON {schema}.oban_jobs (state, queue, priority, scheduled_at, id)",
    "CREATE INDEX oban_jobs_args_index ON {schema}.oban_jobs USING gin (args)",
    "CREATE INDEX oban_jobs_meta_index ON {schema}.oban_jobs USING gin (meta)",
)

INDEXES_13: tuple[LiteralString, ...] = (
    "CREATE INDEX oban_jobs_state_cancelled_at_index ON {schema}.oban_jobs (state, cancelled_at)",
    "CREATE INDEX oban_jobs_state_discarded_at_index ON {schema}.oban_jobs (state, discarded_at)",
)

INSERT_TRIGGER_11: tuple[LiteralString, ...] = (
    """
    CREATE FUNCTION {schema}.oban_jobs_notify() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        IF NEW.state = 'available' THEN
            PERFORM pg_notify({channel}, json_build_object('queue', NEW.queue)::text);
        END IF;
        RETURN NULL;
    END $body$
    """,
    "CREATE TRIGGER oban_notify AFTER INSERT ON {schema}.oban_jobs"
    " FOR EACH ROW EXECUTE FUNCTION {schema}.oban_jobs_notify()",
)
