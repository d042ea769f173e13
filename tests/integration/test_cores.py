"""Routers that share a worker core: by measured cycles, or by time slices.

A port on dpdk:net_null always has a burst of packets, each of which is dropped after a look at its
header: its router is overloaded whatever the core can do. What is compared are cycles and packets
that the routers themselves counted, so the speed of the machine and what else runs on it matter
to all alike.
"""

from harness.config import Core, Port, Router, Sla
from harness.daemon import Daemon
from harness.host import Host
from harness.site import Site
from harness.udp import UdpCounter, paced_udp
from harness.wait import until

import pytest

pytestmark = pytest.mark.product

UDP_PORT = 9000
ROUND_NS = 20000
SLA = Sla("gold", "100M", "1M", delay="10s")
# Rounds are exact; what is missed is the one that runs while counters are read one by one.
SHARE_TOLERANCE = 0.02
# All of these packets go the same way, but not through the same cache lines.
PKTS_TOLERANCE = 0.2
MEASURED_PKTS = 3_000_000


def greedy(name: str, number: int, share: int | None = None) -> Router:
    """A router that has packets without end."""
    return Router(name, (Port("p0", f"dpdk:net_null{number}"),), share=share)


def idle(name: str, number: int, share: int | None = None) -> Router:
    return Router(name, (Port("p0", f"dpdk:net_null{number},no-rx=1"),), share=share)


def start(site: Site, routers: list[Router], cores: tuple[Core, ...] = ()) -> Daemon:
    site.never_at_rest |= {router.name for router in routers}
    site.start(routers, {router.name: {"p0": f"10.{i + 1}.0.1/24"}
                         for i, router in enumerate(routers)}, cores=cores)
    assert site.daemon
    return site.daemon


def spent(daemon: Daemon) -> dict[str, int]:
    return {row["name"]: row["spent_tsc"] for row in daemon.show("routers")}


def received(daemon: Daemon) -> dict[str, int]:
    return {row["router"]: row["rx_pkts"] for row in daemon.show("counters")}


def measure(daemon: Daemon) -> tuple[dict[str, int], dict[str, int]]:
    """Cycles and packets of each router, while all together receive MEASURED_PKTS."""
    before_tsc, before_pkts = spent(daemon), received(daemon)
    until(lambda: sum(received(daemon).values()) - sum(before_pkts.values()) > MEASURED_PKTS,
          "packets were received", 60)
    after_tsc, after_pkts = spent(daemon), received(daemon)
    return ({name: after_tsc[name] - before_tsc[name] for name in after_tsc},
            {name: after_pkts[name] - before_pkts[name] for name in after_pkts})


def parts(of: dict[str, int]) -> dict[str, float]:
    return {name: value / sum(of.values()) for name, value in of.items()}


def test_overloaded_routers_spend_their_shares(site: Site) -> None:
    daemon = start(site, [greedy("a", 0, 30), greedy("b", 1, 70)])
    quanta = {row["name"]: row["quantum_ns"] for row in daemon.show("routers")}
    assert quanta == {"a": ROUND_NS * 30 // 100, "b": ROUND_NS * 70 // 100}
    cycles, pkts = measure(daemon)
    assert parts(cycles)["a"] == pytest.approx(0.3, abs=SHARE_TOLERANCE)
    assert parts(pkts)["a"] == pytest.approx(0.3, rel=PKTS_TOLERANCE)


def test_without_shares_all_are_equal(site: Site) -> None:
    daemon = start(site, [greedy("a", 0), greedy("b", 1), greedy("c", 2)])
    cycles, _ = measure(daemon)
    for part in parts(cycles).values():
        assert part == pytest.approx(1 / 3, abs=SHARE_TOLERANCE)


def test_what_one_leaves_the_others_use(site: Site) -> None:
    """The idle router's 60 per cent go to the others as their shares are: one to one."""
    daemon = start(site, [greedy("a", 0, 20), greedy("b", 1, 20), idle("c", 2, 60)])
    cycles, pkts = measure(daemon)
    assert parts(cycles)["c"] < 0.1
    assert cycles["a"] / cycles["b"] == pytest.approx(1, abs=2 * SHARE_TOLERANCE)
    assert pkts["c"] == 0


def tenant(site: Site, share: int) -> tuple[Host, Host, Router]:
    left = site.host("left", "10.9.0.10/24", "10.9.0.1")
    right = site.host("right", "10.9.1.10/24", "10.9.1.1")
    ports = (Port("wan0", f"kernel:{left.peer}", police="gold"),
             Port("lan0", f"kernel:{right.peer}", shape="gold"))
    return left, right, Router("victim", ports, share=share)


@pytest.mark.parametrize("neighbours", [1, 3])
def test_a_router_inside_its_share_loses_nothing(site: Site, neighbours: int) -> None:
    """Beside routers that would take all of the core: every packet arrives, none is late."""
    left, right, victim = tenant(site, 40)
    loud = [greedy(f"loud{i}", i, 60 // neighbours) for i in range(neighbours)]
    addresses = {router.name: {"p0": f"10.{i + 1}.0.1/24"} for i, router in enumerate(loud)}
    site.never_at_rest |= {router.name for router in loud}
    site.start([victim, *loud], addresses | {"victim": {"wan0": "10.9.0.1/24",
                                                        "lan0": "10.9.1.1/24"}}, (SLA,))
    assert site.daemon
    assert left.ping(right.address).all_came_back
    before = received(site.daemon)
    sink = UdpCounter(right, UDP_PORT)
    sent = paced_udp(left, right.address, UDP_PORT, 5e6, 3.0, 500)
    until(lambda: sink.received() == sent, f"all {sent} packets arrived")
    sink.close()
    after = received(site.daemon)
    for router in loud:
        assert after[router.name] - before[router.name] > 100_000, "it was not overloaded"
    counters = site.counters("victim")
    assert counters.all_drops() == {}
    assert counters.entry["missed_pkts"] == 0
    (row,) = site.daemon.show("sla", "victim")
    assert row["delivered_pkts"] >= sent
    assert row["offered_pkts"] >= row["delivered_pkts"]
    assert row["in"]["conforms"] and row["out"]["conforms"]
    assert row["queue_pkts"] == 0
    assert row["margin_ns"] > 0
    assert row["verdict"] == "kept"
    total = row["delays"]["total"]
    assert 0 < total["p50_ns"] <= total["p99_ns"] <= total["p99999_ns"] <= total["max_ns"]
    assert total["max_ns"] <= sum(row["delays"][part]["max_ns"]
                                  for part in ("core", "pipeline", "shaper"))


def test_slices_are_served_whether_used_or_not(site: Site) -> None:
    """Half of the core's time is the idle router's, in slices of 2 ms."""
    daemon = start(site, [greedy("a", 0), idle("b", 1)], (Core(1, "timeslice", "2ms"),))
    (core,) = daemon.show("cores")
    assert (core["scheduler"], core["slice_ns"]) == ("timeslice", 2_000_000)
    cycles, pkts = measure(daemon)
    # what the host takes is no one's time, and falls on one of the two by chance
    assert parts(cycles)["a"] == pytest.approx(0.5, abs=0.1)
    assert pkts["b"] == 0
