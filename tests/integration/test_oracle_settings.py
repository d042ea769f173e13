"""The kernel as oracle for settings of its own that the data path follows, or leaves to it."""

import itertools

import pytest

from harness.bytes4 import ether, ipv4, udp
from harness.oracle import (END_MAC, IN, NARROW, OUT, ROUTER_MAC, Oracle, Seen,
                            difference)
from harness.wait import until

pytestmark = pytest.mark.product
MODES = {0: "off", 1: "strict", 2: "loose"}
SOURCES = ("10.1.0.10", "10.91.0.9", "10.1.0.77", "10.20.0.9", "10.60.0.1", "10.2.0.10",
           "10.2.0.77", "172.16.0.9", "10.50.0.9", "10.51.0.9", "10.52.0.9", "10.1.0.1", "10.3.0.1",
           "10.1.0.255", "10.2.0.255", "10.72.0.9", "10.73.0.9")
# Routes with several paths, one of them through the port of arrival: equal, light, by nexthop
# objects, by an IPv6 gateway, by one that nobody is, beside a device that is no port.
THROUGH_IN = {
    "10.70.0.9": "10.70.0.0/16 nexthop via 10.1.0.10 nexthop via 10.2.0.10",
    "10.74.0.9": "10.74.0.0/16 nexthop via 10.3.0.10 weight 255 nexthop via 10.2.0.10 weight 255 "
                 "nexthop via 10.1.0.10 weight 1",
    "10.75.0.9": "10.75.0.0/16 nhid 3",
    "10.76.0.9": "10.76.0.0/16 nexthop via inet6 fe80::1:10 dev in0 nexthop via 10.2.0.10",
    "10.77.0.9": "10.77.0.0/16 nexthop via 10.2.0.10 nexthop via 10.1.0.66",
    "10.78.0.9": "10.78.0.0/16 nexthop dev lo nexthop via 10.1.0.10"}
# And through other ports only.
PAST_IN = {
    "10.71.0.9": "10.71.0.0/16 nexthop via 10.2.0.10 nexthop via 10.3.0.10",
    "10.79.0.9": "10.79.0.0/16 nexthop dev lo nexthop via 10.2.0.10",
    "10.81.0.9": "10.81.0.0/16 nhid 4"}
NEXTHOPS = ("id 1 via 10.1.0.10 dev in0", "id 2 via 10.2.0.10 dev out0", "id 3 group 1,1/2,255",
            "id 4 group 2")
ROUTES = (*THROUGH_IN.values(), *PAST_IN.values(), "10.72.0.0/16 dev lo", "throw 10.73.0.0/16")
_ident = itertools.count(1)


def packet(src: str, dst: str, size: int = 50, port: str = IN) -> bytes:
    """A datagram that differs from all others."""
    ident = next(_ident)
    return ether(ipv4(udp(bytes(size), src, dst), src, dst, ident=ident), ROUTER_MAC[port],
                 END_MAC[port])


@pytest.fixture(scope="module")
def routed(oracle: Oracle) -> Oracle:
    for nexthop in NEXTHOPS:
        oracle.both("nexthop", "add", *nexthop.split())
    for route in ROUTES:
        oracle.both("route", "add", *route.split())
    return oracle


def set_rp_filter(oracle: Oracle, every: int, port: int) -> None:
    """On both routers, and waits until the data path follows."""
    for world in oracle.worlds:
        world.router.sysctl("net.ipv4.conf.all.rp_filter", every)
        world.router.sysctl(f"net.ipv4.conf.{IN}.rp_filter", port)
    until_rpf(oracle, MODES[max(every, port)])


def until_rpf(oracle: Oracle, mode: str) -> None:
    sluice = oracle.worlds[1]
    assert sluice.site.daemon
    daemon = sluice.site.daemon
    until(lambda: [row["rpf"] for row in daemon.show("ports", sluice.name)
                   if row["name"] == IN] == [mode], f"the filter of {IN} is {mode}")


def same(worlds: tuple[Seen, Seen]) -> None:
    found = difference(*worlds)
    assert not found, found


def forwarded(seen: Seen) -> set[str]:
    """Sources of what left by the port behind FAR_NARROW."""
    return {".".join(str(octet) for octet in frame[26:30]) for frame in seen[NARROW]}


@pytest.mark.parametrize("every,port", [(0, 0), (0, 1), (0, 2), (1, 0), (1, 2), (2, 1)])
def test_reverse_path_filter(routed: Oracle, every: int, port: int) -> None:
    """The larger of both settings counts; any path of a route will do; the rest is Linux's."""
    set_rp_filter(routed, every, port)
    before = drops(routed)
    frames = [packet(src, "10.30.0.1") for src in (*SOURCES, *THROUGH_IN, *PAST_IN)]
    worlds = routed.compare(frames)
    same(worlds)
    passed = forwarded(worlds[1])
    mode = MODES[max(every, port)]
    assert {"10.1.0.10", "10.91.0.9", *THROUGH_IN} <= passed, "the way back is the way of arrival"
    others = {"10.20.0.9", *PAST_IN}
    assert passed & others == (set() if mode == "strict" else others)
    assert ("172.16.0.9" in passed) == (mode == "off")
    assert "10.3.0.1" not in passed, "nobody else has an address of the router"
    assert (drops(routed) > before) == (mode != "off")


@pytest.mark.parametrize("dst", ["10.1.0.1", "10.2.0.1", "10.1.0.255", "10.51.0.1"])
@pytest.mark.parametrize("port", [1, 2])
def test_reverse_path_filter_of_what_the_kernel_answers(routed: Oracle, port: int,
                                                        dst: str) -> None:
    set_rp_filter(routed, 0, port)
    # one at a time: to one source Linux says no more than five times that it cannot be reached
    same(routed.compare([packet(src, dst) for src in SOURCES if not src.endswith(".77")]))


def test_directed_broadcast(routed: Oracle) -> None:
    """Off as RFC 2644 has it; on where the tenant switches it on."""
    set_rp_filter(routed, 0, 0)
    same(routed.compare([packet("10.91.0.9", "10.2.0.255")]))
    for world in routed.worlds:
        for scope in ("all", IN):
            world.router.sysctl(f"net.ipv4.conf.{scope}.bc_forwarding", 1)
    worlds = routed.compare([packet("10.91.0.9", "10.2.0.255")])
    same(worlds)
    (frame,) = worlds[1][OUT]
    assert frame[:6] == b"\xff" * 6


def test_loose_filter_without_an_address(routed: Oracle) -> None:
    """Such a port takes what comes back through it only. The last test: it leaves no address.

    Paths that the address took with it count, too, where the route has another one.
    """
    set_rp_filter(routed, 0, 2)
    routed.both("addr", "flush", "dev", IN, "scope", "global")
    until_rpf(routed, "strict")
    worlds = routed.compare([packet(src, "10.30.0.1")
                             for src in (*SOURCES, *THROUGH_IN, *PAST_IN)])
    same(worlds)
    passed = forwarded(worlds[1])
    assert {"10.70.0.9", "10.74.0.9", "10.76.0.9", "10.77.0.9"} <= passed <= set(THROUGH_IN)


def drops(oracle: Oracle) -> int:
    return oracle.worlds[1].site.counters(oracle.worlds[1].name).drops("reverse-path")
