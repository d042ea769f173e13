"""Two tenants on one worker core."""

import os
import time

import pytest

from harness.config import Port, Router, Sla
from harness.figure import Figure
from harness.host import Host
from harness.proc import Process
from harness.site import Site
from harness.udp import UdpCounter, paced_udp
from harness.wait import until

pytestmark = pytest.mark.product

PORT = 9000
GOLD = Sla("gold", "20M", "16k")
# A host that loses its processor for a while sends what it owes at once: B's burst covers 0.8 s of
# that, so that B stays inside its profile on a busy machine, too.
BRONZE = Sla("bronze", "10M", "1M")
A_RATE_BPS, OVERLOAD = 20e6, 10
B_RATE_BPS, B_PAYLOAD, SECONDS = 5e6, 500, 3.0


def tenant(site: Site, name: str, number: int, sla: str) -> tuple[Host, Host, Router]:
    left = site.host(f"{name}-left", f"10.{number}.0.10/24", f"10.{number}.0.1")
    right = site.host(f"{name}-right", f"10.{number}.1.10/24", f"10.{number}.1.1")
    ports = (Port("wan0", f"kernel:{left.peer}", police=sla),
             Port("lan0", f"kernel:{right.peer}", shape=sla))
    return left, right, Router(name, ports)


def two_tenants(site: Site) -> tuple[Host, Host, Host, Host]:
    a_left, a_right, a = tenant(site, "a", 1, "gold")
    b_left, b_right, b = tenant(site, "b", 2, "bronze")
    site.start([a, b], {"a": {"wan0": "10.1.0.1/24", "lan0": "10.1.1.1/24"},
                        "b": {"wan0": "10.2.0.1/24", "lan0": "10.2.1.1/24"}}, (GOLD, BRONZE))
    for left, right in ((a_left, a_right), (b_left, b_right)):
        assert left.ping(right.address).all_came_back
    return a_left, a_right, b_left, b_right


def delivered_bps(left: Host, right: Host) -> float:
    """B's even stream: what arrives, as a rate between first and last arrival; nothing is lost."""
    sink = UdpCounter(right, PORT)
    sent = paced_udp(left, right.address, PORT, B_RATE_BPS, SECONDS, B_PAYLOAD)
    until(lambda: sink.received() == sent, f"all {sent} packets of B arrived")
    span_s = (sink.last() - sink.arrivals_ns[0]) / 1e9
    sink.close()
    return (sent - 1) * (B_PAYLOAD + 46) * 8 / span_s


def overload(site: Site, left: Host, right: Host) -> Process:
    """A offers ten times its rate from now on."""
    stream = f"rate={OVERLOAD * A_RATE_BPS:.0f},size=1518,dst={right.address},gw=10.1.0.1"
    return left.start(site.bin_dir / "sluice-perf", "send", "--tx", "packet:eth0", "--core", "0",
                      "--idle", "200us", "--duration", "60s", "--stream", stream)


def test_overload_of_one_costs_the_other_nothing(site: Site, figure: Figure,
                                                 request: pytest.FixtureRequest) -> None:
    """A offers ten times its rate; B, inside its profile, keeps its rate and loses nothing.

    B's sender shares a CPU with everything else, and what it loses there is in B's rate, too: only
    the full-length run, on a machine without other work, judges the rate. Loss is judged always.
    """
    a_left, a_right, b_left, b_right = two_tenants(site)
    alone_bps = delivered_bps(b_left, b_right)
    before = site.counters("a").ports["wan0"]["rx_pkts"]
    generator = overload(site, a_left, a_right)
    until(lambda: site.counters("a").ports["wan0"]["rx_pkts"] > before + 1000, "A sends")
    begin, offered = time.monotonic(), site.counters("a").ports["wan0"]["rx_pkts"]
    beside_bps = delivered_bps(b_left, b_right)
    offered = site.counters("a").ports["wan0"]["rx_pkts"] - offered
    offered_bps = offered * 1518 * 8 / (time.monotonic() - begin)
    generator.kill()
    a, b = site.counters("a"), site.counters("b")
    change = beside_bps / alone_bps - 1
    figure(f"B alone {alone_bps / 1e6:.4f} Mbit/s, beside A at {offered_bps / A_RATE_BPS:.1f} times "
           f"its rate {beside_bps / 1e6:.4f} Mbit/s: {change * 100:+.3f} %; A lost "
           f"{a.drops('policed')} packets to the policer, B none")
    assert a.drops("policed") > 0 and offered_bps > 5 * A_RATE_BPS, "A was not overloaded"
    if request.config.getoption("--long"):
        assert abs(change) < 0.005
    assert b.all_drops() == {}
    assert b.entry["missed_pkts"] == 0


def test_tenants_do_not_see_each_other(site: Site) -> None:
    """B's addresses do not exist for A, although one process carries both."""
    a_left, a_right, _, b_right = two_tenants(site)
    sink = UdpCounter(b_right, PORT)
    result = a_left.ping(b_right.address, count=2, wait=0.3)
    assert result.received == 0
    assert "Unreachable" in result.text
    assert a_left.ping(a_right.address).all_came_back
    assert sink.received() == 0


def test_same_addresses_in_two_tenants(site: Site) -> None:
    """Address spaces are separate: both tenants use the same ones."""
    hosts, routers = [], []
    for name in ("a", "b"):
        left = site.host(f"{name}-left", "10.1.0.10/24", "10.1.0.1")
        right = site.host(f"{name}-right", "10.2.0.10/24", "10.2.0.1")
        hosts.append((left, right))
        routers.append(Router(name, (Port("wan0", f"kernel:{left.peer}"),
                                     Port("lan0", f"kernel:{right.peer}"))))
    addresses = {"wan0": "10.1.0.1/24", "lan0": "10.2.0.1/24"}
    site.start(routers, {"a": addresses, "b": addresses})
    sinks = [UdpCounter(right, PORT) for _, right in hosts]
    counts = (40, 70)
    for (left, right), count in zip(hosts, counts):
        paced_udp(left, right.address, PORT, count * 8 * 146, 1.0, 100)
    until(lambda: tuple(sink.received() for sink in sinks) == counts, "each got its own")


def test_separate_cores_when_there_are_three(site: Site) -> None:
    """Routers on the same core and, where the machine has one more, on different ones."""
    core = 2 if (os.cpu_count() or 1) > 2 else 1
    a_left, a_right, a = tenant(site, "a", 1, "gold")
    b_left, b_right, b = tenant(site, "b", 2, "bronze")
    b = Router(b.name, b.ports, core=core)
    site.start([a, b], {"a": {"wan0": "10.1.0.1/24", "lan0": "10.1.1.1/24"},
                        "b": {"wan0": "10.2.0.1/24", "lan0": "10.2.1.1/24"}}, (GOLD, BRONZE))
    assert a_left.ping(a_right.address, count=10).all_came_back
    assert b_left.ping(b_right.address, count=10).all_came_back
    assert site.daemon
    cores = {row["core"]: sorted(row["routers"]) for row in site.daemon.show("cores")}
    assert cores == ({1: ["a"], 2: ["b"]} if core == 2 else {1: ["a", "b"]})
