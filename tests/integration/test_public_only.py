"""No connection to an address that is not public, however it is spelled (promise 10).

A listener on loopback counts what it accepts; every URL here leads to its port, or would lead to
some other machine that must not be asked. What a name resolves to is scripted.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import httpcore2
import pytest
from tests.downloading import fetch

from venue_ops.core.net import connecting
from venue_ops.core.net.connecting import PublicOnly
from venue_ops.core.net.download import Limits
from venue_ops.core.net.errors import ImageError
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer, Web, serving


class Listener:
    """Accepts on every interface, in both families, and counts."""

    def __init__(self) -> None:
        self.accepted = 0
        self._socket = socket.create_server(
            ("", 0), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64
        )
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                taken, _ = self._socket.accept()
                self.accepted += 1
                taken.close()

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


class Dialled(httpcore2.AsyncNetworkBackend):
    """Says which addresses would have been connected to, and connects to none."""

    def __init__(self) -> None:
        self.addresses: list[str] = []

    async def connect_tcp(
        self, host: str, *_: object, **__: object
    ) -> httpcore2.AsyncNetworkStream:
        self.addresses.append(host)
        raise httpcore2.ConnectError("refused")


def refusal(url: str, *allowed: tuple[str, int], **network: Any) -> ImageError:
    with pytest.raises(ImageError) as caught:
        fetch(url, *allowed, **network)
    return caught.value


def answering(*addresses: str) -> connecting.Resolve:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


# ruff: noqa: S104
async def of_this_machine(host: str, port: int) -> Sequence[str]:
    """As the system does it, but for names that it would ask the network for."""
    if host.endswith("example.com"):
        raise OSError("no network in tests")
    return await connecting.resolve(host, port)


SPELLINGS = [
    # IPv4 in every spelling that getaddrinfo or a URL parser takes
    "127.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "2130706433", "017700000001", "0177.0.0.1",
    "0177.0.0.01", "0x7f000001", "0x7F.0.0.1", "0x7f.1", "127.0.0.0x1", "00000177.0.0.1",
    "127.0.0.1.", "127.1.", "127.255.255.254", "4294967295",
    # IPv6, and IPv4 within it
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[0000::0001]", "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::127.0.0.1]",
    "[2002:7f00:1::]", "[fe80::1]", "[fe80::1%25lo]", "[::1%25lo]", "[ff02::1]", "[fd00:ec2::254]",
    # names
    "localhost", "LOCALHOST", "localhost.", "ip6-localhost",
    # other digits and dots
    "１２７.０.０.１", "127。0。0。1", "①②⑦.⓪.⓪.①", "%31%32%37.0.0.1", "127%2e0%2e0%2e1",
    # what stands before and behind
    "user@127.0.0.1", "example.com@127.0.0.1", "example.com:80@127.0.0.1", "8.8.8.8%40@127.0.0.1",
    "a:b@[::1]", "127.0.0.1%00.example.com", "127.0.0.1\\@example.com", "example.com\\@127.0.0.1",
]  # fmt: skip


def test_the_listener_counts(listener: Listener) -> None:
    """What the tests below say with 0 they would not say of a connection."""
    here = ("127.0.0.1", listener.port)
    assert refusal(f"http://127.0.0.1:{listener.port}/", here).error_type == "network_error"
    assert listener.accepted == 1


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_this_machine_is_connected_to(host: str, listener: Listener) -> None:
    found = refusal(f"http://{host}:{listener.port}/photo.jpg", resolve=of_this_machine)
    assert listener.accepted == 0
    assert found.error_type in ("invalid_provider_url", "network_error")


@pytest.mark.parametrize("host", SPELLINGS)
def test_nor_is_anything_dialled(host: str) -> None:
    """The same where nothing would have answered: the decision comes before the connection."""
    backend = Dialled()
    refusal(f"http://{host}/photo.jpg", resolve=of_this_machine, backend=backend)
    assert backend.addresses == []


OTHERS = [
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://100.100.100.200/latest/meta-data",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://[::ffff:169.254.169.254]/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[fc00::1]/",
    "https://[::1]/",
    "https://localhost/",
]


@pytest.mark.parametrize("url", OTHERS)
def test_no_network_nor_metadata_is_dialled(url: str) -> None:
    backend = Dialled()
    assert refusal(url, backend=backend).error_type == "invalid_provider_url"
    assert backend.addresses == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "gopher://127.0.0.1:70/",
        "unix:///run/docker.sock",
        "data:image/png;base64,AAAA",
        "ws://127.0.0.1/",
        "//127.0.0.1/",
        "127.0.0.1",
        "",
        "http:/a",
        "http://",
        "https://:443/",
        "http://a b/",
        "http://a%62/",
        "http://\x00/",
        "http://[::1/",
        "http://127.0.0.1:99999/",
        "http://" + "a" * 64 + ".com/",
        "http://" + "a." * 200 + "com/",
        "http://" + "a" * 70_000,
    ],
    ids=range(20),
)
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    backend = Dialled()
    assert refusal(url, backend=backend).error_type == "invalid_provider_url"
    assert backend.addresses == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:{}/", "http://[::1]:{}/", "http://0x7f.1:{}/", "//localhost:{}/x"]
)
def test_no_redirect_leads_there(status: int, target: str, listener: Listener) -> None:
    location = target.format(listener.port)
    web = Web(lambda _: Answer(status, headers={"Location": location}), lambda: 0.0)
    with serving(web):
        found = refusal(web.url + "/photo.jpg", web.address)
    assert len(web.requests) == 1
    assert listener.accepted == 0
    assert found.error_type == "download_failed"


def test_a_redirect_to_a_file_is_refused() -> None:
    web = Web(lambda _: Answer(302, headers={"Location": "file:///etc/passwd"}), lambda: 0.0)
    with serving(web):
        found = refusal(web.url + "/photo.jpg", web.address)
    assert found.error_type == "download_failed"


MIXED = [
    ("8.8.8.8", "127.0.0.1"),
    ("127.0.0.1", "8.8.8.8"),
    ("2606:4700:4700::1111", "::1"),
    ("8.8.8.8", "::ffff:10.0.0.1"),
    ("8.8.8.8", "1.1.1.1", "169.254.169.254"),
    ("8.8.8.8", "not an address"),
    ("8.8.8.8", "fe80::1%eth0"),
]


@pytest.mark.parametrize("addresses", MIXED)
def test_one_answer_that_is_not_public_refuses_all(addresses: tuple[str, ...]) -> None:
    backend = Dialled()
    refusal("http://photos.example.com/a.jpg", resolve=answering(*addresses), backend=backend)
    assert backend.addresses == []


def test_a_name_that_changes_between_two_look_ups_is_looked_up_once(listener: Listener) -> None:
    """DNS rebinding: what was checked is connected to, and each connection is checked anew."""
    answers = itertools.cycle([["8.8.8.8"], ["127.0.0.1"]])
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return next(answers)

    backend = Dialled()
    url = f"http://rebound.example.com:{listener.port}/a.jpg"
    assert refusal(url, resolve=resolve, backend=backend).is_unreachable
    assert (asked, backend.addresses) == (["rebound.example.com"], ["8.8.8.8"])
    refusal(url, resolve=resolve, backend=backend)
    assert (len(asked), backend.addresses) == (2, ["8.8.8.8"])
    assert listener.accepted == 0


def test_a_name_that_leads_here_is_not_condemned_for_good() -> None:
    """Without a network a portal answers every look-up with itself, which is no image's fault."""
    found = refusal("https://photos.example.com/a.jpg", resolve=answering("10.0.0.1"))
    assert (found.error_type, found.is_unreachable) == ("network_error", True)


def test_public_addresses_are_tried_in_their_order_and_not_without_end() -> None:
    backend = Dialled()
    refusal(
        "http://many.example.com/",
        resolve=answering(*(f"8.8.8.{n}" for n in range(100))),
        backend=backend,
    )
    assert backend.addresses == [f"8.8.8.{n}" for n in range(8)]


def test_a_slow_look_up_counts_as_connecting() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return ["8.8.8.8"]

    with pytest.raises(ImageError) as caught:
        fetch("http://slow.example.com/", limits=Limits(connect=0.05), resolve=resolve)
    assert (caught.value.error_type, caught.value.is_unreachable) == ("network_timeout", True)


def test_no_socket_of_the_file_system_is_opened() -> None:
    async def run() -> None:
        await PublicOnly().connect_unix_socket("/run/docker.sock")

    with pytest.raises(ImageError):
        asyncio.run(run())


def test_an_exemption_is_for_one_host_and_port(listener: Listener) -> None:
    web = Web(lambda _: Answer(200, png("a")), lambda: 0.0)
    with serving(web):
        host, port = web.address
        assert fetch(f"http://{host}:{port}/", web.address).size == len(png("a"))
        for other in (
            f"http://{host}:{listener.port}/",
            f"http://localhost:{port}/",
            f"http://2130706433:{port}/",
            f"http://127.0.0.2:{port}/",
            f"http://{host}.:{port}/",
            f"http://[::ffff:{host}]:{port}/",
        ):
            refusal(other, web.address)
        assert web.connections == 1
    assert listener.accepted == 0
