"""A router that learns routes by OSPF from two neighbours which offer the same destination.

    left host - wan0 [vr] lan0 - near   (preferred, cost 10)
                          lan1 - far    (cost 100)

Both neighbours own the address ANYCAST, so that whoever receives a packet shows which path it took.
"""

from dataclasses import dataclass

from .config import Port, Router
from .frr import Frr, ospfd_conf, zebra_conf
from .host import Host
from .netns import Namespace, veth
from .pair import LEFT_GATEWAY, ROUTER
from .site import Site
from .wait import until

ANYCAST = "10.99.0.1"
COST_NEAR, COST_FAR = 10, 100


@dataclass(frozen=True)
class Triangle:
    site: Site
    left: Host
    near: Namespace
    far: Namespace
    router: Namespace
    frr: Frr

    def wait_for_route(self, prefix: str, gateway: str, seconds: float = 20.0) -> None:
        """Until the router's kernel sends prefix to gateway."""
        until(lambda: f"via {gateway} " in self.router.ip("route", "show", prefix) + " ",
              f"{prefix} via {gateway}", seconds)


def _neighbour(site: Site, name: str, number: int) -> Namespace:
    namespace = site.neighbour(name)
    veth(namespace, "eth0", f"v-{name}")
    namespace.ip("addr", "add", f"10.3.{number}.2/24", "dev", "eth0")
    namespace.ip("addr", "add", f"{ANYCAST}/32", "dev", "lo")
    return namespace


def build_triangle(site: Site, nexthop_objects: bool = False) -> Triangle:
    left = site.host("left", "10.1.0.10/24", LEFT_GATEWAY)
    near, far = (_neighbour(site, name, i) for i, name in enumerate(("near", "far")))
    ports = (Port("wan0", f"kernel:{left.peer}"), Port("lan0", "kernel:v-near"),
             Port("lan1", "kernel:v-far"))
    site.start([Router(ROUTER, ports)],
               {ROUTER: {"wan0": f"{LEFT_GATEWAY}/24", "lan0": "10.3.0.1/24",
                         "lan1": "10.3.1.1/24"}})
    zebra = zebra_conf(nexthop_objects)
    for i, namespace in enumerate((near, far)):
        site.frr(namespace, {"zebra": zebra, "ospfd": ospfd_conf(
            f"10.255.0.{i + 2}", ["eth0"], ["10.0.0.0/8"])})
    router = site.namespaces[ROUTER]
    frr = site.frr(router, {"zebra": zebra, "ospfd": ospfd_conf(
        "10.255.0.1", ["lan0", "lan1"], ["10.0.0.0/8"], passive=["wan0"],
        costs={"lan0": COST_NEAR, "lan1": COST_FAR})})
    triangle = Triangle(site, left, near, far, router, frr)
    until(lambda: frr.full_neighbours() == 2, "two full adjacencies", 20)
    triangle.wait_for_route(f"{ANYCAST}/32", "10.3.0.2")
    site.settle()
    return triangle
