"""Ports that share a device by VLAN, tagged and untagged in software."""

import pytest

from harness.config import Port, Router, Sla
from harness.host import Host
from harness.site import Site
from harness.udp import UdpCounter, send_udp
from harness.wait import until


PORT = 9000
COUNT = 200
PAYLOAD = 1000


def vlan_host(site: Site, trunk: Host, vlan: int, address: str) -> None:
    """An interface of the trunk's host, as Linux tags it."""
    trunk.ip("link", "add", "link", "eth0", "name", f"eth0.{vlan}", "type", "vlan", "id", str(vlan))
    trunk.ip("addr", "add", address, "dev", f"eth0.{vlan}")
    trunk.ip("link", "set", f"eth0.{vlan}", "up")


@pytest.fixture
def trunk(site: Site) -> Host:
    """One cable with the VLANs 401 (10.1.1.0/24), 402 (10.1.2.0/24) and 403, which no port has."""
    host = site.host("trunk", "192.0.2.10/24")
    for vlan, net in ((401, 1), (402, 2), (403, 3)):
        vlan_host(site, host, vlan, f"10.1.{net}.10/24")
    return host


def start(site: Site, trunk: Host, shape: str | None = None, slas: tuple[Sla, ...] = ()) -> Host:
    right = site.host("right", "10.2.0.10/24", "10.2.0.1")
    device = f"kernel:{trunk.peer}"
    site.start([Router("vr", (Port("red", device, vlan=401, shape=shape),
                              Port("blue", device, vlan=402), Port("lan0", f"kernel:{right.peer}")))],
               {"vr": {"red": "10.1.1.1/24", "blue": "10.1.2.1/24", "lan0": "10.2.0.1/24"}}, slas)
    return right


def test_each_vlan_is_a_port(site: Site, trunk: Host) -> None:
    right = start(site, trunk)
    for net, name in ((1, "red"), (2, "blue")):
        trunk.ip("route", "replace", "10.2.0.0/24", "via", f"10.1.{net}.1")
        assert trunk.ping(right.address, options=("-I", f"10.1.{net}.10")).all_came_back
        before = site.counters("vr").ports[name]["rx_pkts"]
        sink = UdpCounter(right, PORT)
        send_udp(trunk, right.address, PORT, COUNT)
        until(lambda: sink.received() == COUNT, f"all packets of {name} arrived")
        assert site.counters("vr").ports[name]["rx_pkts"] - before >= COUNT
        sink.close()
        sink = UdpCounter(trunk, PORT, f"10.1.{net}.10")
        send_udp(right, f"10.1.{net}.10", PORT, COUNT)
        until(lambda: sink.received() == COUNT, f"all packets to {name} arrived")
        sink.close()


def test_between_vlans_of_one_cable(site: Site, trunk: Host) -> None:
    """In by one tag, out by the other, on the same device."""
    start(site, trunk)
    other = site.neighbour("other")
    trunk.ip("link", "set", "eth0.402", "netns", other.name)
    other.ip("addr", "add", "10.1.2.10/24", "dev", "eth0.402")
    other.ip("link", "set", "eth0.402", "up")
    other.ip("route", "add", "default", "via", "10.1.2.1")
    trunk.ip("route", "add", "10.1.2.0/24", "via", "10.1.1.1")
    assert trunk.ping("10.1.2.10").all_came_back


def test_what_has_no_port_is_counted(site: Site, trunk: Host) -> None:
    """Another VLAN, and no VLAN at all: dropped, and in the ledger."""
    start(site, trunk)
    for device, net in (("eth0.403", "10.1.3"), ("eth0", "192.0.2")):
        before = site.counters("vr").drops("vlan")
        trunk.ip("neigh", "replace", f"{net}.1", "lladdr", "02:00:00:00:00:01", "dev", device)
        send_udp(trunk, f"{net}.1", PORT, COUNT)
        until(lambda: site.counters("vr").drops("vlan") - before >= COUNT, f"{device} is counted")


def test_one_vlan_down_leaves_the_other(site: Site, trunk: Host) -> None:
    """Also when the port is down that takes the frames from the device."""
    right = start(site, trunk)
    site.namespaces["vr"].ip("link", "set", "red", "down")
    trunk.ip("route", "replace", "10.2.0.0/24", "via", "10.1.2.1")
    until(lambda: trunk.ping(right.address, count=1).all_came_back, "blue works")
    trunk.ip("route", "replace", "10.2.0.0/24", "via", "10.1.1.1")
    send_udp(trunk, right.address, PORT, 10)
    until(lambda: site.counters("vr").ports["red"]["drops"]["port-down"] >= 1, "red is down")


def test_a_tag_is_not_charged(site: Site, trunk: Host) -> None:
    """Ten frames of a burst of ten: the tag is not the tenant's, so that all leave at once."""
    frame = PAYLOAD + 46
    right = start(site, trunk, "exact", (Sla("exact", "8k", str(10 * frame + 200), delay="10s"),))
    (before,) = site.daemon.show("conformance", "vr")
    sink = UdpCounter(trunk, PORT, "10.1.1.10")
    site.namespaces["vr"].ip("neigh", "replace", "10.1.1.10", "lladdr", trunk.mac("eth0.401"), "dev",
                             "red", "nud", "permanent")
    site.settle_neighbours("vr")
    send_udp(right, "10.1.1.10", PORT, 10, PAYLOAD)
    until(lambda: sink.received() == 10, "a burst that conforms passes")
    (row,) = site.daemon.show("conformance", "vr")
    assert row["tx_pkts"] - before["tx_pkts"] >= 10
    assert row["measured_burst_bytes"] <= row["burst_bytes"]
