"""A node of the application, as far as a run that waits for its jobs can see it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from tests.databases import NOW
from tests.enqueueing import RETRY_WORKER
from tests.retrying import World

Connection = psycopg.Connection[Any]
Consume = Callable[["Node", int, dict[str, Any]], None]
"""What becomes of a job: the node, the row's id and its args."""
Change = Callable[[dict[str, Any]], Any]
"""What becomes of an image."""

_BEGIN = """
    UPDATE oban_jobs SET state = 'executing', attempt = attempt + 1, attempted_at = %s
    WHERE id = (SELECT min(id) FROM oban_jobs WHERE state = 'available' AND worker = %s)
    RETURNING id, args
"""
_END = """
    UPDATE oban_jobs SET state = %(state)s::oban_job_state,
        completed_at = CASE WHEN %(state)s = 'completed' THEN %(now)s::timestamp END,
        discarded_at = CASE WHEN %(state)s = 'discarded' THEN %(now)s::timestamp END,
        cancelled_at = CASE WHEN %(state)s = 'cancelled' THEN %(now)s::timestamp END,
        errors = errors || %(errors)s::jsonb[]
    WHERE id = %(id)s
"""


class Node:
    """Its connection, and what its jobs can do."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn

    def end(self, job_id: int, state: str = "completed", *errors: str) -> None:
        """Leave the row in this state."""
        found = [Jsonb({"attempt": 1, "at": NOW.isoformat(), "error": error}) for error in errors]
        self.conn.execute(
            _END,
            {"id": job_id, "state": state, "now": NOW.replace(tzinfo=None), "errors": found},
        )

    def write(self, args: dict[str, Any], change: Change) -> None:
        """Change the failed images that the indexes mean, and write the whole array."""
        (images,) = self._row("SELECT venue_images FROM venues WHERE id = %s", args["venue_id"])
        failed = [image for image in images if image["upload_status"] == "failed"]
        for index in args["image_indexes"]:
            change(failed[index])
        self.conn.execute(
            "UPDATE venues SET venue_images = %s WHERE id = %s", [Jsonb(images), args["venue_id"]]
        )

    def begin(self) -> tuple[int, dict[str, Any]] | None:
        """Take the next row."""
        found = self.conn.execute(_BEGIN, [NOW.replace(tzinfo=None), RETRY_WORKER]).fetchone()
        return None if found is None else (found[0], found[1])

    def _row(self, statement: str, *values: Any) -> Any:
        return self.conn.execute(statement, values).fetchone()


@contextmanager
def consuming(here: World, consume: Consume) -> Iterator[None]:
    """Rows are taken and done one by one while it lasts."""
    over = threading.Event()
    faults: list[BaseException] = []

    def work() -> None:
        try:
            with here.database.connect(autocommit=True) as conn:
                node = Node(conn)
                while not over.wait(0.02):
                    if (begun := node.begin()) is not None:
                        consume(node, *begun)
        except BaseException as fault:  # the test is to hear of it
            faults.append(fault)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert not faults, faults


def uploaded(image: dict[str, Any]) -> None:
    """As the application writes one that it stored."""
    path = f"/venues/{image['url'].rpartition('/')[2]}"
    image |= {
        "url": f"https://ik.test{path}",
        "imagekit_path": path,
        "upload_status": "uploaded",
        "retry_count": image.get("retry_count", 0) + 1,
    }
    image.pop("error_details", None)


def failed(image: dict[str, Any], **details: Any) -> None:
    """As it writes one that failed again; for good after the third time."""
    retries = image.get("retry_count", 0) + 1
    image |= {
        "upload_status": "permanently_failed" if retries >= 3 else "failed",
        "retry_count": retries,
        "error_details": {"error_type": "rate_limited", "status_code": 429, **details},
    }


def by_path(changes: Mapping[str, Change]) -> Consume:
    """Each image has what its path says become of it, any other is uploaded."""

    def change(image: dict[str, Any]) -> None:
        name = str(image["url"]).rpartition("/")[2]
        become: Change = changes.get(f"/{name}", uploaded)
        become(image)

    def consume(node: Node, job_id: int, args: dict[str, Any]) -> None:
        node.write(args, change)
        node.end(job_id)

    return consume
