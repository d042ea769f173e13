"""The pair with IPv6 beside IPv4."""

import re

from .netns import Namespace
from .pair import Pair, build_pair
from .site import Site
from .wait import until

LEFT, LEFT_GATEWAY6 = "fd01::10", "fd01::1"
RIGHT, RIGHT_GATEWAY6 = "fd02::10", "fd02::1"


def build_pair6(site: Site, right_mtu: int = 1500) -> Pair:
    """The pair with IPv6 addresses beside its IPv4 ones.

    Nobody asks for neighbours before his link-local address is known to be his alone.
    """
    pair = build_pair(site, right_mtu=right_mtu)
    for namespace in (pair.left, pair.right, pair.router):
        for scope in ("all", "default"):
            namespace.sysctl(f"net.ipv6.conf.{scope}.disable_ipv6", 0)
    pair.router.sysctl("net.ipv6.conf.all.forwarding", 1)
    for host, address, gateway in ((pair.left, LEFT, LEFT_GATEWAY6),
                                   (pair.right, RIGHT, RIGHT_GATEWAY6)):
        host.ip("addr", "add", f"{address}/64", "dev", "eth0", "nodad")
        host.ip("-6", "route", "add", "default", "via", gateway)
    pair.router.ip("addr", "add", f"{LEFT_GATEWAY6}/64", "dev", "wan0", "nodad")
    pair.router.ip("addr", "add", f"{RIGHT_GATEWAY6}/64", "dev", "lan0", "nodad")
    for namespace, device in ((pair.left, "eth0"), (pair.right, "eth0"), (pair.router, "wan0"),
                              (pair.router, "lan0")):
        link_local(namespace, device)
    site.settle()
    return pair


def link_local(namespace: Namespace, device: str) -> str:
    """The link-local address of a device, once it may be used."""
    def usable() -> list[str]:
        shown = namespace.ip("-6", "addr", "show", "dev", device, "scope", "link", "-tentative")
        return re.findall(r"fe80:[0-9a-f:]+", shown)

    until(lambda: bool(usable()), f"{device} has a link-local address")
    return usable()[0]
