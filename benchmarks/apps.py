"""What the application itself asks, restated in SQL: the other side of most ratios.

`page` is its page of image operations, `failures` its list of venues with failed images,
`breakdown` what its failed images failed with.
"""

from __future__ import annotations

from typing import LiteralString

PAGE: LiteralString = """
    SELECT j.id, j.completed_at, j.attempted_at, j.state, j.args, j.meta, j.worker
    FROM oban_jobs j
    WHERE j.worker IN (
            'EventasaurusDiscovery.VenueImages.BackfillOrchestratorJob',
            'EventasaurusDiscovery.VenueImages.EnrichmentJob')
      AND j.state IN ('completed', 'discarded')
      AND j.completed_at IS NOT NULL
    ORDER BY j.completed_at DESC
    LIMIT 100
"""

PAGE_OF_CITY: LiteralString = """
    SELECT j.id, j.completed_at, j.attempted_at, j.state, j.args, j.meta, j.worker
    FROM oban_jobs j
    WHERE j.worker IN (
            'EventasaurusDiscovery.VenueImages.BackfillOrchestratorJob',
            'EventasaurusDiscovery.VenueImages.EnrichmentJob')
      AND j.state IN ('completed', 'discarded')
      AND j.completed_at IS NOT NULL
      AND (j.args->>'city_id' = %(city)s
           OR EXISTS (SELECT 1 FROM venues v
                      WHERE v.id = CAST(j.args->>'venue_id' AS integer)
                        AND v.city_id = %(city)s::bigint))
    ORDER BY j.completed_at DESC
    LIMIT 100
"""

_CAST: LiteralString = "CAST(j.args->>'venue_id' AS integer)"

GUARDED_PAGE_OF_CITY: LiteralString = PAGE_OF_CITY.replace(
    _CAST, f"CASE WHEN j.args->>'venue_id' ~ '^[0-9]{{1,9}}$' THEN {_CAST} END"
)
"""For databases with a venue_id that is no number, on which the application's own query fails."""

FAILURES: LiteralString = """
    SELECT v.id, v.name, v.slug, v.city_id,
      (SELECT count(*) FROM jsonb_array_elements(v.venue_images) i
       WHERE i->>'upload_status' = 'uploaded') AS uploaded,
      (SELECT count(*) FROM jsonb_array_elements(v.venue_images) i
       WHERE i->>'upload_status' = 'failed') AS failed,
      (SELECT count(*) FROM jsonb_array_elements(v.venue_images) i
       WHERE i->>'upload_status' = 'permanently_failed') AS permanently_failed
    FROM venues v
    WHERE EXISTS (
      SELECT 1
      FROM jsonb_array_elements(
        CASE jsonb_typeof(v.venue_images) WHEN 'array' THEN v.venue_images ELSE '[]' END) i
      WHERE i->>'upload_status' IN ('failed', 'permanently_failed'))
    ORDER BY failed DESC, permanently_failed DESC
"""

BREAKDOWN: LiteralString = """
    SELECT i->>'provider' AS provider, i->'error_details'->>'error_type' AS error_type,
           count(*) AS failed
    FROM venues v, jsonb_array_elements(
      CASE jsonb_typeof(v.venue_images) WHEN 'array' THEN v.venue_images ELSE '[]' END) i
    WHERE i->>'upload_status' IN ('failed', 'permanently_failed')
    GROUP BY 1, 2
"""
