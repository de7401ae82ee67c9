"""`--enqueue --wait`: rows are followed to their end, and each image is looked at, not the job."""

from __future__ import annotations

import json
import signal
import time
from functools import partial
from typing import Any

import pytest
from tests.cli import schemas
from tests.cli.enqueueing import Node, by_path, consuming, failed, uploaded
from tests.cli.program import Program
from tests.cli.retrying import cleared, statuses
from tests.enqueueing import jobs
from tests.retrying import World

WAIT = ("--enqueue", "--wait", "-o", "json")


def told(rows: Any) -> list[tuple[str, str]]:
    """The venue and what became of its image."""
    return sorted((row["venue"], row["result"]) for row in rows)


def test_all_are_uploaded(world_of: World, retrier: Program) -> None:
    venues = [world_of.venue(world_of.image(f"/{n}/a"), world_of.image(f"/{n}/b")) for n in "123"]
    with consuming(world_of, by_path({})):
        done = retrier("retry", "city", "krakow", "--yes", *WAIT)
    assert done.code == 0, done.err
    schemas.assert_list(json.loads(done.out), "outcomes")
    assert [row["result"] for row in done.data] == ["uploaded"] * 6
    assert {row["job_id"] for row in done.data} == {row["id"] for row in jobs(world_of.database)}
    assert all(row["url"].startswith("https://ik.test/venues/") for row in done.data)
    assert [statuses(world_of, venue) for venue in venues] == [["uploaded"] * 2] * 3
    assert "6 uploaded." in done.err
    (run,) = retrier("runs", "list", "-o", "json").data
    assert (run["uploaded"], run["enqueued"], run["is_complete"]) == (6, 0, True)


def test_what_failed_again_is_told_with_its_error(world_of: World, retrier: Program) -> None:
    """The row is `completed` all the same: its state says nothing of its images."""
    world_of.venue(
        world_of.image("/fine"),
        world_of.image("/slow"),
        world_of.image("/spent", retry_count=2),
        slug="noce",
    )
    gone = partial(failed, error="HTTP 503", error_type="service_unavailable", status_code=503)
    with consuming(world_of, by_path({"/slow": gone, "/spent": gone})):
        done = retrier("retry", "venue", "noce", *WAIT)
    assert done.code == 5
    assert [(row["result"], row["error_type"], row["status_code"]) for row in done.data] == [
        ("uploaded", None, None),
        ("failed", "service_unavailable", 503),
        ("permanently_failed", "service_unavailable", 503),
    ]
    assert [row["state"] for row in jobs(world_of.database)] == ["completed"]
    assert "1 uploaded, 1 failed, 1 permanently_failed." in done.err


@pytest.mark.parametrize("state", ["discarded", "cancelled", "completed"])
def test_a_job_that_ends_and_leaves_its_image(
    world_of: World, retrier: Program, state: str
) -> None:
    world_of.venue(world_of.image("/a"), slug="noce")
    errors = [] if state == "completed" else ["** (RuntimeError) the disk is full"]

    def consume(node: Node, job_id: int, _: Any) -> None:
        node.end(job_id, state, *errors)

    with consuming(world_of, consume):
        done = retrier("retry", "venue", "noce", *WAIT)
    assert done.code == 5
    (row,) = done.data
    assert row["result"] == "left"
    assert f"job {row['job_id']} is {state} and left it as it was" in row["message"]
    assert all(error in row["message"] for error in errors)


def test_a_row_that_is_deleted(world_of: World, retrier: Program) -> None:
    world_of.venue(world_of.image("/a"), slug="noce")

    def consume(node: Node, job_id: int, _: Any) -> None:
        node.conn.execute("DELETE FROM oban_jobs WHERE id = %s", [job_id])

    with consuming(world_of, consume):
        done = retrier("retry", "venue", "noce", *WAIT)
    assert done.code == 5
    (row,) = done.data
    assert "is gone, and it was not tried" in row["message"]


def test_the_flicker_of_the_lifeline_is_understood(world_of: World, retrier: Program) -> None:
    """Trap 6: discarded without an error while its process is at work; the images come later."""
    world_of.venue(world_of.image("/a"), world_of.image("/b"), slug="noce")

    def consume(node: Node, job_id: int, args: dict[str, Any]) -> None:
        node.end(job_id, "discarded")
        time.sleep(0.7)
        node.write(args, uploaded)

    with consuming(world_of, consume):
        done = retrier("retry", "venue", "noce", *WAIT)
    assert done.code == 0, done.err
    assert [row["result"] for row in done.data] == ["uploaded", "uploaded"]
    assert [row["state"] for row in jobs(world_of.database)] == ["discarded"]


def test_the_application_sorts_the_venue_anew_meanwhile(world_of: World, retrier: Program) -> None:
    world_of.venue(*(world_of.image(f"/{n}", quality_score=n / 10) for n in (9, 5, 1)), slug="noce")

    def consume(node: Node, job_id: int, args: dict[str, Any]) -> None:
        node.write(args, uploaded)
        node.conn.execute(
            "UPDATE venues SET venue_images = (SELECT jsonb_agg(i ORDER BY i->>'url')"
            " FROM jsonb_array_elements(venue_images) i) WHERE id = %s",
            [args["venue_id"]],
        )
        node.end(job_id)

    with consuming(world_of, consume):
        done = retrier("retry", "venue", "noce", *WAIT)
    assert done.code == 0
    paths = [row["url"].rpartition("/")[2] for row in done.data]
    assert paths == ["9", "5", "1"]


def test_an_image_that_is_taken_away_meanwhile(world_of: World, retrier: Program) -> None:
    venue = world_of.venue(world_of.image("/a"), slug="noce")

    def consume(node: Node, job_id: int, _: Any) -> None:
        node.conn.execute("UPDATE venues SET venue_images = '[]' WHERE id = %s", [venue])
        node.end(job_id)

    with consuming(world_of, consume):
        done = retrier("retry", "venue", "noce", *WAIT)
    assert [row["result"] for row in done.data] == ["changed"]


def test_it_waits_only_so_long(world_of: World, retrier: Program) -> None:
    world_of.venue(world_of.image("/a"), slug="noce")
    done = retrier("retry", "venue", "noce", *WAIT, "--max-duration", "1s")
    assert done.code == 7
    assert [row["result"] for row in done.data] == ["enqueued"]
    assert [row["state"] for row in jobs(world_of.database)] == ["available"]
    (run,) = retrier("runs", "list", "-o", "json").data
    assert (run["stopped"], run["enqueued"]) == ("max_duration", 1)
    whole = retrier("runs", "show", run["id"], "-o", "json").data
    assert whole["next"] is None or "--wait" in whole["next"]


def waiting(here: World, program: Program) -> Any:
    """The program as it waits for the row that it inserted."""
    here.venue(here.image("/a"), slug="noce")
    running = program.start("retry", "venue", "noce", *WAIT)
    while not jobs(here.database):
        time.sleep(0.05)
        assert running.poll() is None
    time.sleep(0.2)
    return running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_only_ends_the_waiting(world_of: World, retrier: Program, number: int) -> None:
    running = waiting(world_of, retrier)
    running.send_signal(number)
    out, err = running.communicate(timeout=20)
    assert running.returncode == 128 + number
    assert [row["result"] for row in json.loads(out)["data"]] == ["enqueued"]
    assert "what is enqueued stays so" in err
    assert [row["state"] for row in jobs(world_of.database)] == ["available"]
    (run,) = retrier("runs", "list", "-o", "json").data
    assert (run["stopped"], run["enqueued"]) == ("signal", 1)


def test_a_database_that_fails_while_it_waits(world_of: World, retrier: Program) -> None:
    """Exit 4 in one sentence; what is enqueued is told and receipted."""
    running = waiting(world_of, retrier)
    with world_of.database.connect(autocommit=True) as conn:
        conn.execute("ALTER TABLE oban_jobs RENAME TO elsewhere")
        out, err = running.communicate(timeout=20)
        conn.execute("ALTER TABLE elsewhere RENAME TO oban_jobs")
    assert running.returncode == 4, err
    assert [row["result"] for row in json.loads(out)["data"]] == ["enqueued"]
    assert err.count('"error"') == 1
    assert "Traceback" not in err


def test_nothing_to_wait_for(world_of: World, retrier: Program) -> None:
    cleared(world_of.database)
    done = retrier("sweep", *WAIT)
    assert (done.code, done.data) == (0, [])
