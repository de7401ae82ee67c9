"""What is offered for a line, from the database, the settings and the commands themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.completion import ROOT, Asking
from tests.cli.program import Program, on
from tests.databases import Database

from venue_ops.completion.answer import Request
from venue_ops.completion.offers import MORE
from venue_ops.completion.values import Asked, images
from venue_ops.context import Session
from venue_ops.core.errors import VenueOpsError
from venue_ops.core.services.suggestions import id_ranges
from venue_ops.core.suggestions import LIMIT


@pytest.fixture
def offered(readonly_sample_database: Database) -> Asking:
    """On the sample data."""
    return Asking(on(readonly_sample_database))


def test_commands_and_options(offered: Asking) -> None:
    assert offered("sho") == ["show"]
    assert offered("show ") == ["job", "venue", "image", "city"]
    assert offered("list --st") == ["--status", "--state", "--statement-timeout"]
    assert "-c" in offered("list -")
    assert "-c" not in offered("list --")
    assert offered("list --count --coun") == []
    assert offered("list --city krakow --cit") == ["--city"]
    assert offered("--he") == ["--help"]
    assert offered("nosuch --ci") == []
    assert offered("show city krakow ") == []
    assert "__complete" not in offered("")


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("list --status part", ["partial"]),
        ("list --status=part", ["--status=partial"]),
        ("list -spart", ["-spartial"]),
        ("list --status partial,fa", ["partial,failed"]),
        ("list --status partial --status pa", []),
        ("list --status partial,pa", []),
        ("venues --status mal", ["malformed"]),
        ("list --status mal", []),
        ("export csv --status sk", ["skipped"]),
        ("export csv images --status sk", ["skipped_dev"]),
        ("export csv venues --status no", ["no_images"]),
        ("doctor --check connection,poo", ["connection,pooler"]),
        ("doctor --check setup,ima", ["setup,images"]),
        ("doctor --columns rem", ["remedy"]),
        ("stats --by d", ["day"]),
        ("stats --by day --columns jobs_comp", ["jobs_completed"]),
        ("list --kind cl", ["cleanup"]),
        ("list --state dis", ["discarded"]),
        ("list --order ", ["id", "activity"]),
        ("partials --order ", ["failed", "id"]),
        ("list -o nd", ["ndjson"]),
        ("list --color ", ["auto", "always", "never"]),
        ("list --error rate", ["rate_limited"]),
        ("list --since to", ["today"]),
        ("list --tz Europe/Wars", ["Europe/Warsaw"]),
        ("list --worker Fail", ["FailedUploadRetryWorker"]),
        ("list --columns id,venue_i", ["id,venue_id"]),
        ("venues --columns slu", ["slug"]),
        ("show venue --columns pla", ["place"]),
        ("export csv images --columns fetched", ["fetched_at"]),
        ("export csv --columns slu", []),
        ("export csv venues --columns slu", ["slug"]),
        ("export ", ["csv", "ndjson"]),
        ("export csv ", ["operations", "venues", "images"]),
        ("export csv --venue noce-krk ", ["operations", "images"]),
        ("export ndjson --min-failed 2 ", ["venues"]),
        ("export csv --state discarded --min-failed 2 ", []),
        ("export csv --st", ["--status", "--state", "--statement-timeout"]),
        ("export csv operations --min", []),
        ("export csv venues --st", ["--status", "--statement-timeout"]),
        ("export csv images --delim", ["--delimiter"]),
        ("export ndjson images --delim", []),
        ("export csv --delimiter ", [",", ";", "|", "tab"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("list --limit ", []),
        ("list --database-url ", []),
    ],
)
def test_words_that_need_no_database(line: str, values: list[str]) -> None:
    assert Asking(Program("postgresql://nobody@127.0.0.1:1/none"))(line) == values


def test_profiles(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[profiles.dev]\n[profiles.prod]\n")
    asking = Asking(Program(None))
    assert asking(f"--config {file} list --profile ") == ["dev", "prod"]
    assert asking("list --profile p", {"VENUE_OPS_CONFIG": str(file)}) == ["prod"]


def test_cities(offered: Asking) -> None:
    assert offered.described("show city kra") == {"krakow": "Kraków, PL"}
    assert offered("list --city=krakow,war") == ["--city=krakow,warszawa"]
    assert offered("list --city krakow --city krak") == []
    assert offered("show city nowhere") == []


def test_a_slug_of_two_countries(offered: Asking) -> None:
    both = ["london,gb", "london,ca"]
    assert sorted(offered("show city lon")) == sorted(both)
    assert sorted(offered("show city london,")) == sorted(both)
    assert offered("list --city london,g") == ["london,gb"]
    assert offered("list --city krakow,london,c") == ["krakow,london,ca"]
    assert offered("list --city london,gb,krak") == ["london,gb,krakow"]


def test_venues(offered: Asking) -> None:
    assert offered.described("show venue noce") == {"noce-krk": "Noce KRK"}
    assert offered("list --venue noce") == ["noce-krk"]
    assert offered("list --city krakow --venue noce") == ["noce-krk"]
    assert offered("list --city warszawa --venue noce") == []
    in_warszawa = offered("list --city warszawa --venue ")
    assert "ogrod-dzwieku" in in_warszawa
    assert "noce-krk" not in in_warszawa


def test_jobs_newest_first(offered: Asking, readonly_sample_database: Database) -> None:
    found = offered.described("show job ")
    ids = [int(value) for value in found]
    assert ids == sorted(ids, reverse=True)
    assert found["146"] == "enrichment, partial, noce-krk"
    assert found["134"] == "backfill, partial, krakow"
    assert offered("show job 14") == [str(job) for job in ids if str(job).startswith("14")]
    assert offered("show job x") == offered("show job 0") == []
    listed = on(readonly_sample_database)("list", "-n", LIMIT, "-o", "ids").ids
    assert ids == listed


def test_ranges_of_ids_are_the_digits_they_begin_with() -> None:
    for prefix in ("1", "13", "900"):
        ranges = id_ranges(prefix)
        for number in range(1, 100_000):
            is_in = any(low <= number <= high for low, high in ranges)
            assert is_in == str(number).startswith(prefix)
    assert all(high < 2**63 for prefix in ("", "9", "9" * 18) for _, high in id_ranges(prefix))
    assert id_ranges("9" * 30) == id_ranges("²") == ()


def test_providers(offered: Asking) -> None:
    assert {"google_places", "foursquare"} <= set(offered("list --provider "))
    assert offered("list --provider google_places,four") == ["google_places,foursquare"]


def test_providers_without_the_right_to_read_their_table(
    limited_role: Callable[..., Program],
) -> None:
    reader = limited_role("oban_jobs", "venues", "cities", "countries")
    assert "foursquare" in Asking(reader)("list --provider ")


def image_ids(program: Program, prefix: str) -> dict[str, str]:
    """With what the shell shows of each."""
    session = Session(env=program.environment(), clock=program.clock)
    request = Request.of(ROOT, ["fish", "venue-ops", "show", "image", prefix], session)
    try:
        return {item.value: item.about for item in images(Asked(prefix, request.typed, session))}
    finally:
        session.close()


def test_images(program: Program) -> None:
    assert list(image_ids(program, "noce")) == ["noce-krk/"]
    found = image_ids(program, "noce-krk/")
    printed = program("show", "venue", "noce-krk", "-o", "ids").lines
    assert list(found) == printed
    first = printed[0]
    assert list(image_ids(program, first[:-3])) == [first]
    assert "rate_limited" in " ".join(found.values())
    assert image_ids(program, "nowhere/") == {}
    assert Asking(program)(f"show image {first[:-3]}") == [first]
    assert Asking(program)("show image noce") == ["noce-krk/"]


def test_more_than_can_be_shown(generated_database: Database) -> None:
    """The last offer differs behind what is typed, so no shell takes a common beginning."""
    asking = Asking(on(generated_database))
    for prefix in ("", "s", "st"):
        found = asking(f"show venue {prefix}")
        if len(found) > LIMIT:
            assert found[-1] == prefix + MORE
            assert all(value[len(prefix)] != MORE for value in found[:-1])
        assert all(value.startswith(prefix) for value in found)
    assert len(asking("show venue ")) == LIMIT + 1


def test_settings_of_the_line_are_heeded(program: Program, tmp_path: Path) -> None:
    nowhere = Asking(Program("postgresql://nobody@127.0.0.1:1/none"))
    assert nowhere(f"--database-url {program.url} show city kra") == ["krakow"]
    file = tmp_path / "settings.toml"
    file.write_text(f"[profiles.here]\ndatabase_url = {program.url!r}\n")
    unset = Asking(Program(None))
    assert unset(f"--config {file} show city --profile here kra") == ["krakow"]
    with pytest.raises(VenueOpsError):
        nowhere("show city kra")
