"""The checks of jobs and images, each made to pass and to warn or fail by real rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.cli.doctor import finding, subjects
from tests.cli.program import Program, on
from tests.databases import NOW, Database

from venue_ops.core.services import doctor_facts
from venue_ops.settings import WorkerNames

NAMES = WorkerNames()
ENRICHMENT = NAMES.enrichment[0]
FAR_AHEAD = datetime.fromisoformat("2999-01-01")


@pytest.fixture
def owner(sample_database: Database) -> Iterator[psycopg.Connection[Any]]:
    """Whoever looks after the database."""
    with sample_database.connect(autocommit=True) as conn:
        yield conn


@pytest.fixture
def sample(sample_database: Database) -> Program:
    """The program on the sample that `owner` changes."""
    return on(sample_database)


def ago(**span: float) -> datetime:
    """So long before the moment of the sample, as the database keeps times."""
    return (NOW - timedelta(**span)).replace(tzinfo=None)


def insert(owner: psycopg.Connection[Any], **columns: Any) -> int:
    """A job; an available enrichment where nothing else is said."""
    row = {
        "worker": ENRICHMENT,
        "queue": "venue_enrichment",
        "state": "available",
        "attempt": 0,
        "max_attempts": 3,
        "inserted_at": ago(minutes=1),
        "scheduled_at": ago(minutes=1),
        "args": json.dumps({"venue_id": 1}),
        **columns,
    }
    names, places = ", ".join(row), ", ".join(f"%({name})s" for name in row)
    statement = f"INSERT INTO oban_jobs ({names}) VALUES ({places}) RETURNING id"
    found = owner.execute(sql.SQL(statement), row).fetchone()
    assert found is not None
    return int(found[0])


# --- workers ------------------------------------------------------------------------------------


def test_a_worker_that_was_renamed_is_found_by_the_name_it_has_now(
    sample: Program, owner: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """The fault this project began with: a page asked for a worker that no longer existed."""
    assert finding(sample, "workers")["level"] == "pass"
    new = ENRICHMENT.replace("EnrichmentJob", "VenueEnrichmentJob")
    owner.execute("UPDATE oban_jobs SET worker = %s WHERE worker = %s", [new, ENRICHMENT])
    found = finding(sample, "workers")
    assert found["level"] == "fail"
    assert found["summary"] == (
        "No job is by EnrichmentJob, which workers.enrichment names;"
        " 25 jobs are by VenueEnrichmentJob."
    )
    assert found["details"][0]["subject"] == ENRICHMENT
    setting = found["remedy"].partition(": ")[2]
    file = tmp_path / "config.toml"
    file.write_text(f"[workers]\n{setting}\n")
    assert finding(sample, "workers", "--config", str(file))["level"] == "pass"
    assert sample("list", "--kind", "enrichment", "--config", str(file), "-o", "ids").lines


def test_an_old_name_without_jobs_beside_the_new_one_is_no_fault(
    sample: Program, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[workers]\nenrichment = ["{ENRICHMENT}", "Old.Photos.Fetcher"]\n')
    found = finding(sample, "workers", "--config", str(file))
    assert found["level"] == "pass"
    assert subjects(found)[0] == "Old.Photos.Fetcher"


def test_a_kind_without_jobs(sample: Program, owner: psycopg.Connection[Any]) -> None:
    owner.execute("DELETE FROM oban_jobs WHERE worker = %s", [NAMES.cleanup[0]])
    assert finding(sample, "workers")["level"] == "pass"
    owner.execute("DELETE FROM oban_jobs WHERE worker = %s", [NAMES.backfill[0]])
    found = finding(sample, "workers")
    assert found["level"] == "warn"
    assert "There is no backfill among" in found["summary"]


def test_a_rarer_worker_that_was_renamed(sample: Program, owner: psycopg.Connection[Any]) -> None:
    owner.execute("UPDATE oban_jobs SET worker = worker || 's' WHERE worker = %s", [NAMES.retry[0]])
    found = finding(sample, "workers")
    assert found["level"] == "warn"
    assert "retry = [" in found["remedy"]


def test_a_table_without_jobs(empty_database: Callable[..., Database]) -> None:
    found = finding(on(empty_database()), "workers")
    assert found["level"] == "warn"
    assert "no job at all" in found["summary"]


# --- queues -------------------------------------------------------------------------------------


def test_a_queue_that_nobody_works_on(sample: Program, owner: psycopg.Connection[Any]) -> None:
    assert finding(sample, "queues")["level"] == "pass"
    insert(owner, queue="emails", worker="App.Mail", scheduled_at=ago(hours=3))
    found = finding(sample, "queues")
    assert (found["level"], subjects(found)) == ("warn", ["emails"])
    assert found["details"][0]["text"] == "waiting for up to 3h00m; none begun lately"


@pytest.mark.parametrize(
    "sign_of_life",
    [
        {"state": "executing", "attempt": 1, "attempted_at": ago(hours=2)},
        {"state": "completed", "attempt": 1, "attempted_at": ago(minutes=2)},
    ],
    ids=["a long job", "one done lately"],
)
def test_a_queue_that_is_only_slow(
    sample: Program, owner: psycopg.Connection[Any], sign_of_life: dict[str, Any]
) -> None:
    insert(owner, queue="emails", worker="App.Mail", scheduled_at=ago(hours=3))
    assert finding(sample, "queues")["level"] == "warn"
    insert(owner, queue="emails", worker="App.Mail", **sign_of_life)
    assert finding(sample, "queues")["level"] == "pass"


def test_our_own_queue_is_worse(sample: Program, owner: psycopg.Connection[Any]) -> None:
    owner.execute(
        "DELETE FROM oban_jobs WHERE queue = 'venue_enrichment' AND attempted_at > %s OR"
        " state = 'executing'",
        [ago(hours=1)],
    )
    insert(owner, scheduled_at=ago(hours=1))
    found = finding(sample, "queues")
    assert found["level"] == "fail"
    assert found["summary"].startswith("Nobody works on venue_enrichment:")


def test_a_queue_of_the_settings_that_has_no_jobs(sample: Program, tmp_path: Path) -> None:
    """A retry that is queued there would wait for ever."""
    file = tmp_path / "config.toml"
    file.write_text('[queues]\nenrichment = "photos"\n')
    found = finding(sample, "queues", "--config", str(file))
    assert found["level"] == "warn"
    assert "No job of photos was begun lately" in found["summary"]
    assert "venue_enrichment" in subjects(found)


# --- jobs that are stuck ----------------------------------------------------------------------


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


# --- images -------------------------------------------------------------------------------------


@pytest.fixture
def images(
    empty_database: Callable[..., Database],
) -> Callable[..., Program]:
    """`images(a, b)`: the program on venues 1 and 2 with these venue_images."""
    database = empty_database(without_images_index=False)

    def make(*values: Any) -> Program:
        with database.connect(autocommit=True) as conn:
            conn.execute("DELETE FROM venues")
            for number, value in enumerate(values, 1):
                conn.execute(
                    "INSERT INTO venues (id, name, slug, venue_type, latitude, longitude,"
                    " inserted_at, updated_at, venue_images)"
                    " VALUES (%s, 'x', %s, 'region', 0, 0, now(), now(), %s)",
                    [number, f"v{number}", None if value is ... else json.dumps(value)],
                )
        return on(database)

    return make


def image(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "provider": "here",
        "upload_status": "uploaded",
        "provider_url": f"https://p/{number}",
        "url": f"https://i/{number}",
        **more,
    }


def test_images_in_good_order(images: Callable[..., Program]) -> None:
    failed = image(3, upload_status="failed", error_details={"error_type": "not_found"})
    program = images([image(1), image(2), failed], [image(1)], [], ...)
    assert finding(program, "malformed")["level"] == "pass"
    assert finding(program, "shared-urls")["level"] == "pass"


@pytest.mark.parametrize(
    ("value", "kind"),
    [(None, "null"), ("x", "string"), ({}, "object"), (7, "number"), (True, "boolean")],
)
def test_a_column_that_is_no_array(images: Callable[..., Program], value: Any, kind: str) -> None:
    found = finding(images([image()], value), "malformed")
    assert found["level"] == "fail"
    assert [(d["subject"], d["count"], d["ids"]) for d in found["details"]] == [
        (f"is_{kind}", 1, [2])
    ]


@pytest.mark.parametrize(
    ("elements", "kind", "count"),
    [
        ([None, "x", 7, []], "not_an_object", 4),
        ([{k: v for k, v in image().items() if k != "provider"}], "no_provider", 1),
        ([{k: v for k, v in image().items() if k != "upload_status"}], "no_status", 1),
        ([{"provider": "here", "upload_status": "skipped_dev"}], "no_url", 1),
        ([image(upload_status="failed")], "no_error_details", 1),
        ([image(upload_status="permanently_failed", error_details="x")], "no_error_details", 1),
        ([image(1), image(1, url="https://i/9"), image(2)], "same_image_twice", 1),
    ],
)
def test_an_image_of_an_unusual_shape(
    images: Callable[..., Program], elements: list[Any], kind: str, count: int
) -> None:
    found = finding(images([image(5)], elements, elements), "malformed")
    assert found["level"] == "warn"
    assert [(d["subject"], d["count"], d["ids"]) for d in found["details"]] == [
        (kind, 2 * count, [2, 3])
    ]


def test_photos_that_were_overwritten(images: Callable[..., Program]) -> None:
    """Five of Google's photos of one width got one name: four of them are lost."""
    five = [image(n, url="https://i/same.jpg") for n in range(5)]
    apart = [image(1), image(2, url="https://i/1", upload_status="skipped_dev")]
    found = finding(images(apart, five, [*five[:2], image(8)]), "shared-urls")
    assert found["level"] == "warn"
    assert found["summary"].startswith("5 photos were overwritten")
    assert (found["details"][0]["count"], found["details"][0]["ids"]) == (5, [2, 3])
    assert finding(images(*[five] * 7), "shared-urls")["details"][0]["ids"] == [1, 2, 3, 4, 5]


def test_of_very_many_venues_the_newest_are_looked_at_unless_time_is_given(
    images: Callable[..., Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_facts, "MANY_VENUES", 2)
    monkeypatch.setattr(doctor_facts, "NEWEST_VENUES", 2)
    program = images(7, [image()], [image()])
    assert finding(program, "malformed")["level"] == "fail"  # nobody counted: it may be few
    with psycopg.connect(program.url or "", autocommit=True) as conn:
        conn.execute("ANALYZE venues")
    found = finding(program, "malformed")
    assert found["level"] == "pass"
    assert "Only the newest 2 venues were looked at" in found["summary"]
    assert "Only the newest 2 venues" in finding(program, "shared-urls")["summary"]
    assert finding(program, "malformed", "--statement-timeout", "5m")["level"] == "fail"
