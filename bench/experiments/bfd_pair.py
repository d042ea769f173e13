"""Two routers with OSPF and BFD over two cables, a host behind each, and tenant load between them.

    left - [a] = main, spare = [b] - right

The load enters a, which does not police it, and shares the cable with the packets of FRR: b's
policer sees both. The profile is in packets per second: frames of the load and of BFD cost the same.
A tenth of the load is for b itself, and goes to b's kernel.
"""

import json
import re
import time
from dataclasses import dataclass
from typing import Any

from harness import hub
from harness.config import Port, Router, Sla
from harness.daemon import ABOVE_OTHERS
from harness.frr import Frr, bfdd_conf, ospfd_conf, zebra_conf
from harness.host import Host
from harness.proc import Process
from harness.site import Site
from harness.wait import until

CABLES = {"main": 10, "spare": 100}  # name: OSPF cost
FRAME_BYTES, RATE_PPS, BURST_PKTS = 64, 4000, 32
TO_ROUTER = 0.1  # of the load
GOLD = Sla("gold", f"{RATE_PPS}pps", f"{BURST_PKTS}pkts")
# What takes all protection away: nothing passes beyond the SLA, no class for the kernel has a limit.
UNPROTECTED_PUNT = "".join(f'{name} = "1Gpps"; ' for name in (
    "control", "arp", "arp_stranger", "nd", "icmp", "local", "neighbour", "neighbour6", "exception",
    "exception6"))
DOWN = re.compile(r"^(\d+/\d+/\d+ \d+:\d+:\d+)(\.\d+) BFD:.*state-change: .* -> down", re.MULTILINE)
WARM_UP_S = 1.0


def ends(cable: str) -> tuple[str, str]:
    return f"{cable}-a", f"{cable}-b"


@dataclass(frozen=True)
class Pair:
    site: Site
    left: Host
    right: Host
    frrs: dict[str, Frr]

    def wait(self) -> None:
        """Until every adjacency, every session and the preferred route are there."""
        for name, frr in self.frrs.items():
            until(lambda: frr.bfd_peers_up() == len(CABLES), f"BFD sessions of {name}", 60, 0.1)
            until(lambda: frr.full_neighbours() == len(CABLES), f"adjacencies of {name}", 60, 0.1)
        until(lambda: self.cable_used() == "main", "the preferred route", 20, 0.1)
        self.site.settle()

    def cable_used(self) -> str:
        """By which a's kernel would send to the right."""
        found: list[dict[str, Any]] = json.loads(self.site.namespaces["a"].ip(
            "-j", "route", "get", self.right.address, check=False) or "[]")
        return found[0]["dev"] if found else ""

    def downs(self) -> int:
        """How often a session went down, as bfdd counts it, on both ends and cables."""
        return sum(frr.bfd_downs() for frr in self.frrs.values())

    def down_times(self) -> list[float]:
        """When they did, as bfdd logs it: monotonic, s."""
        ahead = time.time() - time.monotonic()
        return sorted(time.mktime(time.strptime(day, "%Y/%m/%d %H:%M:%S")) + float(part) - ahead
                      for frr in self.frrs.values()
                      for day, part in DOWN.findall(frr.daemons["bfdd"].output()))

    def control_pkts(self) -> tuple[int, int]:
        """Packets that b's policers rescued and dropped so far."""
        ports = self.site.counters("b").ports
        return (sum(ports[cable]["control_rescued_pkts"] for cable in CABLES),
                sum(ports[cable]["police_drop_pkts"] for cable in CABLES))

    def load(self, times: float, seconds: float) -> "Load":
        return Load(self, times, seconds)


class Load:
    """So many times the profile, for some seconds after a warm-up, which is over on return."""

    def __init__(self, pair: Pair, times: float, seconds: float) -> None:
        site, left, right = pair.site, pair.left, pair.right
        self._report, self._seconds = site.work_dir / "load.json", seconds
        common = (f"size={FRAME_BYTES},src={left.address},smac={left.mac('eth0')},"
                  f"dmac={site.namespaces['a'].mac('host0')}")
        streams = {"through": (right.address, 1 - TO_ROUTER), "router": ("10.3.0.2", TO_ROUTER)}
        sent = left.sent_pkts("eth0")
        self._process = Process(
            [*ABOVE_OTHERS, site.bin_dir / "sluice-perf", "loop", "--tx", "raw:eth0", "--tx-netns",
             left.name, "--rx", "packet:eth0,stamps", "--rx-netns", right.name, "--core", "0",
             "--idle", "100us", "--warmup", f"{WARM_UP_S * 1000:.0f}ms",
             "--duration", f"{seconds * 1000:.0f}ms", "--json", self._report,
             *(word for name, (address, part) in streams.items()
               for word in ("--stream", f"name={name},rate={times * part * RATE_PPS:.0f}pps,"
                            f"dst={address},{common}"))], site.work_dir / "load.log")
        until(lambda: left.sent_pkts("eth0") > sent + 10, "the generator sends")
        time.sleep(WARM_UP_S)

    def result(self) -> dict[str, dict[str, Any]]:
        """Streams by name."""
        code = self._process.wait(self._seconds + 60)
        if code != 0:
            raise RuntimeError(f"sluice-perf ended with {code}: {self._process.output()}")
        return {stream["name"]: stream
                for stream in json.loads(self._report.read_text())["streams"]}


def build_pair(site: Site, interval_ms: int, multiplier: int, protected: bool) -> Pair:
    left = site.host("left", "10.1.0.10/24", "10.1.0.1")
    right = site.host("right", "10.2.0.10/24", "10.2.0.1")
    for cable in CABLES:
        hub.cable(site, cable, ends(cable))
    routers, addresses = [], {}
    for number, (name, host) in enumerate((("a", left), ("b", right)), 1):
        ports = [Port("host0", f"kernel:{host.peer}")]
        ports += [Port(cable, f"kernel:v-{cable}-{name}", police="gold") for cable in CABLES]
        routers.append(Router(name, tuple(ports), rescue=None if protected else "none",
                              punt=None if protected else UNPROTECTED_PUNT))
        addresses[name] = {"host0": f"10.{number}.0.1/24"} | {
            cable: f"10.3.{i}.{number}/24" for i, cable in enumerate(CABLES)}
    site.start(routers, addresses, (GOLD,))
    frrs = {name: site.frr(site.namespaces[name], {
        "zebra": zebra_conf(), "bfdd": bfdd_conf(interval_ms, multiplier, {
            f"10.3.{i}.{3 - number}": cable for i, cable in enumerate(CABLES)}),
        "ospfd": ospfd_conf(f"10.255.0.{number}", list(CABLES), ["10.0.0.0/8"], passive=["host0"],
                            costs=CABLES, bfd=True)}) for number, name in enumerate("ab", 1)}
    pair = Pair(site, left, right, frrs)
    pair.wait()
    return pair
