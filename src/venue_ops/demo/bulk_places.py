"""Countries, cities and providers of the generated data.

City 5 is Kraków; the cities 2 and 4 share the slug `london` in two countries. Every other
city has a number for a name.
"""

from __future__ import annotations

from typing import LiteralString

_COUNTRIES: LiteralString = """
INSERT INTO countries (id, name, code, slug, inserted_at, updated_at)
SELECT n, name, code, lower(replace(name, ' ', '-')), moment, moment
FROM pg_temp.moment() AS moment,
     unnest(ARRAY['Poland', 'United Kingdom', 'Canada', 'Spain'], ARRAY['PL', 'GB', 'CA', 'ES'])
       WITH ORDINALITY AS c (name, code, n)
"""

_CITIES: LiteralString = """
INSERT INTO cities (id, name, slug, country_id, latitude, longitude, discovery_enabled,
                    inserted_at, updated_at)
SELECT n,
       CASE WHEN n IN (2, 4) THEN 'London' WHEN n = 5 THEN 'Kraków' ELSE 'City ' || n END,
       CASE WHEN n IN (2, 4) THEN 'london' WHEN n = 5 THEN 'krakow' ELSE 'city-' || n END,
       CASE n WHEN 2 THEN 2 WHEN 4 THEN 3 WHEN 5 THEN 1 ELSE 1 + mod(n, 4) END,
       40 + mod(n, 20), 5 + mod(n, 30), mod(n, 3) > 0, moment, moment
FROM pg_temp.moment() AS moment, generate_series(1, %(cities)s) AS n
"""

_ALTERNATE_NAMES: LiteralString = """
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_attribute
             WHERE attrelid = 'cities'::regclass AND attname = 'alternate_names') THEN
    UPDATE cities SET alternate_names = '{Krakow,Cracow}' WHERE id = 5;
  END IF;
END $$
"""

_PROVIDERS: LiteralString = """
INSERT INTO venue_data_providers (id, name, is_active, metadata, capabilities, priorities,
                                  inserted_at, updated_at)
SELECT n, name, true,
       jsonb_build_object('rate_limits', jsonb_build_object('per_second', per_second))
         || CASE WHEN cost IS NULL THEN '{}'
                 ELSE jsonb_build_object('cost_per_image', cost) END,
       jsonb_build_object('images', cost IS NOT NULL),
       CASE WHEN cost IS NULL THEN '{}' ELSE jsonb_build_object('images', n) END,
       moment, moment
FROM pg_temp.moment() AS moment,
     unnest(ARRAY['google_places', 'foursquare', 'here', 'unsplash', 'geoapify'],
            ARRAY[2, 5, 5, 10, 10], ARRAY[0.007, 0, 0, 0, NULL])
       WITH ORDINALITY AS p (name, per_second, cost, n)
"""

STATEMENTS = (_COUNTRIES, _CITIES, _ALTERNATE_NAMES, _PROVIDERS)
