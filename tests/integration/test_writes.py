"""What became of one image is merged into its venue by identity, and nothing else changes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb
from tests.databases import Database
from tests.strategies import IMAGES, to_json

from venue_ops.core.db import connection
from venue_ops.core.db.questions import MarkFailed, MarkUploaded, Question
from venue_ops.core.errors import DatabaseError

WHEN = datetime(2025, 10, 24, 18, 0, 0, 654321, tzinfo=UTC).replace(tzinfo=None)
URL = "https://fastly.4sqi.net/a.jpg"
STORED = {"url": "https://ik.test/v/a.jpg", "imagekit_path": "/venues/noce/fs-1.jpg"}
DETAILS = {
    "error": "HTTP 503",
    "error_type": "service_unavailable",
    "status_code": 503,
    "timestamp": "2025-10-24T18:00:00Z",
}
FAILED = {
    "provider": "foursquare",
    "url": URL,
    "provider_url": URL,
    "upload_status": "failed",
    "error_details": {"error_type": "rate_limited"},
}


@dataclass
class Venue:
    """One venue whose images are set and read as PostgreSQL spells them."""

    database: Database
    id: int

    def holds(self, images_json: str) -> None:
        with self.database.connect(autocommit=True) as conn:
            conn.execute(
                "UPDATE venues SET venue_images = %s::jsonb, updated_at = '2025-01-01'"
                " WHERE id = %s",
                [images_json, self.id],
            )

    @property
    def text(self) -> list[str]:
        """Every element as its text."""
        with self.database.connect() as conn:
            found = conn.execute(
                "SELECT e::text FROM venues, jsonb_path_query(venue_images, 'strict $[*]', '{}',"
                " true) WITH ORDINALITY AS x(e, n) WHERE id = %s ORDER BY n",
                [self.id],
            )
            return [row[0] for row in found]

    @property
    def images(self) -> list[Any]:
        return [json.loads(text) for text in self.text]

    @property
    def updated_at(self) -> str:
        with self.database.connect() as conn:
            row = conn.execute(
                "SELECT updated_at::text FROM venues WHERE id = %s", [self.id]
            ).fetchone()
            assert row
            return str(row[0])


@pytest.fixture
def venue(sample_database: Database) -> Venue:
    with sample_database.connect() as conn:
        row = conn.execute("SELECT id FROM venues WHERE slug = 'noce-krk'").fetchone()
        assert row
    return Venue(sample_database, row[0])


@contextmanager
def writer(database: Database) -> Iterator[connection.Database]:
    made = connection.Database(
        database.conninfo, label="test", statement_timeout=timedelta(seconds=30)
    )
    with closing(made):
        yield made


def tell(venue: Venue, question: Question, **parameters: Any) -> bool:
    """Whether a row was changed."""
    given = {
        "venue_id": venue.id,
        "provider": "foursquare",
        "source_url": URL,
        "now": WHEN,
        **parameters,
    }
    with writer(venue.database) as database:
        return bool(database.tell(question, given))


def mark_uploaded(venue: Venue, **parameters: Any) -> bool:
    return tell(venue, MarkUploaded(), **STORED, retried_at="2025-10-24T18:00:00Z", **parameters)


def mark_failed(
    venue: Venue, *, final: bool = False, limit: int = 3, retries: int = 0, **parameters: Any
) -> bool:
    more = {"details": Jsonb(DETAILS), "is_final": final, "max_retries": limit}
    return tell(venue, MarkFailed(), retries=retries, **more, **parameters)


def test_an_uploaded_image(venue: Venue) -> None:
    venue.holds(json.dumps([{**FAILED, "retry_count": 1, "quality_score": 0.50, "new": [1]}]))
    assert mark_uploaded(venue)
    (image,) = venue.images
    assert image == {
        **STORED,
        "provider": "foursquare",
        "provider_url": URL,
        "upload_status": "uploaded",
        "retry_count": 2,
        "retried_at": "2025-10-24T18:00:00Z",
        "quality_score": 0.50,
        "new": [1],
    }
    assert venue.updated_at == "2025-10-24 18:00:00"


def test_an_image_known_by_its_url_alone_stays_known(venue: Venue) -> None:
    """Its old `url` was all that told where it is from; it becomes the `provider_url`."""
    alone = {key: value for key, value in FAILED.items() if key != "provider_url"}
    venue.holds(json.dumps([alone]))
    assert mark_uploaded(venue)
    assert venue.images[0]["provider_url"] == URL
    assert venue.images[0]["url"] == STORED["url"]


@pytest.mark.parametrize(
    ("retries", "final", "limit", "status"),
    [
        (None, False, 3, "failed"),
        (1, False, 3, "failed"),
        (2, False, 3, "permanently_failed"),
        (0, True, 3, "permanently_failed"),
        (7, False, 10, "failed"),
        ("many", False, 3, "failed"),
        (-4, False, 3, "failed"),
    ],
)
def test_an_image_that_failed_again(
    venue: Venue, retries: Any, final: bool, limit: int, status: str
) -> None:
    venue.holds(json.dumps([FAILED if retries is None else {**FAILED, "retry_count": retries}]))
    read = retries if isinstance(retries, int) and retries > 0 else 0
    assert mark_failed(venue, final=final, limit=limit, retries=read)
    (image,) = venue.images
    attempt = read + 1
    assert image == {
        **FAILED,
        "upload_status": status,
        "retry_count": attempt,
        "error_details": {**DETAILS, "retry_attempt": attempt},
    }


def test_a_failure_that_somebody_else_met_meanwhile_stays_theirs(venue: Venue) -> None:
    venue.holds(json.dumps([{**FAILED, "retry_count": 2}]))
    assert not mark_failed(venue, retries=1)
    assert venue.images == [{**FAILED, "retry_count": 2}]
    assert mark_failed(venue, retries=2)


@pytest.mark.parametrize("mark", [mark_uploaded, mark_failed])
def test_a_venue_that_was_written_later_by_another_clock_stays_so(
    venue: Venue, mark: Callable[[Venue], bool]
) -> None:
    """Whoever looks for what has changed since must not be told an earlier moment."""
    venue.holds(json.dumps([FAILED]))
    with venue.database.connect(autocommit=True) as conn:
        conn.execute("UPDATE venues SET updated_at = '2031-01-01'")
    assert mark(venue)
    with venue.database.connect() as conn:
        row = conn.execute("SELECT min(updated_at)::text FROM venues").fetchone()
    assert row == ("2031-01-01 00:00:00",)


NOT_MEANT: list[tuple[str, Any]] = [
    ("nothing", []),
    ("no array", {"a": 1}),
    ("null", None),
    ("another provider", [{**FAILED, "provider": "here"}]),
    ("no provider", [{**FAILED, "provider": None}]),
    ("another source", [{**FAILED, "provider_url": "https://x.test/b.jpg"}]),
    ("uploaded meanwhile", [{**FAILED, "upload_status": "uploaded"}]),
    ("a status of tomorrow", [{**FAILED, "upload_status": "resting"}]),
    ("there twice", [FAILED, FAILED]),
    ("text", ["failed", 3, None]),
]


@pytest.mark.parametrize("mark", [mark_uploaded, mark_failed])
@pytest.mark.parametrize("images", [each[1] for each in NOT_MEANT], ids=[e[0] for e in NOT_MEANT])
def test_where_not_exactly_one_is_meant_nothing_changes(
    venue: Venue, mark: Callable[[Venue], bool], images: Any
) -> None:
    with venue.database.connect(autocommit=True) as conn:
        # The application's index on empty arrays lets nothing else in; other databases lack it.
        conn.execute("DROP INDEX venues_without_images_idx")
    venue.holds(json.dumps(images))
    before = venue.text
    assert not mark(venue)
    assert (venue.text, venue.updated_at) == (before, "2025-01-01 00:00:00")


def test_an_image_without_a_provider_is_written_by_its_url(venue: Venue) -> None:
    venue.holds(json.dumps([{**FAILED, "provider": None}, {**FAILED}]))
    assert mark_uploaded(venue, provider=None)
    assert [image["upload_status"] for image in venue.images] == ["uploaded", "failed"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(images=st.lists(IMAGES, max_size=4), place=st.integers(0, 4))
@example(images=[], place=0)
def test_no_other_element_changes(venue: Venue, images: list[Any], place: int) -> None:
    """Promise 21: arbitrary elements keep their place and every digit (1.50, 1E+400)."""
    meant = {**FAILED, "url": "https://only.test/this", "provider_url": "https://only.test/this"}
    texts = [to_json(image) for image in images]
    texts.insert(place, json.dumps(meant))
    venue.holds(f"[{', '.join(texts)}]")
    before = venue.text
    place = min(place, len(images))
    assert mark_uploaded(venue, source_url="https://only.test/this")
    after = venue.text
    assert json.loads(after[place])["upload_status"] == "uploaded"
    assert before[:place] + before[place + 1 :] == after[:place] + after[place + 1 :]


def test_a_change_made_while_we_wait_is_kept(venue: Venue) -> None:
    """Another session holds the row, re-sorts it and commits; then comes ours."""
    other = {"provider": "here", "url": "https://h.test/1", "upload_status": "failed"}
    venue.holds(json.dumps([FAILED, other]))
    with psycopg.connect(venue.database.conninfo) as app:
        app.execute(
            "UPDATE venues SET venue_images = %s WHERE id = %s",
            [Jsonb([{**other, "upload_status": "uploaded"}, FAILED]), venue.id],
        )
        done: list[bool] = []
        thread = threading.Thread(target=lambda: done.append(mark_uploaded(venue)))
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        app.commit()
        thread.join(20)
    assert done == [True]
    assert [(i["provider"], i["upload_status"]) for i in venue.images] == [
        ("here", "uploaded"),
        ("foursquare", "uploaded"),
    ]


def test_what_may_only_be_read_is_not_written(venue: Venue) -> None:
    venue.holds(json.dumps([FAILED]))
    with venue.database.connect(autocommit=True) as conn:
        conn.execute(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on',"
            " current_database()); END $$"
        )
    with pytest.raises(DatabaseError, match="is read only"):
        mark_uploaded(venue)
    assert venue.images == [FAILED]


def test_reading_stays_read_only_after_a_write(venue: Venue) -> None:
    venue.holds(json.dumps([FAILED]))
    with writer(venue.database) as database:
        parameters = {"venue_id": venue.id, "provider": "foursquare", "source_url": URL}
        more = {"now": WHEN.replace(tzinfo=UTC), "retried_at": "x", **STORED}
        assert database.tell(MarkUploaded(), {**parameters, **more})
        with pytest.raises(DatabaseError, match="is read only"):
            database.ask(MarkUploaded(), {**parameters, **more})
