"""`retry job` from the command line to the rows: named, filtered, piped, refused, recorded."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from tests.cli import schemas
from tests.cli.program import Program, Result
from tests.cli.receipts import state_of
from tests.databases import Database
from tests.rerunning import Rows

from venue_ops.core.db.connection import Database as Connection

CAUSED_BY_THE_KEY = (129, 128, 127, 126, 125, 137, 136)
"""The seven jobs of the sample that were discarded before any image was known."""
NEWEST = [137, 136, 129, 128]


@pytest.fixture
def program(with_state: Program) -> Program:
    return with_state


def piped(program: Program, ids: str, *argv: str | int) -> Result:
    """With ids on stdin."""
    done = program.process(*argv, input=ids)
    return Result(done.returncode, done.stdout, done.stderr)


def test_a_job_by_its_id(program: Program, rows: Rows) -> None:
    (before,) = rows(137)
    done = program("retry", "job", 137, "--fresh", "--reason", "the key is new", "-o", "json")
    assert done.code == 0
    assert [(row["id"], row["before"], row["result"]) for row in done.data] == [
        (137, "discarded", "rerun")
    ]
    assert "Running again 1 job of 1 venue, in " in done.err
    assert "1 job runs again." in done.err
    assert rows(137) == [
        {
            **before,
            "state": "available",
            "args": {**before["args"], "force": True},
            "max_attempts": 4,
            "scheduled_at": "2025-10-24T18:00:00",
            "discarded_at": None,
        }
    ]
    again = program("retry", "job", 137)
    assert (again.code, again.out) == (0, "")
    assert again.err.splitlines() == [
        "Nothing to retry.",
        "Left out, 1 job:",
        "  137  EnrichmentJob: it is waiting already, since 2025-10-24 18:00:00 UTC",
    ]
    assert program("retry", "job", 137, "-o", "json").data == []


def test_it_is_said_that_nobody_may_come(program: Program, owner: psycopg.Connection[Any]) -> None:
    assert "Nothing may consume" not in program("retry", "job", 137).err
    owner.execute("UPDATE oban_jobs SET attempted_at = attempted_at - interval '1 day'")
    done = program("retry", "job", 136)
    assert done.code == 0
    assert "warning: Nothing may consume queue venue_enrichment: its last job was " in done.err
    assert "; see that a node of the application has this queue." in done.err


def test_it_is_the_queue_of_the_job_that_counts(
    program: Program, owner: psycopg.Connection[Any]
) -> None:
    owner.execute("UPDATE oban_jobs SET queue = 'old' WHERE id = 137")
    done = program("retry", "job", 137)
    assert "warning: Nothing may consume queue old: " in done.err
    assert "venue_enrichment" not in done.err


def test_nothing_is_said_of_a_queue_that_takes_too_long_to_ask(
    program: Program, monkeypatch: pytest.MonkeyPatch, owner: psycopg.Connection[Any]
) -> None:
    owner.execute("UPDATE oban_jobs SET attempted_at = attempted_at - interval '1 day'")
    monkeypatch.setattr(Connection, "ask_if_quick", lambda *_: None)
    assert "Nothing may consume" not in program("retry", "job", 137).err


def test_a_dry_run_changes_nothing_and_says_why(program: Program, rows: Rows) -> None:
    before = rows(*CAUSED_BY_THE_KEY)
    planned = program("retry", "job", *CAUSED_BY_THE_KEY, "--dry-run", "-o", "json")
    assert planned.code == 0
    taken = {row["id"]: row["reason"] for row in planned.data}
    newer = "newer_chosen"
    assert taken == {**dict.fromkeys(NEWEST), 127: newer, 126: None, 125: newer}
    assert [row["id"] for row in planned.data] == list(CAUSED_BY_THE_KEY)
    assert "A retry would run 5 jobs of 5 venues again. Nothing was changed." in planned.err
    assert "would skip themselves" in planned.err
    fresh = program("retry", "job", *CAUSED_BY_THE_KEY, "--dry-run", "--fresh", "-o", "ids")
    assert sorted(fresh.ids) == [126, 128, 129, 136, 137]
    assert "skip themselves" not in fresh.err
    assert rows(*CAUSED_BY_THE_KEY) == before
    assert program("runs", "list", "-o", "json").data == []


def test_ids_from_a_pipe(program: Program, rows: Rows) -> None:
    """As `list -o ids` prints them; nobody is asked, for they were named."""
    ids = program("list", "--status", "failed", "--state", "discarded", "-o", "ids").out
    done = piped(program, ids, "retry", "job", "-", "--fresh", "-o", "ids")
    assert done.code == 0, done.err
    assert sorted(done.ids) == [126, 128, 129, 136, 137]
    assert {row["state"] for row in rows(*done.ids)} == {"available"}
    assert "  122  FailedUploadRetryWorker: " in done.err
    nothing = piped(program, "\n", "retry", "job", "-")
    assert (nothing.code, nothing.out) == (0, "")
    assert "stdin named nothing" in nothing.err


@pytest.mark.parametrize(
    ("job", "helps"),
    [
        (122, "`venue-ops retry venue klub-neon-22`"),
        (143, "`venue-ops partials`"),
        (135, "Oban.retry_job(135)"),
        (124, "`venue-ops retry job 124 --respawn 2` pays for 2 venues"),
        (154, "`venue-ops retry venue ogrod-dzwieku`"),
    ],
)
def test_other_workers_are_left_and_what_helps_is_said(
    program: Program, rows: Rows, job: int, helps: str
) -> None:
    """As an image is that was named and cannot be retried: it is said, and nothing is wrong."""
    before = rows(job)
    left = program("retry", "job", job)
    assert (left.code, left.out) == (0, "")
    assert "Nothing to retry." in left.err
    assert helps in left.err
    assert rows(job) == before


def test_ids_that_are_none_or_not_there(program: Program, rows: Rows) -> None:
    """Nothing is done where one of several is not there."""
    before = rows(137)
    for typed, code, said in (
        ("99999", 3, "There is no job 99999."),
        (str(2**63), 2, "is no id of a job"),
        ("1" * 5000, 2, "is no id of a job"),
        ("abc", 2, '"abc" is no id of a job.'),
        ("0", 2, '"0" is no id of a job.'),
        ("१२", 2, "is no id of a job"),
    ):
        refused = program("retry", "job", 137, typed)
        assert (refused.code, refused.out) == (code, "")
        assert said in refused.err
    assert rows(137) == before
    assert program("retry", "job", 137, 137, "-o", "ids").ids == [137]


def test_filters_want_all(program: Program) -> None:
    for argv, said in (
        ((), "No job is named."),
        (("--city", "krakow"), "Filters choose jobs only with --all."),
        ((137, "--all"), "Jobs are named, and filters choose jobs, too."),
        ((137, "--city", "krakow"), "Jobs are named, and filters choose jobs, too."),
    ):
        refused = program("retry", "job", *argv)
        assert (refused.code, refused.out) == (2, "")
        assert said in refused.err
    assert "--all" in program("retry", "job", "--city", "krakow").err.splitlines()[1]


def test_all_that_match_are_asked_about(program: Program, rows: Rows) -> None:
    refused = program("retry", "job", "--all", "--error", "REQUEST_DENIED", "--fresh")
    assert refused.code == 2
    assert "Nobody is there to confirm a retry of 4 jobs of 4 venues, in " in refused.err
    assert {row["state"] for row in rows(*NEWEST)} == {"discarded"}
    done = program(
        "retry", "job", "--all", "--error", "REQUEST_DENIED", "--fresh", "--yes", "-o", "ids"
    )
    assert (done.code, done.ids) == (0, [137, 136, 129, 126])
    assert {row["state"] for row in rows(*done.ids)} == {"available"}
    assert "  128  EnrichmentJob: a newer one of its venue has done its work (150)" in done.err


def test_filters_choose_as_in_the_list_and_by_default_what_failed(program: Program) -> None:
    def chosen(*argv: str) -> list[int]:
        planned = program("retry", "job", "--all", *argv, "--dry-run", "-o", "json")
        return [row["id"] for row in planned.data]

    listed = program("list", "--kind", "enrichment", "--status", "failed", "-o", "ids").ids
    assert chosen() == listed
    assert chosen("--limit", "2") == listed[:2]
    for argv in (
        ("--city", "krakow"),
        ("--venue", "browar-sessions"),
        ("--provider", "google_places"),
        ("--since", "2025-10-23"),
        ("--until", "2025-10-23"),
        ("--state", "cancelled", "--kind", "all"),
        ("--status", "partial,failed"),
        ("--worker", "EnrichmentJob"),
    ):
        named = {"--state": (), "--status": ()}.get(argv[0], ("--status", "failed"))
        kind = () if {"--kind", "--worker"} & {*argv} else ("--kind", "enrichment")
        assert chosen(*argv) == program("list", *kind, *named, *argv, "-o", "ids").ids, argv
    nothing = program("retry", "job", "--all", "--city", "london,gb", "--yes")
    assert (nothing.code, nothing.err.splitlines()[0]) == (0, "Nothing to retry.")


def test_an_older_failure_of_a_venue_that_is_mended_is_passed_over(
    program: Program, sample_database: Database
) -> None:
    """A sweep from cron would pay for each of them in turn."""
    with sample_database.connect(autocommit=True) as conn:
        conn.execute(
            "UPDATE oban_jobs SET state = 'completed', errors = '{}',"
            ' meta = \'{"status": "no_images"}\' WHERE id = 137'
        )
    planned = program("retry", "job", "--all", "--venue", "browar-sessions", "--dry-run")
    assert "a newer one of its venue has done its work (137)" in planned.err
    assert program("retry", "job", 127, "--dry-run", "-o", "ids").ids == [127]


def test_a_backfill_wants_the_number_of_its_venues(program: Program, rows: Rows) -> None:
    for respawn in (1, 3):
        refused = program("retry", "job", 124, "--respawn", respawn)
        assert (refused.code, refused.out) == (2, "")
        assert refused.err.splitlines() == [
            f"error: Backfill 124 would pay for 2 venues now, not for {respawn}.",
            "hint: `venue-ops retry job 124 --respawn 2` if that is meant.",
        ]
    for argv, said in (
        ((124, 106, "--respawn", 2), "--respawn is for one backfill at a time."),
        ((137, "--respawn", 1), "--respawn is for backfills."),
        ((122, "--respawn", 1), "--respawn is for backfills."),
        (("--all", "--kind", "backfill", "--respawn", 2), "--respawn is for one backfill"),
    ):
        refused = program("retry", "job", *argv)
        assert refused.code == 2
        assert said in refused.err
    done = program("retry", "job", 124, "--respawn", 2)
    assert done.code == 0
    assert "Running again 1 job of 2 venues" in done.err
    assert rows(124)[0]["state"] == "available"
    waits = program("retry", "job", 124, "--respawn", 2)
    assert (waits.code, "it is waiting already" in waits.err) == (0, True)
    other = program("retry", "job", 106, "--respawn", 2)
    assert "another job of its venue is unfinished (124)" in other.err


def test_a_receipt_tells_each_job(program: Program) -> None:
    program("retry", "job", *CAUSED_BY_THE_KEY, "--fresh", "--reason", "the key is new")
    (run,) = program("runs", "list", "-o", "json").data
    assert (run["planned"], run["jobs"], run["reason"]) == (0, 5, "the key is new")
    assert run["what"] == "job 129 128 127 126 125 and 2 more"
    shown = program("runs", "show", run["id"], "-o", "json")
    schemas.assert_valid(json.loads(shown.out), "run")
    assert [row["id"] for row in shown.data["reruns"]] == [129, 128, 126, 137, 136]
    assert {row["result"] for row in shown.data["reruns"]} == {"rerun"}
    text = program("runs", "show", run["id"]).out
    assert "Planned   5 jobs" in text
    assert "the key is new" in text
    assert [row["id"] for row in program("runs", "show", run["id"], "-o", "csv").records] == [
        *("129", "128", "126", "137", "136")
    ]
    assert program("runs", "show", run["id"], "-o", "ids").lines == []
    (file,) = state_of(program).runs.glob("*.jsonl")
    kinds = [json.loads(line)["kind"] for line in file.read_text().splitlines()]
    assert kinds == ["run", *["job"] * 5, "end"]


@pytest.mark.parametrize("fmt", ["json", "ndjson"])
def test_what_is_printed_is_as_its_schema_says(program: Program, fmt: str) -> None:
    every = program("list", "--kind", "all", "-o", "ids").ids
    for argv, kind in ((("--dry-run",), "job-plan"), ((), "reruns")):
        shown = program("retry", "job", *every, *argv, "-o", fmt)
        assert shown.code == 0, shown.err
        if fmt == "json":
            schemas.assert_list(json.loads(shown.out), kind)
        for line in shown.lines if fmt == "ndjson" else ():
            schemas.assert_row(json.loads(line), kind)


def test_an_unknown_column_is_refused_before_anything_is_done(program: Program, rows: Rows) -> None:
    assert program("retry", "job", 137, "--columns", "colour").code == 2
    assert rows(137)[0]["state"] == "discarded"
