"""The application's jobs on a database: they read a venue, try its images, write all of it back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb
from tests import elixir
from tests.databases import Database
from tests.elixir import Image, Refusal, Uploads

Fetch = Callable[[int], Sequence[Image]]
"""The photos that the providers have of a venue; raises where they refuse."""


@dataclass
class Application:
    """Its workers. `tried` are the images whose upload was tried, as they stood before.

    `saved` is called when a venue is written and its job not yet ended.
    """

    database: Database
    uploads: Uploads
    fetch: Fetch
    saved: Callable[[], None]
    tried: list[Image] = field(default_factory=list)

    def retry(self, job_id: int, args: dict[str, Any]) -> None:
        """FailedUploadRetryWorker; raises NotSavedError when all is uploaded."""
        venue, indexes = args["venue_id"], args.get("image_indexes")
        images, metadata = self._venue(venue)
        if indexes is None:
            anew = elixir.retry_all(images, self._upload)
        else:
            anew = elixir.retry_selected(images, indexes, self._upload)
        if anew is not None:
            elixir.check_savable(anew, metadata, self._columns(venue))
            self._save(venue, anew, metadata)
            self.saved()

    def enrich(self, job_id: int, args: dict[str, Any]) -> None:
        """EnrichmentJob: of one venue, of a batch, or of whichever are stale, where there are none.

        A single one fails where the providers refuse; a batch counts that and is completed.
        """
        if "venue_id" in args:
            self._enrich_one(job_id, args["venue_id"], force=bool(args.get("force")))
        elif "venue_ids" in args:
            counts = Counter(self._counted(venue) for venue in args["venue_ids"])
            self._tell(job_id, {"status": "batch_completed", **counts})
        else:
            self._tell(job_id, {"status": "no_work"})
        self.saved()

    def _enrich_one(self, job_id: int, venue: int, *, force: bool) -> None:
        try:
            outcome = self._enriched(venue, force=force)
        except Exception:
            self._tell(job_id, {"status": "no_images"})
            raise
        skipped = {"status": "skipped", "reason": "not_stale"}
        self._tell(job_id, skipped if outcome == "skipped" else {"status": "success"})

    def _counted(self, venue: int) -> str:
        try:
            return self._enriched(venue)
        except Exception:
            return "failed"

    def _enriched(self, venue: int, *, force: bool = False) -> str:
        """It skips itself unless the venue is due, and notes when it was there, whatever it met."""
        images, metadata = self._venue(venue)
        if not force and not elixir.needs_enrichment(images, metadata):
            return "skipped"
        checked = {**(metadata or {}), "last_checked_at": datetime.now(UTC).isoformat()}
        try:
            found = self.fetch(venue)
        except Exception:
            self._save(venue, images, checked)
            raise
        self._save(venue, elixir.merged(images, found), checked)
        return "enriched"

    def _upload(self, image: Image) -> Refusal | None:
        self.tried.append(image)
        return self.uploads(image)

    def _venue(self, venue: int) -> tuple[list[Any], Any]:
        with self.database.connect() as conn:
            row = conn.execute(
                "SELECT coalesce(venue_images, '[]'), image_enrichment_metadata FROM venues"
                " WHERE id = %s",
                [venue],
            ).fetchone()
        assert row is not None
        return row[0], row[1]

    def _columns(self, venue: int) -> dict[str, Any]:
        with self.database.connect() as conn:
            row = conn.execute("SELECT to_jsonb(v) FROM venues v WHERE id = %s", [venue]).fetchone()
        assert row is not None
        found: dict[str, Any] = row[0]
        return found

    def _save(self, venue: int, images: Sequence[Any], metadata: Any) -> None:
        """The whole of both columns, from the copy read before, without a lock."""
        with self.database.connect(autocommit=True) as conn:
            conn.execute(
                "UPDATE venues SET venue_images = %s, image_enrichment_metadata = %s,"
                " updated_at = now() WHERE id = %s",
                [json.dumps(images), json.dumps(metadata), venue],
            )

    def _tell(self, job_id: int, meta: dict[str, Any]) -> None:
        with self.database.connect(autocommit=True) as conn:
            conn.execute(
                "UPDATE oban_jobs SET meta = coalesce(meta, '{}') || %s WHERE id = %s",
                [Jsonb(meta), job_id],
            )
