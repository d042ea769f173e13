"""A router with hosts on one side and two uplinks that lead to the same addresses."""

import socket
from dataclasses import dataclass

from .config import Port, Router
from .host import Host
from .netns import Namespace
from .site import Site
from .udp import RECEIVE_BUFFER_BYTES, SO_RCVBUFFORCE
from .wait import until

FAR, FAR6 = "198.18.0.1", "2001:db8::1"  # behind both uplinks
COUNT = 600  # more than the kernel may forward in the data path's stead at once
END = 10  # last number of the addresses at the far ends of the router's ports


@dataclass(frozen=True)
class Uplinks:
    """Networks 10.N.0.0/24 and fd0N::/64, in which the router is number 1."""

    site: Site
    left: Host
    ups: dict[str, Host]
    nets: dict[str, int]
    router: Namespace

    def gateway(self, name: str, family: int) -> str:
        net = self.nets[name]
        return f"10.{net}.0.{END}" if family == 4 else f"fd0{net}::{END}"

    def rule(self, family: int, *words: str) -> None:
        before = self.shown()
        self.router.ip(f"-{family}", "rule", *words)
        until(lambda: self.shown() != before, f"the mirror has rule {words}")

    def shown(self) -> list[dict[str, object]]:
        assert self.site.daemon
        return self.site.daemon.show("rules", "vr")

    def audit(self) -> str:
        assert self.site.daemon
        return self.site.daemon.client("audit", "vr")

    def settle(self) -> None:
        self.site.settle()
        self.site.settle_neighbours("vr")

    def way(self, far: str, source: str | None = None, tos: int = 0, port: int = 5000) -> str:
        """Sends datagrams to an address that both uplinks have; the one that got all of them."""
        got = self.counts(far, source, tos, port)
        assert COUNT in got.values(), got
        return max(got, key=lambda name: got[name])

    def counts(self, far: str, source: str | None = None, tos: int = 0, port: int = 5000,
               flows: int = 1) -> dict[str, int]:
        """How many datagrams each uplink got; none is lost."""
        family = socket.AF_INET6 if ":" in far else socket.AF_INET
        sinks = {name: host.socket(family, socket.SOCK_DGRAM) for name, host in self.ups.items()}
        try:
            for sink in sinks.values():
                sink.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
                sink.bind((far, port))
                sink.settimeout(0.3)
            for _ in range(flows):
                self._send(family, far, source, tos, port, COUNT // flows)
            got = {name: _count(sink) for name, sink in sinks.items()}
        finally:
            for sink in sinks.values():
                sink.close()
        assert sum(got.values()) == COUNT // flows * flows, got
        return got

    def _send(self, family: int, far: str, source: str | None, tos: int, port: int,
              count: int) -> None:
        with self.left.socket(family, socket.SOCK_DGRAM) as sender:
            if source:
                sender.bind((source, 0))
            if family == socket.AF_INET:
                sender.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
            else:
                sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, tos)
            for _ in range(count):
                sender.sendto(bytes(100), (far, port))


def _count(sink: socket.socket) -> int:
    n = 0
    try:
        while sink.recv(2048):
            n += 1
    except TimeoutError:
        pass
    return n


def build_uplinks(site: Site, ports: tuple[str, str, str], nets: tuple[int, int, int]) -> Uplinks:
    """Router "vr": its port to the hosts and those of the uplinks; the default routes lead to the
    first uplink."""
    hosts = {port: site.host(name, f"10.{net}.0.{END}/24", f"10.{net}.0.1")
             for port, name, net in zip(ports, ("left", "first", "second"), nets)}
    site.start([Router("vr", tuple(Port(port, f"kernel:{host.peer}")
                                   for port, host in hosts.items()))],
               {"vr": {port: f"10.{net}.0.1/24" for port, net in zip(ports, nets)}})
    world = Uplinks(site, hosts[ports[0]], {port: hosts[port] for port in ports[1:]},
                    dict(zip(ports, nets)), site.namespaces["vr"])
    for namespace in (*hosts.values(), world.router):
        for scope in ("all", "default"):
            namespace.sysctl(f"net.ipv6.conf.{scope}.disable_ipv6", 0)
    world.router.sysctl("net.ipv6.conf.all.forwarding", 1)
    for port, host in hosts.items():
        _join(world, port, host)
    world.left.ip("addr", "add", f"10.{nets[0]}.0.11/24", "dev", "eth0")
    world.left.ip("addr", "add", f"fd0{nets[0]}::11/64", "dev", "eth0", "nodad")
    for host in world.ups.values():
        host.ip("link", "set", "lo", "up")
        host.ip("addr", "add", f"{FAR}/32", "dev", "lo")
        host.ip("addr", "add", f"{FAR6}/128", "dev", "lo", "nodad")
    for family in (4, 6):
        world.router.ip(f"-{family}", "route", "add", "default", "via",
                        world.gateway(ports[1], family))
    world.settle()
    return world


def _join(world: Uplinks, port: str, host: Host) -> None:
    """Addresses of IPv6, and neighbours that need not be looked for."""
    net = world.nets[port]
    host.ip("addr", "add", f"fd0{net}::{END}/64", "dev", "eth0", "nodad")
    host.ip("-6", "route", "add", "default", "via", f"fd0{net}::1")
    world.router.ip("addr", "add", f"fd0{net}::1/64", "dev", port, "nodad")
    for address in (f"10.{net}.0.1", f"fd0{net}::1"):
        host.ip("neigh", "replace", address, "lladdr", world.router.mac(port), "dev", "eth0",
                "nud", "permanent")
    for family in (4, 6):
        world.router.ip("neigh", "replace", world.gateway(port, family), "lladdr",
                        host.mac("eth0"), "dev", port, "nud", "permanent")
