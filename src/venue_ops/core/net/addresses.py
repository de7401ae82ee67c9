"""Which addresses may be connected to: public ones alone (pure).

A photo's URL comes from outside, so does every redirect and every DNS answer. Whatever leads
to this machine, to its network or to a cloud's metadata is refused, however it is spelled: the
check is made on the address that would be connected to.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

_UNICAST = IPv6Network("2000::/3")
"""All of IPv6 that is given out to anyone; whatever else there is has a use of its own."""

_NAT64 = IPv6Network("64:ff9b::/96")
_NEVER = tuple(
    ip_network(each)
    for each in (
        "100.64.0.0/10",  # carriers' own; clouds have metadata there, too
        "168.63.129.16/32",  # Azure's host, whatever registries say
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",
        "2001::/23",  # IETF's own, with Teredo, which leads where its relay likes
        "2001:db8::/32",
        "3fff::/20",  # documentation, which Python does not know everywhere
    )
)


def is_public(address: Address | str) -> bool:
    """Whether a connection to this address may be made.

    Addresses that carry another one (mapped, compatible, 6to4, NAT64) are as public as that.
    Raises ValueError for a text that is no address.
    """
    found = ip_address(address) if isinstance(address, str) else address
    if isinstance(found, IPv6Address):
        if found.scope_id is not None:
            return False
        inner = _carried(found)
        if inner is not None:
            return is_public(inner)
        if found not in _UNICAST:
            return False
    if not found.is_global or found.is_multicast or found.is_reserved:
        return False
    return not any(found in network for network in _NEVER if network.version == found.version)


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if int(address) >> 32 == 0:  # ::127.0.0.1, the compatible form
        return IPv4Address(int(address))
    return None
