"""W4: results written into arrays of 25 images, against a bare loop of the one UPDATE.

Each image of each venue is marked once, by 1 connection and by 4, which share the venues. The
bare loop sends the same statement with the same parameters through psycopg alone, each in the
transaction that the server gives it. Beside it stands what the application does: read the array,
change it in the client, write the whole of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import psycopg

from benchmarks.asked import plain
from benchmarks.measure import Sample, Timed, in_turn
from benchmarks.report import Figure
from benchmarks.retries import PROVIDER, Writable
from venue_ops.core.db.questions import MarkUploaded
from venue_ops.core.net.stores import StoredObject
from venue_ops.core.planning import Identity
from venue_ops.core.retry.rows import Rows

GOAL = 0.8
VENUES, IMAGES_A_VENUE = 40, 25
IMAGES = VENUES * IMAGES_A_VENUE
CONNECTIONS = (1, 4)

RESTORE = "UPDATE venues SET venue_images = %s WHERE id = ANY(%s)"
READ = "SELECT venue_images FROM venues WHERE id = %s FOR UPDATE"
WRITE = "UPDATE venues SET venue_images = %s, updated_at = now() WHERE id = %s"

Mark = Callable[[int, str], None]
"""Writes that the image from a URL, of a venue, lies in the store."""


def figures(here: Writable, runs: int) -> Iterator[Figure]:
    """Rows a second; the arrays are as they were before each run."""
    venues = here.failed(VENUES, IMAGES_A_VENUE, _url)
    for connections in CONNECTIONS:
        with ExitStack() as stack:
            made: dict[str, Callable[[], Mark]] = {
                "ours": lambda: _ours(here, stack),
                "bare": lambda: _bare(here, stack),
                "python": lambda: _read_modify_write(here, stack),
            }
            contenders = {
                name: _writing(here, venues, [make() for _ in range(connections)])
                for name, make in made.items()
            }
            taken = in_turn(contenders, runs)
        with_ = f"{connections} connection{'s' if connections > 1 else ''}"
        yield _figure(f"results merged : bare UPDATE, {with_}", taken["ours"], taken["bare"])
        yield _figure(
            f"read, changed in Python, written : bare UPDATE, {with_}",
            taken["python"],
            taken["bare"],
            is_ours=False,
        )


def _writing(here: Writable, venues: Sequence[int], marks: Sequence[Mark]) -> Timed:
    """Every image once; each connection has venues of its own."""

    def work(number: int) -> None:
        for venue in venues[number :: len(marks)]:
            for place in range(IMAGES_A_VENUE):
                marks[number](venue, _url(str(place)))

    def run() -> float:
        _as_before(here, venues)
        started = time.perf_counter()
        with ThreadPoolExecutor(len(marks)) as pool:
            list(pool.map(work, range(len(marks))))
        return time.perf_counter() - started

    return run


def _ours(here: Writable, stack: ExitStack) -> Mark:
    rows: Rows = here.rows()
    stack.callback(rows.database.close)

    def mark(venue: int, url: str) -> None:
        assert rows.mark_uploaded(venue, Identity(PROVIDER, url), _stored(url), _now())

    return mark


def _bare(here: Writable, stack: ExitStack) -> Mark:
    conn = stack.enter_context(_connected(here))
    question = plain(MarkUploaded(), {})

    def mark(venue: int, url: str) -> None:
        stored, now = _stored(url), _now()
        values = {
            **question.values,
            "venue_id": venue,
            "provider": PROVIDER,
            "source_url": url,
            "url": stored.url,
            "imagekit_path": stored.path,
            "retried_at": now.isoformat(),
            "now": now.replace(tzinfo=None),
        }
        assert conn.execute(question.statement.sql, values).fetchall()

    return mark


def _read_modify_write(here: Writable, stack: ExitStack) -> Mark:
    conn = stack.enter_context(_connected(here))

    def mark(venue: int, url: str) -> None:
        stored = _stored(url)
        with conn.transaction():
            row = conn.execute(READ, [venue]).fetchone()
            assert row is not None
            for image in row[0]:
                if image["provider_url"] == url and image["upload_status"] == "failed":
                    del image["error_details"]
                    image.update(
                        url=stored.url,
                        imagekit_path=stored.path,
                        upload_status="uploaded",
                        retry_count=image.get("retry_count", 0) + 1,
                        retried_at=_now().isoformat(),
                    )
            conn.execute(WRITE, [json.dumps(row[0]), venue])

    return mark


def _as_before(here: Writable, venues: Sequence[int]) -> None:
    with psycopg.connect(here.dsn, autocommit=True) as conn:
        conn.execute(RESTORE, [json.dumps(here.images(IMAGES_A_VENUE, _url)), list(venues)])
        conn.execute("VACUUM venues")


def _connected(here: Writable) -> psycopg.Connection[Any]:
    return psycopg.connect(here.dsn, autocommit=True, prepare_threshold=None)


def _url(name: str) -> str:
    return f"https://fastly.4sqi.net/img/general/original/{name.rpartition('-')[2]}.jpg"


def _stored(url: str) -> StoredObject:
    path = f"/venues/measured/fs-{url.rpartition('/')[2]}"
    return StoredObject(f"https://ik.imagekit.io/wombie{path}", path)


def _now() -> datetime:
    return datetime.now(UTC)


def _figure(what: str, one: Sample, bare: Sample, *, is_ours: bool = True) -> Figure:
    share = bare.median / one.median
    rates = f"{IMAGES / one.median:,.0f} : {IMAGES / bare.median:,.0f} rows/s"
    if not is_ours:
        return Figure("W4", what, f"{share:.2f} ({rates})")
    return Figure("W4", what, f"{share:.2f} ({rates})", f"at least {GOAL:g}", share >= GOAL)
