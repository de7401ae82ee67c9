"""Which value wins: flag > environment > profile > top of the file > default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from venue_ops.core.errors import ConfigurationError, UsageError
from venue_ops.core.references import close_matches, shortened
from venue_ops.settings import values
from venue_ops.settings.database import find_database, overruled_profile
from venue_ops.settings.file import ConfigFile, find_config
from venue_ops.settings.given import Given, given_values
from venue_ops.settings.model import Overrides, QueueNames, Settings, WorkerNames
from venue_ops.settings.retrying import retry_settings
from venue_ops.settings.secrets import environment_secrets

T = TypeVar("T")


def load_settings(
    overrides: Overrides, env: Mapping[str, str], *, config_dir: Path | None = None
) -> Settings:
    """Everything the flags, the environment and the file say, checked.

    `config_dir` is where config.toml is looked for when neither --config nor
    VENUE_OPS_CONFIG names a file. A blank variable counts as not set. With `demo`, what the
    environment and the file say about a database (its URL, schema, workers and queues, and
    that it is production or read only) is about another one and does not apply.

    Raises ConfigurationError, or UsageError where a flag is at fault; neither ever holds a
    password or the database URL.
    """
    if overrides.demo and overrides.database_url is not None:
        raise UsageError(
            "--demo and --database-url contradict each other.",
            hint="Leave out --demo to work on the database named.",
        )
    file, file_source = find_config(overrides.config, env, config_dir)
    profile, profile_source = _profile(overrides, env, file)
    reader = _Reader(given_values(overrides, env, file, profile))
    url = reader.given.get("database_url")
    database, database_source = find_database(url, env)
    plain = Settings()
    return Settings(
        database=database,
        demo=overrides.demo,
        profile=profile,
        read_only=reader.read("read_only", bool, plain.read_only),
        production=reader.read("production", bool, plain.production),
        oban_schema=reader.read("oban_schema", values.schema, plain.oban_schema),
        timezone=reader.read("tz", values.zone, plain.timezone),
        statement_timeout=reader.read(
            "statement_timeout", values.statement_timeout, plain.statement_timeout
        ),
        workers=_workers(reader),
        queues=_queues(reader),
        max_retries=reader.read("max_retries", values.max_retries, plain.max_retries),
        pager=reader.read("pager", str, plain.pager),
        retry=retry_settings(
            reader.read,
            env,
            [key.removeprefix("pace.") for key in reader.given if key.startswith("pace.")],
            file.path.parent if file.path else None,
        ),
        config_file=file.path,
        sources=MappingProxyType(
            {
                **reader.sources,
                "database_url": "flag --demo" if overrides.demo else database_source,
                "profile": profile_source,
                "config_file": file_source,
            }
        ),
        warnings=file.warnings + overruled_profile(url, file, profile),
        known_secrets=environment_secrets(env),
    )


class _Reader:
    """Takes settings one by one and remembers where each came from."""

    def __init__(self, given: Mapping[str, Given]) -> None:
        self.given = given
        self.sources: dict[str, str] = {}

    def read(self, key: str, meaning: Callable[[Any], T], default: T) -> T:
        """The value, or the default where nobody spoke; errors say whose word it was."""
        given = self.given.get(key)
        self.sources[key] = given.source if given else "default"
        if given is None:
            return default
        try:
            return meaning(given.value)
        except UsageError as problem:
            kind = UsageError if given.flag else ConfigurationError
            place = given.source if given.flag else f"{key} ({given.source})"
            raise kind(f"{place}: {problem.message}", hint=problem.hint) from None


def _workers(reader: _Reader) -> WorkerNames:
    plain = WorkerNames()
    workers = WorkerNames(
        backfill=reader.read("workers.backfill", values.worker_names, plain.backfill),
        enrichment=reader.read("workers.enrichment", values.worker_names, plain.enrichment),
        retry=reader.read("workers.retry", values.worker_names, plain.retry),
        cleanup=reader.read("workers.cleanup", values.worker_names, plain.cleanup),
    )
    kinds: dict[str, str] = {}
    for kind in ("backfill", "enrichment", "retry", "cleanup"):
        for name in getattr(workers, kind):
            if name in kinds:
                raise ConfigurationError(
                    f"The worker {shortened(name)} is of two kinds, {kinds[name]} and {kind}"
                    f" ({reader.sources[f'workers.{kind}']}).",
                    hint="Each name under [workers] belongs to one kind.",
                )
            kinds[name] = kind
    return workers


def _queues(reader: _Reader) -> QueueNames:
    plain = QueueNames()
    return QueueNames(
        backfill=reader.read("queues.backfill", values.queue_name, plain.backfill),
        enrichment=reader.read("queues.enrichment", values.queue_name, plain.enrichment),
        worker=reader.read("queues.worker", values.queue_name, plain.worker),
    )


def _profile(
    overrides: Overrides, env: Mapping[str, str], file: ConfigFile
) -> tuple[str | None, str]:
    """The profile in force and who chose it. Raises ConfigurationError if it is unknown."""
    if overrides.profile is not None:
        name, source = overrides.profile, "flag --profile"
    elif env.get("VENUE_OPS_PROFILE", "").strip():
        name, source = env["VENUE_OPS_PROFILE"].strip(), "environment VENUE_OPS_PROFILE"
    elif file.default_profile is not None:
        name, source = file.default_profile, f"default_profile in {file.path}"
    else:
        return None, "default"
    if name in file.profiles:
        return name, source
    near = close_matches(name, file.profiles)
    if near:
        hint = f"Did you mean {' or '.join(near)}?"
    elif file.profiles:
        hint = f"Known are {', '.join(file.profiles)}."
    elif file.path:
        hint = f"{file.path} holds no profiles; one is a table [profiles.NAME]."
    else:
        hint = "There is no configuration file; name one by --config or VENUE_OPS_CONFIG."
    raise ConfigurationError(f'There is no profile "{shortened(name)}" ({source}).', hint=hint)
