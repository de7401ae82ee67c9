"""Jobs that run again: Oban's own rule, one a venue, and nothing that may be running still."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.cli.retrying import cleared
from tests.databases import NOW, Database
from tests.enqueueing import jobs
from tests.rerunning import BACKFILL_WORKER, JUST_NOW, LONG_AGO, Rerunner
from tests.retrying import world
from tests.sources import source_of

from venue_ops.core.doctor.access import RERUN
from venue_ops.core.errors import PermissionDeniedError
from venue_ops.core.planning.jobs import JobReason
from venue_ops.core.services.rerunning import Rerunning
from venue_ops.core.services.rights import refuse_who_may_not_rerun

OWN = "EventasaurusDiscovery.VenueImages."


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[Rerunner]:
    cleared(sample_database)
    with world(sample_database, tmp_path) as made, source_of(sample_database) as source:
        yield Rerunner(made, source)


def test_a_job_is_changed_as_oban_would_and_no_further(here: Rerunner) -> None:
    job = here.at(here.venue(), priority=2, tags=["kept"])
    before = here.row(job)
    assert here.reasons(job) == [None]
    now = NOW.replace(tzinfo=None).isoformat()
    assert here.row(job) == {
        **before,
        "state": "available",
        "max_attempts": 4,
        "scheduled_at": now,
        "discarded_at": None,
    }


def test_every_state_but_two_may_run_again(here: Rerunner) -> None:
    for state in ("completed", "cancelled", "discarded", "retryable", "scheduled"):
        job = here.at(here.venue(), state=state)
        assert here.reasons(job) == [None]
        row = here.row(job)
        assert row["state"] == "available"
        assert [row[f"{end}_at"] for end in ("completed", "cancelled", "discarded")] == [None] * 3


@pytest.mark.parametrize(("most", "then"), [(3, 4), (20, 20)])
def test_there_is_an_attempt_left_and_none_is_taken_away(
    here: Rerunner, most: int, then: int
) -> None:
    """Without one the queue's fetch picks the row, never runs it, and the queue stands still."""
    job = here.at(here.venue(), attempt=3, max_attempts=most)
    assert here.reasons(job) == [None]
    assert (here.row(job)["attempt"], here.row(job)["max_attempts"]) == (3, then)


@pytest.mark.parametrize(
    ("state", "reason"), [("executing", JobReason.EXECUTING), ("available", JobReason.WAITING)]
)
def test_what_runs_or_waits_is_left(here: Rerunner, state: str, reason: JobReason) -> None:
    job = here.at(here.venue(), state=state)
    before = here.row(job)
    assert here.reasons(job) == [reason]
    assert here.row(job) == before


@pytest.mark.parametrize("state", ["available", "retryable", "discarded"])
def test_what_lifeline_took_for_dead_may_run_still(here: Rerunner, state: str) -> None:
    """Begun moments ago, and no error for its last attempt."""
    earlier = [json.dumps({"attempt": 2, "error": "boom"})]
    job = here.at(here.venue(), state=state, attempted_at=JUST_NOW, errors=earlier)
    assert here.reasons(job) == [JobReason.MAY_RUN]
    ended = here.at(here.venue(), attempted_at=JUST_NOW)
    long_ago = here.at(here.venue(), attempted_at=LONG_AGO, errors=earlier)
    assert here.reasons(ended, long_ago) == [None, None]


def test_fresh_adds_force_to_what_reads_it_and_keeps_all_else(here: Rerunner) -> None:
    one, other = here.venue(), here.venue()
    args = {"venue_id": one, "providers": ["here"], "geocode": True, "force": False}
    job, batch = here.job(args), here.job({"venue_ids": [other]})
    assert here.reasons(job, batch, fresh=True) == [None, None]
    assert here.row(job)["args"] == {**args, "force": True}
    assert here.row(batch)["args"] == {"venue_ids": [other]}


SKIPS: tuple[tuple[str | None, int, bool, bool], ...] = (
    ("2025-10-24T15:00:00.123456Z", 0, False, True),
    ("2025-10-24T15:00:00.123456Z", 0, True, False),
    ("2025-10-10T15:00:00Z", 0, False, False),
    ("2025-10-10T15:00:00Z", 1, False, True),
    ("2025-06-10T15:00:00Z", 1, False, False),
    ("lately", 0, False, False),
    (None, 0, False, False),
)
"""When a venue was checked, its images, whether the job is forced: would it skip itself?"""


def test_it_is_known_which_would_skip_themselves(here: Rerunner) -> None:
    there = here.here.image("/a", upload_status="uploaded")
    for checked, images, forced, skips in SKIPS:
        venue = here.venue(checked=checked, images=[there] * images)
        job = here.job({"venue_id": venue, **({"force": True} if forced else {})})
        assert here.answer(job).would_skip is skips, checked
        assert not here.answer(job, fresh=True).would_skip


def test_a_venue_that_is_gone_or_none_is_left(here: Rerunner) -> None:
    for venue_id in (999999, "abc", "0012", None, {"a": 1}):
        assert here.reasons(here.job({"venue_id": venue_id})) == [JobReason.NO_VENUES]


def test_a_batch_says_how_many_venues_it_asks_for(here: Rerunner) -> None:
    venues = [here.venue(), str(here.venue()), 999999, "abc"]
    assert here.answer(here.job({"venue_ids": venues})).venues == 2
    assert here.reasons(here.job({"venue_ids": "abc"})) == [JobReason.NO_VENUES]


@pytest.mark.parametrize(
    ("worker", "reason"),
    [
        (OWN + "CleanupScheduler", JobReason.CLEANUP_ROW),
        (OWN + "FailedUploadRetryWorker", JobReason.RETRY_ROW),
        (OWN + "TriviaAdvisorBackfillJob", JobReason.OTHER_WORKER),
        ("Some.Other", JobReason.OTHER_WORKER),
        (BACKFILL_WORKER, JobReason.NO_VENUES),
    ],
)
def test_other_workers_are_left(here: Rerunner, worker: str, reason: JobReason) -> None:
    job = here.job({"venue_id": here.venue(), "city_id": 999999}, worker=worker)
    before = here.row(job)
    assert here.reasons(job, fresh=True, respawn=1) == [reason]
    assert here.row(job) == before


def test_what_changed_since_it_was_looked_at_is_decided_anew(here: Rerunner) -> None:
    job = here.at(here.venue())
    assert here.answer(job).reason is None
    with here.database.connect(autocommit=True) as conn:
        conn.execute("UPDATE oban_jobs SET state = 'executing' WHERE id = %s", [job])
    assert here.reasons(job) == [JobReason.EXECUTING]


def test_a_row_that_a_node_takes_meanwhile_is_left(here: Rerunner) -> None:
    """The node's transaction is open when ours looks, and is done before ours writes."""
    job = here.at(here.venue(), state="retryable")
    with ThreadPoolExecutor(1) as pool, here.database.connect() as node:
        node.execute(
            "UPDATE oban_jobs SET state = 'executing', attempt = 4, max_attempts = 20"
            " WHERE id = %s",
            [job],
        )
        waiting = pool.submit(here.service().rerun, [job])
        with here.database.connect(autocommit=True) as conn:
            while not conn.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock'"
            ).fetchone():
                pass
        node.commit()
        answer = waiting.result()[job]
    assert answer.reason is JobReason.CHANGED
    assert (here.row(job)["state"], here.row(job)["attempt"]) == ("executing", 4)


def test_several_at_once_take_each_job_once_and_one_a_venue(here: Rerunner) -> None:
    venues = [here.venue() for _ in range(20)]
    older = [here.at(venue) for venue in venues]
    newer = [here.at(venue) for venue in venues]

    def again(chosen: list[int]) -> list[int]:
        with source_of(here.database) as source:
            service = Rerunning(source, "venue_enrichment", timedelta(minutes=2))
            found = service.rerun(chosen)
            return [each.job_id for each in found.values() if each.reason is None]

    with ThreadPoolExecutor(4) as pool:
        taken = [job for some in pool.map(again, [older, newer] * 2) for job in some]
    assert len(taken) == len(set(taken)) == len(venues)
    waiting = [job for job in jobs(here.database) if job["state"] == "available"]
    assert sorted(job["args"]["venue_id"] for job in waiting) == venues


def test_listeners_are_woken_once_a_queue(here: Rerunner) -> None:
    chosen = [here.at(here.venue()) for _ in range(3)]
    chosen.append(here.at(here.venue(), queue="another"))
    with here.database.connect(autocommit=True) as conn:
        conn.execute('LISTEN "public.oban_insert"')
        here.service().rerun(chosen)
        heard = list(conn.notifies(timeout=5, stop_after=2))
    payloads = sorted(json.loads(each.payload)["queue"] for each in heard)
    assert payloads == ["another", "venue_enrichment"]


def test_without_fresh_no_right_on_args_is_needed(here: Rerunner) -> None:
    """The rights that `doctor` asks for are enough, and without --fresh fewer are."""
    job = here.at(here.venue())
    role = f"rerunner_{conninfo_to_dict(here.database.conninfo)['dbname']}"
    changed = ", ".join(column for column in RERUN if column != "args")
    with here.database.connect(autocommit=True) as conn:
        conn.execute(f"CREATE ROLE {role}")
        conn.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        conn.execute(f"GRANT UPDATE ({changed}) ON oban_jobs TO {role}")
        limited = make_conninfo(here.database.conninfo, options=f"-c role={role}")
        try:
            with source_of(Database(limited)) as source:
                refuse_who_may_not_rerun(source)
                with pytest.raises(PermissionDeniedError, match="may not have jobs run again"):
                    refuse_who_may_not_rerun(source, fresh=True)
                service = Rerunning(source, "venue_enrichment", timedelta(minutes=2))
                assert service.rerun([job])[job].reason is None
        finally:
            conn.execute(f"DROP OWNED BY {role}")
            conn.execute(f"DROP ROLE {role}")


def test_ten_thousand_jobs_in_one_go(here: Rerunner) -> None:
    with here.database.connect(autocommit=True) as conn:
        conn.execute(
            "INSERT INTO venues (name, slug, city_id, latitude, longitude, inserted_at, updated_at)"
            " SELECT 'V', 'v-' || n, (SELECT min(id) FROM cities), 0, 0, now(), now()"
            " FROM generate_series(1, 10000) AS n"
        )
        found = conn.execute(
            "INSERT INTO oban_jobs (state, queue, worker, args, attempt, max_attempts,"
            " attempted_at, discarded_at) SELECT 'discarded', 'venue_enrichment', %s,"
            " jsonb_build_object('venue_id', id), 3, 3, %s, %s FROM venues WHERE slug LIKE 'v-%%'"
            " RETURNING id",
            [OWN + "EnrichmentJob", LONG_AGO, LONG_AGO],
        ).fetchall()
    answers = here.service().rerun([row[0] for row in found])
    assert {each.reason for each in answers.values()} == {None}
    assert len(answers) == 10_000
