"""`explain venue|image`: why it failed, what a retry would do, what is in its way."""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import Any

import pytest
from tests.cli.explaining import FIRST, PARTIAL, RETRY, explained
from tests.cli.program import Program

# --- images -------------------------------------------------------------------------------------


def test_an_image_that_failed_for_a_passing_reason(sample: Program, add_venue: Any) -> None:
    add_venue(FIRST)
    assert explained(sample, "image", "mine/#1") == {
        "title": "mine/fs-5e3428b8c6",
        "why": [
            "It failed with rate_limited (HTTP 429), which passes by itself.",
            "What was said: Too many",
        ],
        "retry": ["A retry would fetch it from its provider and store it."],
        "in_the_way": [],
        "next": [
            "venue-ops retry image mine/fs-5e3428b8c6",
            "venue-ops show image mine/fs-5e3428b8c6",
        ],
    }


@pytest.mark.parametrize(
    ("changed", "why", "would", "command"),
    [
        (
            {"upload_status": "uploaded"},
            "has not failed: its status is uploaded",
            "it is there",
            None,
        ),
        ({"upload_status": None}, "its status is not written", "no status, as", None),
        ({"error_details": {"error_type": "not_found"}}, "does not pass", "permanent", "--force"),
        ({"error_details": {"error_type": "x"}}, "may pass or not", "ambiguous", "--class ambig"),
        ({"error_details": "odd"}, "failed with unknown, which may pass", "ambiguous", "--class"),
        ({"retry_count": 3}, "tried again 3 times", "retries spent", "--force"),
        ({"upload_status": "permanently_failed"}, "rate_limited", "given up", "--force"),
        ({"url": "ftp://x/y"}, "rate_limited", "no URL to load it from", None),
    ],
)
def test_an_image_that_a_retry_leaves_out(
    sample: Program,
    add_venue: Any,
    changed: dict[str, Any],
    why: str,
    would: str,
    command: str | None,
) -> None:
    add_venue({**FIRST, **changed})
    found = explained(sample, "image", "mine/#1")
    assert why in " ".join(found["why"])
    assert f"leave it out: {would}" in found["retry"][0]
    again = [each for each in found["next"] if each.startswith("venue-ops retry")]
    assert len(again) == (command is not None)
    assert all(command in each for each in again if command)


@pytest.mark.parametrize("element", [None, 12, "text", [], {}, {"upload_status": "failed"}])
def test_what_is_no_image(sample: Program, add_venue: Any, element: Any) -> None:
    add_venue(element, FIRST)
    found = explained(sample, "image", "mine/#1")
    assert found["title"] == "mine/#1"
    assert "A retry would leave it out" in found["retry"][0]
    assert found["next"][-1] == "venue-ops show image 'mine/#1'"


def test_a_venue_whose_slug_is_the_number_of_another(sample: Program, add_venue: Any) -> None:
    """Once a venue is found it goes by its id."""
    add_venue(FIRST, slug="14")
    assert explained(sample, "image", "14/#1")["title"].startswith("14/fs-")
    assert explained(sample, "venue", "14")["title"] == "14"
    assert explained(sample, "image", f"{PARTIAL}/#1")["title"].startswith(f"{PARTIAL}/")
    assert "2 failed" in explained(sample, "venue", PARTIAL)["why"][0]
    planned = sample("retry", "image", f"{PARTIAL}/#1", "--dry-run", "-o", "json").data
    assert [row["venue"] for row in planned] == [PARTIAL]


# --- venues -------------------------------------------------------------------------------------


def test_a_venue_that_is_partial(program: Program) -> None:
    assert explained(program, "venue", PARTIAL) == {
        "title": PARTIAL,
        "why": [
            "6 images: 4 there, 2 failed.",
            "1 image failed with rate_limited, which passes by itself.",
            "1 image failed with not_found, which does not pass by itself.",
        ],
        "retry": [
            "A retry would try 1 image again.",
            "It would leave out 1 image: permanent error (--force takes it).",
            "What would mend 1 image: an enrichment that finds the photos anew, as their address is"
            " dead.",
        ],
        "in_the_way": [],
        "next": [f"venue-ops retry venue {PARTIAL}", f"venue-ops show venue {PARTIAL}"],
    }


def test_a_venue_where_all_is_well(sample: Program, add_venue: Any) -> None:
    add_venue({**FIRST, "upload_status": "uploaded"})
    found = explained(sample, "venue", "mine")
    assert found["why"] == ["1 image: 1 there, 0 failed."]
    assert found["retry"] == ["A retry would try none of its images."]
    assert found["next"] == ["venue-ops show venue mine"]


@pytest.mark.parametrize(
    ("instead", "said"), [({"a": 1}, "an object"), ("text", "a string"), (12, "a number")]
)
def test_a_venue_whose_images_are_no_list(
    sample: Program, owner: Any, add_venue: Any, instead: Any, said: str
) -> None:
    owner.execute("DROP INDEX IF EXISTS venues_city_id_no_images_idx")
    for (name,) in owner.execute(
        "SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%jsonb_array_length%'"
    ).fetchall():
        owner.execute(f'DROP INDEX "{name}"')
    add_venue(instead=instead)
    found = explained(sample, "venue", "mine")
    assert found["why"] == [f"Its images are {said}, not a list: nothing here can mend that."]
    assert found["next"] == ["venue-ops show venue mine"]


@pytest.mark.parametrize("state", ["available", "scheduled", "executing", "retryable"])
def test_an_unfinished_job_is_in_the_way(
    sample: Program, add_venue: Any, add_job: Any, state: str
) -> None:
    add_venue(FIRST)
    number = add_job(state=state, ago=timedelta(days=3))
    for argv in (("venue", "mine"), ("image", "mine/#1"), ("job", number)):
        found = explained(sample, *argv)
        assert found["in_the_way"] == [
            f"Job {number} (EnrichmentJob) is {state}, since 2025-10-21 18:00:00 UTC."
        ]
        assert not [each for each in found["next"] if each.startswith("venue-ops retry")]
    would = explained(sample, "image", "mine/#1")["retry"][0]
    assert would == "A retry would take it once its venue is left alone."


def test_a_job_that_was_at_the_venue_moments_ago(
    sample: Program, add_venue: Any, add_job: Any
) -> None:
    """For two minutes: it may write its copy of the images yet."""
    add_venue(FIRST)
    number = add_job(RETRY, ago=timedelta(seconds=30))
    found = explained(sample, "venue", "mine")
    assert found["in_the_way"] == [
        f"Job {number} (FailedUploadRetryWorker) was at it just now, at 2025-10-24 17:59:30 UTC."
    ]
    assert found["retry"] == [
        "A retry would try none of its images.",
        "It would leave out 1 image: a job was at its venue moments ago.",
    ]


def test_a_job_that_was_there_longer_ago_is_not(
    sample: Program, add_venue: Any, add_job: Any
) -> None:
    add_venue(FIRST)
    add_job(ago=timedelta(minutes=3))
    assert explained(sample, "venue", "mine")["in_the_way"] == []


def test_moments_beyond_the_calendar(sample: Program, add_venue: Any, add_job: Any) -> None:
    add_venue(FIRST)
    add_job(state="executing", attempted_at="infinity")
    (said,) = explained(sample, "venue", "mine")["in_the_way"]
    assert "is executing, since 9999-12-30" in said


def test_a_command_can_be_pasted_whatever_a_venue_is_called(
    sample: Program, add_venue: Any
) -> None:
    add_venue(FIRST, slug="a; rm -rf $HOME")
    for argv in (("venue", "a; rm -rf $HOME"), ("image", "a; rm -rf $HOME/#1")):
        for command in explained(sample, *argv)["next"]:
            assert len(shlex.split(command)) == 4
            assert "'a; rm -rf $HOME" in command


# --- what cannot be explained -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("job", 9999), "There is no job 9999."),
        (("job", 2**70), f"There is no job {2**70}."),
        (("venue", "nowhere"), 'No venue has the slug or id "nowhere".'),
        (("image", "nowhere/#1"), 'No venue has the slug or id "nowhere".'),
        (("image", "noce-krk/#99"), 'noce-krk has no image "#99" among its 6.'),
        (("image", "noce-krk/gp-0000000000"), "noce-krk has no image"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_3_for_what_is_not_there(program: Program, argv: tuple[str | int, ...], said: str) -> None:
    missing = program("explain", *argv)
    assert (missing.code, missing.out) == (3, "")
    assert missing.err.startswith(f"error: {said}")
    assert len(missing.err.splitlines()) == 2


@pytest.mark.parametrize("argv", [(), ("job",), ("job", "x"), ("job", "0"), ("image", "noce-krk")])
def test_2_for_what_cannot_be_meant(program: Program, argv: tuple[str, ...]) -> None:
    assert program("explain", *argv).code == 2


def test_an_explanation_is_no_list(program: Program) -> None:
    refused = program("explain", "venue", PARTIAL, "-o", "csv")
    assert (refused.code, refused.out) == (2, "")
    assert "There is no list to print as csv." in refused.err
