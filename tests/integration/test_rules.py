"""Policy routing: rules choose between two uplinks, for real packets of both families."""

import socket
from dataclasses import dataclass

import pytest

from harness.config import Port, Router
from harness.host import Host
from harness.netns import Namespace
from harness.site import Site
from harness.udp import RECEIVE_BUFFER_BYTES, SO_RCVBUFFORCE
from harness.wait import until

FAR, FAR6 = "198.18.0.1", "2001:db8::1"
COUNT = 600  # more than the kernel may forward in the data path's stead at once
TABLES = {"up1": 101, "up2": 10002}


@dataclass(frozen=True)
class World:
    site: Site
    left: Host
    ups: dict[str, Host]
    router: Namespace

    def rule(self, family: int, *words: str) -> None:
        before = self.shown()
        self.router.ip(f"-{family}", "rule", *words)
        until(lambda: self.shown() != before, f"the mirror has rule {words}")

    def shown(self) -> list[dict[str, object]]:
        assert self.site.daemon
        return self.site.daemon.show("rules", "vr")

    def way(self, far: str, source: str | None = None, tos: int = 0, port: int = 5000) -> str:
        """Sends datagrams to an address that both uplinks have; the one that got all of them."""
        family = socket.AF_INET6 if ":" in far else socket.AF_INET
        sinks = {name: host.socket(family, socket.SOCK_DGRAM) for name, host in self.ups.items()}
        try:
            for sink in sinks.values():
                sink.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
                sink.bind((far, port))
                sink.settimeout(0.3)
            with self.left.socket(family, socket.SOCK_DGRAM) as sender:
                if source:
                    sender.bind((source, 0))
                if family == socket.AF_INET:
                    sender.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
                else:
                    sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, tos)
                for _ in range(COUNT):
                    sender.sendto(bytes(100), (far, port))
            got = {name: count(sink) for name, sink in sinks.items()}
        finally:
            for sink in sinks.values():
                sink.close()
        assert sum(got.values()) == COUNT, got
        assert COUNT in got.values(), got
        return max(got, key=lambda name: got[name])


def count(sink: socket.socket) -> int:
    n = 0
    try:
        while sink.recv(2048):
            n += 1
    except TimeoutError:
        pass
    return n


def build(site: Site) -> World:
    left = site.host("left", "10.1.0.10/24", "10.1.0.1")
    ups = {"up1": site.host("up1", "10.2.0.10/24", "10.2.0.1"),
           "up2": site.host("up2", "10.3.0.10/24", "10.3.0.1")}
    site.start([Router("vr", (Port("lan0", f"kernel:{left.peer}"),
                              Port("up1", f"kernel:{ups['up1'].peer}"),
                              Port("up2", f"kernel:{ups['up2'].peer}")))],
               {"vr": {"lan0": "10.1.0.1/24", "up1": "10.2.0.1/24", "up2": "10.3.0.1/24"}})
    world = World(site, left, ups, site.namespaces["vr"])
    for namespace in (left, *ups.values(), world.router):
        for scope in ("all", "default"):
            namespace.sysctl(f"net.ipv6.conf.{scope}.disable_ipv6", 0)
    world.router.sysctl("net.ipv6.conf.all.forwarding", 1)
    for net, (host, port) in enumerate(((left, "lan0"), (ups["up1"], "up1"),
                                        (ups["up2"], "up2")), start=1):
        host.ip("addr", "add", f"fd0{net}::10/64", "dev", "eth0", "nodad")
        host.ip("-6", "route", "add", "default", "via", f"fd0{net}::1")
        world.router.ip("addr", "add", f"fd0{net}::1/64", "dev", port, "nodad")
        host.ip("neigh", "replace", f"10.{net}.0.1", "lladdr", world.router.mac(port), "dev",
                "eth0", "nud", "permanent")
        host.ip("neigh", "replace", f"fd0{net}::1", "lladdr", world.router.mac(port), "dev",
                "eth0", "nud", "permanent")
        for address in (f"10.{net}.0.10", f"fd0{net}::10"):
            world.router.ip("neigh", "replace", address, "lladdr", host.mac("eth0"), "dev", port,
                            "nud", "permanent")
    left.ip("addr", "add", "10.1.0.11/24", "dev", "eth0")
    left.ip("addr", "add", "fd01::11/64", "dev", "eth0", "nodad")
    for name, host in ups.items():
        host.ip("link", "set", "lo", "up")
        host.ip("addr", "add", f"{FAR}/32", "dev", "lo")
        host.ip("addr", "add", f"{FAR6}/128", "dev", "lo", "nodad")
        net = 2 if name == "up1" else 3
        table = ("table", str(TABLES[name]))
        world.router.ip("route", "add", "default", "via", f"10.{net}.0.10", *table)
        world.router.ip("-6", "route", "add", "default", "via", f"fd0{net}::10", *table)
    world.router.ip("route", "add", "default", "via", "10.2.0.10")
    world.router.ip("-6", "route", "add", "default", "via", "fd02::10")
    site.settle()
    site.settle_neighbours("vr")
    return world


@pytest.mark.parametrize("family", (4, 6))
def test_rules_choose_the_uplink(site: Site, family: int) -> None:
    world = build(site)
    far = FAR if family == 4 else FAR6
    mine, other = ("10.1.0.11", "10.1.0.10") if family == 4 else ("fd01::11", "fd01::10")
    to_up2 = ("lookup", str(TABLES["up2"]))

    assert world.way(far) == "up1"
    world.rule(family, "add", "pref", "100", "from", mine, *to_up2)
    assert world.way(far, mine) == "up2"
    assert world.way(far, other) == "up1"
    world.rule(family, "del", "pref", "100")
    assert world.way(far, mine) == "up1"

    world.rule(family, "add", "pref", "100", "to", far, *to_up2)
    assert world.way(far) == "up2"
    world.rule(family, "del", "pref", "100")

    world.rule(family, "add", "pref", "100", "iif", "up1", *to_up2)
    assert world.way(far) == "up1"
    world.rule(family, "add", "pref", "101", "iif", "lan0", *to_up2)
    assert world.way(far) == "up2"
    world.rule(family, "del", "pref", "101")

    world.rule(family, "add", "pref", "102", "tos", "0x10", *to_up2)
    assert world.way(far, tos=0x10) == "up2"
    assert world.way(far) == "up1"

    world.rule(family, "add", "pref", "103", "ipproto", "udp", "dport", "6000-6999", *to_up2)
    assert world.way(far, port=6500) == "up2"
    assert world.way(far, port=7000) == "up1"


@pytest.mark.parametrize("family", (4, 6))
def test_an_empty_table_leaves_packets_to_the_next_rule(site: Site, family: int) -> None:
    world = build(site)
    far = FAR if family == 4 else FAR6
    table = ("table", str(TABLES["up2"]))

    world.rule(family, "add", "pref", "100", "lookup", str(TABLES["up2"]))
    assert world.way(far) == "up2"
    world.router.ip(f"-{family}", "route", "del", "default", *table)
    until(lambda: world.way(far) == "up1", "the empty table is passed over")
    world.router.ip(f"-{family}", "route", "add", "throw", far, *table)
    assert world.way(far) == "up1"
    assert "no difference" in audit(world)


def audit(world: World) -> str:
    assert world.site.daemon
    return world.site.daemon.client("audit", "vr")


def test_rules_are_shown_with_who_handles_them(site: Site) -> None:
    world = build(site)
    world.rule(4, "add", "pref", "100", "from", "10.1.0.11", "lookup", str(TABLES["up2"]))
    world.rule(4, "add", "pref", "101", "oif", "up1", "lookup", "101")
    world.rule(4, "add", "pref", "102", "to", "203.0.113.0/24", "lookup", "main",
               "suppress_prefixlength", "8")
    handled = {row["priority"]: row["handled_by"] for row in world.shown()
               if row["family"] == "IPv4"}
    assert handled[100] == "data path"
    assert handled[101] == "nobody"
    assert handled[102] == "kernel"
