"""IPv6 through a router of kernel hosts: forwarding, and what its kernel must answer."""

import socket

import pytest

from harness.frr import ospf6d_conf, zebra_conf
from harness.host import Host
from harness.pair import LEFT_GATEWAY, ROUTER
from harness.pair6 import LEFT, LEFT_GATEWAY6, RIGHT, RIGHT_GATEWAY6, build_pair6, link_local
from harness.site import Site
from harness.udp import RECEIVE_BUFFER_BYTES, SO_RCVBUFFORCE
from harness.wait import until

PORT = 9000


def count_udp(sender: Host, receiver: Host, target: str, count: int) -> int:
    """Sends datagrams and returns how many arrived."""
    received = 0
    with receiver.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sink, \
            sender.socket(socket.AF_INET6, socket.SOCK_DGRAM) as source:
        sink.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
        sink.bind(("::", PORT))
        sink.settimeout(2)
        for _ in range(count):
            source.sendto(bytes(100), (target, PORT))
        try:
            while received < count:
                sink.recv(2048)
                received += 1
        except TimeoutError:
            pass
    return received


def test_ping_through(site: Site) -> None:
    pair = build_pair6(site)
    result = pair.left.ping(RIGHT, count=20)
    assert result.all_came_back, result.text


def test_ping_router(site: Site) -> None:
    pair = build_pair6(site)
    for target in (LEFT_GATEWAY6, RIGHT_GATEWAY6, f"{link_local(pair.router, 'wan0')}%eth0"):
        result = pair.left.ping(target)
        assert result.all_came_back, result.text


def test_first_packet_waits_for_its_neighbour(site: Site) -> None:
    """No neighbour is known yet: the kernel resolves it and the packet is not lost."""
    pair = build_pair6(site)
    assert pair.router.ip("neigh", "show", "to", RIGHT) == ""
    result = pair.left.ping(RIGHT, count=1)
    assert result.all_came_back, result.text


def test_hop_limit_that_ends_is_answered(site: Site) -> None:
    pair = build_pair6(site)
    result = pair.left.ping(RIGHT, count=1, options=("-t", "1"))
    assert result.received == 0
    assert LEFT_GATEWAY6 in result.text and "Hop limit" in result.text, result.text


def test_too_big_reports_the_mtu(site: Site) -> None:
    pair = build_pair6(site, right_mtu=1280)
    result = pair.left.ping(RIGHT, count=1, size=1400, options=("-M", "do"))
    assert result.received == 0
    assert result.mtu_reported() == 1280, result.text
    assert pair.left.ping(RIGHT, size=1232, options=("-M", "do")).all_came_back


@pytest.mark.product
def test_forwarding_needs_no_kernel(site: Site) -> None:
    """Packets between known neighbours stay in the data path: nothing is punted for them."""
    pair = build_pair6(site)
    assert pair.left.ping(RIGHT).all_came_back
    until(lambda: {LEFT, RIGHT} <= site.mirrored_neighbours(ROUTER), "both hosts are known")
    before = site.counters(ROUTER).ports["wan0"]["punts"]["exception6"]
    assert count_udp(pair.left, pair.right, RIGHT, 500) == 500
    assert site.counters(ROUTER).ports["wan0"]["punts"]["exception6"] == before


def test_static_routes_come_and_go(site: Site) -> None:
    """Over a global and over a link-local gateway, and of both families over the latter."""
    pair = build_pair6(site)
    gateway = link_local(pair.right, "eth0")
    pair.right.ip("addr", "add", "fd09::9/128", "dev", "lo")
    pair.right.ip("addr", "add", "10.9.9.9/32", "dev", "lo")
    for via in ((RIGHT,), (gateway, "dev", "lan0")):
        pair.router.ip("route", "replace", "fd09::/64", "via", *via)
        site.settle()
        result = pair.left.ping("fd09::9", count=5)
        assert result.all_came_back, result.text
    pair.router.ip("route", "add", "10.9.9.0/24", "via", "inet6", gateway, "dev", "lan0")
    site.settle()
    assert pair.left.ping("10.9.9.9").all_came_back
    pair.router.ip("route", "del", "fd09::/64")
    until(lambda: "No route" in pair.left.ping("fd09::9", count=1).text,
          "the router answers with no route", seconds=5)
    pair.router.ip("route", "add", "blackhole", "fd09::/64")
    until(lambda: "No route" not in pair.left.ping("fd09::9", count=1, wait=0.3).text,
          "the router is silent", seconds=5)


@pytest.mark.parametrize("nexthop_objects", [False, True], ids=["gateways", "nexthop-ids"])
def test_routes_of_ospf6d(site: Site, nexthop_objects: bool) -> None:
    """The right host offers an address by OSPFv3 and takes it back."""
    pair = build_pair6(site)
    pair.right.ip("addr", "add", "fd09::9/128", "dev", "lo")
    for namespace, router_id, interfaces in ((pair.router, "10.255.0.1", ["lan0"]),
                                             (pair.right, "10.255.0.2", ["eth0", "lo"])):
        site.frr(namespace, {"zebra": zebra_conf(nexthop_objects),
                             "ospf6d": ospf6d_conf(router_id, interfaces)})
    until(lambda: "via fe80:" in pair.router.ip("-6", "route", "show", "fd09::9"),
          "the router learns the address", 30)
    assert ("nhid" in pair.router.ip("-6", "route", "show", "fd09::9")) == nexthop_objects
    site.settle()
    result = pair.left.ping("fd09::9", count=10)
    assert result.all_came_back, result.text
    pair.right.ip("addr", "del", "fd09::9/128", "dev", "lo")
    until(lambda: "No route" in pair.left.ping("fd09::9", count=1, wait=0.3).text,
          "the router answers with no route", 30)


@pytest.mark.product
def test_both_families_are_shown_and_audited(site: Site) -> None:
    pair = build_pair6(site)
    assert pair.left.ping(RIGHT).all_came_back
    assert site.daemon
    for number in range(300):
        pair.router.ip("route", "add", f"fd07:{number:x}::/32", "via", RIGHT)
    site.settle()
    shown = [row["prefix"] for row in site.daemon.show("routes", ROUTER)]
    assert {"10.1.0.0/24", f"{LEFT_GATEWAY}/32", "fd01::/64", f"{LEFT_GATEWAY6}/128",
            "fd07:12b::/32"} <= set(shown)
    assert shown.index("fd01::/64") > shown.index("10.1.0.0/24")
    assert len(shown) == len(set(shown)), "a page begins where the one before it ended"
    assert "no difference" in site.daemon.client("audit", ROUTER)
