"""Which database is meant, from the winning `database_url`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from venue_ops.core.errors import ConfigurationError, UsageError
from venue_ops.settings.dsn import database_target
from venue_ops.settings.file import ConfigFile
from venue_ops.settings.given import Given
from venue_ops.settings.model import DatabaseTarget

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def find_database(given: Given | None, env: Mapping[str, str]) -> tuple[DatabaseTarget | None, str]:
    """The database and where its URL came from; None and "default" where nobody named one.

    Raises ConfigurationError, and UsageError for a blank flag.
    """
    if given is None:
        return None, "default"
    if given.flag and not given.value.strip():
        raise UsageError(
            "--database-url is empty.", hint="Is the variable that it was to hold set?"
        )
    if not given.indirect:
        return database_target(given.value, source=given.source, env=env), given.source
    name = given.value.strip()
    if not _VARIABLE.fullmatch(name):
        # Most likely the URL itself, so it is not quoted.
        raise ConfigurationError(
            f"database_url_env ({given.source}) is not the name of an environment variable.",
            hint="It names the variable that holds the URL; the URL itself is database_url.",
        )
    url = env.get(name, "")
    if not url.strip():
        raise ConfigurationError(
            f"The environment variable {name}, which database_url_env names ({given.source}),"
            " is not set.",
            hint=f"Set {name}, or name a database by --database-url.",
        )
    source = f"environment {name}, named by {given.source}"
    return database_target(url, source=source, env=env), source


def overruled_profile(
    given: Given | None, file: ConfigFile, profile: str | None
) -> tuple[str, ...]:
    """A warning where the profile's own database is not the one that is used.

    The environment comes before the file, so a DATABASE_URL left in a shell beats even a
    profile named by --profile: right by the rule, and too dangerous to pass in silence.
    """
    if given is None or profile is None or not given.source.startswith("environment "):
        return ()
    own = file.profiles[profile].keys() & {"database_url", "database_url_env"}
    if not own or given.indirect:
        return ()
    return (
        f"the profile {profile} names a database, but the one in {given.source} is used;"
        " unset that variable, or say which is meant by --database-url.",
    )
