"""`venue-ops stats`: the figures, and the dead keys and outages that stand out."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from psycopg.types.json import Jsonb
from tests.cli.program import Program, on
from tests.cli.terminal import terminal
from tests.databases import NOW, Database

from venue_ops.cli import main
from venue_ops.context import Session

KEY = "AIzaSyDeadKey0123456789abcdefghijklmnop"
FINGERPRINT = hashlib.sha256(KEY.encode()).hexdigest()[:8]
PHOTO = (
    f"https://maps.googleapis.com/maps/api/place/photo?maxwidth=1600&photo_reference=R&key={KEY}"
)


def image(
    provider: str, status: str, at: datetime, error: str = "", code: int = 0, **more: Any
) -> Any:
    stamp = at.isoformat().replace("+00:00", "Z")
    details = {"error_type": error, "status_code": code, "timestamp": stamp}
    failed = {"error_details": details} if error else {}
    url = PHOTO if provider == "google_places" else f"https://photos.{provider}.example/a.jpg"
    known = {"provider": provider, "url": url, "provider_url": url, "upload_status": status}
    return {**known, "fetched_at": stamp, **failed, **more}


@pytest.fixture
def planted(sample_database: Database) -> Callable[..., Program]:
    """`planted(images, ...)`: gives venue 14, 15, ... these images, changed now."""

    def plant(*of_venues: Sequence[Any]) -> Program:
        with sample_database.connect(autocommit=True) as conn:
            for venue, images in zip((14, 15, 16, 17, 18, 19), of_venues, strict=False):
                conn.execute(
                    "UPDATE venues SET venue_images = %s, updated_at = %s WHERE id = %s",
                    [Jsonb(images), NOW.replace(tzinfo=None), venue],
                )
        return on(sample_database)

    return plant


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def denied(hours: float) -> Any:
    return image("google_places", "failed", ago(hours), "forbidden", 403)


def of_images(program: Program, *argv: str) -> list[Any]:
    runs = program("stats", *argv, "-o", "json").data["standing_out"]
    return [run for run in runs if run["about"] == "images"]


def test_the_figures_of_the_sample(program: Program) -> None:
    data = program("stats", "-o", "json").data
    assert data["failed"] == {
        **{"images": 7, "transient": 4, "permanent": 2, "ambiguous": 1},
        **{"permanently_failed": 1, "retryable": 4},
    }
    assert data["images"]["success_rate"] == 0.65
    assert sum(row["venues"] for row in data["venues"]) == 20
    assert sum(row["jobs"] for row in data["jobs"]) == 43
    (run,) = data["standing_out"]
    assert (run["cause"], run["provider"], run["jobs"]) == ("dead_key", "google_places", 7)
    assert run["ended_at"] is not None
    assert "venue-ops list --provider google_places --error REQUEST_DENIED" in run["next"]


def test_the_command_that_is_named_lists_what_was_counted(program: Program) -> None:
    (run,) = program("stats", "-o", "json").data["standing_out"]
    words = run["next"].partition("`venue-ops ")[2].rstrip("`").split()
    assert len(program(*words, "--kind", "enrichment", "-n", 0, "-o", "ids").lines) == run["jobs"]


def test_jobs_are_those_of_the_list(program: Program) -> None:
    """Backfills are rolled up all at once here and one by one there."""
    listed = Counter(
        (row["kind"], row["state"], row["outcome"])
        for row in program("list", "-n", 0, "-o", "json").data
    )
    counted = program("stats", "-o", "json").data["jobs"]
    assert {(r["kind"], r["state"], r["outcome"]): r["jobs"] for r in counted} == listed
    assert {outcome for kind, _, outcome in listed if kind == "backfill"} > {"partial", "failed"}


def test_money_is_exact(program: Program) -> None:
    printed = program("stats", "-o", "json").out
    data = json.loads(printed, parse_float=Decimal)["data"]
    costs = [row["cost_usd"] for row in data["jobs"] if row["cost_usd"] is not None]
    assert data["cost_usd"] == sum(costs) == Decimal("0.112")


def test_a_dead_key(planted: Callable[..., Program]) -> None:
    """Everything since the last success failed with 403: who, since when, with which key."""
    good = image("google_places", "uploaded", ago(9), retried_at=ago(8).isoformat())
    program = planted([good, denied(7)], [denied(6), denied(5)], [denied(4)])
    (run,) = of_images(program)
    assert (run["cause"], run["error"], run["status_code"]) == ("dead_key", "forbidden", 403)
    assert (run["host"], run["key_fingerprint"]) == ("maps.googleapis.com", FINGERPRINT)
    assert (run["images"], run["venues"]) == (4, 3)
    assert run["since"] == "2025-10-24T11:00:00Z"
    assert run["last_success"] == "2025-10-24T10:00:00Z"
    assert run["since_is_exact"] is True
    shown = program("stats")
    assert f"with key {FINGERPRINT}, 4 images of 3 venues, since 2025-10-24 11:00:00" in shown.out
    for fmt in ("table", "wide", "json", "csv"):
        printed = program("stats", "-o", fmt, "-vv")
        assert KEY not in printed.out + printed.err


def test_it_lasts_until_an_image_succeeds(planted: Callable[..., Program]) -> None:
    run = [[denied(7)], [denied(6), denied(5)], [denied(4)]]
    assert len(of_images(planted(*run))) == 1
    good = image("google_places", "uploaded", ago(3))
    assert of_images(planted(*run, [good])) == []


@pytest.mark.parametrize("hours", [0.5, 20, 150, 2000])
def test_a_success_is_found_however_long_ago(planted: Callable[..., Program], hours: float) -> None:
    good = image("geoapify", "uploaded", ago(hours + 1))
    bad = [
        [image("geoapify", "failed", ago(each), "auth_error", 401)]
        for each in (hours, hours / 2, 0.1)
    ]
    program = planted([good], *bad)
    (run,) = of_images(program)
    assert run["images"] == 3
    assert run["last_success"] == ago(hours + 1).isoformat().replace("+00:00", "Z")


def test_one_bad_venue_is_no_outage(planted: Callable[..., Program]) -> None:
    assert of_images(planted([denied(3), denied(2), denied(1)])) == []
    assert of_images(planted([denied(3)], [denied(2)])) == []


@pytest.mark.parametrize(
    ("error", "code", "cause"),
    [("service_unavailable", 503, "outage"), ("rate_limited", 429, "rate_limited")],
)
def test_outages_and_limits(
    planted: Callable[..., Program], error: str, code: int, cause: str
) -> None:
    bad = [[image("here", "failed", ago(hours), error, code)] for hours in (3, 2, 1)]
    (run,) = of_images(planted(*bad))
    assert (run["cause"], run["provider"], run["host"]) == (cause, "here", "photos.here.example")
    assert run["key_fingerprint"] is None
    assert f"venue-ops venues --provider here --error {error}" in run["next"]


def test_a_run_is_told_apart_by_error_status_host_and_key(planted: Callable[..., Program]) -> None:
    other = image("google_places", "failed", ago(2), "forbidden", 403)
    other["provider_url"] = other["provider_url"].replace(KEY, "another-key")
    gone = image("google_places", "failed", ago(1), "not_found", 404)
    runs = of_images(planted([denied(5)], [denied(4)], [other], [gone]))
    assert [(run["error"], run["images"]) for run in runs] == [
        *(("forbidden", 2), ("forbidden", 1), ("not_found", 1))
    ]
    assert len({run["key_fingerprint"] for run in runs}) == 2


def test_exit_status(planted: Callable[..., Program], program: Program) -> None:
    assert program("stats", "--exit-status").code == 0  # it is over
    assert planted([denied(3)], [denied(2)], [denied(1)])("stats", "--exit-status").code == 6


def test_filters(program: Program) -> None:
    krakow = program("stats", "--city", "krakow", "-o", "json").data
    assert krakow["failed"]["images"] == 2
    assert sum(row["venues"] for row in krakow["venues"]) == 10
    google = program("stats", "--provider", "google_places", "-o", "json").data
    assert google["failed"]["images"] == 6
    late = program("stats", "--since", "2025-10-20", "-o", "json").data
    assert late["failed"]["images"] == 2
    early = program("stats", "--until", "2025-10-20", "-o", "json").data
    assert early["failed"]["images"] == 4  # and one that no time is written of


def test_rows_by_city_provider_and_day(program: Program) -> None:
    cities = program("stats", "--by", "city", "-o", "json").data
    assert [(row["city"], row["country"], row["failed"]) for row in cities] == [
        ("warszawa", "PL", 5),
        ("krakow", "PL", 2),
    ]
    assert program("stats", "--by", "city", "-o", "ids").lines == ["warszawa,pl", "krakow,pl"]
    providers = program("stats", "--by", "provider", "-o", "ids").lines
    assert providers == ["google_places", "here"]
    days = program("stats", "--by", "day", "-n", 3, "-o", "json").data
    assert [row["day"] for row in days] == ["2025-10-22", "2025-10-23", "2025-10-24"]
    assert [row["jobs_discarded"] for row in days] == [5, 2, 0]


def test_count_lists_what_did_not_fail_as_well(program: Program) -> None:
    quick = program("stats", "--by", "city", "-o", "ids").lines
    everything = program("stats", "--by", "city", "--count", "-o", "ids").lines
    assert everything[: len(quick)] == quick
    assert len(everything) > len(quick)


def test_what_matches_nothing_is_said(program: Program) -> None:
    nobody = program("stats", "--provider", "nobody")
    assert (nobody.code, nobody.err) == (0, "Nothing that failed matches --provider nobody.\n")
    shown = program("stats", "--by", "city", "--provider", "nobody")
    assert shown.err == "No failed image matches --provider nobody.\n"


def test_a_limit_is_said(program: Program) -> None:
    assert "1 of 2; --limit 0 shows all." in program("stats", "--by", "city", "-n", 1).err


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["--by", "venue"], 2, '--by does not know "venue".'),
        (["--city", "nowhere"], 3, "No city is called"),
        (["--since", "soon"], 2, "is not a time"),
        (["--since", "1d", "--until", "2d"], 2, "--since is not before --until"),
        (["--by", "day", "--exit-status"], 2, "leave --by away"),
        (["--limit", "3"], 2, "give --by as well"),
        (["--columns", "nonsense"], 2, "--columns cannot choose"),
        (["-o", "csv", "--columns", "nonsense"], 2, "no column"),
    ],
)
def test_refusals(program: Program, argv: list[str], code: int, said: str) -> None:
    refused = program("stats", *argv)
    assert (refused.code, refused.out) == (code, "")
    assert said in refused.err


def test_bars_on_a_terminal_and_numbers_elsewhere(program: Program) -> None:
    def shown(encoding: str) -> str:
        with terminal(160) as screen:
            streams = [
                open(screen.device, "w", encoding=encoding, closefd=False, newline="")  # noqa: SIM115
                for _ in range(2)
            ]
            session = Session(
                env=program.environment({"TERM": "xterm", "NO_COLOR": "1"}),
                stdout=streams[0],
                stderr=streams[1],
                clock=program.clock,
            )
            main(["stats"], session=session)
            for stream in streams:
                stream.close()
        return screen.text

    assert " 28.6 % ████████ " in shown("utf-8")
    assert "█▃" in shown("utf-8")
    for plain in (shown("ascii"), program("stats").out, program("stats", "-o", "csv").out):
        assert "█" not in plain
    assert "28.6 %" in shown("ascii")
    assert "0 0 5 2 0" in program("stats").out


def test_an_empty_database(empty_database: Callable[..., Database]) -> None:
    program = on(empty_database())
    data = program("stats", "-o", "json").data
    assert data["failures"] == data["standing_out"] == data["venues"] == data["jobs"] == []
    assert data["cost_usd"] == 0
    assert data["images"]["success_rate"] is None
    assert program("stats").code == 0
    for by in ("city", "provider"):
        assert program("stats", "--by", by, "-o", "json").data == []
    assert "No image has failed." in program("stats", "--by", "city").err


def test_a_day_to_come_is_counted_apart(sample_database: Database) -> None:
    """A clock that is wrong, or a typo of whoever mended a row: no series up to the year 2999."""
    with sample_database.connect(autocommit=True) as conn:
        conn.execute(
            "UPDATE venues SET venue_images = jsonb_set(venue_images,"
            " '{2,error_details,timestamp}', '\"2999-01-01T00:00:00Z\"') WHERE slug = 'noce-krk'"
        )
    result = on(sample_database)("stats", "--by", "day", "--limit", "0", "-o", "csv")
    assert "1 failed image is of a day that is still to come." in result.err
    assert max(row["day"] for row in result.records) == "2025-10-24"
