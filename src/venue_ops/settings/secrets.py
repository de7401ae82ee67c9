"""The secrets that the environment holds, so that no output repeats one."""

from __future__ import annotations

from collections.abc import Mapping

from venue_ops.core.errors import ConfigurationError
from venue_ops.settings.dsn import database_target

SECRET_VARIABLES = (
    "GOOGLE_MAPS_API_KEY",
    "GOOGLE_PLACES_API_KEY",
    "FOURSQUARE_API_KEY",
    "HERE_API_KEY",
    "GEOAPIFY_API_KEY",
    "UNSPLASH_ACCESS_KEY",
    "UNSPLASH_SECRET_KEY",
    "PEXELS_API_KEY",
    "IMAGEKIT_PRIVATE_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "CLOUDFLARE_SECRET_ACCESS_KEY",
    "R2_SECRET_ACCESS_KEY",
)
URL_VARIABLES = ("VENUE_OPS_DATABASE_URL", "DATABASE_URL", "SUPABASE_DATABASE_URL")
_SHORTEST = 6


def environment_secrets(env: Mapping[str, str]) -> frozenset[str]:
    """Keys of providers and stores, and the passwords of database URLs, also of unused ones.

    Texts under six characters are left out: as a key they are placeholders, and to replace
    them would spoil unrelated text. Never raises; a URL that cannot be read counts whole.
    """
    found = {env.get(name, "").strip() for name in SECRET_VARIABLES}
    if env.get("PGPASSWORD") not in {env.get("PGUSER"), env.get("PGDATABASE")}:
        found.add(env.get("PGPASSWORD", ""))
    for name in URL_VARIABLES:
        found |= _url_secrets(env.get(name, ""))
    return frozenset(text for text in found if len(text) >= _SHORTEST)


def _url_secrets(dsn: str) -> frozenset[str]:
    if not dsn.strip():
        return frozenset()
    try:
        return database_target(dsn, source="", env={}).hidden()
    except ConfigurationError:
        return frozenset({dsn, dsn.strip()})


def holds_secret(dsn: str) -> bool:
    """Whether a connection string has a password in it; one that cannot be read may have."""
    if not dsn.strip():
        return False
    try:
        return bool(database_target(dsn, source="", env={}).secrets)
    except ConfigurationError:
        return True
