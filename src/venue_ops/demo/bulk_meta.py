"""What the generated jobs were asked (args), met (errors) and wrote (meta)."""

from __future__ import annotations

from typing import LiteralString

_INSERT: LiteralString = """
INSERT INTO oban_jobs (id, state, attempt, max_attempts, inserted_at, scheduled_at, attempted_at,
                       completed_at, discarded_at, cancelled_at, attempted_by, errors,
                       worker, queue, priority, args, meta)
SELECT d.id, d.state::oban_job_state, d.attempt, 3, d.at,
       CASE d.state WHEN 'scheduled' THEN pg_temp.moment() + interval '2 hours'
                      * pg_temp.roll(d.id, 70)
                    WHEN 'retryable' THEN pg_temp.moment() + interval '10 minutes'
                      * pg_temp.roll(d.id, 70)
                    ELSE d.at END,
       d.began,
       CASE WHEN d.state = 'completed' THEN d.ended END,
       CASE WHEN d.state = 'discarded' THEN d.ended END,
       CASE WHEN d.state = 'cancelled' THEN d.ended END,
       CASE WHEN d.attempt > 0 THEN ARRAY['eventasaurus@node' || mod(d.id, 3)] END,
       CASE WHEN %(poison)s AND mod(d.id, 211) = 0 THEN ARRAY['null', '7', '"text"', '{}',
              '{"error": 5, "attempt": "x", "at": "yesterday"}']::jsonb[]
            ELSE ARRAY(
              SELECT jsonb_build_object('attempt', n, 'error', '** (Oban.PerformError) '
                || d.worker || ' failed with {:error, ' || d.met || '}',
                'at', pg_temp.iso(d.ended - interval '20 seconds' * (d.errors - n)))
              FROM generate_series(1, d.errors) AS n) END,
       d.worker, d.queue, d.priority, d.args, d.meta
"""

# Some jobs are discarded with an error fewer than attempts: the app's Lifeline does that.
_ENDED: LiteralString = """
       d.began + interval '1 second' * d.seconds AS ended,
       CASE d.state
         WHEN 'discarded' THEN CASE WHEN pg_temp.roll(d.id, 71) < 0.05 THEN 2 ELSE 3 END
         WHEN 'retryable' THEN d.attempt
         ELSE greatest(d.attempt - 1, 0) END AS errors
"""

_VENUE_JSON: LiteralString = """
       CASE WHEN pg_temp.roll(d.id, 72) < 0.002 OR %(poison)s AND mod(d.id, 67) = 0 THEN
              (ARRAY['"abc"', '" 12"', '"012"', '1.5', 'true', 'null', '{}', '[]', '-3', '1e30',
                '"99999999999999999999"', '""'])[1 + mod(d.id / 67, 12)]::jsonb
            WHEN pg_temp.roll(d.id, 72) < 0.03 THEN to_jsonb(d.venue_id::text)
            ELSE to_jsonb(d.venue_id) END
"""

_PREFIX: LiteralString = "'EventasaurusDiscovery.VenueImages."

FACTS: LiteralString = """
CREATE TEMP TABLE facts AS
SELECT v.id, s.*, jsonb_build_object('venue_id', v.id, 'venue_name', v.name, 'venue_address',
         v.address, 'city_id', v.city_id, 'has_coordinates', true) AS context,
       (SELECT coalesce(jsonb_object_agg(kind, n), '{}') FROM (
          SELECT coalesce(f ->> 'error_type', 'unknown_error') AS kind, count(*) AS n
          FROM jsonb_array_elements(s.failed) AS f GROUP BY 1) AS g) AS breakdown
FROM venues v
CROSS JOIN LATERAL (
  SELECT count(*) AS found,
         count(*) FILTER (WHERE i ->> 'upload_status' IN ('uploaded', 'skipped_dev')) AS good,
         count(*) FILTER (WHERE i ->> 'upload_status' IN ('failed', 'permanently_failed')) AS bad,
         coalesce(jsonb_agg(i -> 'url') FILTER (WHERE i ->> 'upload_status' = 'uploaded'), '[]')
           AS urls,
         coalesce(jsonb_agg(jsonb_build_object('provider', i -> 'provider',
             'provider_url', i -> 'provider_url', 'error_type', i #> '{error_details,error_type}',
             'status_code', i #> '{error_details,status_code}'))
           FILTER (WHERE i ->> 'upload_status' IN ('failed', 'permanently_failed')), '[]') AS failed
  FROM jsonb_array_elements(CASE WHEN jsonb_typeof(v.venue_images) = 'array'
                                 THEN v.venue_images ELSE '[]' END) AS i
  WHERE jsonb_typeof(i) = 'object'
) s
"""

OTHERS: LiteralString = "".join(
    (
        _INSERT,
        """
FROM (
  SELECT d.*, 0 AS priority, ':timeout' AS met, '{}'::jsonb AS meta,
         (ARRAY['EventasaurusDiscovery.Sources.Karnet.Jobs.EventDetailJob',
           'EventasaurusDiscovery.Sources.Bandsintown.Jobs.IndexPageJob',
           'EventasaurusDiscovery.VenueImages.CleanupScheduler',
           'EventasaurusDiscovery.VenueImages.TriviaAdvisorImageUploadJob',
           'Eventasaurus.Jobs.EmailInvitationJob'])[d.who] AS worker,
         (ARRAY['scraper_detail', 'scraper_index', 'maintenance', 'venue_enrichment', 'emails']
           )[d.who] AS queue,
         CASE d.who WHEN 1 THEN jsonb_build_object('url', 'https://example.com/event/' || d.id)
           WHEN 2 THEN jsonb_build_object('city_id', d.city_id, 'limit', 100)
           WHEN 3 THEN '{}' WHEN 4 THEN jsonb_build_object('venue_id', d.venue_id)
           ELSE jsonb_build_object('event_id', d.id) END AS args,
""",
        _ENDED,
        """
  FROM (SELECT *, 1 + width_bucket(pg_temp.roll(id, 73), ARRAY[0.6, 0.9, 0.91, 0.93]) AS who
        FROM draft WHERE kind = 'other') d
) d
""",
    )
)

RETRIES: LiteralString = "".join(
    (
        _INSERT,
        """
FROM (
  SELECT d.*, 0 AS priority, ':rate_limited' AS met, '{}'::jsonb AS meta,
         'venue_enrichment' AS queue,
""",
        _PREFIX,
        """FailedUploadRetryWorker' AS worker, jsonb_build_object('venue_id',
""",
        _VENUE_JSON,
        """
         ) || CASE WHEN mod(d.id, 2) = 0 THEN '{"image_indexes": [0, 1]}'::jsonb
              ELSE '{}' END AS args,
""",
        _ENDED,
        """
  FROM draft d WHERE kind = 'retry'
) d
""",
    )
)

BACKFILLS: LiteralString = "".join(
    (
        _INSERT,
        """
FROM (
  SELECT d.*, 1 AS priority, ':timeout' AS met, 'venue_backfill' AS queue,
""",
        _PREFIX,
        """BackfillOrchestratorJob' AS worker,
         jsonb_build_object('limit', greatest(d.spawned, 10), 'geocode', mod(d.id, 2) = 0,
           'city_id', CASE WHEN pg_temp.roll(d.id, 74) < 0.02 THEN to_jsonb(d.city_id::text)
                           ELSE to_jsonb(d.city_id) END)
         || CASE WHEN d.shape = 'old' THEN jsonb_build_object('provider', d.provider)
                 ELSE jsonb_build_object('providers', jsonb_build_array(d.provider)) END AS args,
         CASE WHEN d.state <> 'completed' THEN '{}'
              WHEN %(poison)s AND pg_temp.roll(d.id, 75) < 0.03 THEN
                '{"status": "orchestrating", "venue_ids": "1,2", "jobs_spawned": "two"}'
              WHEN d.shape = 'old' THEN jsonb_build_object('total_venues', 10,
                'enriched', mod(d.id / 64, 4) * 2, 'failed', mod(d.id / 64, 3), 'skipped', 1,
                'by_provider', jsonb_build_object(d.provider, mod(d.id / 64, 4) * 2),
                'total_cost_usd', round(mod(d.id / 64, 4) * 0.014, 3))
              WHEN d.shape = 'nothing' THEN jsonb_build_object('status', 'success',
                'city_id', d.city_id, 'total_venues', 0, 'jobs_spawned', 0,
                'providers', jsonb_build_array(d.provider))
              ELSE jsonb_build_object('status', 'orchestrating', 'city_id', d.city_id,
                'total_venues', d.spawned, 'jobs_spawned', d.spawned, 'venue_ids', d.venue_ids,
                'providers', jsonb_build_array(d.provider),
                'processed_at', rtrim(pg_temp.iso(d.began + interval '1 second' * d.seconds), 'Z'))
         END AS meta,
""",
        _ENDED,
        """
  FROM draft d WHERE kind = 'backfill'
) d
""",
    )
)

ENRICHMENTS: LiteralString = "".join(
    (
        _INSERT,
        """
FROM (
  SELECT d.*, 2 AS priority, 'venue_enrichment' AS queue,
         '"' || d.provider || ': ' || replace(d.reason, '"', '\\"') || '"' AS met,
""",
        _PREFIX,
        """EnrichmentJob' AS worker,
         CASE d.kind WHEN 'daily' THEN '{}'
           WHEN 'batch' THEN jsonb_build_object('venue_ids', (
             SELECT jsonb_agg(1 + mod(d.venue_id + 11 * n, %(venues)s))
             FROM generate_series(1, 5) AS n))
           WHEN 'child' THEN jsonb_build_object('venue_id', d.venue_id, 'providers',
             jsonb_build_array(d.provider), 'geocode', true, 'force', false)
           ELSE jsonb_build_object('venue_id',
""",
        _VENUE_JSON,
        """
             ) || CASE WHEN mod(d.id, 3) > 0 THEN jsonb_build_object('providers',
                    jsonb_build_array(d.provider)) ELSE '{}' END END AS args,
         CASE WHEN %(poison)s AND mod(d.id, 53) = 0 THEN (ARRAY[NULL, '[]', '"text"', '7', 'null',
                '{"status": 5}', '{"providers": []}', '{"providers": {"here": null}}',
                '{"status": "success", "images_uploaded": "3", "images_failed": 1.5}',
                '{"status": "novel", "images_uploaded": 1e40, "providers": {"here": {"a": 1}}}',
                '{"providers": {"here": {"status": "failed", "reason": {"a": 1}}}}'
              ])[1 + mod(d.id / 53, 11)]::jsonb
              WHEN d.state NOT IN ('completed', 'discarded', 'retryable') THEN '{}'
              WHEN d.kind = 'batch' THEN jsonb_build_object('status', 'batch_completed',
                'total_venues', 5, 'enriched', mod(d.id, 4), 'failed', mod(d.id, 2), 'skipped', 1)
              WHEN d.kind = 'daily' AND d.lot < 0.5 THEN
                '{"status": "no_work", "message": "No stale venues found"}'
              WHEN d.kind = 'daily' THEN jsonb_build_object('status', 'scheduled_batch_completed',
                'total_venues', 9, 'enriched', 6, 'failed', mod(d.id, 3), 'skipped', 1)
              WHEN d.failed_whole THEN jsonb_build_object('status', CASE WHEN d.lot < 0.5
                  THEN 'error' ELSE 'failed' END, 'error', ':update_failed', 'images_found', 0)
              WHEN d.lot < 0.05 AND d.state = 'completed' THEN
                '{"status": "skipped", "reason": "not_stale"}'
              WHEN d.lot < 0.08 AND d.state = 'completed' THEN jsonb_build_object(
                'status', 'success', 'images_found', coalesce(f.found, 0))
              ELSE jsonb_build_object('images_discovered', coalesce(f.found, 0),
                'status', CASE WHEN f.good > 0 THEN 'success' ELSE 'no_images' END,
                'images_uploaded', coalesce(f.good, 0), 'images_failed', coalesce(f.bad, 0),
                'imagekit_urls', coalesce(f.urls, '[]'), 'failed_images', coalesce(f.failed, '[]'),
                'failure_breakdown', coalesce(f.breakdown, '{}'),
                'total_cost_usd', round(coalesce(f.found, 0) * 0.007, 3),
                'execution_time_ms', round(d.seconds * 1000),
                'completed_at', pg_temp.iso(d.began + interval '1 second' * d.seconds),
                'providers', CASE
                    WHEN d.state <> 'completed' OR d.lot < 0.12 OR f.found IS NULL OR f.found = 0
                      THEN jsonb_build_object(d.provider,
                        jsonb_build_object('status', 'failed', 'reason', d.reason))
                    ELSE jsonb_build_object(d.provider, jsonb_build_object('status', 'success',
                        'images_fetched', f.found, 'cost_usd', round(f.found * 0.007, 3)))
                  END || CASE WHEN d.lot BETWEEN 0.12 AND 0.16 THEN
                    '{"unsplash": {"status": "failed", "reason": ":rate_limited"}}'::jsonb
                  WHEN d.lot BETWEEN 0.16 AND 0.17 THEN '{"timeout": {"status": "failed"}}'
                  ELSE '{}' END)
                || CASE WHEN f.context IS NOT NULL OR d.lot < 0.6 THEN jsonb_build_object(
                     'venue_context', coalesce(f.context, jsonb_build_object('venue_id',
                       d.venue_id, 'venue_name', 'Gone ' || d.venue_id, 'city_id', d.city_id)))
                   ELSE '{}' END
         END AS meta,
""",
        _ENDED,
        """
  FROM (
    SELECT d.*, pg_temp.roll(d.id, 76) AS lot, pg_temp.roll(d.id, 77) < 0.03 AS failed_whole,
           CASE WHEN d.state = 'completed' THEN (ARRAY['"ZERO_RESULTS"', ':no_images',
                ':no_place_id', ':no_results', '"API error: REQUEST_DENIED"', ':timeout'])[
                1 + width_bucket(pg_temp.roll(d.id, 78), ARRAY[0.4, 0.65, 0.8, 0.9, 0.96])]
              ELSE (ARRAY['"API error: REQUEST_DENIED"', ':rate_limited', '"OVER_QUERY_LIMIT"',
                '"HTTP 503"', '"HTTP 403"', ':network_error'])[
                1 + width_bucket(pg_temp.roll(d.id, 78), ARRAY[0.5, 0.7, 0.8, 0.9, 0.95])]
           END AS reason
    FROM draft d WHERE kind IN ('child', 'single', 'batch', 'daily')
    OFFSET 0
  ) d
  LEFT JOIN facts f ON f.id = d.venue_id
) d
""",
    )
)
