"""How often somebody may try to log in: by where the tries come from, and by whose name they use."""

from __future__ import annotations

import ipaddress

from app.access.rate_limit import RateLimit

OF_ONE_ADDRESS = 30
OF_ONE_PAIR = 10
OF_ONE_NAME = 60
"""From all addresses together."""


class LoginPace:
    """At most so many tries in any minute; in memory, safe for threads.

    Whoever has logged in from an address before is kept back there only by tries at that address under that name, so
    that a storm of tries elsewhere, or under other names, locks nobody out who works here.

    Args:
        of_one_address: tries under any names.
        of_one_pair: tries from one address under one name.
        of_one_name: tries under one name from all addresses where it has not logged in yet.
    """

    def __init__(
        self, of_one_address: int = OF_ONE_ADDRESS, of_one_pair: int = OF_ONE_PAIR, of_one_name: int = OF_ONE_NAME
    ) -> None:
        self._addresses, self._pairs, self._names = map(RateLimit, (of_one_address, of_one_pair, of_one_name))
        self._known: set[tuple[str, str]] = set()

    def keeps(self, address: str, name: str) -> bool:
        """Count a try; False if it comes too soon."""
        where = _network(address)
        if (where, name) in self._known:
            return self._pairs.keeps(f"{where} {name}")
        return self._addresses.keeps(where) and self._pairs.keeps(f"{where} {name}") and self._names.keeps(name)

    def succeeded(self, address: str, name: str) -> None:
        """Remember that this name has logged in from this address."""
        self._known.add((_network(address), name))


def _network(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 one: whoever has one of those has all of it."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return address
