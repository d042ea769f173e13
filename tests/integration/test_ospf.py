"""Routes that OSPF brings and takes, as the data path uses them."""

import time
from statistics import median

import pytest

from harness.figure import Figure
from harness.netlink import RouteMonitor
from harness.site import Site
from harness.triangle import ANYCAST, Triangle, build_triangle
from harness.udp import UdpCounter, UdpStream, send_udp
from harness.wait import until

LAG_NS = 50_000_000  # a route is used, or no longer used, within 50 ms
# Linux's own routers take 10 ms. A kernel that tells of a lost carrier a second late, as it does of
# a TAP's by default, is far beyond this; a busy machine is not.
REROUTE_MS = 300
PORT = 9000


def learn_anycast_neighbours(triangle: Triangle) -> None:
    """Both nexthops are resolved, so that what follows measures routes and not ARP."""
    for address in ("10.3.0.2", "10.3.1.2"):
        triangle.router.run("ping", "-n", "-c", "1", address)


@pytest.mark.parametrize("nexthop_objects", [False, True], ids=["gateways", "nexthop-ids"])
def test_learned_route_carries_traffic(site: Site, nexthop_objects: bool) -> None:
    """With kernel nexthop objects (FRR's default) and without (what we recommend)."""
    triangle = build_triangle(site, nexthop_objects)
    has_object = "nhid" in triangle.router.ip("route", "show", ANYCAST)
    assert has_object == nexthop_objects
    sink = UdpCounter(triangle.near, PORT)
    send_udp(triangle.left, ANYCAST, PORT, count=200)
    until(lambda: sink.received() == 200, "all packets at the preferred neighbour")


def test_new_route_is_used_within_50_ms(site: Site, figure: Figure) -> None:
    """From the kernel's own announcement to the first packet that follows the route."""
    triangle = build_triangle(site)
    learn_anycast_neighbours(triangle)
    lags_ms = []
    for number in range(10):
        target = f"10.98.{number}.1"
        sink = UdpCounter(triangle.near, PORT, "0.0.0.0")
        with RouteMonitor(triangle.router) as monitor, \
                UdpStream(triangle.left, target, PORT):
            triangle.near.ip("addr", "add", f"{target}/32", "dev", "lo")
            until(lambda: monitor.added_ns(f"{target}/32"), "the kernel has the route", 20)
            until(lambda: sink.received() > 0, "a packet arrived", 5)
            announced = monitor.added_ns(f"{target}/32")
        assert announced
        lags_ms.append((sink.arrivals_ns[0] - announced) / 1e6)
        sink.close()
    figure(f"route in the kernel to first packet, ms: {[round(lag, 2) for lag in lags_ms]}")
    assert median(lags_ms) <= LAG_NS / 1e6, "the maximum also shows what else the machine did"


@pytest.mark.product
def test_new_route_is_in_the_fib_within_50_ms(site: Site, figure: Figure) -> None:
    """The kernel would forward an exception too: here the FIB itself is asked."""
    triangle = build_triangle(site)
    assert site.daemon
    lags_ms = []
    for number in range(20):
        prefix = f"10.97.{number}.0/24"
        before = time.monotonic_ns()
        triangle.router.ip("route", "add", prefix, "via", "10.3.0.2")
        until(lambda: prefix in site.mirrored_routes("vr"), f"{prefix} in the FIB", 5, every=0)
        lags_ms.append((time.monotonic_ns() - before) / 1e6)
    figure(f"`ip route add` started to route shown, ms: {[round(lag, 2) for lag in lags_ms]}")
    assert median(lags_ms) <= LAG_NS / 1e6, "the maximum also shows what else the machine did"


def kernel_packets(site: Site) -> list[int]:
    """Packets of tenants for which the kernel was asked so far."""
    punts = site.counters("vr").ports["wan0"]["punts"]
    return [punts[name] for name in ("exception", "neighbour", "local")]


@pytest.mark.product
def test_learned_route_needs_no_kernel(site: Site) -> None:
    """Packets of a learned route stay in the data path: nothing is punted for them."""
    triangle = build_triangle(site)
    learn_anycast_neighbours(triangle)
    site.settle()
    sink = UdpCounter(triangle.near, PORT)
    before = kernel_packets(site)
    send_udp(triangle.left, ANYCAST, PORT, count=500)
    until(lambda: sink.received() == 500, "all packets arrived")
    assert kernel_packets(site) == before


def reroute(triangle: Triangle, figure: Figure, take_down: list[str], what: str) -> None:
    """Traffic moves from near to far; nothing arrives at near 50 ms after the command returned."""
    learn_anycast_neighbours(triangle)
    near, far = UdpCounter(triangle.near, PORT), UdpCounter(triangle.far, PORT)
    with UdpStream(triangle.left, ANYCAST, PORT):
        until(lambda: near.received() >= 200, "traffic takes the preferred path")
        assert far.received() == 0
        triangle.router.run(*take_down) if take_down else \
            triangle.near.ip("link", "set", "eth0", "down")
        down_ns = time.time_ns()
        until(lambda: far.received() >= 200, "traffic takes the other path", 20)
    last_stale_ms = (near.last() - down_ns) / 1e6
    first = far.first_after(0)
    assert first is not None
    outage_ms = (first - down_ns) / 1e6
    figure(f"{what}: last packet on the old path {last_stale_ms:+.2f} ms, "
          f"first on the new one {outage_ms:+.2f} ms after the command returned")
    assert last_stale_ms <= LAG_NS / 1e6
    assert outage_ms <= REROUTE_MS
    triangle.wait_for_route(f"{ANYCAST}/32", "10.3.1.2")


def test_no_stale_packet_after_the_twin_goes_down(site: Site, figure: Figure) -> None:
    """The neighbour stays up and would take stale packets gladly."""
    triangle = build_triangle(site)
    reroute(triangle, figure, ["ip", "link", "set", "lan0", "down"], "twin set down")


def test_reroute_after_carrier_loss(site: Site, figure: Figure) -> None:
    """The far end of the cable goes down: the twin loses carrier, OSPF moves the route."""
    triangle = build_triangle(site)
    reroute(triangle, figure, [], "carrier lost")


def test_route_returns_with_the_link(site: Site) -> None:
    triangle = build_triangle(site)
    sink = UdpCounter(triangle.near, PORT)
    triangle.router.ip("link", "set", "lan0", "down")
    triangle.wait_for_route(f"{ANYCAST}/32", "10.3.1.2")
    triangle.router.ip("link", "set", "lan0", "up")
    triangle.wait_for_route(f"{ANYCAST}/32", "10.3.0.2")
    site.settle()
    before = sink.received()
    send_udp(triangle.left, ANYCAST, PORT, count=100)
    until(lambda: sink.received() == before + 100, "all packets on the preferred path again")


def test_adjacency_survives_ten_seconds_of_traffic(site: Site) -> None:
    """Hellos pass beside tenant traffic: the adjacency is as old as it was."""
    triangle = build_triangle(site)
    sink = UdpCounter(triangle.near, PORT)
    with UdpStream(triangle.left, ANYCAST, PORT, interval_s=0.0005) as stream:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            assert triangle.frr.full_neighbours() == 2
            time.sleep(0.5)
        sent = stream.stop()
    until(lambda: sink.received() == sent, f"all {sent} packets arrived")
