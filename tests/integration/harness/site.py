"""A test's whole world: routers, hosts and the daemon that carries the routers.

Two engines carry a router: "sluice" is the product; "kernel" puts the far ends of the cables into
the router's namespace and lets Linux forward, which proves the tests themselves and is the
reference for everything that a router must answer as Linux does.
"""

import json
import time
from pathlib import Path

from .config import Config, Core, Port, Router, Sla
from .daemon import Daemon
from .frr import Frr
from .host import Host
from .netns import Namespace
from .proc import run
from .wait import until

BURST_PKTS = 64  # what a worker may have in hand, or have done, while its counters are read


class Site:
    """Owns everything that a test makes and takes it down again."""

    def __init__(self, work_dir: Path, engine: str, bin_dir: Path) -> None:
        self.work_dir = work_dir
        self.engine = engine
        self.bin_dir = bin_dir
        self.daemon: Daemon | None = None
        self.namespaces: dict[str, Namespace] = {}
        self.frrs: list[Frr] = []
        self.routers: dict[str, Router] = {}
        self.cables: list[str] = []  # devices of this namespace that go with the site
        self.never_at_rest: set[str] = set()  # routers with a port that always has a packet

    def host(self, name: str, address: str, gateway: str | None = None, mtu: int = 1500,
             behind: Namespace | None = None, peer: str | None = None) -> Host:
        """A host; its cable ends in this namespace, or at a neighbour router `behind`."""
        host = Host(name, address, gateway, peer or f"v-{name}", self.work_dir, mtu, behind)
        self.namespaces[name] = host
        return host

    def neighbour(self, name: str) -> Namespace:
        """A kernel router beside the product."""
        self.namespaces[name] = Namespace(name, self.work_dir, forwarding=True)
        return self.namespaces[name]

    def tenant(self, name: str) -> Namespace:
        """The namespace of a virtual router."""
        return self.neighbour(name)

    def frr(self, namespace: Namespace, confs: dict[str, str]) -> Frr:
        frr = Frr(namespace, confs)
        self.frrs.append(frr)
        return frr

    def start(self, routers: list[Router], addresses: dict[str, dict[str, str]],
              slas: tuple[Sla, ...] = (), settle: bool = True,
              cores: tuple[Core, ...] = ()) -> None:
        """Brings the routers up and gives each port its address: addresses[router][port].

        Ports without a far end yet have no carrier, and so the kernel no routes: settle=False.
        """
        for router in routers:
            self.routers[router.name] = router
            if router.name not in self.namespaces:
                self.tenant(router.name)
        if self.engine == "sluice":
            self.daemon = Daemon(self.bin_dir, self.work_dir, Config(slas, tuple(routers), cores=cores))
        else:
            self._start_kernel(routers)
        for name, ports in addresses.items():
            for port, address in ports.items():
                self.namespaces[name].ip("addr", "add", address, "dev", port)
                self.namespaces[name].ip("link", "set", port, "up")
        if settle:
            self.settle()

    def _start_kernel(self, routers: list[Router]) -> None:
        links: dict[str, tuple[str, Port]] = {}
        for router in routers:
            for port in router.ports:
                kind, _, argument = port.device.partition(":")
                if kind == "kernel":
                    run("ip", "link", "set", argument, "down", "netns", router.name,
                        "name", port.name)
                elif argument in links:
                    other, far = links[argument]
                    self.namespaces[other].ip("link", "add", far.name, "type", "veth", "peer",
                                              "name", port.name, "netns", router.name)
                else:
                    links[argument] = (router.name, port)
                    continue
                self.namespaces[router.name].ip("link", "set", port.name, "mtu", str(port.mtu))

    def settle(self) -> None:
        """Waits until the mirror of every router has what its kernel has."""
        if self.daemon is None:
            return
        for name in self.routers:
            wanted = self.kernel_routes(name)
            until(lambda: wanted <= self.mirrored_routes(name), f"{name} mirrors {wanted}")

    def settle_neighbours(self, router: str) -> None:
        """Waits until the data path knows every neighbour that its kernel knows for good."""
        if self.daemon is None:
            return
        wanted = {line.split()[0] for line in
                  self.namespaces[router].ip("neigh", "show", "nud", "permanent").splitlines()}
        until(lambda: wanted <= self.mirrored_neighbours(router), f"{router} mirrors {wanted}")

    def mirrored_neighbours(self, router: str) -> set[str]:
        """Addresses of neighbours that the data path of a router knows."""
        assert self.daemon
        return {row["address"] for row in self.daemon.show("neighbours", router)
                if row["resolved"]}

    def kernel_routes(self, router: str) -> set[str]:
        """Prefixes of both families but those of one link."""
        namespace = self.namespaces[router]
        prefixes = {with_depth(route["dst"], family) for family in (4, 6)
                    for route in json.loads(namespace.ip("-j", f"-{family}", "route", "show")
                                            or "[]")}
        return {prefix for prefix in prefixes if not prefix.startswith("fe80:")}

    def mirrored_routes(self, router: str) -> set[str]:
        """Prefixes that the data path of a router knows."""
        assert self.daemon
        return {row["prefix"] for row in self.daemon.show("routes", router)
                if row["active"]}

    def counters(self, router: str) -> "Counters":
        assert self.daemon
        return Counters(self.daemon.show("counters", router)[0])

    def check_ledger(self, seconds: float = 5.0) -> None:
        """Waits for rest (two equal readings), then in == out to the packet for every router."""
        if self.daemon is None or not self.daemon.process.alive:
            return
        for name in self.routers:
            deadline = time.monotonic() + seconds
            while True:
                before = self.counters(name).ledger
                time.sleep(0.05)
                ledger = self.counters(name).ledger
                if ledger == before or time.monotonic() > deadline:
                    break
            in_hand = BURST_PKTS if name in self.never_at_rest else 0
            assert abs(ledger["in"] - ledger["out"]) <= in_hand, \
                f"ledger of {name} does not balance: {ledger}"

    def finish(self) -> None:
        """The end of a test that got this far: ledger, then an orderly stop."""
        self.check_ledger()
        if self.daemon and not self.daemon.process.waited_for:
            self.daemon.stop()

    def destroy(self) -> None:
        """Removes everything, in whatever state it is."""
        if self.daemon and self.daemon.process.alive:
            self.daemon.process.kill()
        for frr in self.frrs:
            for daemon in frr.daemons.values():
                if daemon.alive:
                    daemon.kill()
        for namespace in self.namespaces.values():
            namespace.destroy()
        for name in self.cables:
            run("ip", "link", "del", name, check=False)


class Counters:
    """Counters of one router, as the API gives them."""

    def __init__(self, entry: dict) -> None:
        self.entry = entry
        self.ledger: dict[str, int] = {"in": entry["ledger"]["in_pkts"],
                                       "out": entry["ledger"]["out_pkts"]}
        self.ports: dict[str, dict] = {port["port"]: port for port in entry["ports"]}

    def drops(self, reason: str) -> int:
        """Packets dropped for a reason, over all ports."""
        return sum(port["drops"].get(reason, 0) for port in self.ports.values())

    def all_drops(self) -> dict[str, int]:
        reasons = {reason for port in self.ports.values() for reason in port["drops"]}
        return {reason: self.drops(reason) for reason in sorted(reasons) if self.drops(reason)}


def with_depth(target: str, family: int) -> str:
    """A destination of `ip route` as prefix/depth."""
    if target == "default":
        return "0.0.0.0/0" if family == 4 else "::/0"
    return target if "/" in target else f"{target}/{32 if family == 4 else 128}"
