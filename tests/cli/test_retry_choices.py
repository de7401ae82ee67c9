"""What a retry takes by its options, from the command line to the rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from tests.cli.program import Program
from tests.cli.retrying import cleared, in_world
from tests.databases import Database
from tests.retrying import World, world


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[World]:
    cleared(sample_database)
    with world(sample_database, tmp_path) as made:
        yield made


@pytest.fixture
def program(here: World, tmp_path: Path) -> Program:
    return in_world(here, tmp_path)


def failed(here: World, path: str, error_type: str, **more: Any) -> dict[str, Any]:
    return here.image(path, error_details={"error_type": error_type}, **more)


def every_class(here: World) -> int:
    return here.venue(
        failed(here, "/transient.jpg", "rate_limited"),
        failed(here, "/permanent.jpg", "not_found"),
        failed(here, "/ambiguous.jpg", "server_error"),
        failed(here, "/spent.jpg", "rate_limited", retry_count=3),
        failed(here, "/given-up.jpg", "http_error", upload_status="permanently_failed"),
        slug="noce",
    )


@pytest.mark.parametrize(
    ("options", "taken"),
    [
        ("", "transient"),
        ("--class ambiguous", "ambiguous"),
        ("--class transient,ambiguous", "transient ambiguous"),
        ("--max-retries 4", "transient spent"),
        ("--force", "transient permanent ambiguous spent given-up"),
        ("--class permanent --force", "permanent given-up"),
        ("--class ambiguous --force", "ambiguous"),
        ("--class transient --force", "transient spent"),
        ("--error not_found --force", "permanent"),
    ],
)
def test_what_options_take(here: World, program: Program, options: str, taken: str) -> None:
    venue = every_class(here)
    done = program("retry", "venue", "noce", *options.split(), "-o", "json")
    assert done.code == 0
    uploaded = {
        image["provider_url"].rpartition("/")[2].removesuffix(".jpg")
        for image in here.images(venue)
        if image["upload_status"] == "uploaded"
    }
    assert uploaded == set(taken.split())


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ("--error not_found", ["not_found"]),
        ("--provider here", []),
        ("--error nothing-at-all", []),
    ],
)
def test_what_a_filter_passes_over_is_counted_and_not_shown(
    here: World, program: Program, options: str, shown: list[str]
) -> None:
    every_class(here)
    planned = program("sweep", "--dry-run", *options.split(), "-o", "json")
    assert [row["error_type"] for row in planned.data] == shown
    assert f"  {5 - len(shown)}  not among those chosen" in planned.err


def test_permanent_errors_want_force(here: World, program: Program) -> None:
    every_class(here)
    refused = program("retry", "venue", "noce", "--class", "permanent")
    assert refused.code == 2
    assert "--force" in refused.err


def test_a_limit_counts_venues_that_have_something_to_try(here: World, program: Program) -> None:
    for n in range(3):
        here.venue(failed(here, f"/gone-{n}.jpg", "not_found"))
    something = [here.venue(here.image(f"/{n}.jpg")) for n in range(3)]
    planned = program("sweep", "--limit", 2, "--dry-run", "-o", "json")
    assert [row["taken"] for row in planned.data].count(True) == 2
    done = program("sweep", "--limit", 2, "-o", "json")
    assert done.code == 7
    assert "\nStopped by --limit; the next run goes on from here.\n" in done.err
    assert [row["result"] for row in done.data] == ["uploaded", "uploaded"]
    again = program("sweep", "--limit", 2, "-o", "json")
    assert (again.code, len(again.data)) == (0, 1)
    assert {here.images(venue)[0]["upload_status"] for venue in something} == {"uploaded"}


def test_a_dry_run_says_where_the_run_would_stop(here: World, program: Program) -> None:
    here.venue(here.image("/a.jpg"))
    stops = ("--limit", 5, "--max-images", 1, "--max-duration", "2h", "--max-cost", "2.50")
    planned = program("sweep", *stops, "--dry-run")
    assert "stopping after 5 venues or 1 image or 2h00m or $2.500" in planned.err


def test_a_place_that_was_not_shown_here_is_refused(here: World, program: Program) -> None:
    here.venue(here.image("/a.jpg"), slug="noce")
    refused = program("retry", "image", "noce/#1")
    assert refused.code == 2
    assert "What #1 of noce means was not shown here yet." in refused.err
    assert "venue-ops show venue noce" in refused.err
    assert program("show", "venue", "noce").code == 0
    assert program("retry", "image", "noce/#1").code == 0
    assert program("retry", "image", "noce/#2").code == 3


def test_a_slug_that_is_the_id_of_another_venue_names_its_own(
    here: World, program: Program
) -> None:
    other = here.venue(here.image("/other.jpg"))
    named = here.venue(here.image("/named.jpg"), slug=str(other))
    image = program("retry", "venue", str(named), "--dry-run", "-o", "ids").lines[0]
    assert image.startswith(f"{other}/")
    assert program("retry", "image", image).code == 0
    assert here.images(named)[0]["upload_status"] == "uploaded"
    assert here.images(other)[0]["upload_status"] == "failed"


def test_stdin_without_a_name_is_nothing_to_do(program: Program) -> None:
    """As of `partials -o ids` on a good day."""
    done = program.process("retry", "venue", "-", input="")
    assert (done.returncode, done.stdout) == (0, "")
    assert "Nothing to retry: stdin named nothing." in done.stderr


def job(here: World, worker: str, args: dict[str, Any], state: str = "executing") -> int:
    is_discarded = state == "discarded"
    errors = [Jsonb({"attempt": 1, "error": "REQUEST_DENIED"})] if is_discarded else []
    with here.database.connect(autocommit=True) as conn:
        row = conn.execute(
            "INSERT INTO oban_jobs (state, queue, worker, args, attempt, attempted_at, inserted_at,"
            " discarded_at, errors, meta) VALUES (%s, 'venue_enrichment', %s, %s, 1, '2025-01-01',"
            " '2025-01-01', %s, %s::jsonb[], '{}') RETURNING id",
            [
                state,
                f"EventasaurusDiscovery.VenueImages.{worker}",
                Jsonb(args),
                "2025-01-01" if is_discarded else None,
                errors,
            ],
        ).fetchone()
    assert row
    return int(row[0])


@pytest.mark.parametrize(
    ("worker", "state"),
    [
        ("EnrichmentJob", "executing"),
        ("FailedUploadRetryWorker", "retryable"),
        ("TriviaAdvisorImageUploadJob", "executing"),
        ("EnrichmentJob", "scheduled"),
    ],
)
def test_an_unfinished_job_stands_in_the_way_and_is_told(
    here: World, program: Program, worker: str, state: str
) -> None:
    venue = here.venue(here.image("/a.jpg"), slug="noce")
    number = job(here, worker, {"venue_id": venue}, state)
    done = program("retry", "venue", "noce")
    assert "Nothing to retry" in done.err
    assert here.provider_web.requests == []
    for what in ("noce", f"job {number}"):
        kind = "job" if what.startswith("job") else "venue"
        told = program("explain", kind, what.removeprefix("job "), "-o", "json")
        assert f"Job {number} ({worker}) is {state}" in told.data["in_the_way"][0]


def test_a_daily_run_is_warned_of(here: World, program: Program) -> None:
    here.venue(here.image("/a.jpg"))
    number = job(here, "EnrichmentJob", {})
    done = program("sweep")
    assert done.code == 0
    assert f"Job {number}, an enrichment of whichever venues it likes, runs since" in done.err


@pytest.mark.parametrize("options", [("--dry-run",), ()], ids=["dry run", "run"])
@pytest.mark.parametrize("images", [0, 1])
def test_a_sweep_names_the_jobs_that_were_given_up(
    here: World, program: Program, options: tuple[str, ...], images: int
) -> None:
    venue = here.venue(*[here.image("/a.jpg")] * images, slug="noce")
    number = job(here, "EnrichmentJob", {"venue_id": venue}, "discarded")
    done = program("sweep", *options)
    assert done.code == 0
    assert "1 job was given up, which no retry of images mends:" in done.err
    assert f"{number}  enrichment  noce  REQUEST_DENIED" in done.err
    assert f"`venue-ops retry job {number} --fresh`" in done.err


def test_many_jobs_that_were_given_up_are_counted(here: World, program: Program) -> None:
    venue = here.venue()
    for _ in range(12):
        job(here, "EnrichmentJob", {"venue_id": venue}, "discarded")
    done = program("sweep", "--dry-run")
    assert "12 jobs were given up" in done.err
    assert "and 2 more: `venue-ops list --state discarded`" in done.err


def test_a_cost_that_nobody_knows_is_no_limit(
    here: World, program: Program, owner: psycopg.Connection[Any]
) -> None:
    here.venue(here.image("/a.jpg"), slug="noce")
    owner.execute("UPDATE venue_data_providers SET metadata = '{}'")
    refused = program("retry", "venue", "noce", "--max-cost", "2.50")
    assert (refused.code, refused.out) == (4, "")
    assert "--max-cost cannot stop a run: no provider's price is known." in refused.err
    assert here.provider_web.requests == []


def test_a_run_stops_at_its_cost(here: World, program: Program) -> None:
    """A photo of Google's costs $0.007 in the sample."""
    images = (here.image(f"/{n}.jpg", provider="google_places") for n in range(5))
    here.venue(*images, slug="noce")
    done = program(
        "retry", "venue", "noce", "--max-cost", "0.014", "--concurrency", 1, "-o", "json"
    )
    assert done.code == 7
    assert [row["result"] for row in done.data].count("uploaded") == 2
    assert "Stopped by --max-cost" in done.err
