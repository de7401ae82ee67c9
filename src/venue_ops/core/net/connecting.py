"""Connections to public addresses alone, whatever a name resolves to."""

from __future__ import annotations

import asyncio
import errno
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import httpcore2

from venue_ops.core.errors import ConfigurationError
from venue_ops.core.net.addresses import is_public
from venue_ops.core.net.errors import ImageError

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""A host's addresses as text; raises OSError where there are none."""

_MOST_ADDRESSES = 8
_ADDRESS = re.compile("[0-9]+|0x[0-9a-f]*|localhost")
"""The last label of what is an address in any spelling, as browsers tell it (WHATWG, URL)."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """As this machine does it, numbers in any spelling included."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PublicOnly(httpcore2.AsyncNetworkBackend):
    """Looks a host up, checks every answer, and connects to what was checked and nothing else.

    One answer that is not public refuses the host: a name that has both is a trap. `allowed`
    are (host, port) pairs that an explicit setting exempts.
    """

    def __init__(
        self,
        *,
        resolve: Resolve = resolve,
        allowed: Iterable[tuple[str, int]] = (),
        backend: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._resolve = resolve
        self._allowed = frozenset(allowed)
        self._backend = backend or httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first address that answers.

        `timeout` (seconds) is for all of it, the look-up included; the addresses share what is
        left, so that one that swallows everything does not keep the next from being tried.
        """
        clock = asyncio.get_running_loop().time
        end = None if timeout is None else clock() + timeout
        addresses = await self._checked(host, port, timeout)
        last: Exception | None = None
        for tried, address in enumerate(addresses):
            share = None if end is None else max(0.0, end - clock()) / (len(addresses) - tried)
            try:
                return await self._backend.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                _refuse_own(error)
                last = error
        raise last or httpcore2.ConnectError("no address")

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.AsyncNetworkStream:
        """Never: a socket in the file system is no provider's."""
        raise ImageError("invalid_provider_url", "A URL leads to a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        """Wait between tries of a connection."""
        await self._backend.sleep(seconds)

    async def _checked(self, host: str, port: int, timeout: float | None) -> Sequence[str]:
        """The addresses of a host, few enough to try them all; all of them public."""
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host, port)
        except TimeoutError:
            raise httpcore2.ConnectTimeout("the look-up took too long") from None
        except UnicodeError:
            raise ImageError("invalid_provider_url", "The URL's host cannot exist") from None
        except OSError:
            raise httpcore2.ConnectError("the host has no address") from None
        if (host, port) not in self._allowed and not all(map(_is_public, addresses)):
            raise _refused(host)
        return addresses[:_MOST_ADDRESSES]


def _refuse_own(error: BaseException | None) -> None:
    """Raise where a connection was not made because this process has no file left for it."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            raise ConfigurationError(
                "There are too many connections at once for this machine.",
                hint="Lower --concurrency, or raise `ulimit -n`: no image was marked for it.",
            ) from None
        error = error.__cause__ or error.__context__


def _refused(host: str) -> ImageError:
    """A name may lead here for want of a network: a portal answers every look-up with itself.

    So only an address in the URL is a fault of the URL; a name's answer may be another one soon.
    """
    if ":" in host or _ADDRESS.fullmatch(host.rstrip(".").rpartition(".")[2].lower()):
        return ImageError("invalid_provider_url", "The URL leads to an address that is not public")
    return ImageError(
        "network_error", "The host leads to an address that is not public", is_unreachable=True
    )


def _is_public(address: str) -> bool:
    try:
        return is_public(address)
    except ValueError:
        return False
