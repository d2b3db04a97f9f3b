"""Addresses that are named in settings, and whether a connection comes from one of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable


class Addresses:
    """networks: addresses or CIDR ranges; ``peer in addresses`` for what a connection came from."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = [ipaddress.ip_network(n, strict=False) for n in networks]

    def __contains__(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped  # as one that listens on :: sees IPv4
        return any(address in network for network in self._networks)
