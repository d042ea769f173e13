"""Four routers with OSPF and BFD, three ways from left to right, and traffic in both directions.

    left - [a] - [b] - [d] - right      preferred
              \\- [c] -/                 next
               \\-----/                  a to d: last

Each cable has a hub in it, a bridge: when that stops, both ends keep their carrier and only BFD can
tell; when the ports of the hub go down, both ends lose their carrier.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import hub
from .config import Port, Router
from .daemon import ABOVE_OTHERS
from .frr import Frr, bfdd_conf, ospfd_conf, zebra_conf
from .host import Host
from .proc import Process, run
from .site import Site
from .wait import until

LINKS = {"ab": 10, "bd": 10, "ac": 20, "cd": 20, "ad": 100}  # name: cost
RATE_PPS, FRAME_BYTES = 3443, 363
WARM_UP_MS, STEADY_S, COUNTED_MS = 3500, 3.9, 1500


@dataclass(frozen=True)
class Flow:
    """What a flow went through in one run.

    lost_ms: packets lost, as the time that the plan has for them. The outage is not shorter; it is
    longer where the generator itself stopped in it, by no more than it was ever late (late_ms).
    """

    name: str
    silence_ms: float
    late_ms: float
    sent_pkts: int
    lost_pkts: int
    duplicate_pkts: int

    @property
    def lost_ms(self) -> float:
        return self.lost_pkts * 1000 / RATE_PPS

    @property
    def at_most_ms(self) -> float:
        return max(self.lost_ms, min(self.silence_ms, self.lost_ms + self.late_ms))


@dataclass(frozen=True)
class Diamond:
    site: Site
    left: Host
    right: Host
    frrs: dict[str, Frr]

    def cut(self, link: str) -> None:
        """Both ends lose their carrier, at the same time: the kernel does a group in one go."""
        run("ip", "link", "set", "group", str(_group(link)), "down")

    def silence(self, link: str) -> None:
        """Nothing passes any more, and nobody is told."""
        hub.silence(link)

    def mend(self, *links: str) -> None:
        """As before, with every adjacency, session and route."""
        for link in links:
            hub.mend(link, ends(link))
        self.wait()

    def wait(self) -> None:
        for name, frr in self.frrs.items():
            n = sum(name in link for link in LINKS)
            until(lambda: frr.full_neighbours() == n, f"{n} full adjacencies of {name}", 40)
            until(lambda: frr.bfd_peers_up() == n, f"{n} BFD sessions of {name}", 20)
        until(lambda: self.path() == "abd", "the preferred path", 20)
        until(lambda: self.path(back=True) == "dba", "the preferred path back", 20)
        self.site.settle()

    def full_neighbours(self, since_s: float) -> int:
        """Adjacencies of all routers that have lasted for a time."""
        return sum(frr.full_neighbours(since_s) for frr in self.frrs.values())

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

    def traffic(self) -> "Traffic":
        return Traffic(self)


class Traffic:
    """A flow in each direction, evenly paced; steady() begins what counts."""

    def __init__(self, diamond: Diamond) -> None:
        self._diamond = diamond
        self._begin = 0.0
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
             "--idle", "100us", "--duration", f"{COUNTED_MS}ms", "--warmup", f"{WARM_UP_MS}ms",
             "--json", self._report,
             "--stream", f"name=there,src={left.address},dst={right.address},{there}",
             "--stream", f"name=back,reverse=on,src={right.address},dst={left.address},{back}"],
            diamond.site.work_dir / "flows.log")

    def steady(self) -> float:
        """Waits until the generator's packets count; returns since when all is up (monotonic, s).

        Its start takes the processor for so long that BFD at 10 ms flaps: everybody has some
        seconds to come back from that. Then it goes before FRR, whose work it would else not see.
        """
        sent = self._diamond.left.sent_pkts("eth0")
        until(lambda: self._diamond.left.sent_pkts("eth0") > sent + 10, "the generator sends")
        self._begin = time.monotonic()
        run("chrt", "--rr", "--all-tasks", "--pid", "2", str(self._process.pid))
        self._diamond.wait()
        up = time.monotonic()
        time.sleep(max(0, self._begin + STEADY_S - up))
        return up

    @property
    def late(self) -> bool:
        """The packets that count may be gone."""
        return time.monotonic() > self._begin + STEADY_S + 0.2

    def result(self) -> list[Flow]:
        assert self._process.wait(30) == 0, self._process.output()
        report: dict[str, Any] = json.loads(Path(self._report).read_text())
        return [_flow(stream) for stream in report["streams"]]


def _flow(stream: dict[str, Any]) -> Flow:
    sent, received = stream["sent"], stream["received"]
    return Flow(stream["name"], received["longest_silence_ns"] / 1e6,
                sent["lateness_ns"]["max"] / 1e6, received["expected_packets"],
                received["lost_packets"], received["duplicate_packets"])


def ends(link: str) -> tuple[str, str]:
    return link, link[::-1]


def _group(link: str) -> int:
    """Number of the device group that the ports of a link's hub are in."""
    return 1 + list(LINKS).index(link)


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
        hub.cable(site, link, ends(link), _group(link))
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
