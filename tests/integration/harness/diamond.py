"""Four routers with OSPF and BFD, three ways from left to right, and traffic in both directions.

    left - [a] - [b] - [d] - right      preferred
              \\- [c] -/                 next
               \\-----/                  a to d: last

Each cable has a hub in it, a bridge: when that stops, both ends keep their carrier and only BFD can
tell; when the ports of the hub go down, both ends lose their carrier.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .config import Port, Router
from .daemon import ABOVE_OTHERS
from .frr import Frr, bfdd_conf, ospfd_conf, zebra_conf
from .host import Host
from .proc import Process, run
from .site import Site
from .wait import until

LINKS = {"ab": 10, "bd": 10, "ac": 20, "cd": 20, "ad": 100}  # name: cost
RATE_PPS, FRAME_BYTES = 3443, 363


@dataclass(frozen=True)
class Silence:
    """What a flow went through in one run."""

    longest_ms: float
    sent_pkts: int
    lost_pkts: int
    duplicate_pkts: int

@dataclass(frozen=True)
class Diamond:
    site: Site
    left: Host
    right: Host
    frrs: dict[str, Frr]

    def cut(self, link: str) -> None:
        """Both ends lose their carrier."""
        ports = "".join(f"link set h-{end} down\n" for end in ends(link))
        run("ip", "-batch", "-", stdin=ports)

    def silence(self, link: str) -> None:
        """Nothing passes any more, and nobody is told."""
        run("ip", "link", "set", f"hub-{link}", "down")

    def mend(self, *links: str) -> None:
        """As before, with every adjacency, session and route."""
        for link in links:
            for end in ends(link):
                run("ip", "link", "set", f"h-{end}", "up")
            run("ip", "link", "set", f"hub-{link}", "up")
        self.wait()

    def wait(self) -> None:
        for name, frr in self.frrs.items():
            n = sum(name in link for link in LINKS)
            until(lambda: frr.full_neighbours() == n, f"{n} full adjacencies of {name}", 40)
            until(lambda: frr.bfd_peers_up() == n, f"{n} BFD sessions of {name}", 20)
        until(lambda: self.path() == "abd", "the preferred path", 20)
        until(lambda: self.path(back=True) == "dba", "the preferred path back", 20)
        self.site.settle()

    def bfd(self, interval_ms: int) -> None:
        """Changes the interval of all sessions and waits until it is used."""
        for frr in self.frrs.values():
            frr.configure("bfd", "profile test", f"transmit-interval {interval_ms}",
                          f"receive-interval {interval_ms}")
        for frr in self.frrs.values():
            until(lambda: frr.bfd_intervals_ms() == {interval_ms}, f"BFD every {interval_ms} ms")
        self.wait()

    def path(self, back: bool = False) -> str:
        """Names of the routers that the kernels would send a packet through."""
        at, target = ("d", self.left) if back else ("a", self.right)
        names = at
        while len(names) < 9:  # a loop
            hop = json.loads(self.site.namespaces[at].ip(
                "-j", "route", "get", target.address, check=False) or "[]")
            if not hop or not hop[0]["dev"].startswith("to-"):
                return names
            at = hop[0]["dev"][-1]
            names += at
        return names

    def traffic(self, seconds: float) -> "Traffic":
        return Traffic(self, seconds)


class Traffic:
    """A flow in each direction, evenly paced, and its longest silence."""

    def __init__(self, diamond: Diamond, seconds: float) -> None:
        self._seconds = seconds
        self._report = diamond.site.work_dir / "flows.json"
        left, right = diamond.left, diamond.right
        flow = f"rate={RATE_PPS}pps,size={FRAME_BYTES}"
        there, back = (f"smac={host.mac('eth0')},"
                       f"dmac={diamond.site.namespaces[gateway].mac('host0')},{flow}"
                       for host, gateway in ((left, "a"), (right, "d")))
        self._process = Process(
            [*ABOVE_OTHERS, diamond.site.bin_dir / "sluice-perf", "bidir",
             "--tx", "raw:eth0,stamps", "--tx-netns", left.name,
             "--rx", "packet:eth0,stamps", "--rx-netns", right.name, "--core", "0",
             "--idle", "100us", "--duration", f"{int(seconds * 1000)}ms", "--warmup", "500ms",
             "--json", self._report,
             "--stream", f"name=there,src={left.address},dst={right.address},{there}",
             "--stream", f"name=back,reverse=on,src={right.address},dst={left.address},{back}"],
            diamond.site.work_dir / "flows.log")

    def result(self) -> dict[str, Silence]:
        assert self._process.wait(self._seconds + 30) == 0, self._process.output()
        report: dict[str, Any] = json.loads(Path(self._report).read_text())
        received = {stream["name"]: stream["received"] for stream in report["streams"]}
        return {name: Silence(counts["longest_silence_ns"] / 1e6, counts["expected_packets"],
                              counts["lost_packets"], counts["duplicate_packets"])
                for name, counts in received.items()}


def ends(link: str) -> tuple[str, str]:
    return link, link[::-1]


def _cable(site: Site, link: str) -> None:
    site.cables += [f"hub-{link}", *(f"h-{end}" for end in ends(link))]
    run("ip", "link", "add", f"hub-{link}", "type", "bridge", "mcast_snooping", "0")
    for end in ends(link):
        run("ip", "link", "add", f"v-{end}", "type", "veth", "peer", "name", f"h-{end}")
        for device in (f"v-{end}", f"h-{end}"):
            run("ethtool", "-K", device, *(w for o in ("tx", "rx", "tso", "gso", "gro")
                                           for w in (o, "off")))
        run("ip", "link", "set", f"h-{end}", "master", f"hub-{link}", "up")
        run("ip", "link", "set", f"v-{end}", "up")
    run("ip", "link", "set", f"hub-{link}", "up")


def _routers(hosts: dict[str, Host]) -> list[Router]:
    routers = []
    for name in "abcd":
        ports = [Port(f"to-{end[1]}", f"kernel:v-{end}")
                 for link in LINKS for end in ends(link) if end[0] == name]
        if name in hosts:
            ports.append(Port("host0", f"kernel:{hosts[name].peer}"))
        routers.append(Router(name, tuple(ports)))
    return routers


def build_diamond(site: Site, bfd_ms: int = 50) -> Diamond:
    hosts = {"a": site.host("left", "10.1.0.10/24", "10.1.0.1"),
             "d": site.host("right", "10.2.0.10/24", "10.2.0.1")}
    for link in LINKS:
        _cable(site, link)
    routers = _routers(hosts)
    addresses: dict[str, dict[str, str]] = {name: {} for name in "abcd"}
    for number, link in enumerate(LINKS):
        for host, end in enumerate(ends(link), 1):
            addresses[end[0]][f"to-{end[1]}"] = f"10.3.{number}.{host}/24"
    addresses["a"]["host0"], addresses["d"]["host0"] = "10.1.0.1/24", "10.2.0.1/24"
    site.start(routers, addresses)
    frrs = {}
    for number, router in enumerate(routers, 1):
        costs = {f"to-{end[1]}": cost for link, cost in LINKS.items()
                 for end in ends(link) if end[0] == router.name}
        frrs[router.name] = site.frr(site.namespaces[router.name], {
            "zebra": zebra_conf(), "bfdd": bfdd_conf(bfd_ms),
            "ospfd": ospfd_conf(f"10.255.0.{number}", list(costs), ["10.0.0.0/8"],
                                passive=["host0"], costs=costs, bfd=True)})
    diamond = Diamond(site, hosts["a"], hosts["d"], frrs)
    diamond.wait()
    return diamond
