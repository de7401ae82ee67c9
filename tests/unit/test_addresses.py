"""Only public addresses may be connected to, whatever they carry and however they are written.

The ranges are those of IANA's registries of special-purpose addresses (IPv4 and IPv6), with the
clouds' metadata services by name.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.core.net.addresses import is_public

SPECIAL_4 = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "shared by carriers",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "IETF",
    "192.0.2.0/24": "documentation",
    "192.88.99.0/24": "6to4 relays",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "benchmarks",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
    "255.255.255.255/32": "broadcast",
}
SPECIAL_6 = {
    "::/128": "unspecified",
    "::1/128": "loopback",
    "64:ff9b:1::/48": "a network's own translation",
    "100::/64": "discarded",
    "100:0:0:1::/64": "dummy",
    "2001::/32": "Teredo",
    "2001:2::/48": "benchmarks",
    "2001:10::/28": "ORCHID",
    "2001:20::/28": "ORCHID",
    "2001:db8::/32": "documentation",
    "3fff::/20": "documentation",
    "5f00::/16": "segment routing",
    "fc00::/7": "unique local",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}
METADATA = [
    "169.254.169.254",  # AWS, GCP, Azure, and more
    "169.254.170.2",  # tasks of ECS
    "fd00:ec2::254",  # AWS
    "fd20:ce::254",  # GCP
    "100.100.100.200",  # Alibaba
    "192.0.0.192",  # Oracle
    "168.63.129.16",  # Azure's host: public by its number alone
]
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "2a00:1450:4001:80b::200e",
]


@pytest.mark.parametrize("network", [*SPECIAL_4, *SPECIAL_6])
def test_no_address_of_a_special_range_is_public(network: str) -> None:
    found = ip_network(network)
    middle = found.network_address + (found.num_addresses // 2)
    for address in (found.network_address, middle, found.broadcast_address):
        assert not is_public(address)
        assert not is_public(str(address))


@pytest.mark.parametrize("address", METADATA)
def test_no_metadata_service_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_anyone_may_reach_is_public(address: str) -> None:
    assert is_public(address)


def carriers(inner: IPv4Address) -> dict[str, IPv6Address]:
    """Every IPv6 form that leads to an IPv4 address."""
    number = int(inner)
    return {
        "mapped": IPv6Address(0xFFFF << 32 | number),
        "compatible": IPv6Address(number),
        "6to4": IPv6Address(0x2002 << 112 | number << 80 | 1),
        "NAT64": IPv6Address(int(IPv6Address("64:ff9b::")) | number),
    }


@pytest.mark.parametrize("network", SPECIAL_4)
def test_an_address_within_another_is_no_way_round(network: str) -> None:
    inner = IPv4Address(ip_network(network)[-1])
    assert not any(map(is_public, carriers(inner).values()))


def test_a_public_address_within_another_is_public() -> None:
    assert all(map(is_public, carriers(IPv4Address("8.8.8.8")).values()))


@pytest.mark.parametrize("inner", ["8.8.8.8", "127.0.0.1"])
def test_forms_whose_relay_or_network_decides_are_never_public(inner: str) -> None:
    number = int(IPv4Address(inner))
    server = int(IPv4Address("8.8.4.4"))
    teredo = 0x20010000 << 96 | server << 64 | (number ^ 0xFFFFFFFF)
    translated = 0xFFFF << 48 | number  # SIIT, ::ffff:0:a.b.c.d
    local = int(IPv6Address("64:ff9b:1::")) | number
    for form in (teredo, translated, local):
        assert not is_public(IPv6Address(form))


@pytest.mark.parametrize("address", ["fe80::1%eth0", "2606:4700:4700::1111%1", "::ffff:8.8.8.8%2"])
def test_an_address_of_one_interface_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "0177.0.0.1", "0x7f000001", "8.8.8.8 "])
def test_what_is_no_address_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        is_public(text)


@given(st.ip_addresses(v=4))
def test_never_more_than_python_calls_global(address: IPv4Address) -> None:
    assert address.is_global or not is_public(address)
    assert not (address.is_multicast and is_public(address))


@given(st.ip_addresses(v=6))
def test_of_ipv6_only_what_is_given_out(address: IPv6Address) -> None:
    if is_public(address) and address not in ip_network("2002::/16"):
        assert address.is_global
        assert address in ip_network("2000::/3") or any(
            address in ip_network(each) for each in ("::/96", "::ffff:0:0/96", "64:ff9b::/96")
        )


@given(st.ip_addresses(v=4))
def test_what_is_carried_decides(inner: IPv4Address) -> None:
    for form in carriers(inner).values():
        assert is_public(form) == is_public(inner)


@given(st.ip_addresses())
def test_text_and_value_are_answered_alike(address: IPv4Address | IPv6Address) -> None:
    assert is_public(str(address)) == is_public(ip_address(str(address)))
