"""FRR daemons of one namespace."""

import json
import shutil
from pathlib import Path
from typing import Any

from .netns import Namespace
from .proc import Process, run
from .wait import until

DAEMONS = Path("/usr/lib/frr")
PUNCTUAL = ("chrt", "--rr", "1")  # as configs/frr/bfdd.conf advises
RUN = Path("/run/frr")  # fixed when FRR was built
SHIPPED = Path(__file__).resolve().parents[3] / "configs" / "frr"
START_SECONDS = 60.0  # it reads its models first, which takes long on a machine with no time to spare


class Frr:
    """FRR daemons in a namespace, with sockets and files in a directory of their own."""

    def __init__(self, namespace: Namespace, confs: dict[str, str]) -> None:
        """confs: configuration of each daemon by its name; zebra is first."""
        self.namespace = namespace
        self.dir = RUN / namespace.name
        shutil.rmtree(self.dir, ignore_errors=True)  # of an earlier test
        self.dir.mkdir(parents=True)
        RUN.chmod(0o755)
        for name, text in confs.items():
            (self.dir / f"{name}.conf").write_text(text)
        for path in (self.dir, *self.dir.iterdir()):
            shutil.chown(path, "frr", "frr")
        self.daemons: dict[str, Process] = {}
        for name in confs:
            self.daemons[name] = self._start(name)
            socket = "zserv.api" if name == "zebra" else f"{name}.vty"
            until(lambda: (self.dir / socket).exists(), f"{name} of {namespace.name} answers",
                  START_SECONDS)

    def _start(self, name: str) -> Process:
        return self.namespace.start(*PUNCTUAL, DAEMONS / name, "-N", self.namespace.name, "-P", "0",
                                    "-f", self.dir / f"{name}.conf",
                                    "-i", self.dir / f"{name}.pid", "--log", "stdout")

    def vtysh(self, *commands: str) -> str:
        words = [word for command in commands for word in ("-c", command)]
        return run("vtysh", "--vty_socket", self.dir, *words).stdout

    def refused_lines(self) -> str:
        """What the daemons said about lines of their configuration that they do not understand."""
        return "".join(line for daemon in self.daemons.values()
                       for line in daemon.output().splitlines(keepends=True)
                       if "Unknown command" in line or "rror occured" in line
                       or "Failure from following" in line)

    def json(self, command: str) -> dict[str, Any]:
        return json.loads(self.vtysh(command + " json") or "{}")

    def bfd_peers_up(self) -> int:
        """Number of BFD sessions in state Up."""
        text = self.vtysh("show bfd peers json")
        return sum(peer["status"] == "up" for peer in json.loads(text or "[]"))

    def bfd_downs(self) -> int:
        """How often a BFD session went down since bfdd was started."""
        text = self.vtysh("show bfd peers counters json")
        return sum(peer["session-down"] for peer in json.loads(text or "[]"))

    def state_changes(self) -> int:
        """How often the state of an OSPF adjacency has changed so far."""
        lists = self.json("show ip ospf neighbor detail").get("neighbors", {})
        return sum(neighbour["stateChangeCounter"] for group in lists.values()
                   for neighbour in group)

    def full_neighbours(self, since_s: float = 0) -> int:
        """Number of OSPF adjacencies in state Full, with neighbours known for a time."""
        lists = self.json("show ip ospf neighbor").get("neighbors", {})
        return sum(neighbour["nbrState"].startswith("Full")
                   and neighbour["upTimeInMsec"] >= since_s * 1000
                   for group in lists.values() for neighbour in group)

    def stop(self) -> None:
        for daemon in reversed(self.daemons.values()):
            if daemon.alive:
                daemon.stop()


def shipped(*daemons: str, nexthop_objects: bool = False) -> dict[str, str]:
    """The configurations that the product ships."""
    confs = {name: (SHIPPED / f"{name}.conf").read_text() for name in daemons}
    if nexthop_objects:
        confs["zebra"] = confs["zebra"].replace("no zebra nexthop kernel enable", "")
    return confs


def zebra_conf(nexthop_objects: bool = False) -> str:
    """Configuration of zebra; nexthop_objects lets it use kernel nexthop ids (RTA_NH_ID)."""
    lines = ["ip forwarding", "log stdout informational", "zebra work-queue 0"]
    if not nexthop_objects:
        lines.append("no zebra nexthop kernel enable")
    return "\n".join(lines) + "\n"


def bfdd_conf(interval_ms: int, multiplier: int = 3, peers: dict[str, str] | None = None) -> str:
    """A profile by which a silent link is given up after so many intervals; changes are logged.

    peers: interfaces by address. Their sessions, and counters, outlast the adjacencies of OSPF.
    """
    lines = ["log stdout debugging", "log timestamp precision 6", "debug bfd peer", "bfd",
             " profile test", f"  detect-multiplier {multiplier}",
             f"  transmit-interval {interval_ms}", f"  receive-interval {interval_ms}", " exit"]
    for address, interface in (peers or {}).items():
        lines += [f" peer {address} interface {interface}", "  profile test", " exit"]
    return "\n".join([*lines, "exit", ""])


def ospfd_conf(router_id: str, interfaces: list[str], networks: list[str],
               passive: list[str] | None = None, costs: dict[str, int] | None = None,
               bfd: bool = False) -> str:
    """Single-area OSPF that converges in about a second: hello 1 s, dead 4 s, no SPF delay."""
    lines: list[str] = []
    for interface in interfaces:
        lines += [f"interface {interface}", " ip ospf network point-to-point",
                  " ip ospf hello-interval 1", " ip ospf dead-interval 4"]
        if bfd:
            lines += [" ip ospf bfd", " ip ospf bfd profile test"]
        if costs and interface in costs:
            lines.append(f" ip ospf cost {costs[interface]}")
        lines.append("exit")
    lines += ["router ospf", f" ospf router-id {router_id}", " timers throttle spf 0 50 500",
              " timers throttle lsa all 0", " timers lsa min-arrival 0"]
    lines += [f" passive-interface {interface}" for interface in passive or []]
    lines += [f" network {network} area 0" for network in networks]
    return "\n".join([*lines, "exit", ""])


def ospf6d_conf(router_id: str, interfaces: list[str]) -> str:
    """Single-area OSPFv3 with the same times."""
    lines: list[str] = []
    for interface in interfaces:
        lines += [f"interface {interface}", " ipv6 ospf6 area 0.0.0.0",
                  " ipv6 ospf6 network point-to-point", " ipv6 ospf6 hello-interval 1",
                  " ipv6 ospf6 dead-interval 4", "exit"]
    return "\n".join([*lines, "router ospf6", f" ospf6 router-id {router_id}",
                      " timers throttle spf 0 50 500", " timers lsa min-arrival 0", "exit", ""])
