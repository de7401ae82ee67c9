"""Venues of the generated data.

By lot: 25 % never checked, 20 % without photos, 43 % all uploaded, 9 % partial, 3 % all failed.
Every n-th venue (n = %(every)s, told by the rest of its id) is of an awkward kind:

    0  venue_images is NULL                      5  failed images without or with odd details
    1  nothing but null, numbers, strings ...    6  image_enrichment_metadata NULL or a list
    2  good images with those among them         7  a name that breaks careless output
    3  a status nobody knows, or not a text      8  the same image twice, odd retry counts
    4  images without status and provider        9  with poison: venue_images is no array
"""

from __future__ import annotations

from typing import LiteralString

_DRAFT: LiteralString = """
CREATE TEMP TABLE venue_draft AS
SELECT v.*, 'place-' || v.id AS slug,
       CASE WHEN fate IN ('good', 'mixed', 'bad')
            THEN greatest(least(12, 1 + floor(-ln(1 - pg_temp.roll(id, 3)) * 4)),
                          CASE fate WHEN 'mixed' THEN 2 ELSE 1 END)::int
            ELSE 0 END AS n,
       CASE WHEN fate <> 'never' THEN pg_temp.moment() - interval '200 days'
            * pg_temp.roll(id, 4) ^ 2 - interval '1 minute' END AS checked
FROM (
  SELECT id,
         1 + floor(%(cities)s * pg_temp.roll(id, 1) ^ 2)::bigint AS city_id,
         (ARRAY['never', 'nothing', 'good', 'mixed', 'bad'])[
           1 + width_bucket(pg_temp.roll(id, 2), ARRAY[0.25, 0.45, 0.88, 0.97])] AS fate,
         CASE WHEN mod(id, %(every)s) < 9 OR mod(id, %(every)s) = 9 AND %(poison)s
              THEN mod(id, %(every)s)::int END AS odd,
         (ARRAY['google_places', 'foursquare', 'here', 'unsplash'])[
           1 + width_bucket(pg_temp.roll(id, 5), ARRAY[0.65, 0.88, 0.96])] AS provider
  FROM generate_series(1, %(venues)s::bigint) AS id
) v
"""

_IMAGES: LiteralString = """
CREATE TEMP TABLE image_draft AS
SELECT x.venue_id, x.k, x.quality,
       jsonb_build_object('provider', x.provider, 'provider_url', x.source, 'width', x.width,
         'height', x.width * 3 / 4, 'quality_score', x.quality, 'position', x.k,
         'fetched_at', pg_temp.iso(x.checked))
       || CASE
            WHEN x.failed THEN
              jsonb_build_object('url', x.source, 'upload_status',
                CASE WHEN x.fault BETWEEN 6 AND 9 AND pg_temp.roll(x.key, 12) < 0.5
                     THEN 'permanently_failed' ELSE 'failed' END,
                'error_details', jsonb_build_object(
                  CASE WHEN pg_temp.roll(x.key, 13) < 0.2 THEN 'message' ELSE 'error' END, x.said,
                  'error_type', x.error_type, 'status_code', x.code,
                  'timestamp', pg_temp.iso(x.checked)))
              || CASE WHEN pg_temp.roll(x.key, 14) < 0.3
                      THEN jsonb_build_object('retry_count', 1 + mod(x.key, 3)) ELSE '{}' END
            WHEN pg_temp.roll(x.venue_id, 15) < 0.02 THEN
              jsonb_build_object('url', x.source, 'upload_status', 'skipped_dev')
            ELSE
              jsonb_build_object('upload_status', 'uploaded',
                'url', 'https://ik.imagekit.io/demo/venues/' || x.slug || '/' || x.file,
                'imagekit_path', '/venues/' || x.slug || '/' || x.file)
          END AS image
FROM (
  SELECT w.*,
         CASE w.provider
           WHEN 'google_places' THEN 'https://maps.googleapis.com/maps/api/place/photo?maxwidth='
             || w.width || '&photo_reference=REF' || w.mark || '&key=' || %(key)s
           WHEN 'foursquare' THEN 'https://fastly.4sqi.net/img/general/original/' || w.mark
             || '.jpg'
           WHEN 'here' THEN 'https://images.here.example/' || w.mark || '.jpg'
           ELSE 'https://images.unsplash.com/photo-' || w.mark || '?w=1080&ixid=' || w.key
         END AS source,
         CASE w.provider WHEN 'google_places' THEN 'gp-' || left(md5(w.width::text), 8)
           WHEN 'foursquare' THEN 'fs-' || left(w.mark, 8) WHEN 'here' THEN 'xx-' || left(w.mark, 8)
           ELSE 'us-' || left(w.mark, 8) END || '.jpg' AS file,
         (ARRAY['rate_limited', 'service_unavailable', 'gateway_timeout', 'network_timeout',
           'network_error', 'not_found', 'forbidden', 'auth_error', 'file_too_large',
           'server_error', 'download_failed', 'unknown_error'])[w.fault] AS error_type,
         (ARRAY[429, 503, 504, NULL, NULL, 404, 403, 401, 413, 500, NULL, NULL])[w.fault] AS code,
         (ARRAY['Too many requests', '{:http_status, 503}', '{:http_status, 504}', ':timeout',
           ':econnrefused', '{:http_status, 404}', '{:http_status, 403}',
           ':authentication_failed', ':file_too_large', '{:http_status, 500}',
           ':closed', ':request_failed'])[w.fault] AS said
  FROM (
    SELECT d.id AS venue_id, d.slug, d.checked, k, d.id * 16 + k AS key,
           CASE WHEN mod(k, 4) = 0 THEN 'foursquare' ELSE d.provider END AS provider,
           round((1 - k * 0.06 - pg_temp.roll(d.id * 16 + k, 6) * 0.05)::numeric, 4) AS quality,
           (ARRAY[4032, 4000, 3024, 2048, 1600, 1200, 1080, 800])[
             1 + mod(pg_temp.pick(d.id * 16 + k, 7), 8)] AS width,
           md5(d.id || ':' || k || ':' || pg_temp.pick(d.id, 8)) AS mark,
           CASE d.fate WHEN 'bad' THEN true WHEN 'mixed' THEN
             k = 1 OR k > 2 AND pg_temp.roll(d.id * 16 + k, 9) < 0.35 ELSE false END AS failed,
           1 + width_bucket(pg_temp.roll(d.id * 16 + k, 10), ARRAY[0.4, 0.48, 0.52, 0.6, 0.64,
             0.76, 0.82, 0.85, 0.87, 0.91, 0.96]) AS fault
    FROM venue_draft d, generate_series(1, d.n) AS k
    OFFSET 0
  ) w
  OFFSET 0
) x
"""

_VENUES: LiteralString = """
INSERT INTO venues (id, name, normalized_name, slug, address, latitude, longitude, venue_type,
                    source, city_id, metadata, provider_ids, venue_images,
                    image_enrichment_metadata, inserted_at, updated_at)
SELECT d.id,
       CASE WHEN d.odd = 7 THEN (ARRAY['=1+1', '+48 600', '@sum', E'two\nlines', E'tab\tstop',
              E'\x1b[31mred', 'quote " and , comma', U&'\202Ethgir morf', '🎷 Jazz',
              repeat('w', 255)])[1 + mod(d.id / %(every)s, 10)]
            ELSE 'Place ' || d.id END,
       'place ' || d.id, d.slug, d.id || ' Example Street', 50 + pg_temp.roll(d.id, 20),
       19 + pg_temp.roll(d.id, 21), 'venue', 'scraper', d.city_id, '{}',
       CASE WHEN pg_temp.roll(d.id, 22) < 0.7
            THEN jsonb_build_object('google_places', 'ChIJ' || left(md5(d.id::text), 12))
            ELSE '{}' END,
       CASE d.odd WHEN 0 THEN NULL
                  WHEN 9 THEN (ARRAY['{}', '"text"', '7', 'null', 'true'])[
                    1 + mod(d.id / %(every)s, 5)]::jsonb
                  ELSE CASE WHEN d.odd = 1 THEN '[]' ELSE coalesce(i.images, '[]') END
                       || coalesce(odd.extra, '[]') END,
       CASE WHEN d.odd = 6 THEN CASE WHEN mod(d.id / %(every)s, 2) = 1 THEN '[]'::jsonb END
            WHEN d.checked IS NULL THEN '{}'
            ELSE jsonb_build_object('schema_version', '1.0', 'last_checked_at',
              pg_temp.iso(d.checked), 'providers_used', CASE WHEN d.n > 0
                THEN jsonb_build_array(d.provider) ELSE '[]' END,
              'last_check_result', CASE WHEN d.n > 0 THEN 'success' ELSE 'no_images' END,
              'total_images_fetched', d.n, 'enrichment_history',
              jsonb_build_array(jsonb_build_object('enriched_at', pg_temp.iso(d.checked),
                'providers', jsonb_build_array(d.provider), 'images_fetched', d.n,
                'images_added', d.n, 'cost_usd', round(d.n * 0.007, 3)))) END,
       date_trunc('second', pg_temp.moment() - interval '300 days'),
       date_trunc('second', coalesce(d.checked, pg_temp.moment() - interval '300 days'))
FROM venue_draft d
LEFT JOIN (SELECT venue_id, jsonb_agg(image ORDER BY quality DESC, k) AS images
           FROM image_draft GROUP BY venue_id) i ON i.venue_id = d.id
LEFT JOIN LATERAL (SELECT (ARRAY[
    '[null, 42, "https://example.com/a.jpg", true, []]',
    '[null, 4.50, "text", {}]',
    '[{"url": "https://example.com/p.jpg", "provider": "here", "upload_status": "processing"},
      {"url": "https://example.com/q.jpg", "provider": "here", "upload_status": null},
      {"url": "https://example.com/r.jpg", "provider": 7, "upload_status": 7}]',
    '[{"url": "https://example.com/legacy.jpg"}, {"provider": "here"}]',
    '[{"url": "https://example.com/f.jpg", "provider": "here", "upload_status": "failed"},
      {"url": "https://example.com/g.jpg", "upload_status": "failed", "error_details": "text"},
      {"url": "https://example.com/h.jpg", "upload_status": "permanently_failed",
       "error_details": {"error_type": null, "status_code": "503"}}]',
    '[]', '[]',
    '[{"url": "https://example.com/t.jpg", "provider": "here", "upload_status": "failed",
       "retry_count": "2"},
      {"url": "https://example.com/t.jpg", "provider": "here", "upload_status": "failed",
       "retry_count": 1.0e2}]'])[d.odd]::jsonb AS extra) odd ON d.odd BETWEEN 1 AND 8
ORDER BY d.id
"""

_CLEAN_UP: LiteralString = "DROP TABLE venue_draft, image_draft"

STATEMENTS = (_DRAFT, _IMAGES, _VENUES, _CLEAN_UP)
