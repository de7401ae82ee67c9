"""`venue-ops list`: one table of all operations, and every way to narrow it."""

from __future__ import annotations

import pytest
from tests.cli.program import Program

KRAKOW = [150, 146, 145, 144, 142, 140, 139, 138, 137, 136, 134, 129, 128]
KRAKOW += [127, 126, 125, 124, 121, 120, 109, 106, 105, 101]


def listed(program: Program, *argv: str | int) -> list[int]:
    """The ids of all that match, in their order."""
    result = program("list", "--limit", 0, "-o", "ids", *argv)
    assert (result.code, result.err if result.out else "") == (0, "")
    return result.ids


def counted(program: Program, *argv: str | int) -> int:
    """The exact total that --count tells."""
    result = program("list", "-n", 1, "--count", "-o", "json", *argv)
    total = result.page["total"]
    assert isinstance(total, int)
    return total


# --- what is listed --------------------------------------------------------------------------


def test_the_users_situation_to_the_number(program: Program) -> None:
    assert len(listed(program, "--kind", "backfill")) == 11
    assert len(listed(program, "--kind", "enrichment")) == 25
    assert len(listed(program, "--kind", "backfill", "--state", "completed")) == 11
    assert len(listed(program, "--kind", "enrichment", "--state", "completed")) == 18
    assert len(listed(program, "--kind", "enrichment", "--state", "discarded")) == 7


def test_one_table_has_backfills_enrichments_and_retries(program: Program) -> None:
    rows = program("list", "-n", 0, "-o", "json").data
    assert {row["kind"] for row in rows} == {"backfill", "enrichment", "retry"}
    assert {row["scope"] for row in rows} == {"city", "venue", "batch", "daily"}
    assert len(rows) == 43


@pytest.mark.parametrize(
    ("kind", "jobs"),
    [
        ("backfill", 11),
        ("enrichment", 25),
        ("retry", 7),
        ("cleanup", 3),
        ("other", 10),
        ("retry,cleanup", 10),
        ("all", 56),
    ],
)
def test_kinds(program: Program, kind: str, jobs: int) -> None:
    assert len(listed(program, "--kind", kind)) == jobs
    assert counted(program, "--kind", kind) == jobs


def test_newest_first_unless_by_activity(program: Program) -> None:
    by_id = listed(program)
    assert by_id == sorted(by_id, reverse=True)
    rows = program("list", "-n", 0, "--order", "activity", "-o", "json").data
    times = [row["when"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert sorted(row["id"] for row in rows) == sorted(by_id)


# --- filters ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["krakow", "Kraków", "KRAKÓW", "Cracow", "5", "krakow,pl"])
def test_a_city_goes_by_slug_name_alternate_name_and_id(program: Program, name: str) -> None:
    assert listed(program, "--city", name) == KRAKOW


def test_a_city_matches_by_job_venue_batch_and_memory(program: Program) -> None:
    rows = {row["id"]: row for row in program("list", "-c", "krakow", "-o", "json").data}
    assert rows[144]["kind"] == "backfill"
    assert rows[146]["venue"] == "noce-krk"
    assert (rows[142]["venue"], rows[142]["venue_name"]) == (None, "Sala Zeszłoroczna")
    assert rows[142]["city"] == "krakow"


def test_a_slug_of_two_cities_asks_which(program: Program) -> None:
    result = program("list", "--city", "london")
    assert result.code == 2
    assert 'error: "london" names 2 cities.' in result.err
    assert "london,gb, london,ca" in result.err
    both = listed(program, "--city", "london,gb,london,ca")
    assert set(both) == {*listed(program, "-c", "london,ca"), *listed(program, "-c", "london,gb")}
    assert listed(program, "--city", "london,ca") == [149, 148]


@pytest.mark.parametrize("word", ["success", "partial", "failed", "no_images", "skipped"])
def test_a_status_is_the_outcome_then(program: Program, word: str) -> None:
    rows = program("list", "--status", word, "-n", 0, "-o", "json").data
    assert rows
    assert {row["outcome"] for row in rows} == {word}


def test_statuses_add_up_to_everything(program: Program) -> None:
    words = ["success", "partial", "failed", "no_images", "skipped", "pending", "running"]
    words += ["retrying", "cancelled", "unknown"]
    found = [job for word in words for job in listed(program, "-k", "all", "-s", word)]
    assert sorted(found, reverse=True) == listed(program, "-k", "all")
    assert listed(program, "-k", "all", "-s", ",".join(words)) == listed(program, "-k", "all")


def test_several_values_mean_any_several_filters_mean_all(program: Program) -> None:
    either = set(listed(program, "-s", "partial,failed"))
    assert either == set(listed(program, "-s", "partial", "-s", "failed"))
    assert either == set(listed(program, "-s", "partial")) | set(listed(program, "-s", "failed"))
    narrowed = listed(program, "-s", "partial,failed", "-c", "krakow", "-k", "enrichment")
    assert narrowed == [146, 139, 137, 136, 129, 128, 127, 126, 125, 121]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["--venue", "noce-krk"], [146, 121]),
        (["--venue", "14"], [146, 121]),
        (["--venue", "noce-krk,globus-music-club"], [146, 140, 138, 121]),
        (["--state", "discarded", "-c", "krakow"], [137, 136, 129, 128, 127, 126, 125]),
        (["--state", "executing,retryable"], [154, 152]),
        (["--error", "REQUEST_DENIED", "-k", "enrichment"], [137, 136, 129, 128, 127, 126, 125]),
        (
            ["--error", "request_denied,OVER_QUERY", "-s", "failed", "--since", "1d4h"],
            [139, 137, 136],
        ),
        (["--error", "rate_limited", "-c", "krakow", "-k", "enrichment"], [146, 121]),
        (["--worker", "CleanupScheduler"], [143, 131, 123]),
        (["--worker", "EventasaurusDiscovery.VenueImages.CleanupScheduler"], [143, 131, 123]),
        (["--provider", "foursquare", "-c", "krakow"], [150, 146, 109]),
        (["--since", "30m"], [155, 154, 152, 150, 149]),
        (["--since", "today", "--until", "2025-10-24T13:00:02Z"], [144, 142]),
        (["--since", "2025-10-13", "--until", "2025-10-14"], [105, 104, 103]),
    ],
    ids=lambda value: " ".join(value) if value and isinstance(value[0], str) else "",
)
def test_each_filter(program: Program, filters: list[str], found: list[int]) -> None:
    assert listed(program, *filters) == found
    assert counted(program, *filters) == len(found)


def test_days_begin_in_the_zone_asked_for(program: Program) -> None:
    """18:00 UTC on the 24th is already the 25th in Auckland."""
    assert listed(program, "--since", "today", "--tz", "Pacific/Auckland")[-1] == 144
    assert listed(program, "--since", "today")[-1] == 142
    row = program("list", "-n", 1, "-o", "json", "--tz", "Europe/Warsaw").data[0]
    assert row["when"].endswith("+02:00")
    assert program("list", "-n", 1, "-o", "json", "--tz", "UTC").data[0]["when"].endswith("Z")


# --- pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["id", "activity"])
@pytest.mark.parametrize("filters", [(), ("--status", "failed"), ("--city", "krakow")])
def test_pages_are_the_whole_without_gap_or_repeat(
    program: Program, order: str, filters: tuple[str, ...]
) -> None:
    whole = listed(program, "--order", order, *filters)
    pages: list[int] = []
    after: list[str] = []
    while True:
        page = program("list", "-n", 4, "--order", order, "-o", "json", *filters, *after)
        pages += [row["id"] for row in page.data]
        assert page.page["limit"] == 4
        if page.page["next"] is None:
            break
        after = ["--after", page.page["next"]]
    assert pages == whole


def test_a_page_says_what_comes_next(program: Program) -> None:
    said = program("list", "-n", 3, "-k", "all")
    assert "next page: --after 154" in said.err
    assert "3 of 56, next page: --after 154" in program("list", "-n", 3, "-k", "all", "--count").err
    assert program("list", "-n", 3, "-k", "all", "-q").err == ""
    assert program("list", "-n", 0, "-k", "all").err == ""


def test_a_total_does_not_depend_on_the_page(program: Program) -> None:
    page = program("list", "-n", 3, "--after", 140, "--count", "-o", "json").page
    assert page == {"limit": 3, "next": "137", "total": 43}


# --- looks -----------------------------------------------------------------------------------


def test_columns_choose_and_order(program: Program) -> None:
    chosen = program("list", "-n", 1, "-o", "csv", "--columns", "venue,id", "--columns", "cost_usd")
    assert chosen.lines[0] == "venue,id,cost_usd"
    bare = program("list", "-v", "--venue", 14, "--columns", "id,outcome", "--no-headers")
    assert bare.lines == ["146  partial", "121  partial"]


def test_ids_are_for_pipes(program: Program) -> None:
    assert program("list", "-c", "krakow", "-o", "ids").out == "".join(f"{n}\n" for n in KRAKOW)


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        (["-s", "failed"], 6),
        (["-s", "partial"], 6),
        (["-s", "success"], 0),
        (["-s", "retrying"], 0),
        (["--error", "nothing like it"], 0),
        (["-n", "1"], 0),
        ([], 6),
    ],
)
def test_exit_status_tells_of_failures_listed(
    program: Program, filters: list[str], code: int
) -> None:
    assert program("list", *filters, "--exit-status").code == code
    assert program("list", *filters).code == 0
    assert program("list", *filters, "--exit-status", "-o", "json").code == code
