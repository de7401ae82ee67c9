"""Text from the database drives neither a terminal nor a spreadsheet: promise 14.

Every payload is stored in every place that holds text from outside; then every command is
printed in every format.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.types.json import Jsonb
from tests.cli.program import DOCUMENT_FORMATS, EXPORTS, FORMATS, Program, on
from tests.databases import Database, Databases
from tests.unit.test_output_payloads import PAYLOADS as ALL_PAYLOADS

from venue_ops.core.untrusted import visible

PAYLOADS = [text for text in ALL_PAYLOADS if not re.search("[\0\ud800-\udfff]", text)]
"""What PostgreSQL can store."""
TOGETHER = " ".join(PAYLOADS)
MODULE = "EventasaurusDiscovery.VenueImages"
LISTS = (("list", "-k", "all", "-n", "0"), ("venues", "-n", "0"), ("partials", "-n", "0"))
DOCUMENTS = (("show", "job", "1000"), ("show", "city", "999"), ("stats", "--count"))
OWN_COLOURS = re.compile(r"\x1b\[(?:0|1|2|3[1236])m")
SEPARATORS = {"csv": "\r\n", "tsv": "\t\n"}


@pytest.fixture(scope="module")
def hostile(databases: Databases) -> Iterator[Program]:
    """Payload n stands in venue 1000 + n and job 1000 + n; all together in number 1000."""
    with databases.copy_of(databases.sample()) as database:
        plant(database)
        yield on(database)


def images(texts: list[str]) -> Jsonb:
    return Jsonb(
        [
            {
                "url": text,
                "provider": text,
                "upload_status": status,
                "retried_at": text,
                "fetched_at": text,
                "error_details": {"error_type": text, "message": text, "timestamp": text},
            }
            for text in texts
            for status in ("uploaded", "failed", text)
        ]
    )


def plant(database: Database) -> None:
    with database.connect(autocommit=True) as conn:
        conn.execute(
            "INSERT INTO cities (id, name, slug, country_id, inserted_at, updated_at)"
            " SELECT 999, %s, %s, min(id), now(), now() FROM countries",
            [TOGETHER[:255], PAYLOADS[0] + PAYLOADS[4]],
        )
        for number, text in enumerate([TOGETHER, *PAYLOADS], 1000):
            texts = PAYLOADS if number == 1000 else [text]
            conn.execute(
                "INSERT INTO venues (id, name, slug, address, city_id, latitude, longitude,"
                " inserted_at, updated_at, venue_images, image_enrichment_metadata, provider_ids)"
                " VALUES (%s, %s, %s, %s, 999, 0, 0, now(), now(), %s, %s, %s)",
                [
                    *(number, text[:255], text[:255], text[:255], images(texts)),
                    Jsonb(
                        {
                            "last_checked_at": text,
                            "last_check_result": text,
                            "error_details": {text: text},
                            "enrichment_history": [{"enriched_at": text, "providers": texts}],
                        }
                    ),
                    Jsonb({text: text}),
                ],
            )
            failed = [
                {"provider": t, "error_type": t, "error": t, "provider_url": t} for t in texts
            ]
            meta = {
                "status": "error",
                "providers": {t: {"status": "error", "reason": t} for t in texts},
                "failure_breakdown": dict.fromkeys(texts, 1),
                "failed_images": failed,
            }
            for offset, worker in ((0, f"{MODULE}.EnrichmentJob"), (1000, f"{MODULE}.{text}")):
                conn.execute(
                    "INSERT INTO oban_jobs (id, worker, queue, args, meta, errors, tags,"
                    " attempted_by, state, attempt)"
                    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'discarded', 1)",
                    [
                        *(number + offset, worker[:127], text[:127]),
                        Jsonb({"venue_id": number, "providers": texts, text: text}),
                        Jsonb(meta),
                        [Jsonb({"error": t, "at": t, "attempt": 1}) for t in texts],
                        *(texts, texts),
                    ],
                )


def assert_harmless(text: str, fmt: str) -> None:
    rest = text.translate(dict.fromkeys(map(ord, SEPARATORS.get(fmt, "\n"))))
    assert visible(rest) == rest


def test_there_are_enough() -> None:
    assert len(PAYLOADS) >= 30


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("argv", LISTS, ids=lambda argv: argv[0])
def test_no_control_gets_through_a_list(hostile: Program, argv: tuple[str, ...], fmt: str) -> None:
    result = hostile(*argv, "-o", fmt)
    assert (result.code, result.err) == (0, "")
    assert_harmless(result.out, fmt)
    if fmt in {"table", "wide"}:
        coloured = hostile(*argv, "-o", fmt, "--color", "always").out
        assert_harmless(OWN_COLOURS.sub("", coloured), fmt)


@pytest.mark.parametrize("fmt", DOCUMENT_FORMATS)
@pytest.mark.parametrize("argv", [*DOCUMENTS, ("show", "venue", "1000")], ids=" ".join)
def test_no_control_gets_through_a_document(
    hostile: Program, argv: tuple[str, ...], fmt: str
) -> None:
    result = hostile(*argv, "-o", fmt)
    assert (result.code, result.err) == (0, "")
    assert_harmless(result.out, fmt)


@pytest.mark.parametrize("number", range(1, len(PAYLOADS) + 1))
def test_each_payload_alone(hostile: Program, number: int) -> None:
    """In the title of a document, in its facts, as the name of what is missing."""
    payload = PAYLOADS[number - 1]
    for argv in (("show", "venue", 1000 + number), ("show", "job", 1000 + number)):
        assert_harmless(hostile(*argv).out, "table")
    data = hostile("show", "venue", 1000 + number, "-o", "json").data
    assert (data["name"], data["slug"], data["address"]) == (payload, payload, payload)
    assert [image["provider"] for image in data["images"]] == [payload] * 3
    missing = hostile("list", "--city", f"{payload}?", "--venue", f"{payload}?")
    assert missing.code in {2, 3}
    assert_harmless(missing.err, "table")


def test_notes_name_workers_harmlessly(hostile: Program, tmp_path: Path) -> None:
    """A worker that the settings name and the table lacks: its neighbours are named."""
    config = tmp_path / "config.toml"
    config.write_text('[workers]\nbackfill = "EventasaurusDiscovery.VenueImages.Qqq"\n')
    blank = hostile("list", "--kind", "backfill", "--config", str(config))
    assert "which no setting names" in blank.err
    assert_harmless(blank.err, "table")


@pytest.mark.parametrize("fmt", FORMATS)
def test_no_control_gets_through_doctor(databases: Databases, fmt: str) -> None:
    """Queues, workers, nodes and what an administrator wrote about Oban's table."""
    with databases.copy_of(databases.sample()) as database:
        with database.connect(autocommit=True) as conn:
            for text in PAYLOADS:
                conn.execute(
                    "INSERT INTO oban_jobs (worker, queue, state, attempt, max_attempts, args,"
                    " attempted_at, scheduled_at, attempted_by)"
                    " SELECT %s, %s, CAST(state AS oban_job_state), 2, 2, %s, '2025-01-01',"
                    " '2025-01-01', %s FROM unnest(ARRAY['available', 'executing']) AS state",
                    [f"{MODULE}.{text}"[:127], text[:127], Jsonb({"venue_id": text}), [text]],
                )
        result = on(database)("doctor", "-o", fmt)
        assert result.code == 4
        assert_harmless(result.out, fmt)
        assert_harmless(result.err, "table")


@pytest.mark.parametrize(("fmt", "dialect"), [("csv", "excel"), ("tsv", "excel-tab")])
@pytest.mark.parametrize(
    "argv", [*LISTS, ("show", "venue", "1000")], ids=lambda argv: " ".join(argv[:2])
)
def test_no_cell_is_a_formula(
    hostile: Program, argv: tuple[str, ...], fmt: str, dialect: str
) -> None:
    text = hostile(*argv, "-o", fmt).out
    rows = list(csv.reader(io.StringIO(text, newline=""), dialect))
    assert len(rows) > len(PAYLOADS)
    assert {len(row) for row in rows} == {len(rows[0])}
    lines = text.splitlines()
    raw = [field for line in lines for field in line.split("\t")] if fmt == "tsv" else []
    for cell in [*(cell for row in rows for cell in row), *raw]:
        assert not is_formula(cell)


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would take a cell for one; a negative number is none."""
    first = cell.strip()[:1]
    if first == "-":
        return not re.fullmatch(r"-\d+(\.\d+)?", cell)
    return bool(first) and first in set("=+@＝＋－＠\t\r\n")


@pytest.mark.parametrize("argv", EXPORTS, ids=" ".join)
def test_an_export_is_as_harmless(hostile: Program, argv: tuple[str, ...]) -> None:
    exported = hostile(*argv).out
    assert_harmless(exported.replace("\r\n", "\n"), argv[1])
    if argv[1] == "csv":
        rows = list(csv.reader(io.StringIO(exported, newline=""), strict=True))
        assert len(rows) > len(PAYLOADS)
        assert {len(row) for row in rows} == {len(rows[0])}
        assert not [cell for row in rows for cell in row if is_formula(cell)]


def test_json_keeps_the_exact_value(hostile: Program) -> None:
    venues = {row["id"]: row for row in hostile("venues", "-n", 0, "-o", "json").data}
    lines = hostile("list", "-k", "all", "-n", 0, "-o", "ndjson").lines
    jobs = {row["id"]: row for row in map(json.loads, lines)}
    for number, payload in enumerate(PAYLOADS, 1001):
        assert (venues[number]["name"], venues[number]["slug"]) == (payload, payload)
        assert venues[number]["errors"] == {payload: 1}
        assert venues[number]["failed_providers"] == {payload: 1}
        assert jobs[number]["providers"] == [payload]
        assert jobs[number]["queue"] == payload
        assert jobs[number + 1000]["worker"] == f"{MODULE}.{payload}"
    shown = hostile("show", "job", 1000, "-o", "json").data
    assert shown["tags"] == shown["attempted_by"] == PAYLOADS
    assert [error["error"] for error in shown["errors"]] == PAYLOADS
    assert [image["error"] for image in shown["failed_images"]] == PAYLOADS
    assert {answer["provider"] for answer in shown["provider_answers"]} <= set(PAYLOADS)
    assert shown["args"]["providers"] == PAYLOADS


def test_ids_lead_back(hostile: Program) -> None:
    """A slug as printed is one line, and where it needed no escape it finds its venue."""
    slugs = hostile("venues", "-c", 999, "-n", 0, "-o", "ids").lines
    assert slugs[1:] == [visible(payload) for payload in PAYLOADS]
    for slug, payload in zip(slugs[1:], PAYLOADS, strict=True):
        if slug == payload and not re.search(r"^\d+$", slug):
            assert hostile("show", "venue", slug, "-o", "json").data["slug"] == payload
            break
