"""Secrets that can be found again, the places they are planted in, and the search for them.

Every canary begins with the same mark, which stands nowhere else.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote_plus

from psycopg.types.json import Jsonb
from tests.cli.program import Program, Result, on
from tests.databases import Database

MARK = "c4nary"
GOOGLE = f"AIzaSy{MARK}Google0123456789abcdefghi"
IMAGEKIT = f"private_{MARK}+Image/Kit="
PASSWORD = f"{MARK}:pa/ss@w%rd\\\"'"
_QUOTED = quote(PASSWORD, safe="")
UNREACHABLE = (
    f"postgresql://ops:{_QUOTED}@127.0.0.1:1/x",
    f"postgresql://ops:{MARK}/{MARK}@127.0.0.1:1/x",
    f"postgresql://ops:{_QUOTED}@[::1/x",
    f"postgresql://ops:{_QUOTED}@h:{MARK}/x",
    f"postgres://ops:{MARK}@pa:ss@127.0.0.1:1/x?password={MARK}",
    f"host=127.0.0.1 port=1 password={MARK}",
    f"host=127.0.0.1 port=1 password='{MARK}",
    f"{MARK}://ops:{MARK}@h/x",
)
"""Connection strings that lead nowhere, or cannot be read, each with a secret in it."""
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
    "AWS_SECRET_ACCESS_KEY": f"{MARK}/aws+Secret/key",
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
    ("retry", "image", "1000/#2", "1001/#3", "--dry-run"),
    ("retry", "venue", "1000", "1001", "--dry-run"),
    ("retry", "city", "5", "--dry-run", "--force"),
    ("sweep", "--dry-run", "--class", "transient,ambiguous"),
    ("explain", "job", "1000"),
    ("explain", "venue", "1000"),
    ("explain", "image", "1000/#2"),
)


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


def told_secrets(database: Database, folder: Path) -> Program:
    """The program, told a password in its URL, in a file and in the environment."""
    file = folder / "config.toml"
    file.write_text(f"[profiles.other]\ndatabase_url = 'postgresql://x:{MARK}-file@h/x'\n")
    file.chmod(0o600)
    environment = {**ENVIRONMENT, "VENUE_OPS_CONFIG": str(file)}
    return replace(on(database, env=environment), url=with_password(database.url))


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


def hits_below(folder: Path) -> list[str]:
    """The same in every file below a folder, and in their names."""
    found = []
    for path in sorted(folder.rglob("*")):
        found += hits(str(path.relative_to(folder)))
        if path.is_file():
            found += hits(path.read_bytes().decode("utf-8", "replace"))
    return found


def assert_silent(result: Result) -> None:
    assert hits(result.out) == []
    assert hits(result.err) == []
