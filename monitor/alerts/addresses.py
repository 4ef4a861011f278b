"""Where a name leads, and whether a server may be made to go there.

A webhook's address is typed in by somebody: without a check it could make the server talk to the
machines behind the firewall, or to the metadata service of its cloud.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from monitor.errors import DeliveryError

Resolve = Callable[[str, int], list[str]]
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))  # RFC 6052, RFC 8215


def lookup(host: str, port: int) -> list[str]:
    """The host's addresses as the system knows them; OSError where there is none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def address_of(host: str, port: int, *, resolve: Resolve = lookup) -> str:
    """One address of the host, to connect to just that: a second look might find another."""
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "not a host name"
        raise DeliveryError(f"The host {host} is not known ({said}).", away=True) from None
    return found[0]


def public_address_of(host: str, port: int, *, resolve: Resolve = lookup) -> str:
    """The same; DeliveryError where any of its addresses is not of the open internet."""

    def only_public(host: str, port: int) -> list[str]:
        found = resolve(host, port)
        inner = next((address for address in found if not is_public(address)), None)
        if inner is not None:
            raise DeliveryError(
                f"The host {host} leads to {inner}, which is not on the open internet: "
                "say allow_private where that is meant.",
                away=True,
            )
        return found

    return address_of(host, port, resolve=only_public)


def is_public(address: str) -> bool:
    """Whether it is of the open internet: not private, loopback, link-local, shared or reserved.

    >>> [is_public(a) for a in ("93.184.215.14", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1")]
    [True, False, False, False]
    """
    ip = _innermost(ip_address(address.partition("%")[0]))
    return ip.is_global and not ip.is_multicast


def _innermost(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(ip, IPv4Address):
        return ip
    if any(ip in network for network in _TRANSLATED):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    if int(ip) < 1 << 32:  # once meant as an IPv4 address (RFC 4291, 2.5.5.1)
        return IPv4Address(int(ip))
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or ip
