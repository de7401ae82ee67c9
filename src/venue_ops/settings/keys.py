"""What a configuration file may say: the keys, and what type each has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from venue_ops.core.errors import ConfigurationError
from venue_ops.core.references import close_matches, shortened

PROFILES = "profiles"
DEFAULT_PROFILE = "default_profile"

Check = Callable[[object], str | None]
"""What the value should have been, or None where it is right. Never quotes the value."""


def _text(value: object) -> str | None:
    return None if isinstance(value, str) and value.strip() else "a text that is not empty"


def _any_text(value: object) -> str | None:
    return None if isinstance(value, str) else 'a text ("" is none)'


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "true or false"


def _whole_number(value: object) -> str | None:
    right = isinstance(value, int) and not isinstance(value, bool)
    return None if right else "a whole number"


def _number(value: object) -> str | None:
    right = isinstance(value, int | float) and not isinstance(value, bool)
    return None if right else "a number"


def _timeout(value: object) -> str | None:
    right = isinstance(value, str | int | float) and not isinstance(value, bool)
    return None if right else 'a number of seconds or a text such as "30s"'


def _any_names(value: object) -> str | None:
    return None if value == [] else _names(value)


def _names(value: object) -> str | None:
    items = value if isinstance(value, list) else [value]
    right = items and not any(map(_text, items))
    return None if right else "a name or a list of names"


KEYS: Mapping[str, Check] = {
    "database_url": _text,
    "database_url_env": _text,
    "oban_schema": _text,
    "tz": _text,
    "statement_timeout": _timeout,
    "max_retries": _whole_number,
    "pager": _any_text,
    "read_only": _flag,
    "production": _flag,
    "workers.backfill": _names,
    "workers.enrichment": _names,
    "workers.retry": _names,
    "workers.cleanup": _names,
    "queues.backfill": _text,
    "queues.enrichment": _text,
    "queues.worker": _text,
    "store": _text,
    "store_public_url": _text,
    "imagekit_folder": _text,
    "imagekit_upload_url": _text,
    "state_dir": _text,
    "retry.engine": _text,
    "retry.concurrency": _whole_number,
    "retry.settle": _timeout,
    "retry.longest_wait": _timeout,
    "retry.allowed_hosts": _any_names,
}
"""Every setting, at the top level or in a profile; a dot is a table of its own."""

FREE_TABLES: Mapping[str, Check] = {"pace": _number}
"""Tables whose keys are names from outside, as providers are, with the type of their values."""

_TABLES = frozenset(FREE_TABLES) | frozenset(key.partition(".")[0] for key in KEYS if "." in key)
_TOP = frozenset(key.partition(".")[0] for key in (*KEYS, *FREE_TABLES)) | {
    PROFILES,
    DEFAULT_PROFILE,
}


def flat_values(table: Mapping[str, Any], *, path: str, place: str = "") -> dict[str, Any]:
    """The settings of one level, `workers.retry` for a key of a table; all types checked.

    `place` is the level's name in errors (`profiles.prod.`, empty for the top). Raises
    ConfigurationError, which names the file and the key and never quotes a value.
    """
    found: dict[str, Any] = {}
    for key, value in table.items():
        if not place and key in {PROFILES, DEFAULT_PROFILE}:
            continue
        if key in _TABLES:
            if not isinstance(value, dict):
                raise _wrong(path, place + key, "a table")
            found |= {f"{key}.{name}": item for name, item in value.items()}
        else:
            found[key] = value
    for key, value in found.items():
        check = KEYS.get(key) or FREE_TABLES.get(key.partition(".")[0])
        if check is None:
            raise _unknown(path, place, key)
        expected = check(value)
        if expected:
            raise _wrong(path, place + key, expected)
    if {"database_url", "database_url_env"} <= found.keys():
        raise ConfigurationError(
            f"{path}: {place}database_url and {place}database_url_env contradict each other.",
            hint="Keep database_url_env: then the password is not in the file.",
        )
    return found


def profiles_of(document: Mapping[str, Any], *, path: str) -> dict[str, dict[str, Any]]:
    """The settings of every profile, flat; raises ConfigurationError."""
    tables = document.get(PROFILES, {})
    if not isinstance(tables, dict):
        raise _wrong(path, PROFILES, "a table of profiles: [profiles.NAME]")
    found: dict[str, dict[str, Any]] = {}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise _wrong(path, f"{PROFILES}.{shortened(name)}", "a table: [profiles.NAME]")
        found[name] = flat_values(table, path=path, place=f"{PROFILES}.{shortened(name)}.")
    return found


def default_profile_of(document: Mapping[str, Any], *, path: str) -> str | None:
    """The name in `default_profile`, if there is one; raises ConfigurationError."""
    name = document.get(DEFAULT_PROFILE)
    if name is not None and (expected := _text(name)):
        raise _wrong(path, DEFAULT_PROFILE, expected)
    return name


def _wrong(path: str, key: str, expected: str) -> ConfigurationError:
    return ConfigurationError(
        f"{path}: {key} has to be {expected}.",
        hint="docs/how-to/configuration.md lists every setting with an example.",
    )


def _unknown(path: str, place: str, key: str) -> ConfigurationError:
    known = KEYS if place else [*KEYS, *_TOP]
    near = close_matches(key, known)
    meant = f"Did you mean {' or '.join(near)}?" if near else f"Known are {', '.join(KEYS)}."
    return ConfigurationError(f"{path}: there is no setting {place}{shortened(key)}.", hint=meant)
