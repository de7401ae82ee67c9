"""No writer's change is lost by ours (promise 3)."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb
from tests.databases import Database

from venue_ops.core.db import connection
from venue_ops.core.db.questions import MarkFailed

WRITERS = 7
MANY = 10**6

RE_SORTED = """
    UPDATE venues SET venue_images = (
      SELECT jsonb_agg(e ORDER BY random()) FROM jsonb_array_elements(venue_images) AS e
    ) WHERE id = %s
"""


def image(n: int) -> dict[str, Any]:
    url = f"https://fastly.4sqi.net/{n}.jpg"
    return {"provider": "foursquare", "url": url, "upload_status": "failed", "n": n, "q": 0.50}


def write_at_once(database: Database, updates: int) -> None:
    """Seven of ours count one image up each, while one re-sorts the array all the time."""
    with database.connect(autocommit=True) as conn:
        row = conn.execute("SELECT id FROM venues WHERE slug = 'noce-krk'").fetchone()
        assert row
        venue = row[0]
        whole = json.dumps([image(n) for n in range(WRITERS + 3)]).replace("0.5}", "0.50}")
        conn.execute("UPDATE venues SET venue_images = %s WHERE id = %s", [whole, venue])
    done = threading.Event()
    lost: list[int] = []

    def ours(n: int) -> None:
        made = connection.Database(
            database.conninfo, label="test", statement_timeout=timedelta(seconds=60)
        )
        try:
            for already in range(updates):
                parameters = {
                    "venue_id": venue,
                    "provider": "foursquare",
                    "source_url": image(n)["url"],
                    "details": Jsonb({"error_type": "rate_limited"}),
                    "retries": already,
                    "is_final": False,
                    "max_retries": MANY,
                    "now": "2025-10-24",
                }
                if not made.tell(MarkFailed(), parameters):
                    lost.append(n)
        finally:
            made.close()

    def theirs() -> None:
        with database.connect(autocommit=True) as conn:
            while not done.is_set():
                conn.execute(RE_SORTED, [venue])

    other = threading.Thread(target=theirs)
    threads = [threading.Thread(target=ours, args=(n,)) for n in range(WRITERS)]
    for thread in (other, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    other.join()
    with database.connect() as conn:
        found = conn.execute("SELECT venue_images::text FROM venues WHERE id = %s", [venue])
        row = found.fetchone()
        assert row
        text = row[0]
    images = {each["n"]: each for each in json.loads(text)}
    assert lost == []
    assert len(json.loads(text)) == len(images) == WRITERS + 3
    assert [images[n]["retry_count"] for n in range(WRITERS)] == [updates] * WRITERS
    for n in range(WRITERS, WRITERS + 3):
        assert images[n] == image(n)
    assert text.count('"q": 0.50') == WRITERS + 3  # every digit is kept


def test_eight_writers_of_one_venue(sample_database: Database) -> None:
    write_at_once(sample_database, updates=20)


@pytest.mark.soak
def test_eight_writers_a_thousand_times(sample_database: Database) -> None:
    write_at_once(sample_database, updates=1_000)
