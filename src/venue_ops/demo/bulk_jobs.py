"""Jobs of the generated data: who, when and in which state; `bulk_meta` says what they wrote.

Ids come in blocks of 64. About a quarter of the blocks begin with a backfill, and the children
it spawned follow it at once: enrichments of the venues in its meta, by the same providers,
inserted while it ran. Some of them are missing again, as after pruning. The other rows are
80 % other workers, single enrichments, batches, daily runs and retries. The newest 2 % are
mostly unfinished.
"""

from __future__ import annotations

from typing import LiteralString

from venue_ops.demo.bulk_meta import BACKFILLS, ENRICHMENTS, FACTS, OTHERS, RETRIES

_CITY_VENUES: LiteralString = """
CREATE TEMP TABLE city_venues AS
SELECT city_id, array_agg(id ORDER BY id) AS ids FROM venues GROUP BY city_id
"""

_PARENTS: LiteralString = """
CREATE TEMP TABLE parents AS
SELECT p.block, p.city_id, p.shape, p.provider, p.venue_ids,
       CASE WHEN pg_temp.roll(p.block, 37) < 0.07 THEN 0
            WHEN pg_temp.roll(p.block, 37) < 0.14 THEN cardinality(p.venue_ids) / 2
            ELSE cardinality(p.venue_ids) END AS kept
FROM (
  SELECT q.*, CASE WHEN q.shape = 'new' THEN c.ids[q.first + 1 : q.first + q.wanted]
                   ELSE '{}' END AS venue_ids
  FROM (
    SELECT b.block, b.city_id, b.provider,
           mod(pg_temp.pick(b.block, 33), cardinality(c.ids))::int AS first,
           1 + mod(pg_temp.pick(b.block, 34), 15)::int AS wanted,
           (ARRAY['old', 'nothing', 'new'])[
             1 + width_bucket(pg_temp.roll(b.block, 35), ARRAY[0.15, 0.22])] AS shape
    FROM (
      SELECT block, 1 + floor(%(cities)s * pg_temp.roll(block, 31) ^ 2)::bigint AS city_id,
             (ARRAY['google_places', 'foursquare', 'here'])[
               1 + width_bucket(pg_temp.roll(block, 32), ARRAY[0.7, 0.9])] AS provider
      FROM generate_series(0, (%(jobs)s::bigint - 1) / 64) AS block
      WHERE pg_temp.roll(block, 30) < 0.26
      OFFSET 0
    ) b JOIN city_venues c USING (city_id)
    OFFSET 0
  ) q JOIN city_venues c USING (city_id)
  OFFSET 0
) p
"""

_DRAFT: LiteralString = """
CREATE TEMP TABLE draft AS
SELECT s.*,
       CASE WHEN s.state IN ('available', 'scheduled') THEN NULL
            WHEN s.kind = 'backfill' THEN s.at + interval '0.8 seconds'
            ELSE s.at + interval '1 second' * (2 + 50 * pg_temp.roll(s.id, 46)) END AS began,
       CASE WHEN s.kind = 'backfill' THEN 0.1 + 0.05 * (s.spawned + 2)
            ELSE 0.2 + 20 * pg_temp.roll(s.id, 47) ^ 2 END AS seconds,
       CASE s.state WHEN 'available' THEN 0 WHEN 'scheduled' THEN 0 WHEN 'discarded' THEN 3
            WHEN 'retryable' THEN 1 + mod(s.id, 2)::int
            ELSE CASE WHEN pg_temp.roll(s.id, 48) < 0.04 THEN 2 ELSE 1 END END AS attempt
FROM (
  SELECT k.*,
         CASE WHEN k.kind = 'backfill' AND k.spawned > 0 THEN 'completed'
              WHEN k.recent THEN (ARRAY['available', 'scheduled', 'executing', 'retryable',
                'completed'])[1 + width_bucket(pg_temp.roll(k.id, 41), ARRAY[0.5, 0.65, 0.7, 0.85])]
              WHEN k.kind IN ('child', 'single') THEN (ARRAY['completed', 'discarded', 'cancelled',
                'retryable'])[1 + width_bucket(pg_temp.roll(k.id, 41), ARRAY[0.84, 0.98, 0.99])]
              ELSE (ARRAY['completed', 'discarded', 'cancelled'])[
                1 + width_bucket(pg_temp.roll(k.id, 41), ARRAY[0.95, 0.98])]
         END AS state,
         CASE WHEN k.kind = 'child' THEN k.venue_ids[k.position]
              WHEN pg_temp.roll(k.id, 42) < 0.005 THEN %(venues)s + 1000 + mod(k.id, 500)
              ELSE 1 + mod(pg_temp.pick(k.id, 43), %(venues)s) END AS venue_id,
         CASE WHEN k.kind IN ('child', 'backfill') THEN k.parent_city
              ELSE 1 + floor(%(cities)s * pg_temp.roll(k.id, 44) ^ 2)::bigint END AS city_id,
         CASE WHEN k.kind IN ('child', 'backfill') THEN k.parent_provider
              ELSE (ARRAY['google_places', 'foursquare', 'here'])[
                1 + width_bucket(pg_temp.roll(k.id, 45), ARRAY[0.7, 0.9])] END AS provider,
         CASE WHEN k.kind = 'child' THEN k.parent_at + interval '0.9 seconds'
                + k.position * interval '0.05 seconds'
              ELSE k.own_at END AS at
  FROM (
    SELECT j.id, j.own_at, j.recent, j.position, p.shape,
           p.city_id AS parent_city, p.provider AS parent_provider, p.venue_ids,
           coalesce(cardinality(p.venue_ids), 0) AS spawned,
           pg_temp.moment() - interval '1 second' * %(span)s
             * (%(jobs)s - j.id + j.position + 0.5) / %(jobs)s AS parent_at,
           CASE WHEN p.block IS NOT NULL AND j.position = 0 THEN 'backfill'
                WHEN j.position BETWEEN 1 AND p.kept THEN 'child'
                ELSE (ARRAY['single', 'batch', 'daily', 'retry', 'other'])[1 + width_bucket(
                  pg_temp.roll(j.id, 40), ARRAY[0.15, 0.153, 0.155, 0.165])] END AS kind
    FROM (
      SELECT id, (id - 1) / 64 AS block, mod(id - 1, 64)::int AS position,
             id > %(jobs)s * 0.98 AS recent,
             pg_temp.moment() - interval '1 second' * %(span)s * (%(jobs)s - id + 0.5)
               / %(jobs)s AS own_at
      FROM generate_series(1, %(jobs)s::bigint) AS id
    ) j
    LEFT JOIN parents p ON p.block = j.block
    OFFSET 0
  ) k
  OFFSET 0
) s
"""

# A child's parent runs until after its last child: 0.8 + 0.1 + 0.05 * (n + 2) > 0.9 + 0.05 * n.

STATEMENTS = (
    *(_CITY_VENUES, _PARENTS, _DRAFT, FACTS),
    *(OTHERS, RETRIES, BACKFILLS, ENRICHMENTS),
)
