"""The configuration file: where it is, and what it says."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from venue_ops.core.errors import ConfigurationError, UsageError
from venue_ops.settings.keys import default_profile_of, flat_values, profiles_of
from venue_ops.settings.secrets import holds_secret

_LARGEST = 1_000_000
_POSITION = re.compile(r"at (?:line \d+, column \d+|end of document)")


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """One file, its types checked; what its values mean is the loader's business."""

    path: Path | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict, repr=False)
    profiles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    default_profile: str | None = None
    warnings: tuple[str, ...] = ()


def find_config(
    flag: str | Path | None, env: Mapping[str, str], config_dir: Path | None
) -> tuple[ConfigFile, str]:
    """The file of --config, else of VENUE_OPS_CONFIG, else config.toml in `config_dir`.

    The second value says who named it.

    `config_dir` None is `$XDG_CONFIG_HOME/venue-ops`, else `~/.config/venue-ops`. Only the
    file at the default place may be missing. Raises ConfigurationError and UsageError.
    """
    if flag is not None:
        if not str(flag):
            raise UsageError("--config is empty.", hint="Give the path of a TOML file.")
        return read_config(_expanded(str(flag), env)), "flag --config"
    named = env.get("VENUE_OPS_CONFIG", "")
    if named.strip():
        return read_config(_expanded(named, env)), "environment VENUE_OPS_CONFIG"
    folder = config_dir or _default_folder(env)
    if folder is None or not _exists(folder / "config.toml"):
        return ConfigFile(), "default"
    return read_config(folder / "config.toml"), "default"


def _exists(path: Path) -> bool:
    """True also where we may not look: then reading it says why."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _default_folder(env: Mapping[str, str]) -> Path | None:
    """By the XDG base directory specification, which ignores a relative path."""
    base = Path(env.get("XDG_CONFIG_HOME", ""))
    if base.is_absolute():
        return base / "venue-ops"
    home = env.get("HOME") or env.get("USERPROFILE")
    return Path(home, ".config", "venue-ops") if home else None


def _expanded(text: str, env: Mapping[str, str]) -> Path:
    """`~/` is the home also where no shell expands it: in cron, systemd and --config=~/x."""
    home = env.get("HOME", "")
    return Path(home, text[2:]) if text.startswith("~/") and home else Path(text)


def read_config(path: Path) -> ConfigFile:
    """Read and check one file. Raises ConfigurationError, which never quotes a value."""
    content, others_may_read = _content(path)
    document = _parsed(content, path)
    defaults = flat_values(document, path=str(path))
    profiles = profiles_of(document, path=str(path))
    secret = any(
        holds_secret(level.get("database_url", "")) for level in (defaults, *profiles.values())
    )
    warning = (
        f"{path} holds a password and other users of this machine can read it:"
        f" chmod 600 {path}, or use database_url_env."
    )
    return ConfigFile(
        path=path,
        defaults=defaults,
        profiles=profiles,
        default_profile=default_profile_of(document, path=str(path)),
        warnings=(warning,) if secret and others_may_read else (),
    )


def _content(path: Path) -> tuple[bytes, bool]:
    """The bytes, and whether others than the owner may read the file."""
    try:
        with path.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            content = stream.read(_LARGEST + 1)
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else None
        raise ConfigurationError(
            f"{path}: the configuration file cannot be read ({reason or 'not a valid path'}).",
            hint="Name another by --config or VENUE_OPS_CONFIG.",
        ) from None
    if len(content) > _LARGEST:
        raise ConfigurationError(f"{path}: this is too large to be a configuration file.")
    public = os.name == "posix" and stat.S_ISREG(mode) and bool(mode & 0o044)
    return content, public


def _parsed(content: bytes, path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: this is not UTF-8 and so not TOML.") from None
    except (ValueError, RecursionError) as problem:
        # The parser's own text can quote what it met; the position cannot.
        place = _POSITION.search(str(problem))
        where = f" (the first problem is {place[0]})" if place else ""
        raise ConfigurationError(
            f"{path}: this is not valid TOML{where}.",
            hint="Texts go between quotes; docs/how-to/configuration.md has a complete example.",
        ) from None
