"""The shipped FRR configurations, as they stand, in the namespaces of two joined routers."""

import pytest

from harness.config import Port, Router
from harness.frr import Frr, shipped
from harness.site import Site
from harness.udp import UdpCounter, send_udp
from harness.wait import until

DAEMONS = ("zebra", "bfdd", "ospfd", "ospf6d", "bgpd")
PORT = 9000


def confs_of(number: int, nexthop_objects: bool) -> dict[str, str]:
    """Files of router 1 or 2: the second is the BGP neighbour of which the first speaks."""
    confs = shipped(*DAEMONS, nexthop_objects=nexthop_objects)
    if number == 2:
        confs["bgpd"] = confs["bgpd"].replace("65002", "here").replace("65001", "65002") \
            .replace("here", "65001").replace("10.3.0.2", "10.3.0.1")
    return confs


def bgp_is_up(frr: Frr) -> bool:
    return any(peer["bgpState"] == "Established"
               for peer in frr.json("show bgp neighbors").values())


def ospf6_is_full(frr: Frr) -> bool:
    neighbours = frr.json("show ipv6 ospf6 neighbor").get("neighbors", [])
    return any(neighbour["state"] == "Full" for neighbour in neighbours)


@pytest.mark.parametrize("nexthop_objects", [False, True], ids=["gateways", "nexthop-ids"])
def test_all_protocols_come_up_and_carry_traffic(site: Site, nexthop_objects: bool) -> None:
    left = site.host("left", "10.1.0.10/24", "10.1.0.1")
    right = site.host("right", "10.2.0.10/24", "10.2.0.1")
    routers = [Router(name, (Port("wan0", f"kernel:{host.peer}"), Port("lan0", "link:middle")))
               for name, host in (("one", left), ("two", right))]
    for name in ("one", "two"):
        namespace = site.tenant(name)
        for scope in ("default", "all"):
            namespace.sysctl(f"net.ipv6.conf.{scope}.disable_ipv6", 0)
    site.start(routers, {"one": {"wan0": "10.1.0.1/24", "lan0": "10.3.0.1/24"},
                         "two": {"wan0": "10.2.0.1/24", "lan0": "10.3.0.2/24"}})
    frrs = [site.frr(site.namespaces[name], confs_of(number, nexthop_objects))
            for number, name in ((1, "one"), (2, "two"))]
    for frr in frrs:
        assert frr.refused_lines() == ""
        until(lambda: frr.full_neighbours() == 1, "OSPF is full", 30)
        until(lambda: bgp_is_up(frr), "BGP is established", 30)
        until(lambda: ospf6_is_full(frr), "OSPF for IPv6 is full", 30)
        until(lambda: frr.bfd_peers_up() == 2, "BFD is up over both families", 30)
    route = until(lambda: site.namespaces["one"].ip("route", "show", "10.2.0.0/24"), "a route", 20)
    assert ("nhid" in route) == nexthop_objects
    site.settle()
    sink = UdpCounter(right, PORT)
    assert left.ping(right.address, count=5).received > 0
    send_udp(left, right.address, PORT, count=100)
    until(lambda: sink.received() == 100, "all packets arrived")
