"""What somebody said about each setting, and who: the layers, laid over each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from venue_ops.settings.file import ConfigFile
from venue_ops.settings.model import Overrides

_VARIABLES = (
    ("database_url", "DATABASE_URL"),
    ("database_url", "VENUE_OPS_DATABASE_URL"),
    ("oban_schema", "VENUE_OPS_OBAN_SCHEMA"),
    ("tz", "VENUE_OPS_TZ"),
    ("statement_timeout", "VENUE_OPS_STATEMENT_TIMEOUT"),
    ("store", "VENUE_OPS_STORE"),
    ("store_public_url", "VENUE_OPS_STORE_PUBLIC_URL"),
    ("imagekit_folder", "IMAGEKIT_FOLDER"),
    ("state_dir", "VENUE_OPS_STATE_DIR"),
)
"""Setting and variable; of two for one setting the later one wins."""

_FLAGS = ("database_url", "oban_schema", "tz", "statement_timeout")
_OF_A_DATABASE = ("database_url", "oban_schema", "read_only", "production", "workers.", "queues.")


@dataclass(frozen=True, slots=True)
class Given:
    """One value as it was written, where, and whether by a flag.

    `indirect` values of `database_url` are the name of a variable that holds the URL.
    """

    value: Any = field(repr=False)
    source: str
    flag: bool = False
    indirect: bool = False


def given_values(
    overrides: Overrides, env: Mapping[str, str], file: ConfigFile, profile: str | None
) -> dict[str, Given]:
    """The winning word on every setting that anybody spoke of."""
    below = _level(file.defaults, str(file.path))
    if profile is not None:
        below |= _level(file.profiles[profile], f"profile {profile} in {file.path}")
    below |= _environment(env)
    if overrides.demo:
        below = {key: one for key, one in below.items() if not key.startswith(_OF_A_DATABASE)}
    return below | _flags(overrides)


def _flags(overrides: Overrides) -> dict[str, Given]:
    said = {key: getattr(overrides, key) for key in _FLAGS}
    return {
        key: Given(value, f"flag --{key.replace('_', '-')}", flag=True)
        for key, value in said.items()
        if value is not None
    }


def _environment(env: Mapping[str, str]) -> dict[str, Given]:
    """A blank variable counts as not set: `DATABASE_URL= venue-ops ...` is how one unsets it."""
    return {
        key: Given(env[variable], f"environment {variable}")
        for key, variable in _VARIABLES
        if env.get(variable, "").strip()
    }


def _level(flat: Mapping[str, Any], source: str) -> dict[str, Given]:
    found = {key: Given(value, source) for key, value in flat.items()}
    indirect = found.pop("database_url_env", None)
    if indirect is not None:
        found["database_url"] = Given(indirect.value, source, indirect=True)
    return found
