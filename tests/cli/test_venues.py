"""`venue-ops venues` and `partials`: venues by what their images have come to today."""

from __future__ import annotations

import pytest
from tests.cli.program import Program


def listed(program: Program, *argv: str | int, command: str = "venues") -> list[str]:
    """The slugs of all that match, in their order."""
    result = program(command, "--limit", 0, "-o", "ids", *argv)
    assert result.code == 0, result.err
    return result.lines


def test_the_three_of_five(program: Program) -> None:
    """The user's own example, and the same venue as a list tells it."""
    rows = {row["slug"]: row for row in program("partials", "-o", "json").data}
    ogrod = rows["ogrod-dzwieku"]
    assert (ogrod["images_uploaded"], ogrod["images_total"], ogrod["images_failed"]) == (3, 5, 2)
    assert ogrod["errors"] == {"forbidden": 1, "rate_limited": 1}
    assert (ogrod["images_transient"], ogrod["images_permanently_failed"]) == (1, 1)
    noce = rows["noce-krk"]
    assert (noce["id"], noce["city"], noce["city_id"]) == (14, "krakow", 5)
    assert (noce["images_uploaded"], noce["images_total"], noce["images_failed"]) == (4, 6, 2)
    assert noce["errors"] == {"not_found": 1, "rate_limited": 1}
    assert noce["failed_providers"] == {"google_places": 2}
    assert (noce["images_transient"], noce["images_retryable"]) == (1, 1)


def test_globus_has_its_one_image(program: Program) -> None:
    globus = program("venues", "-c", "krakow", "-s", "success", "-o", "json").data
    assert [(row["id"], row["images_uploaded"], row["images_total"]) for row in globus] == [
        (10, 1, 1)
    ]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["-s", "partial"], ["noce-krk", "ogrod-dzwieku"]),
        (["-s", "failed"], ["klub-neon-22", "muzeum-nocnych-swiatel"]),
        (
            ["-s", "success"],
            ["globus-music-club", "hala-nad-woda", "the-lantern-rooms", "forks-hall"],
        ),
        (["-s", "malformed"], []),
        (["-s", "partial,failed", "-c", "krakow"], ["noce-krk"]),
        (["-s", "partial", "-s", "failed", "-c", "5"], ["noce-krk"]),
        (["--min-failed", "2"], ["noce-krk", "klub-neon-22", "ogrod-dzwieku"]),
        (["--min-failed", "3"], []),
        (["--error", "rate_limited"], ["noce-krk", "ogrod-dzwieku"]),
        (["--error", "too many REQUESTS"], ["noce-krk", "ogrod-dzwieku"]),
        (["--error", "not_found,network_timeout"], ["noce-krk", "klub-neon-22"]),
        (["--provider", "foursquare"], ["hala-nad-woda", "forks-hall"]),
        (["--provider", "foursquare", "--error", "rate_limited"], []),
        (["--provider", "here", "-c", "warszawa"], ["muzeum-nocnych-swiatel"]),
        (["-c", "london,gb,london,ca", "-s", "no_images"], ["copper-fox-theatre", "maple-stage"]),
    ],
    ids=lambda value: " ".join(value) if value and value[0].startswith("-") else "",
)
def test_each_filter(program: Program, filters: list[str], found: list[str]) -> None:
    assert listed(program, *filters) == found
    total = program("venues", "-n", 1, "--count", "-o", "json", *filters).page["total"]
    assert total == len(found)


def test_outcomes_add_up_to_everything(program: Program) -> None:
    words = ("success", "partial", "failed", "no_images", "malformed")
    found = [slug for word in words for slug in listed(program, "-s", word)]
    assert len(found) == 20
    assert sorted(found) == sorted(listed(program))


def test_failing_venues_come_most_failed_first(program: Program) -> None:
    rows = program("venues", "-s", "partial,failed", "-o", "json").data
    failed = [row["images_failed"] for row in rows]
    assert failed == sorted(failed, reverse=True) == [2, 2, 2, 1]
    by_id = program("venues", "-s", "partial,failed", "--order", "id", "-o", "json").data
    assert [row["id"] for row in by_id] == [14, 22, 24, 25]
    assert listed(program, "-n", 3) == ["piwnica-pod-chmura", "teatr-mgla", "globus-music-club"]


@pytest.mark.parametrize("order", ["id", "failed"])
@pytest.mark.parametrize("filters", [(), ("-s", "partial,failed"), ("-c", "krakow")])
def test_pages_are_the_whole_without_gap_or_repeat(
    program: Program, order: str, filters: tuple[str, ...]
) -> None:
    whole = listed(program, "--order", order, *filters)
    pages: list[str] = []
    after: list[str] = []
    while True:
        page = program("venues", "-n", 3, "--order", order, "-o", "json", *filters, *after)
        pages += [row["slug"] for row in page.data]
        if page.page["next"] is None:
            break
        after = ["--after", page.page["next"]]
    assert pages == whole


def test_partials_is_venues_of_one_status(program: Program) -> None:
    for fmt in ("table", "json", "csv", "ids"):
        assert program("partials", "-o", fmt) == program("venues", "-s", "partial", "-o", fmt)
    assert listed(program, "-c", "krakow", command="partials") == ["noce-krk"]
    assert listed(program, "-e", "forbidden", command="partials") == ["ogrod-dzwieku"]


def test_a_page_says_what_comes_next(program: Program) -> None:
    assert program("partials", "-n", 1).err == "1 shown, next page: --after 2,14\n"
    assert program("partials", "-n", 1, "--count").err == "1 of 2, next page: --after 2,14\n"
    assert program("partials", "-n", 1, "--after", "2,14").lines[1].startswith("24  ogrod-dzwieku")


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["venues", "-s", "failed"], 6),
        (["venues", "-s", "success"], 0),
        (["venues"], 6),
        (["venues", "-c", "london,gb"], 0),
        (["partials"], 6),
        (["partials", "-e", "nothing"], 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_exit_status_tells_of_failures_listed(program: Program, argv: list[str], code: int) -> None:
    assert program(*argv, "--exit-status").code == code
    assert program(*argv).code == 0


@pytest.mark.parametrize(
    ("argv", "code", "message", "hint"),
    [
        (
            ["venues", "-s", "broken"],
            2,
            '"broken"',
            "success, partial, failed, no_images, malformed",
        ),
        (["venues", "-c", "krkow"], 3, "krkow", "Did you mean krakow?"),
        (["partials", "-c", "london"], 2, "names 2 cities", "london,gb, london,ca"),
        (["partials", "--after", "14"], 2, "in failed order", "next page"),
        (["venues", "--after", "2,14"], 2, "in id order", "next page"),
        (["venues", "--columns", "kind"], 2, 'no column "kind"', "id, slug, name, city"),
        (["partials", "-s", "failed"], 2, "No such option", "venue-ops partials --help"),
        (["venues", "--min-failed", "-1"], 2, "--min-failed", "venue-ops venues --help"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_meant(
    program: Program, argv: list[str], code: int, message: str, hint: str
) -> None:
    result = program(*argv)
    assert (result.code, result.out) == (code, "")
    error, advice = result.err.splitlines()
    assert message in error
    assert hint in advice
