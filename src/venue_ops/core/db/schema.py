"""The application's tables, as far as venue-ops reads them.

No column is declared that some supported database lacks: `cities.alternate_names` is read
through `to_jsonb`, and Oban's columns are those of migration 11, which later ones kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, ENUM, JSONB

_app = MetaData()

countries = Table(
    "countries",
    _app,
    Column("id", BigInteger, primary_key=True),
    Column("name", Text),
    Column("code", Text),
    Column("slug", Text),
)

cities = Table(
    "cities",
    _app,
    Column("id", BigInteger, primary_key=True),
    Column("name", Text),
    Column("slug", Text),
    Column("country_id", BigInteger),
)

data_providers = Table(
    "venue_data_providers",
    _app,
    Column("id", BigInteger, primary_key=True),
    Column("name", Text),
    Column("metadata", JSONB),
)
"""Read only for names, pace and price: a role that may not read it is no worse off."""

venues = Table(
    "venues",
    _app,
    Column("id", BigInteger, primary_key=True),
    Column("name", Text),
    Column("slug", Text),
    Column("address", Text),
    Column("venue_type", Text),
    Column("city_id", BigInteger),
    Column("provider_ids", JSONB),
    Column("venue_images", JSONB),
    Column("image_enrichment_metadata", JSONB),
    Column("inserted_at", DateTime),
    Column("updated_at", DateTime),
)


@dataclass(frozen=True, slots=True)
class ObanTables:
    """Oban's table and enum in the schema ("prefix") that the application gave them."""

    jobs: Table
    state: ENUM


def oban_tables(schema: str) -> ObanTables:
    """Oban's objects, qualified by their schema."""
    state = ENUM(name="oban_job_state", schema=schema, create_type=False)
    jobs = Table(
        "oban_jobs",
        MetaData(),
        Column("id", BigInteger, primary_key=True),
        Column("state", state),
        Column("queue", Text),
        Column("worker", Text),
        Column("args", JSONB),
        Column("meta", JSONB),
        Column("tags", ARRAY(Text)),
        Column("errors", ARRAY(JSONB)),
        Column("attempt", Integer),
        Column("max_attempts", Integer),
        Column("priority", Integer),
        Column("attempted_by", ARRAY(Text)),
        Column("inserted_at", DateTime),
        Column("scheduled_at", DateTime),
        Column("attempted_at", DateTime),
        Column("completed_at", DateTime),
        Column("cancelled_at", DateTime),
        Column("discarded_at", DateTime),
        schema=schema,
    )
    return ObanTables(jobs=jobs, state=state)
