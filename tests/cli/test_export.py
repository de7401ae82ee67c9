"""`venue-ops export`: filters, columns, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from psycopg import sql
from tests.cli import exports
from tests.cli.program import Program, on
from tests.databases import Database


def ids(program: Program, *argv: str) -> list[str]:
    return [row["id"] for row in exports.records(program, *argv, "--columns", "id")]


# --- which rows -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "filters",
    [
        (),
        ("-c", "krakow"),
        ("-c", "krakow", "-s", "failed,partial"),
        ("--venue", "noce-krk"),
        ("-k", "backfill"),
        ("--state", "discarded"),
        ("-p", "foursquare", "-e", "rate"),
        ("--worker", "EnrichmentJob", "--since", "2d", "--until", "1h"),
    ],
    ids=" ".join,
)
def test_operations_are_those_of_list(program: Program, filters: tuple[str, ...]) -> None:
    listed = program("list", "-n", "0", "-o", "ids", *filters).lines
    assert ids(program, "operations", *filters) == listed[::-1]


@pytest.mark.parametrize(
    "filters",
    [(), ("-c", "krakow"), ("-s", "partial"), ("-p", "google_places", "--min-failed", "2")],
    ids=" ".join,
)
def test_venues_are_those_of_venues(program: Program, filters: tuple[str, ...]) -> None:
    listed = exports.listed(program, "venues", "-n", "0", "--order", "id", *filters)
    assert ids(program, "venues", *filters) == [str(row["id"]) for row in listed]


def test_images_are_chosen_one_by_one(program: Program) -> None:
    every = exports.ndjson(program, "images")
    for argv, chosen in (
        (("-s", "failed,permanently_failed"), lambda i: "failed" in (i["upload_status"] or "")),
        (("-p", "foursquare"), lambda i: i["provider"] == "foursquare"),
        (("-e", "RATE_lim"), lambda i: i["error_type"] == "rate_limited"),
        (("-c", "krakow"), lambda i: i["city"] == "krakow"),
        (("--venue", "noce-krk,globus-music-club"),
         lambda i: i["venue"] in {"noce-krk", "globus-music-club"}),
        (("--venue", "noce-krk", "-s", "uploaded"),
         lambda i: i["venue"] == "noce-krk" and i["upload_status"] == "uploaded"),
    ):  # fmt: skip
        expected = [image for image in every if chosen(image)]
        assert exports.ndjson(program, "images", *argv) == expected
        assert 0 < len(expected) < len(every)


def test_an_increment_holds_what_was_updated_since(sample_database: Database) -> None:
    """The moment that -v names: what changes from then on is in the next export."""
    program = on(sample_database)
    said = program("export", "csv", "images", "-v").err
    since = said.partition("--since ")[2].split()[0]
    assert exports.ndjson(program, "images", "--since", since) == []
    with sample_database.connect(autocommit=True) as conn:
        conn.execute("UPDATE venues SET updated_at = '2025-10-24 18:00' WHERE slug = 'noce-krk'")
    for what in ("images", "venues"):
        found = exports.ndjson(program, what, "--since", since)
        assert {row.get("venue", row.get("slug")) for row in found} == {"noce-krk"}
        assert (
            exports.ndjson(program, what, "--since", since, "--until", "2025-10-24T17:59:59Z") == []
        )


# --- how they are written ---------------------------------------------------------------------


def test_operations_are_the_default(program: Program) -> None:
    assert program("export", "csv").out == program("export", "csv", "operations").out


def test_rfc_4180(program: Program) -> None:
    raw = program.process("export", "csv", "images", "-q", text=False).stdout
    assert raw.count(b"\n") == raw.count(b"\r\n") == 28
    assert raw.endswith(b"\r\n")
    assert raw.decode("utf-8").startswith("id,venue_id,venue,")


def test_columns_in_the_order_asked_for(program: Program) -> None:
    result = program("export", "csv", "images", "--columns", "place,id,place", "-c", "krakow")
    assert result.lines[0] == "place,id"
    assert result.records[0]["id"].startswith("globus-music-club/gp-")


@pytest.mark.parametrize(("word", "char"), [(",", ","), (";", ";"), ("|", "|"), ("tab", "\t")])
def test_every_delimiter_reads_the_same(generated_database: Database, word: str, char: str) -> None:
    program = on(generated_database)
    text = exports.run(program, "export", "csv", "images", "--delimiter", word)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=char, strict=True))
    plain = exports.run(program, "export", "csv", "images")
    assert rows == list(csv.reader(io.StringIO(plain, newline=""), strict=True))
    assert len(rows) > 8_000


def test_a_byte_order_mark_for_excel(program: Program) -> None:
    raw = program.process("export", "csv", "venues", "--bom", "-q", text=False).stdout
    assert raw.startswith(b"\xef\xbb\xbfid,slug,")
    assert raw.count(b"\xef\xbb\xbf") == 1


def test_a_tool_that_guesses_types_reads_numbers_and_times(program: Program) -> None:
    """As pandas and csvkit do: whole columns of one kind, missing values empty."""
    for row in exports.records(program, "operations"):
        for name in ("id", "attempt", "images_uploaded", "duration_seconds", "cost_usd"):
            assert row[name] == "" or float(row[name]) >= 0
        for name, text in row.items():
            if name.endswith("_at"):
                assert text == "" or len(text) == len("2025-10-24T17:11:34.115801Z")


def test_ndjson_is_one_object_a_line(program: Program) -> None:
    lines = program("export", "ndjson", "venues").lines
    assert [list(json.loads(line)) for line in lines] == [
        program("export", "csv", "venues").lines[0].split(",")
    ] * len(lines)


def test_postgresql_reads_it_back(program: Program, sample_database: Database) -> None:
    for what in ("operations", "venues", "images"):
        text = program("export", "csv", what).out.encode()
        names = text.split(b"\r\n", 1)[0].decode().split(",")
        with sample_database.connect() as conn:
            columns = sql.SQL(", ").join(
                sql.SQL("{} text").format(sql.Identifier(name)) for name in names
            )
            conn.execute(sql.SQL("CREATE TEMP TABLE back ({})").format(columns))
            with conn.cursor().copy("COPY back FROM STDIN (FORMAT csv, HEADER match)") as copy:
                copy.write(text)
            found = conn.execute("SELECT * FROM back").fetchall()
        read = [[field or "" for field in row] for row in found]
        assert read == [list(row.values()) for row in exports.records(program, what)]


def test_what_matches_nothing_is_a_header_and_a_word(program: Program) -> None:
    result = program("export", "csv", "images", "-e", "no such thing")
    assert (result.code, len(result.lines)) == (0, 1)
    assert result.err == "0 images.\nNothing matches --error no such thing.\n"
    assert program("export", "ndjson", "images", "-e", "no such thing").out == ""


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("csv", "-o", "json"), "-o does not choose the format of an export."),
        (("csv", "--no-headers"), "A CSV export always has a header."),
        (("csv", "photos"), 'WHAT does not know "photos".'),
        (("csv", "--delimiter", "::"), '--delimiter does not know "::".'),
        (("ndjson", "--delimiter", ";"), "No such option"),
        (("csv", "images", "--columns", "id,urls"), 'There is no column "urls" here.'),
        (("csv", "--min-failed", "2"), "--min-failed does not choose among operations."),
        (("csv", "venues", "--venue", "noce-krk"), "--venue does not choose among venues."),
        (("csv", "images", "--kind", "retry"), "--kind does not choose among images."),
        (("csv", "venues", "--status", "uploaded"), '--status does not know "uploaded".'),
        (("csv", "--since", "yesteryear"), '"yesteryear" is not a time.'),
        (("csv", "--since", "1d", "--until", "2d"), "--since is not before --until."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_makes_no_sense_is_refused(
    program: Program, argv: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    refused = program("export", *argv)
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err.replace("\n", " ")
    file = tmp_path / "x"
    assert program("export", *argv, "-O", str(file)).code == 2
    assert not file.exists()


def test_a_city_or_venue_that_is_not_there(program: Program) -> None:
    for argv in (("-c", "nowhere"), ("images", "--venue", "nowhere")):
        refused = program("export", "csv", *argv)
        assert (refused.code, refused.out) == (3, "")


def test_a_status_of_images_that_the_application_does_not_write(program: Program) -> None:
    """It may write it tomorrow, so it is asked for; but a slip of the finger is told."""
    odd = program("export", "csv", "images", "--status", "faild,uploaded", "--quiet")
    assert odd.code == 0
    assert {row["upload_status"] for row in odd.records} == {"uploaded"}
    assert odd.err == (
        'warning: --status does not know "faild". Did you mean failed?'
        " Known are uploaded, failed, permanently_failed, skipped_dev.\n"
    )
