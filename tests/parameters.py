"""A value for every parameter that a statement binds."""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb
from tests.sources import WORKERS

PARAMETERS: dict[str, Any] = {
    **{f"{kind}_workers": list(names) for kind, names in WORKERS.items()},
    **{
        "city_ids": [5],
        "venue_ids": [1, 2],
        "outcomes": ["failed"],
        "states": ["completed"],
        "statuses": ["failed"],
    },
    **{"kinds": ["backfill"], "schema": "private-oban"},
    **{"providers": ["here"], "errors": ["x"], "errors_as_json": ["x"], "workers": ["A.B"]},
    **{"since": "2025-10-01", "until": "2025-10-24", "after_at": "2025-10-20", "after_id": 7},
    **{"since_text": "2025-10-01T00:00:00", "until_text": "2025-10-24T00:00:00"},
    **{"changed_since": "2025-10-01", "from_text": "2025-10-01T00:00:00"},
    **{"now": "2025-10-24", "before": "2025-10-24", "after": "2025-10-24"},
    **{"after_failed": 1, "min_failed": 1, "limit": 51, "max_retries": 3, "job_id": 1},
    **{
        "refs": ["noce-krk"],
        "ref_ids": [1],
        "ref": "krakow",
        "ref_id": None,
        "country": None,
        "city_id": 5,
        "prefix": "k",
        "lows": [1],
        "highs": [9],
    },
    **{"venue_id": 1, "provider": "here", "source_url": "https://h.test/1", "is_final": True},
    **{"url": "https://ik.test/1", "imagekit_path": "/venues/1", "details": Jsonb({})},
    **{"retried_at": "2025-10-24T18:00:00Z", "touched_since": "2025-10-24"},
    **{"retries": 0, "enrichment_queue": "venue_enrichment"},
    **{"columns": ["venue_images", "updated_at"], "oban_schema": "public"},
    **{"inserted": ["state"], "updated": ["state"]},
    **{"wanted": '[{"number": 1, "venue_id": 1, "url": "https://h.test/1", "retries": 0}]'},
    **{"seen_ids": "1", "seen_xmins": "7", "seen_ctids": "(0,1)", "seen_args": "{}"},
    **{"run_tag": "run-1", "job_ids": [1]},
    **{"queue": "venue_enrichment", "worker": "A.B", "tags": ["run-1"], "priority": 0},
    **{"besides": None, "demand": 10, "attempted_by": ["node", "uuid"], "seconds": 900.0},
    **{"attempt": 1, "attempted_at": "2025-10-24", "meta": Jsonb({})},
    **{"options": "{}", "channel": "public.oban_insert"},
    **{"image_venues": [1], "respawn": None, "passed_over": True, "begun_since": "2025-10-24"},
    **{"checked_since": "2025-10-17T18:00:00"},
    **{"checked_with_images_since": "2025-07-26T18:00:00"},
}
"""One value for each parameter of any statement."""
