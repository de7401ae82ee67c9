"""What a retry is told by its surroundings: the store, the state folder, pace and patience."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from venue_ops.core.enums import Engine
from venue_ops.core.errors import UsageError
from venue_ops.core.moments import parse_duration

T = TypeVar("T")
Read = Callable[[str, Callable[[Any], Any], Any], Any]

IMAGEKIT = "imagekit"
DEFAULT_FOLDER = "/venues"
DEFAULT_PACE = Decimal(10)
DEFAULT_PACES: Mapping[str, Decimal] = MappingProxyType(
    {"google_places": Decimal(2), "foursquare": Decimal(5), "here": Decimal(5)}
)
"""Requests a second as the application keeps them; any other provider DEFAULT_PACE."""

_MOST_AT_ONCE = 100
_FASTEST = Decimal(1000)


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """Where photos go and how they get there.

    `engine` runs the retries that are enqueued; None is the application, and with --demo Python.
    `store` is `imagekit`, a URL of an object store, or None where neither is set. `pace` holds
    what the settings say in requests a second; providers that are not in it have what the
    application's own table or DEFAULT_PACES say. `allowed_hosts` are exempt from the rule that
    only public addresses are connected to. `concurrency` keeps up with 10 requests a second where
    an image takes 2 s. Keys are secrets and not shown in the repr.
    """

    engine: Engine | None = None
    store: str | None = None
    store_public_url: str | None = None
    folder: str = DEFAULT_FOLDER
    upload_url: str | None = None
    state_dir: Path | None = None
    pace: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    concurrency: int = 20
    settle: timedelta = timedelta(minutes=2)
    longest_wait: timedelta = timedelta(minutes=5)
    allowed_hosts: tuple[tuple[str, int], ...] = ()
    imagekit_private_key: str | None = field(default=None, repr=False)
    google_key: str | None = field(default=None, repr=False)


def retry_settings(
    read: Read, env: Mapping[str, str], paces: Iterable[str], config_dir: Path | None
) -> RetrySettings:
    """From the layers and the environment names that the application uses.

    `read` gives the winning value of a key; `config_dir` is what a relative state_dir is relative
    to. Raises ConfigurationError.
    """
    plain = RetrySettings()
    key = env.get("IMAGEKIT_PRIVATE_KEY", "").strip() or None
    store = read("store", _store, IMAGEKIT if key else None)
    return RetrySettings(
        engine=read("retry.engine", _engine, None),
        store=store,
        store_public_url=read("store_public_url", _web_address, None),
        folder=read("imagekit_folder", str, plain.folder),
        upload_url=read("imagekit_upload_url", _web_address, None),
        state_dir=_absolute(read("state_dir", _path, None), config_dir),
        pace=MappingProxyType(
            {name: read(f"pace.{name}", _pace, DEFAULT_PACE) for name in sorted(paces)}
        ),
        concurrency=read("retry.concurrency", _at_once, plain.concurrency),
        settle=read("retry.settle", _duration, plain.settle),
        longest_wait=read("retry.longest_wait", _duration, plain.longest_wait),
        allowed_hosts=read("retry.allowed_hosts", _hosts, plain.allowed_hosts),
        imagekit_private_key=key,
        google_key=env.get("GOOGLE_MAPS_API_KEY", "").strip() or None,
    )


def _engine(value: Any) -> Engine:
    text = str(value).strip()
    if text not in set(Engine):
        raise UsageError(f"The engine is none of {', '.join(Engine)}.")
    return Engine(text)


def _store(value: Any) -> str:
    text = str(value).strip()
    if text != IMAGEKIT and "://" not in text:
        raise UsageError(
            "The store is neither imagekit nor a URL.",
            hint="Write imagekit, or s3://bucket/folder, gs://, az:// or file:///folder.",
        )
    return text


def _web_address(value: Any) -> str:
    text = str(value).strip()
    if not text.startswith(("https://", "http://")):
        raise UsageError("The address does not begin with https://.")
    return text


def _path(value: Any) -> Path:
    return Path(str(value)).expanduser()


def _absolute(path: Path | None, base: Path | None) -> Path | None:
    return base / path if path is not None and base is not None else path


def _pace(value: Any) -> Decimal:
    try:
        pace = Decimal(str(value))
    except InvalidOperation:
        raise UsageError("A pace is not a number of requests a second.") from None
    if not 0 < pace <= _FASTEST:
        raise UsageError(f"A pace is not above 0 and at most {_FASTEST} requests a second.")
    return pace


def _at_once(value: Any) -> int:
    if not 1 <= int(value) <= _MOST_AT_ONCE:
        raise UsageError(f"retry.concurrency is not between 1 and {_MOST_AT_ONCE}.")
    return int(value)


def _duration(value: Any) -> timedelta:
    return parse_duration(str(value))


def _hosts(value: Any) -> tuple[tuple[str, int], ...]:
    """`127.0.0.1:8080`: a host and a port, since another port is another server."""
    found = []
    for each in value if isinstance(value, list) else [value]:
        host, _, port = str(each).rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
            raise UsageError(
                "An allowed host is not a host and a port.", hint="Write 127.0.0.1:8080."
            )
        found.append((host, int(port)))
    return tuple(found)
