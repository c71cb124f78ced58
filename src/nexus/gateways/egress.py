"""The live tests call addresses that a tenant typed: none of them may lead into our own network (architecture.md 7)."""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_NAT64 = IPv6Network("64:ff9b::/96")


async def leads_inside(host: str, *, allow_loopback: bool) -> bool:
    """Whether any address of `host` is private, link-local, reserved or (unless allowed) of this machine.

    A name that does not resolve leads nowhere: False, and the call itself will say so.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    addresses = [_plain(ip_address(str(entry[4][0]).split("%")[0])) for entry in found]
    return any(not (address.is_global or (allow_loopback and address.is_loopback)) for address in addresses)


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside an IPv6 one (mapped, 6to4, NAT64): those are ways in, too."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address
