"""No secret leaves: promise 13, for every command, format and failure.

Every canary begins with the same mark, which stands nowhere else. They are planted in the
database (provider URLs, args, meta, errors), in the settings (URL, file) and in the environment;
then all output is searched, percent-decoded and JSON-decoded as well.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_plus

import pytest
from psycopg.types.json import Jsonb
from tests.cli.program import EXPORTS, FORMATS, Program, Result, on
from tests.databases import Database, Databases

MARK = "c4nary"
GOOGLE = f"AIzaSy{MARK}Google0123456789abcdefghi"
IMAGEKIT = f"private_{MARK}+Image/Kit="
PASSWORD = f"{MARK}:pa/ss@w%rd\\\"'"
PHOTO = "https://maps.googleapis.com/maps/api/place/photo?maxwidth=1600&photo_reference=R"
PLANTED = (
    f"{PHOTO}&key={GOOGLE}",
    quote(f"{PHOTO}&key={GOOGLE}", safe=""),
    quote(quote(f"{PHOTO}&key={GOOGLE}", safe=""), safe=""),
    f"https://api.unsplash.com/photos/1?client_id={MARK}-unsplash&w=4",
    f"https://discover.search.hereapi.com/v1/browse?apiKey={MARK}HereKey00&at=50,19",
    f"https://api.geoapify.com/v2/places?apiKey={MARK}0geoapify0",
    f"https://ops:{MARK}-basic@files.example.com/photo.jpg",
    f"** (Mint.TransportError) GET {PHOTO}&key={GOOGLE} timed out",
    f'%{{headers: [{{"authorization", "Bearer {MARK}.bearer.token"}}]}}',
    f'{{"error_message": "denied", "api_key": "{MARK}-in-json"}}',
    f"postgres://app:{MARK}-database@db.internal/app is unreachable",
    f"Authorization: Basic {base64.b64encode(f'{MARK}:x'.encode()).decode()}",
)
ENVIRONMENT = {
    "GOOGLE_MAPS_API_KEY": f"{MARK}-maps-of-no-known-shape",
    "IMAGEKIT_PRIVATE_KEY": IMAGEKIT,
    "PGPASSWORD": f"{MARK} pg password",
    "UNSPLASH_ACCESS_KEY": f"{MARK}-unsplash-key",
}
KNOWN = (*ENVIRONMENT.values(), PASSWORD)
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("list", "-k", "all", "-n", "0"),
    ("venues",),
    ("partials",),
    ("show", "job", "1000"),
    ("show", "venue", "1000"),
    ("show", "city", "5"),
    ("stats", "--count"),
    ("stats", "--by", "provider", "--count"),
)


@pytest.fixture(scope="module")
def planted(databases: Databases) -> Iterator[Database]:
    """The sample, with every canary in every place that holds text from outside."""
    with databases.copy_of(databases.sample()) as database:
        plant(database, [*PLANTED, *(f"as {secret} said" for secret in KNOWN)])
        yield database


def plant(database: Database, texts: list[str]) -> None:
    secrets = {"api_key": texts[0], "key": GOOGLE, "token": f"{MARK}-token", "headers": texts}
    details = {"error_type": "rate_limited", "status_code": 429}
    images = [
        {
            "url": text,
            "provider_url": text,
            "provider": text,
            "upload_status": status,
            "error_details": {**details, "error": text, "message": text},
            "fetched_at": text,
        }
        for text in texts
        for status in ("uploaded", "failed")
    ]
    meta = {
        "status": "error",
        "providers": {text: {"status": "error", "reason": text} for text in texts},
        "failed_images": [{"provider_url": t, "error_type": t, "message": t} for t in texts],
        "failure_breakdown": dict.fromkeys(texts, 1),
        "error": texts[0],
        **secrets,
    }
    metadata = {
        "error_details": dict(zip(texts, texts, strict=True)),
        "last_check_result": texts[0],
        "enrichment_history": [{"enriched_at": texts[1], "providers": texts}],
        **secrets,
    }
    with database.connect(autocommit=True) as conn:
        for number, text in enumerate(texts, 1000):
            conn.execute(
                "INSERT INTO venues (id, name, slug, address, city_id, latitude, longitude,"
                " inserted_at, updated_at, venue_images, image_enrichment_metadata, provider_ids)"
                " VALUES (%s, %s, %s, %s, 5, 0, 0, now(), now(), %s, %s, %s)",
                [number, text, text, text, Jsonb(images), Jsonb(metadata), Jsonb(secrets)],
            )
            errors = [Jsonb({"attempt": 1, "at": t, "error": t}) for t in (text, *texts)]
            conn.execute(
                "INSERT INTO oban_jobs (id, worker, queue, state, attempt, args, meta, errors,"
                " tags, attempted_by) VALUES (%s, %s, %s, 'discarded', 1, %s, %s, %s, %s, %s)",
                [
                    *(number, "EventasaurusDiscovery.VenueImages.EnrichmentJob", text[:127]),
                    Jsonb({"venue_id": number, "providers": texts, **secrets}),
                    *(Jsonb(meta), errors, texts, texts),
                ],
            )


@pytest.fixture
def program(planted: Database, tmp_path: Path) -> Program:
    """The program, told a password in its URL, in a file and in the environment."""
    file = tmp_path / "config.toml"
    file.write_text(f"[profiles.other]\ndatabase_url = 'postgresql://x:{MARK}-file@h/x'\n")
    file.chmod(0o600)
    environment = {**ENVIRONMENT, "VENUE_OPS_CONFIG": str(file)}
    return replace(on(planted, env=environment), url=with_password(planted.url))


def with_password(url: str) -> str:
    head, _, tail = url.partition("@")
    return f"{head}:{quote(PASSWORD, safe='')}@{tail}"


def hits(text: str) -> list[str]:
    """The lines that hold the mark, in any encoding."""
    found = []
    for line in text.splitlines():
        decoded = line
        for _ in range(4):
            decoded = unquote_plus(decoded)
        unescaped = line.encode("ascii", "replace").decode("unicode_escape", "replace")
        encoded = base64.b64encode(MARK.encode()).decode()[:8]
        if any(MARK in each.lower() for each in (line, decoded, unescaped)) or encoded in line:
            found.append(line)
    return found


def assert_silent(result: Result) -> None:
    assert hits(result.out) == []
    assert hits(result.err) == []


def test_the_search_finds_what_is_there() -> None:
    for text in (*PLANTED, *KNOWN, *(quote(each, safe="") for each in KNOWN)):
        assert hits(text)
    for escaped in (repr(PASSWORD), f"\\u0063{MARK[1:]}"):
        assert hits(escaped)


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("argv", COMMANDS, ids=lambda argv: " ".join(argv[:2]))
def test_no_output_holds_a_secret(program: Program, argv: tuple[str, ...], fmt: str) -> None:
    result = program(*argv, "-o", fmt, "-vv", "--debug")
    assert result.code == 0 or (result.code == 2 and "There is no list" in result.err)
    assert_silent(result)


@pytest.mark.parametrize("argv", COMMANDS, ids=lambda argv: " ".join(argv[:2]))
def test_nor_do_all_columns_and_colours(program: Program, argv: tuple[str, ...]) -> None:
    assert_silent(program(*argv, "-o", "wide", "--color", "always"))
    known = program(*argv, "-o", "json", "--columns", "nonsense")
    names = known.error["hint"].partition(": ")[2].rstrip(".")
    everything = program(*argv, "-o", "json", "--columns", names)
    assert everything.code == 0
    assert_silent(everything)


@pytest.mark.parametrize("debug", [(), ("--debug",)], ids=["", "debug"])
@pytest.mark.parametrize("fmt", ["table", "json"])
@pytest.mark.parametrize("argv", COMMANDS, ids=lambda argv: " ".join(argv[:2]))
class TestForcedFailures:
    """What an error says is searched too, with its traceback."""

    def test_in_the_middle_of_the_program(
        self, program: Program, argv: tuple[str, ...], fmt: str, debug: tuple[str, ...]
    ) -> None:
        def stopped_clock() -> datetime:
            raise RuntimeError(f"{with_password('x@h')} {PLANTED} {KNOWN}")

        failed = replace(program, clock=stopped_clock)(*argv, "-o", fmt, *debug)
        assert failed.code in {0, 1}  # what has no use for the time does not fail
        assert_silent(failed)

    def test_of_the_connection(
        self, program: Program, argv: tuple[str, ...], fmt: str, debug: tuple[str, ...]
    ) -> None:
        password = quote(PASSWORD, safe="")
        for url in (
            f"postgresql://ops:{password}@127.0.0.1:1/x",
            f"postgresql://ops:{MARK}/{MARK}@127.0.0.1:1/x",
            f"postgresql://ops:{password}@[::1/x",
            f"postgresql://ops:{password}@h:{MARK}/x",
            f"postgres://ops:{MARK}@pa:ss@127.0.0.1:1/x?password={MARK}",
            f"host=127.0.0.1 port=1 password={MARK}",
            f"host=127.0.0.1 port=1 password='{MARK}",
            f"{MARK}://ops:{MARK}@h/x",
        ):
            failed = replace(program, url=url)(*argv, "-o", fmt, *debug)
            assert (failed.code, failed.out) == (4, "")
            assert_silent(failed)


SERVER_FAULTS = {
    "a missing table": "DROP TABLE venues CASCADE",
    "a missing column": "ALTER TABLE oban_jobs DROP COLUMN meta CASCADE",
    "a server that talks": """
        CREATE FUNCTION talk(bigint) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
          RAISE EXCEPTION 'cannot read %', (SELECT string_agg(name, ' ') FROM secrets)
            USING DETAIL = (SELECT string_agg(name, ' ') FROM secrets), HINT = 'x';
        END $$;
        ALTER TABLE venues RENAME TO hidden;
        CREATE VIEW venues AS SELECT * FROM hidden WHERE talk(id);
        ALTER TABLE oban_jobs RENAME TO hidden_jobs;
        CREATE VIEW oban_jobs AS SELECT * FROM hidden_jobs WHERE talk(id)
    """,
}


@pytest.mark.parametrize("fault", SERVER_FAULTS)
def test_a_database_that_breaks(sample_database: Database, program: Program, fault: str) -> None:
    with sample_database.connect(autocommit=True) as conn:
        conn.execute("CREATE TABLE secrets (name text)")
        for text in (*PLANTED, *KNOWN):
            conn.execute("INSERT INTO secrets VALUES (%s)", [text])
        conn.execute(SERVER_FAULTS[fault])
    broken = replace(program, url=with_password(sample_database.url))
    for argv in (*COMMANDS[:3], ("show", "job", "146"), ("show", "venue", "14"), COMMANDS[5]):
        for fmt in ("table", "ndjson"):
            failed = broken(*argv, "-o", fmt, "--debug")
            needs_it = fault != "a missing column" or argv[0] in {"list", "show"}
            assert failed.code == (4 if needs_it else 0)
            assert_silent(failed)


@pytest.mark.parametrize("fmt", FORMATS)
def test_doctor_holds_no_secret(program: Program, fmt: str) -> None:
    """Its findings name queues, nodes, workers and settings."""
    result = program("doctor", "-o", fmt, "-vv", "--debug")
    assert result.code == 0, result.err
    assert_silent(result)
    assert_silent(program("doctor", "-o", fmt, "--config", "missing.toml", "--debug"))


@pytest.mark.parametrize("fault", [*SERVER_FAULTS, "a clock that stopped"])
def test_doctor_on_a_database_that_breaks(
    sample_database: Database, program: Program, fault: str
) -> None:
    def stopped_clock() -> datetime:
        raise RuntimeError(f"{with_password('x@h')} {PLANTED} {KNOWN}")

    broken = replace(program, url=with_password(sample_database.url))
    if fault in SERVER_FAULTS:
        with sample_database.connect(autocommit=True) as conn:
            conn.execute("CREATE TABLE secrets (name text)")
            for text in (*PLANTED, *KNOWN):
                conn.execute("INSERT INTO secrets VALUES (%s)", [text])
            conn.execute(SERVER_FAULTS[fault])
    else:
        broken = replace(broken, clock=stopped_clock)
    for fmt in ("wide", "json"):
        failed = broken("doctor", "-o", fmt, "--debug")
        assert failed.code in {0, 1, 4}
        assert_silent(failed)


def test_doctor_without_a_connection_holds_no_secret(program: Program) -> None:
    password = quote(PASSWORD, safe="")
    for url in (
        f"postgresql://ops:{password}@127.0.0.1:1/x",
        f"postgresql://ops:{password}@h:{MARK}/x",
        f"host=127.0.0.1 port=1 password='{MARK}",
        f"{MARK}://ops:{MARK}@h/x",
    ):
        for fmt in ("table", "json"):
            failed = replace(program, url=url)("doctor", "-o", fmt, "--debug")
            assert failed.code == 4
            assert_silent(failed)


def test_a_statement_that_takes_too_long(program: Program, planted: Database) -> None:
    with planted.connect() as conn:
        conn.execute("LOCK TABLE oban_jobs, venues IN ACCESS EXCLUSIVE MODE")
        for argv in COMMANDS:
            failed = program(*argv, "--statement-timeout", "50ms", "--debug")
            assert failed.code == 4
            assert_silent(failed)


@pytest.mark.parametrize("argv", EXPORTS, ids=" ".join)
def test_no_export_holds_a_secret(
    program: Program, planted: Database, tmp_path: Path, argv: tuple[str, ...]
) -> None:
    """To stdout, to a file, and when it fails."""
    assert_silent(program(*argv, "-vv", "--debug"))
    file = tmp_path / "exported"
    assert_silent(program(*argv, "-O", str(file), "-vv", "--debug"))
    assert_silent(Result(0, file.read_text("utf-8"), ""))
    with planted.connect() as conn:
        conn.execute("LOCK TABLE oban_jobs, venues IN ACCESS EXCLUSIVE MODE")
        failed = program(*argv, "--statement-timeout", "50ms", "--debug")
    assert failed.code == 4
    assert_silent(failed)


def test_wrong_words_are_not_repeated_with_their_secrets(program: Program) -> None:
    for text in PLANTED:
        for argv in (
            ("list", "--city", text),
            ("list", "--venue", f"{text}?"),
            ("list", "--status", text),
            ("list", "--error", text, "-n", "1"),
            ("show", "venue", f"{text}?"),
            ("list", text),
            (text,),
        ):
            assert_silent(program(*argv))


def test_settings_and_repr_hide_it(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    for content in (
        f"database_url = 'postgresql://x:{MARK}@h/x'\nnonsense = 1\n",
        f"database_url = 'postgresql://x:{MARK}@h/x\n",
        f"database_url = ['postgresql://x:{MARK}@h/x']\n",
        f"password = '{MARK}'\n",
    ):
        file.write_text(content)
        failed = program("list", "--config", file.as_posix(), "--debug")
        assert failed.code in {2, 4}
        assert_silent(failed)


def test_a_process_says_nothing_either(program: Program) -> None:
    """What Python itself writes at the end of a process is searched here."""
    for argv in (("list", "-n", "3"), ("show", "job", "1000", "-o", "json"), ("list", "-s", "x")):
        done: Any = program.process(*argv, "--debug")
        assert_silent(Result(done.returncode, done.stdout, done.stderr))
