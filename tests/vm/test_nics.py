"""The same program with whole NICs of other kinds: e1000e and virtio-net, on one cable."""

from harness.config import Port, Router
from harness.site import Site
from harness.udp import UdpCounter, send_udp
from harness.wait import until

from machine import Machine

E1000E, VIRTIO = "0000:03:00.0", "0000:04:00.0"
COUNT = 200


def test_e1000e_and_virtio(site: Site, machine: Machine) -> None:
    for address in (E1000E, VIRTIO):
        machine.bind(address, "vfio-pci")
    left = site.host("left", "10.1.0.10/24", "10.1.0.1")
    right = site.host("right", "10.2.0.10/24", "10.2.0.1")
    site.start([Router("one", (Port("lan0", f"kernel:{left.peer}"), Port("wan0", f"pci:{E1000E}"))),
                Router("two", (Port("lan0", f"kernel:{right.peer}"), Port("wan0", f"pci:{VIRTIO}")))],
               {"one": {"lan0": "10.1.0.1/24", "wan0": "10.3.0.1/24"},
                "two": {"lan0": "10.2.0.1/24", "wan0": "10.3.0.2/24"}}, settle=False)
    site.namespaces["one"].ip("route", "add", "10.2.0.0/24", "via", "10.3.0.2")
    site.namespaces["two"].ip("route", "add", "10.1.0.0/24", "via", "10.3.0.1")
    site.settle()
    until(lambda: left.ping(right.address, count=1, wait=2).all_came_back, "a ping comes back", 30)
    sink = UdpCounter(right, 9000)
    send_udp(left, right.address, 9000, COUNT)
    until(lambda: sink.received() == COUNT, f"all {COUNT} packets arrived")
    rows = {(row["router"], row["port"]): row for row in site.daemon.show("devices")}
    assert rows["one", "wan0"]["driver"] == "net_e1000_em"
    assert rows["two", "wan0"]["driver"] == "net_virtio"
    assert rows["one", "wan0"]["link_interrupt"]
    assert "IPV4_CKSUM" in rows["one", "wan0"]["rx_offloads"]
