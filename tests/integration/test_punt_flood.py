"""Floods of what only the kernel can answer, and what they must not cost."""

import time

import pytest

from harness.config import Port, Router
from harness.figure import Figure
from harness.flood import NETWORK, PCAP_MAC, write_flood
from harness.frr import Frr, bfdd_conf, ospfd_conf, zebra_conf
from harness.netns import veth
from harness.site import Site
from harness.wait import until

pytestmark = pytest.mark.product

FLOOD_PPS = 100_000  # of each kind, at least
NEIGHBOUR_TABLE = 1024  # gc_thresh3 of the kernel
SEED = 6


def build(site: Site) -> list[Frr]:
    """A router with a flooded port, a host and an OSPF neighbour with BFD."""
    left = site.host("left", "10.1.0.10/24", "10.1.0.1")
    near = site.neighbour("near")
    veth(near, "eth0", "v-near")
    near.ip("addr", "add", "10.3.0.2/24", "dev", "eth0")
    flood = write_flood(site.work_dir / "flood.pcap", SEED)
    site.start([Router("vr", (Port("wan0", f"kernel:{left.peer}"), Port("lan0", "kernel:v-near"),
                              Port("in0", flood)))],
               {"vr": {"wan0": "10.1.0.1/24", "lan0": "10.3.0.1/24"}})
    site.never_at_rest.add("vr")
    router = site.namespaces["vr"]
    assert router.mac("in0") == PCAP_MAC
    router.ip("link", "set", "in0", "down")
    frrs = [site.frr(namespace, {
        "zebra": zebra_conf(), "bfdd": bfdd_conf(50),
        "ospfd": ospfd_conf(f"10.255.0.{number}", [device], ["10.0.0.0/8"], bfd=True)})
        for number, (namespace, device) in enumerate(((router, "lan0"), (near, "eth0")), 1)]
    for frr in frrs:
        until(lambda: frr.full_neighbours() == 1, "a full adjacency", 20)
        until(lambda: frr.bfd_peers_up() == 1, "BFD is up", 20)
    return frrs


@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.long)])
def test_flood_of_exceptions(site: Site, figure: Figure, seconds: int) -> None:
    """No adjacency or session flaps, zebra lives, new hosts are found, drops have their class."""
    frrs = build(site)
    router, left = site.namespaces["vr"], site.namespaces["left"]
    states = [frr.state_changes() for frr in frrs]
    downs = [frr.bfd_downs() for frr in frrs]
    router.ip("addr", "add", f"{NETWORK}.0.1/16", "dev", "in0")
    router.ip("link", "set", "in0", "up")
    before, begin = site.counters("vr").ports["in0"], time.monotonic()
    table = 0
    while time.monotonic() - begin < seconds:
        time.sleep(0.5)
        assert all(frr.full_neighbours() == 1 for frr in frrs)
        table = max(table, len(router.ip("neigh", "show", "nud", "all").splitlines()))
    assert left.run("ping", "-n", "-c", "3", "-W", "1", "10.3.0.2").returncode == 0
    after, elapsed = site.counters("vr").ports["in0"], time.monotonic() - begin
    router.ip("link", "set", "in0", "down")
    for frr in frrs:
        assert all(daemon.alive for daemon in frr.daemons.values())
        assert frr.bfd_peers_up() == 1
    assert [frr.state_changes() for frr in frrs] == states
    assert [frr.bfd_downs() for frr in frrs] == downs
    assert table < NEIGHBOUR_TABLE
    counts = {name: (after["punts"][name] - before["punts"][name],
                     after["punt_drops"][name] - before["punt_drops"][name])
              for name in after["punts"]}
    for name in ("arp_stranger", "neighbour", "exception"):
        passed, dropped = counts[name]
        figure(f"{name}: {(passed + dropped) / elapsed / 1000:.0f} kpps offered for "
               f"{elapsed:.0f} s, {passed} passed, {dropped} dropped")
        assert 0 < passed < dropped
        assert seconds < 60 or passed + dropped >= FLOOD_PPS * elapsed, "a worker without a core"
    figure(f"kernel's neighbour table: at most {table} entries")
