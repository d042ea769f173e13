"""Tenants on VFs of two NICs that one cable joins, kept apart by VLAN; every link is a pair of VFs.

    tenant A, VLAN 401:  left-a - [a1] p0/0 ======= p1/0 [a2] - right-a
    tenant B, VLAN 402:  left-b - [b1] p0/1 ======= p1/1 [b2] - right-b     b2: Linux and its driver
    tenant C:            left-c - [c1] - right-c                            no VF at all

zebra and ospfd run in the namespaces of a1, a2, b1 and b2. One world for all tests, which come in the
order of the file: what they break, they mend.
"""

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness.config import Port, Router, Sla
from harness.frr import Frr, ospfd_conf, zebra_conf
from harness.host import Host
from harness.netns import Namespace, veth
from harness.proc import run
from harness.site import Site
from harness.udp import UdpCounter, UdpStream, send_udp
from harness.wait import until

from machine import Machine

PORT = 9000
PAYLOAD = 1000
FRAME = PAYLOAD + 46  # with FCS, as layer L2 counts
VLAN_A, VLAN_B = 401, 402
SLAS = (Sla("exact", "1k", str(10 * FRAME)), Sla("gold", "8M", str(4 * FRAME), delay="2s"))
# Software emulation of two CPUs: adjacencies of seven daemons take their time.
PATIENCE_S = 60


@dataclass
class World:
    site: Site
    machine: Machine
    hosts: dict[str, Host]
    b2: Namespace
    frr: dict[str, Frr]

    def port(self, router: str, port: str) -> dict:
        return self.site.counters(router).ports[port]

    def row(self, router: str, port: str) -> dict:
        (row,) = (row for row in self.site.daemon.show("ports", router) if row["name"] == port)
        return row

    def carrier_losses(self, router: str) -> int:
        """How often the twin of a router's port lost its carrier."""
        return int(run("ip", "netns", "exec", router, "cat",
                       "/sys/class/net/wan0/carrier_down_count").stdout)

    def log(self) -> str:
        return self.site.daemon.process.output()

    def wait_for_traffic(self, tenant: str, seconds: float = PATIENCE_S) -> None:
        left, right = self.hosts[f"left-{tenant}"], self.hosts[f"right-{tenant}"]
        until(lambda: left.ping(right.address, count=1, wait=1).all_came_back,
              f"tenant {tenant} has its way", seconds)


def hosts(site: Site) -> dict[str, Host]:
    return {f"{side}-{tenant}": site.host(f"{side}-{tenant}", f"10.{number}.{net}.10/24",
                                          f"10.{number}.{net}.1")
            for number, tenant in ((1, "a"), (2, "b"), (3, "c"))
            for net, side in ((1, "left"), (2, "right")) if (tenant, side) != ("b", "right")}


def linux_router(site: Site, machine: Machine) -> Namespace:
    """b2: the VF is made and told its VLAN as an operator does, and Linux drives it."""
    machine.up("p0", "p1")
    machine.set_vfs("p1", 2)
    run("ip", "link", "set", "p1", "vf", "1", "mac", "02:00:00:00:0b:02", "vlan", str(VLAN_B),
        "trust", "on")
    machine.bind(machine.address("p1", 1), "igbvf")
    netdev = next(Path(f"/sys/bus/pci/devices/{machine.address('p1', 1)}/net").iterdir()).name
    b2 = site.neighbour("b2")
    run("ip", "link", "set", netdev, "netns", "b2", "name", "wan0")
    b2.ip("addr", "add", "10.2.0.2/24", "dev", "wan0")
    b2.ip("link", "set", "wan0", "up")
    right = Host("right-b", "10.2.2.10/24", "10.2.2.1", "lan0", site.work_dir, 1500, b2)
    site.namespaces["right-b"] = right
    b2.ip("addr", "add", "10.2.2.1/24", "dev", "lan0")
    return b2


def build(site: Site, machine: Machine) -> World:
    ends = hosts(site)
    b2 = linux_router(site, machine)
    ends["right-b"] = site.namespaces["right-b"]
    lan = {name: f"kernel:{host.peer}" for name, host in ends.items()}
    routers = [
        Router("a1", (Port("wan0", "vf:p0/0", vlan=VLAN_A),
                      Port("lan0", lan["left-a"], police="exact")), provision=True),
        Router("a2", (Port("wan0", "vf:p1/0", vlan=VLAN_A),
                      Port("lan0", lan["right-a"], shape="gold")), provision=True),
        Router("b1", (Port("wan0", "vf:p0/1", vlan=VLAN_B), Port("lan0", lan["left-b"])),
               provision=True),
        Router("c1", (Port("lan0", lan["left-c"]), Port("lan1", lan["right-c"])))]
    site.start(routers, {
        "a1": {"wan0": "10.1.0.1/24", "lan0": "10.1.1.1/24"},
        "a2": {"wan0": "10.1.0.2/24", "lan0": "10.1.2.1/24"},
        "b1": {"wan0": "10.2.0.1/24", "lan0": "10.2.1.1/24"},
        "c1": {"lan0": "10.3.1.1/24", "lan1": "10.3.2.1/24"}}, SLAS, settle=False)
    frr = {}
    for number, name in enumerate(("a1", "a2", "b1", "b2")):
        frr[name] = site.frr(site.namespaces[name], {"zebra": zebra_conf(), "ospfd": ospfd_conf(
            f"10.255.0.{number + 1}", ["wan0"], ["10.0.0.0/8"], passive=["lan0"])})
    return World(site, machine, ends, b2, frr)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    work_dir = Path("/results/tenants")
    work_dir.mkdir(parents=True, exist_ok=True)
    machine = Machine()
    site = Site(work_dir, "sluice", Path("/sluice/bin"))
    try:
        yield build(site, machine)
        site.finish()
    finally:
        site.destroy()
        machine.reset()


def know_each_other(host: Host, router: Namespace, port: str) -> None:
    """For good, so that no ARP packet takes tokens."""
    host.ip("neigh", "replace", str(host.interface.network[1]), "lladdr", router.mac(port), "dev",
            "eth0", "nud", "permanent")
    router.ip("neigh", "replace", host.address, "lladdr", host.mac("eth0"), "dev", port, "nud",
              "permanent")


def test_adjacencies_and_routes(world: World) -> None:
    for name, frr in world.frr.items():
        until(lambda: frr.full_neighbours() == 1, f"{name} has its neighbour", PATIENCE_S)
    for name, prefix in (("a1", "10.1.2.0/24"), ("a2", "10.1.1.0/24"), ("b1", "10.2.2.0/24")):
        until(lambda: prefix in world.site.mirrored_routes(name), f"{name} has {prefix}",
              PATIENCE_S)
    for tenant in "abc":
        world.wait_for_traffic(tenant)


def test_policer_and_shaper_count(world: World) -> None:
    """Of 100 packets at once 10 pass a bucket of 10; a shaper delays, and loses none."""
    left, right = world.hosts["left-a"], world.hosts["right-a"]
    know_each_other(left, world.site.namespaces["a1"], "lan0")
    know_each_other(right, world.site.namespaces["a2"], "lan0")
    world.site.settle_neighbours("a1")
    world.site.settle_neighbours("a2")
    before = world.port("a1", "lan0")
    # what the pings of the first test took: 1 kbit/s is 80 s for a bucket of ten packets
    passed_before, dropped_before = before["police_pass_pkts"], before["police_drop_pkts"]
    sink = UdpCounter(right, PORT)
    send_udp(left, right.address, PORT, 100, PAYLOAD)
    until(lambda: world.port("a1", "lan0")["police_pass_pkts"] - passed_before
          + world.port("a1", "lan0")["police_drop_pkts"] - dropped_before == 100, "all policed")
    passed = world.port("a1", "lan0")["police_pass_pkts"] - passed_before
    assert 8 <= passed <= 10, "the pings before took at most two packets' tokens"
    until(lambda: sink.received() == passed, "what passed arrived")
    sink.close()
    sink = UdpCounter(left, PORT)
    send_udp(right, left.address, PORT, 100, PAYLOAD)
    until(lambda: sink.received() == 100, "nothing polices this way")
    sink.close()
    (row,) = world.site.daemon.show("conformance", "a2")
    assert row["measured_burst_bytes"] <= row["burst_bytes"] + 1518


def frame(destination: str, source: str, vlan: int | None, target: str) -> bytes:
    """UDP to PORT, with a tag of its own or none."""
    payload = bytes(64)
    udp = (40000).to_bytes(2) + PORT.to_bytes(2) + (8 + len(payload)).to_bytes(2) + bytes(2)
    head = bytes.fromhex("4500") + (28 + len(payload)).to_bytes(2) + bytes.fromhex("000000004011")
    addresses = socket.inet_aton("10.1.0.77") + socket.inet_aton(target)
    words = [int.from_bytes((head + addresses)[i:i + 2]) for i in range(0, 18, 2)]
    total = sum(words)
    total = (total & 0xffff) + (total >> 16)
    checksum = (0xffff - ((total & 0xffff) + (total >> 16))).to_bytes(2)
    tag = b"" if vlan is None else (0x8100).to_bytes(2) + vlan.to_bytes(2)
    return bytes.fromhex((destination + source).replace(":", "")) + tag + (0x0800).to_bytes(2) \
        + head + checksum + addresses + udp + payload


def attack(world: World, vlan: int | None, count: int = 20) -> int:
    """Frames of B for A's router, from A's other router as it seems; returns how many reached it."""
    a1 = world.site.namespaces["a1"]
    data = frame(a1.mac("wan0"), world.site.namespaces["a2"].mac("wan0"), vlan,
                 world.hosts["left-a"].address)
    sink = UdpCounter(world.hosts["left-a"], PORT)
    with world.b2.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        sender.bind(("wan0", 0))
        for _ in range(count):
            sender.send(data)
    deadline = time.monotonic() + 2
    while sink.received() < count and time.monotonic() < deadline:
        time.sleep(0.05)
    arrived = sink.received()
    sink.close()
    return arrived


def test_another_tenants_mac_and_vlan(world: World) -> None:
    """The VLAN of the PF keeps B's frames from A; without it B is where it says it is."""
    assert attack(world, None) == 0, "A's MAC addresses in B's VLAN"
    assert attack(world, VLAN_A) == 0, "A's VLAN inside of B's"
    run("ip", "link", "set", "p1", "vf", "1", "vlan", "0")
    try:
        world.b2.ip("link", "set", "wan0", "down")
        world.b2.ip("link", "set", "wan0", "up")
        until(lambda: attack(world, VLAN_A) > 0, "without the PF's VLAN the tag is B's choice", 20)
    finally:
        run("ip", "link", "set", "p1", "vf", "1", "vlan", str(VLAN_B))
        world.b2.ip("link", "set", "wan0", "down")
        world.b2.ip("link", "set", "wan0", "up")
    world.wait_for_traffic("b")


def no_loss_of(world: World, tenant: str) -> UdpStream:
    return UdpStream(world.hosts[f"left-{tenant}"], world.hosts[f"right-{tenant}"].address, PORT,
                     interval_s=0.005)


def test_vf_set_down_by_its_tenant(world: World) -> None:
    """A sets its port down and up: the route goes and comes, B loses nothing."""
    a1 = world.site.namespaces["a1"]
    sink = UdpCounter(world.hosts["right-b"], PORT)
    with no_loss_of(world, "b") as stream:
        a1.ip("link", "set", "wan0", "down")
        until(lambda: "10.1.2.0/24" not in world.site.mirrored_routes("a1"), "the route is gone")
        a1.ip("link", "set", "wan0", "up")
        until(lambda: "10.1.2.0/24" in world.site.mirrored_routes("a1"), "it is back", PATIENCE_S)
        sent = stream.stop()
    until(lambda: sink.received() == sent, f"all {sent} packets of B arrived")
    sink.close()
    world.wait_for_traffic("a")


def test_vf_unbound_while_it_runs(world: World) -> None:
    """The kernel takes A's VF away; sluiced lets it go, and takes it again as soon as it may.

    It may a second later, so that the states between are told by what counts them.
    """
    sink = UdpCounter(world.hosts["right-b"], PORT)
    losses, said = world.carrier_losses("a1"), len(world.log())
    with no_loss_of(world, "b") as stream, no_loss_of(world, "a"):
        world.machine.unbind(world.machine.address("p0", 0))
        until(lambda: "a1: device of port wan0 is gone" in world.log()[said:], "the port is down")
        until(lambda: "a1: device of port wan0 works again" in world.log()[said:], "and up", 30)
        until(lambda: world.row("a1", "wan0")["carrier"], "it has a link", 30)
        sent = stream.stop()
    assert world.carrier_losses("a1") > losses, "the twin lost its carrier"
    until(lambda: sink.received() == sent, f"all {sent} packets of B arrived")
    sink.close()
    world.wait_for_traffic("a")


def test_pf_reset(world: World) -> None:
    """Every VF of p0 loses its registers; its ports recover by themselves, C sees nothing of it."""
    sink = UdpCounter(world.hosts["right-c"], PORT)
    losses = {router: world.carrier_losses(router) for router in ("a1", "b1")}
    with no_loss_of(world, "c") as stream, no_loss_of(world, "a"):
        run("ip", "link", "set", "p0", "down")
        for router, before in losses.items():
            until(lambda: world.carrier_losses(router) > before, f"{router} noticed", 20)
        run("ip", "link", "set", "p0", "up")
        for router in losses:
            until(lambda: world.row(router, "wan0")["carrier"], f"{router} is up", 30)
        sent = stream.stop()
    until(lambda: sink.received() == sent, f"all {sent} packets of C arrived")
    sink.close()
    for tenant in "abc":
        world.wait_for_traffic(tenant)


def test_vfs_taken_away_and_made_again(world: World) -> None:
    """All VFs of p0 vanish, as when a NIC is unplugged; made again, they are set up as before."""
    before = [world.machine.vf("p0", index) for index in (0, 1)]
    world.machine.set_vfs("p0", 0)
    for router in ("a1", "b1"):
        until(lambda: not world.row(router, "wan0")["carrier"], f"{router} is down")
    devices = {row["router"]: row["state"] for row in world.site.daemon.show("devices")
               if row["port"] == "wan0"}
    assert (devices["a1"], devices["b1"], devices["a2"]) == ("gone", "gone", "runs")
    assert "NO-CARRIER" in world.site.namespaces["a1"].ip("link", "show", "wan0")
    until(lambda: "10.1.2.0/24" not in world.site.mirrored_routes("a1"), "its route is gone")
    world.wait_for_traffic("c")
    world.machine.set_vfs("p0", 2)
    for router in ("a1", "b1"):
        until(lambda: world.row(router, "wan0")["carrier"], f"{router} is up", 30)
    assert [world.machine.vf("p0", index) for index in (0, 1)] == before
    for tenant in "abc":
        world.wait_for_traffic(tenant)
