"""The application's own tables as SQL text: what its migrations leave in a database.

Source: the migrations of the application as of 2025-11-07. Two indexes over (city_id, id) and
one more over (id) are the application's redundancies and are kept, because a plan that is
good only without them would be good only here. Extensions (PostGIS, unaccent) are left out:
nothing that venue-ops reads needs them.
"""

from __future__ import annotations

from typing import LiteralString

PLACES: LiteralString = """
CREATE TABLE countries (
    id bigserial PRIMARY KEY,
    name varchar(255) NOT NULL,
    code varchar(2) NOT NULL,
    slug varchar(255) NOT NULL,
    inserted_at timestamp(0) NOT NULL,
    updated_at timestamp(0) NOT NULL
);
CREATE UNIQUE INDEX countries_code_index ON countries (code);
CREATE UNIQUE INDEX countries_slug_index ON countries (slug);

CREATE TABLE cities (
    id bigserial PRIMARY KEY,
    name varchar(255) NOT NULL,
    slug varchar(255) NOT NULL,
    country_id bigint NOT NULL REFERENCES countries (id) ON DELETE RESTRICT,
    latitude numeric(10, 6),
    longitude numeric(10, 6),
    inserted_at timestamp(0) NOT NULL,
    updated_at timestamp(0) NOT NULL,
    discovery_enabled boolean DEFAULT false,
    discovery_config jsonb,
    unsplash_gallery jsonb
);
CREATE INDEX cities_country_id_index ON cities (country_id);
CREATE UNIQUE INDEX cities_country_id_slug_index ON cities (country_id, slug);
CREATE INDEX cities_discovery_enabled_index ON cities (discovery_enabled);

CREATE TABLE venue_data_providers (
    id bigserial PRIMARY KEY,
    name varchar(255) NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    metadata jsonb DEFAULT '{}',
    inserted_at timestamp(0) NOT NULL,
    updated_at timestamp(0) NOT NULL,
    capabilities jsonb DEFAULT '{}',
    priorities jsonb DEFAULT '{}'
);
CREATE UNIQUE INDEX venue_data_providers_name_index ON venue_data_providers (name);
CREATE INDEX venue_data_providers_capabilities_index
    ON venue_data_providers USING gin (capabilities);
CREATE INDEX venue_data_providers_priorities_index
    ON venue_data_providers USING gin (priorities);
"""

ALTERNATE_NAMES: LiteralString = """
ALTER TABLE cities ADD COLUMN alternate_names varchar(255)[] DEFAULT ARRAY[]::varchar[];
CREATE INDEX cities_alternate_names_gin_index ON cities USING gin (alternate_names);
"""

VENUES: LiteralString = """
CREATE TABLE venues (
    id bigserial PRIMARY KEY,
    name varchar(255) NOT NULL,
    address varchar(255),
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    inserted_at timestamp(0) NOT NULL,
    updated_at timestamp(0) NOT NULL,
    venue_type varchar(255) NOT NULL DEFAULT 'venue',
    normalized_name varchar(255),
    slug varchar(255) NOT NULL,
    source varchar(255) DEFAULT 'user',
    city_id bigint,
    metadata jsonb,
    geocoding_performance jsonb,
    provider_ids jsonb DEFAULT '{}',
    venue_images jsonb DEFAULT '[]',
    image_enrichment_metadata jsonb DEFAULT '{}'
);
"""

VENUE_INDEXES: tuple[LiteralString, ...] = (
    "CREATE UNIQUE INDEX venues_slug_index ON venues (slug)",
    "CREATE INDEX venues_city_image_queries_idx ON venues (city_id, id)",
    "CREATE INDEX venues_city_lookup_idx ON venues (city_id, id)",
    "CREATE INDEX venues_city_id_index ON venues (city_id)",
    "CREATE INDEX venues_id_idx ON venues (id)",
    "CREATE INDEX venues_normalized_name_city_id_index ON venues (normalized_name, city_id)",
    "CREATE INDEX venues_source_index ON venues (source)",
    "CREATE INDEX venues_venue_type_index ON venues (venue_type)",
    "CREATE INDEX venues_venue_images_index ON venues USING gin (venue_images)",
    "CREATE INDEX venues_image_enrichment_metadata_index"
    " ON venues USING gin (image_enrichment_metadata)",
    "CREATE INDEX venues_provider_ids_index ON venues USING gin (provider_ids)",
)

WITHOUT_IMAGES_INDEX: LiteralString = """
CREATE INDEX venues_without_images_idx ON venues (city_id)
    WHERE COALESCE(jsonb_array_length(venue_images), 0) = 0
"""
"""While this index exists no row can hold venue_images that is neither NULL nor an array:
evaluating its predicate raises. Databases that lost the index can hold anything."""

VENUE_CONSTRAINTS: LiteralString = """
ALTER TABLE venues
    ADD CONSTRAINT venues_city_id_fkey
        FOREIGN KEY (city_id) REFERENCES cities (id) ON DELETE SET NULL,
    ADD CONSTRAINT venues_city_id_required_for_non_regional
        CHECK (COALESCE(venue_type, '') = 'region' OR city_id IS NOT NULL);
"""
