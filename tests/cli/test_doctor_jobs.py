"""Jobs that are stuck, lost or doubled: each check is made to pass and to fail by real rows."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.cli.doctor import ago, finding, insert
from tests.cli.program import Program

from venue_ops.settings import WorkerNames

NAMES = WorkerNames()
FAR_AHEAD = datetime.fromisoformat("2999-01-01")


@pytest.mark.parametrize("state", ["available", "scheduled", "retryable"])
def test_a_job_without_attempts_left_and_what_mends_it(
    sample: Program, owner: psycopg.Connection[Any], state: str
) -> None:
    assert finding(sample, "spent")["level"] == "pass"
    job = insert(owner, state=state, attempt=3)
    found = finding(sample, "spent")
    assert found["level"] == "fail"
    assert found["details"] == [
        {
            "subject": "venue_enrichment",
            "text": f"{state} with no attempt left",
            "count": 1,
            "ids": [job],
        }
    ]
    assert f"id IN ({job})" in found["sql"]
    owner.execute(sql.SQL(found["sql"]))
    assert finding(sample, "spent")["level"] == "pass"


def test_more_of_them_than_can_be_named(sample: Program, owner: psycopg.Connection[Any]) -> None:
    for _ in range(60):
        insert(owner, attempt=3)
    found = finding(sample, "spent")
    assert "attempt >= max_attempts" in found["sql"]
    assert len(found["details"][0]["ids"]) == 5
    owner.execute(sql.SQL(found["sql"]))
    assert finding(sample, "spent")["level"] == "pass"


def test_orphans_by_their_node(sample: Program, owner: psycopg.Connection[Any]) -> None:
    assert finding(sample, "orphans")["level"] == "pass"
    running = {"state": "executing", "attempt": 1}
    jobs = [
        insert(owner, **running, attempted_at=ago(hours=hours), attempted_by=[node, "uuid"])
        for node, hours in (("app@gone", 9), ("app@gone", 8), ("app@here", 2), ("app@here", 0.5))
    ]
    insert(owner, state="completed", attempted_at=ago(minutes=3), attempted_by=["app@here", "x"])
    jobs.append(insert(owner, **running, scheduled_at=ago(days=1)))
    found = finding(sample, "orphans")
    assert found["level"] == "warn"
    assert [(d["subject"], d["count"], d["ids"]) for d in found["details"]] == [
        ("app@gone", 2, jobs[:2]),
        ("app@here", 1, jobs[2:3]),
        ("no node", 1, jobs[4:]),
    ]
    assert "began its last job 8h00m ago" in found["details"][0]["text"]
    assert "began its last job 3m00s ago" in found["details"][1]["text"]


@pytest.mark.parametrize(
    ("state", "attempt", "errors", "lost"),
    [
        ("discarded", 3, 3, False),
        ("discarded", 3, 2, True),
        ("completed", 1, 0, False),
        ("completed", 3, 2, False),
        ("completed", 3, 1, True),
        ("executing", 2, 1, False),
        ("executing", 2, 0, True),
        ("retryable", 2, 1, True),
        ("cancelled", 2, 0, False),
    ],
)
def test_attempts_that_left_no_error(
    sample: Program,
    owner: psycopg.Connection[Any],
    state: str,
    attempt: int,
    errors: int,
    *,
    lost: bool,
) -> None:
    owner.execute("DELETE FROM oban_jobs")
    errors_of = [json.dumps({"attempt": n, "error": "x"}) for n in range(errors)]
    job = insert(owner, state=state, attempt=attempt)
    owner.execute("UPDATE oban_jobs SET errors = %s::jsonb[]", [errors_of])
    found = finding(sample, "lifeline")
    assert found["level"] == ("warn" if lost else "pass")
    assert [detail["ids"] for detail in found["details"]] == [[job]] * lost
    owner.execute("""UPDATE oban_jobs SET meta = '{"snoozed": 2}'""")
    assert finding(sample, "lifeline")["level"] == "pass"


def test_several_unfinished_jobs_of_a_venue(
    sample: Program, owner: psycopg.Connection[Any]
) -> None:
    assert finding(sample, "duplicates")["level"] == "pass"
    args = json.dumps({"venue_id": 7})
    first = insert(owner, args=args)
    second = insert(owner, args=args, worker=NAMES.retry[0], state="executing", attempt=1)
    insert(owner, args=args, state="completed", attempt=1)
    insert(owner, args=args, worker="App.Other")
    found = finding(sample, "duplicates")
    assert found["level"] == "warn"
    assert (found["details"][0]["subject"], found["details"][0]["ids"]) == (
        "venue 7",
        [first, second],
    )


def test_times_that_are_still_to_come(sample: Program, owner: psycopg.Connection[Any]) -> None:
    """Later than this machine's clock and than the server's."""
    assert finding(sample, "future")["level"] == "pass"
    insert(owner, state="scheduled", scheduled_at=FAR_AHEAD)
    assert finding(sample, "future")["level"] == "pass"
    job = insert(owner, inserted_at=FAR_AHEAD)
    endless = insert(owner, state="completed", attempt=1)
    owner.execute("UPDATE oban_jobs SET completed_at = 'infinity' WHERE id = %s", [endless])
    found = finding(sample, "future")
    assert found["level"] == "warn"
    assert {d["subject"]: d["ids"] for d in found["details"]} == {
        "inserted_at": [job],
        "completed_at": [endless],
    }
