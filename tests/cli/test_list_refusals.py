"""`venue-ops list`: what cannot be meant is refused by name, never ignored."""

from __future__ import annotations

import pytest
from tests.cli.program import Program


@pytest.mark.parametrize(
    ("argv", "code", "message", "hint"),
    [
        (["--city", "krkow"], 3, 'No city is called "krkow".', "Did you mean krakow?"),
        (
            ["--city", "xyzzy"],
            3,
            'No city is called "xyzzy".',
            "The database has gdansk, krakow, london",
        ),
        (["--city", "krakow,gb"], 3, 'No city is called "krakow,gb".', "Did you mean krakow"),
        (
            ["--city", "999"],
            3,
            'No city is called "999".',
            "The database has gdansk, krakow, london",
        ),
        (["--city", "london"], 2, '"london" names 2 cities.', "london,gb, london,ca"),
        (["--city", "krakow,,london"], 2, "A value of --city is empty.", "a single comma"),
        (["--city", ""], 2, "A value of --city is empty.", "a single comma"),
        (["--venue", "noce"], 3, 'No venue has the slug or id "noce".', "venue-ops venues"),
        (["--venue", "noce-krk,nope"], 3, 'slug or id "nope"', "venue-ops venues"),
        (["--status", "parcial"], 2, 'know "parcial". Did you mean partial?', "success, partial"),
        (["--kind", "retries"], 2, 'know "retries". Did you mean retry?', "backfill, enrichment"),
        (["--state", "complete"], 2, '--state does not know "complete".', "completed, discarded"),
        (["--worker", "Backfill"], 3, 'of a worker "Backfill".', "BackfillOrchestratorJob"),
        (["--since", "recently"], 2, '"recently" is not a time.', "2h, 3d"),
        (["--since", "1h", "--until", "2h"], 2, "--since is not before --until.", "Exchange them."),
        (["--tz", "Warsaw"], 2, '"Warsaw" is not a time zone.', "Europe/Warsaw"),
        (["--after", "soon"], 2, "--after does not continue a listing in id order.", "next page"),
        (["--after", "0"], 2, "--after does not continue a listing in id order.", "next page"),
        (
            ["--after", "140", "--order", "activity"],
            2,
            "--after does not continue a listing in activity order.",
            "next page",
        ),
        (["--columns", "id,colour"], 2, 'no column "colour"', "id, kind, scope, state, when"),
        (["--columns", "venues"], 2, 'no column "venues"', "venue, venue_id, venue_name"),
        (["--limit", "-1"], 2, "--limit", "venue-ops list --help"),
        (["--limit", "many"], 2, "--limit", "venue-ops list --help"),
        (["--order", "random"], 2, "--order", "Known are id, activity."),
        (["-o", "xml"], 2, "--output", "Known are table, wide"),
        (["--krakow"], 2, "No such option", "venue-ops list --help"),
        (["krakow"], 2, "krakow", "venue-ops list --help"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_meant(
    program: Program, argv: list[str], code: int, message: str, hint: str
) -> None:
    result = program("list", *argv)
    assert (result.code, result.out) == (code, "")
    error, advice = result.err.splitlines()
    assert error.startswith("error: ")
    assert message in error
    assert advice.startswith("hint: ")
    assert hint in advice


@pytest.mark.parametrize(
    "argv",
    [
        ["--status", "x" * 5_000],
        ["--city", "x" * 5_000],
        ["--venue", "x" * 5_000],
        ["--columns", "x" * 5_000],
        ["--since", "x" * 5_000],
        ["--worker", "x" * 5_000],
        ["--venue", "9" * 5_000],
        ["--city", "9" * 5_000],
        ["--city", "\x1b[2Jkrakow"],
        ["--city", "kra\u202ekow"],
        ["--city", "kra\x00kow"],
        ["--venue", "no\x00ce"],
        ["--error", "no\x00ce", "-n", "0"],
        ["--provider", "no\x00ce", "-n", "0"],
        ["--worker", "no\x00ce"],
        ["--city", "%(city_ids)s"],
        ["--venue", "'; DROP TABLE venues; --"],
        ["--error", "%'; DROP TABLE venues; --_"],
        ["--city", "\udcff"],
        ["--error", "\udcff"],
    ],
    ids=lambda argv: repr(argv[:2])[:40],
)
def test_strange_words_are_answered_like_others(program: Program, argv: list[str]) -> None:
    result = program("list", *argv)
    assert result.code in {0, 2, 3}, result.err
    assert result.err.isprintable() or result.err.replace("\n", "").isprintable()
    assert len(result.err) < 1_500


def test_an_error_text_is_no_pattern(program: Program) -> None:
    """% and _ stand for themselves."""
    assert program("list", "--error", "%", "-o", "ids").out == ""
    assert program("list", "--error", "REQUEST%DENIED", "-o", "ids").out == ""
    assert program("list", "--error", "rate_limited", "-o", "ids").ids == [152, 146, 121, 115]
    assert program("list", "--error", "rateXlimited", "-o", "ids").out == ""
