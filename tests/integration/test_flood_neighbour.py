"""A neighbour that floods the cable over which it also speaks OSPF, BFD and BGP."""

import random
import struct
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import sendmmsg
from harness.bytes4 import address, ether, ipv4, mac_bytes, udp
from harness.bytes6 import TYPE_IPV6, icmp6, ipv6
from harness.config import Port, Router
from harness.figure import Figure
from harness.frr import Frr, bfdd_conf, ospfd_conf, zebra_conf
from harness.netns import Namespace, veth
from harness.site import Site
from harness.wait import until

pytestmark = [pytest.mark.product, pytest.mark.long]

SECONDS = 60
FLOOD_PPS = 400_000  # of the four kinds together
EACH = 256  # different frames of each kind
SEED = 9
VR, NEAR = "10.3.0.1", "10.3.0.2"
TYPE_ARP = 0x0806
STRANGER, ALL = "02:00:5e:00:00:99", "ff:ff:ff:ff:ff:ff"
# Kinds of frames, and the classes that they are counted in: of all classes but "control" and what
# is addressed to the router. The kernel learns some of the strangers, which are known from then on.
CLASSES = {"ARP": ("arp", "arp_stranger"), "ND": ("nd",), "TTL 1": ("exception",),
           "unknown destination": ("neighbour",)}
PART = 0.9  # at least, of its quarter: what a full receive ring loses is not a quarter of each


def arp_request(mac: str, sender: str, target: str) -> bytes:
    return struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac_bytes(mac) + address(sender) + \
        bytes(6) + address(target) + bytes(18)


def write_frames(path: Path, mac: str) -> None:
    """The four kinds in turn; each frame has addresses of its own."""
    rng = random.Random(SEED)
    frames = []
    for _ in range(EACH):
        a, b = rng.randrange(1, 255), rng.randrange(3, 255)
        host, host6 = f"10.3.{a}.{b}", f"fd03::{a:x}:{b:x}"
        solicited = icmp6(host6, "ff02::1:ff00:1", 135,
                          rest=bytes(4) + bytes.fromhex("fd03" + "00" * 13 + "01"),
                          payload=bytes.fromhex("0101" + STRANGER.replace(":", "")))
        frames += [
            ether(arp_request(STRANGER, host, VR), ALL, STRANGER, TYPE_ARP),
            ether(ipv6(solicited, host6, "ff02::1:ff00:1", 58, 255), "33:33:ff:00:00:01", STRANGER,
                  TYPE_IPV6),
            ether(ipv4(udp(bytes(18), NEAR, "10.1.0.10"), NEAR, "10.1.0.10", ttl=1), mac, STRANGER),
            ether(ipv4(udp(bytes(18), NEAR, f"10.1.{a}.{b}"), NEAR, f"10.1.{a}.{b}"), mac,
                  STRANGER)]
    path.write_bytes(b"".join(struct.pack("!H", len(frame)) + frame for frame in frames))


def bgpd_conf(number: int, mine: str, other: str) -> str:
    return "\n".join([f"router bgp {65000 + number}", " no bgp ebgp-requires-policy",
                      f" bgp router-id {mine}", f" neighbor {other} remote-as {65003 - number}",
                      f" neighbor {other} timers 3 9", f" neighbor {other} timers connect 1",
                      f" neighbor {other} bfd", "exit", ""])


def bgp_drops(frr: Frr) -> int:
    """How often the session was lost; -1 while it is not there."""
    (peer,) = frr.json("show bgp neighbors").values()
    return peer["connectionsDropped"] if peer["bgpState"] == "Established" else -1


@dataclass(frozen=True)
class World:
    site: Site
    router: Namespace
    near: Namespace
    frrs: list[Frr]


def build(site: Site) -> World:
    left = site.host("left", "10.1.0.10/16", "10.1.0.1")
    near = site.neighbour("near")
    veth(near, "eth0", "v-near")
    near.ip("addr", "add", f"{NEAR}/16", "dev", "eth0")
    router = site.tenant("vr")
    for scope in ("all", "default"):
        router.sysctl(f"net.ipv6.conf.{scope}.disable_ipv6", 0)
    site.start([Router("vr", (Port("wan0", f"kernel:{left.peer}"), Port("lan0", "kernel:v-near")))],
               {"vr": {"wan0": "10.1.0.1/16", "lan0": f"{VR}/16"}})
    router.ip("addr", "add", "fd03::1/64", "dev", "lan0", "nodad")
    frrs = [site.frr(namespace, {
        "zebra": zebra_conf(), "bfdd": bfdd_conf(50),
        "ospfd": ospfd_conf(f"10.255.0.{number}", [device], ["10.0.0.0/8"], bfd=True),
        "bgpd": bgpd_conf(number, mine, other)})
        for number, (namespace, device, mine, other)
        in enumerate(((router, "lan0", VR, NEAR), (near, "eth0", NEAR, VR)), 1)]
    for frr in frrs:
        until(lambda: frr.full_neighbours() == 1, "a full adjacency", 20)
        until(lambda: frr.bfd_peers_up() == 1, "BFD is up", 20)
        until(lambda: bgp_drops(frr) >= 0, "BGP is established", 20)
    return World(site, router, near, frrs)


def check_classes(before: dict, after: dict, elapsed: float, figure: Figure) -> None:
    """Each frame that came was passed or dropped under a class, and each kind under its own."""
    grown = {what: {name: count - before[what][name] for name, count in after[what].items()}
             for what in ("punts", "punt_drops", "drops")}
    came = after["rx_pkts"] - before["rx_pkts"]
    assert came == sum(grown["punts"].values()) + sum(grown["drops"].values())
    assert sum(grown["drops"].values()) == sum(grown["punt_drops"].values())
    for kind, classes in CLASSES.items():
        passed, dropped = (sum(grown[what][name] for name in classes)
                           for what in ("punts", "punt_drops"))
        figure(f"{kind}: {(passed + dropped) / elapsed / 1000:.0f} kpps, "
               f"{passed} passed, {dropped} dropped")
        assert passed + dropped > PART * came / len(CLASSES)
        assert 0 < passed < dropped


def test_flood_by_the_neighbour(site: Site, figure: Figure) -> None:
    """Nothing flaps, zebra lives, and each kind is dropped under its class."""
    world = build(site)
    frames = site.work_dir / "frames"
    write_frames(frames, world.router.mac("lan0"))
    states = [(frr.state_changes(), frr.bfd_downs(), bgp_drops(frr)) for frr in world.frrs]
    before, begin = site.counters("vr").ports["lan0"], time.monotonic()
    flood = world.near.start(sys.executable, sendmmsg.__file__, "eth0", frames, FLOOD_PPS, SECONDS)
    while flood.alive:
        time.sleep(1)
        assert all(frr.full_neighbours() == 1 for frr in world.frrs)
    assert flood.wait() == 0, flood.output()
    after, elapsed = site.counters("vr").ports["lan0"], time.monotonic() - begin
    for frr, was in zip(world.frrs, states):
        assert all(daemon.alive for daemon in frr.daemons.values())
        assert frr.bfd_peers_up() == 1
        assert (frr.state_changes(), frr.bfd_downs(), bgp_drops(frr)) == was
    sent = int(flood.output().split()[-1])
    came, missed = (after[what] - before[what] for what in ("rx_pkts", "missed_pkts"))
    figure(f"{sent / elapsed / 1000:.0f} kpps sent in four kinds for {elapsed:.0f} s, "
           f"{came / elapsed / 1000:.0f} kpps reached the worker, {missed} packets found its "
           "device's ring full")
    # what FRR and the kernel of this neighbour sent meanwhile came, too
    assert sent <= came + missed <= sent * 1.01
    check_classes(before, after, elapsed, figure)
