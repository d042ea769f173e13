"""The smallest useful world: left host - router - right host, with static addresses."""

from dataclasses import dataclass

from .config import Class, Port, Router, Sla
from .host import Host
from .netns import Namespace
from .site import Site

LEFT_NET, RIGHT_NET = "10.1.0.0/24", "10.2.0.0/24"
LEFT_GATEWAY, RIGHT_GATEWAY = "10.1.0.1", "10.2.0.1"
ROUTER = "vr"


@dataclass(frozen=True)
class Pair:
    site: Site
    left: Host
    right: Host
    router: Namespace


def build_pair(site: Site, slas: tuple[Sla, ...] = (), police: str | None = None,
               shape: str | None = None, police_at: str | None = None,
               right_mtu: int = 1500, quiet: bool = False, classes: tuple[Class, ...] = (),
               flows: str | None = None) -> Pair:
    """police applies to what comes from the left, shape and flows to what leaves to the right.

    quiet: everybody knows everybody's MAC address for good, so that no ARP packet takes tokens or
    is counted.
    """
    left = site.host("left", "10.1.0.10/24", LEFT_GATEWAY)
    right = site.host("right", "10.2.0.10/24", RIGHT_GATEWAY, mtu=right_mtu)
    ports = (Port("wan0", f"kernel:{left.peer}", police=police),
             Port("lan0", f"kernel:{right.peer}", mtu=right_mtu, shape=shape, flows=flows))
    site.start([Router(ROUTER, ports, police_at=police_at, classes=classes)],
               {ROUTER: {"wan0": f"{LEFT_GATEWAY}/24", "lan0": f"{RIGHT_GATEWAY}/24"}}, slas)
    pair = Pair(site, left, right, site.namespaces[ROUTER])
    if quiet:
        _know_each_other(pair)
    return pair


def _know_each_other(pair: Pair) -> None:
    for host, port, gateway in ((pair.left, "wan0", LEFT_GATEWAY),
                                (pair.right, "lan0", RIGHT_GATEWAY)):
        host.ip("neigh", "replace", gateway, "lladdr", pair.router.mac(port), "dev", "eth0",
                "nud", "permanent")
        pair.router.ip("neigh", "replace", host.address, "lladdr", host.mac("eth0"), "dev", port,
                       "nud", "permanent")
    pair.site.settle_neighbours(ROUTER)
