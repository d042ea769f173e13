"""A victim and its neighbours, routers of one core: sluiced's, or the kernel's in namespaces.

    left ---------------- wan0 [victim] lan0 ---------------- right
    source - bridge ===== wan0 [n1 ... n7] lan0 ------------- sinks

One process sends what the neighbours get: a bridge copies each of its frames to all of them that
are to be overloaded, so that copies cost the sender's core a fraction of what they may cost the
routers' core. Frames to another bridge of the same make are copied to nobody: the sender's core
has the same work then, and the routers' core none of it.

The kernel hands the packets of the routers' ports to the routers' core (RPS), where sluiced has its
worker, and shapes what leaves by tbf, with the profile that sluiced polices and shapes to.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.config import Port, Router, Sla
from harness.daemon import ABOVE_OTHERS
from harness.host import Host
from harness.netns import OFFLOADS, Namespace
from harness.proc import Process, run
from harness.site import Site
from harness.wait import until

NEIGHBOURS = 7
FRAME_BYTES = 64
VICTIM_PPS, VICTIM_SOLD_PPS = 10_000, 12_500
NEIGHBOUR_SOLD_PPS, OVERLOAD = 3_000, 10
CONTROL_CORE, ROUTER_CORE = 0, 1
BURST_BYTES = 16_000
NEIGHBOUR_MAC, SINK_MAC = "02:00:00:00:0a:01", "02:00:00:00:0a:02"
LONG_S = 60  # longer than a round; it is ended then
VICTIM_PRIORITY = "50"  # of its sender and sink: SCHED_FIFO, before everybody else on the core


def _rate_bps(pps: int) -> int:
    return pps * FRAME_BYTES * 8


def _slas() -> tuple[Sla, Sla]:
    return (Sla("victim", str(_rate_bps(VICTIM_SOLD_PPS)), str(BURST_BYTES)),
            Sla("neighbour", str(_rate_bps(NEIGHBOUR_SOLD_PPS)), str(BURST_BYTES)))


@dataclass(frozen=True)
class World:
    site: Site
    left: Host
    right: Host
    source: Namespace
    load: Namespace

    def overload(self, neighbours: int, device: str) -> Process:
        """Sends for so many neighbours, by src0 or, so that the copies reach nobody, by src1."""
        for i in range(1, NEIGHBOURS + 1):
            for port in (f"p{i}", f"d{i}"):
                flood = "on" if i <= neighbours else "off"
                self.load.run("bridge", "link", "set", "dev", port, "flood", flood)
        sent = self.source.sent_pkts(device)
        process = self.source.start(
            *ABOVE_OTHERS, self.site.bin_dir / "sluice-perf", "send", "--tx", f"packet:{device}",
            "--core", str(CONTROL_CORE), "--idle", "100us", "--duration", f"{LONG_S}s", "--stream",
            f"rate={OVERLOAD * NEIGHBOUR_SOLD_PPS}pps,size={FRAME_BYTES},src=10.1.0.10,"
            f"dst=10.2.0.10,smac=02:00:00:00:0a:09,dmac={NEIGHBOUR_MAC}")
        until(lambda: self.source.sent_pkts(device) > sent + 1000, "the load is there")
        return process

    def waited_ns(self) -> int:
        """How long sluiced's worker has waited behind other processes of the machine so far."""
        if self.site.daemon is None:
            return 0  # what forwards in the kernel goes before every process
        tasks = Path(f"/proc/{self.site.daemon.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[1]) for task in tasks
                   if "worker" in (task / "comm").read_text())

    def victim(self, seconds: float, warm_up_s: float) -> "Victim":
        return Victim(self, seconds, warm_up_s)


class Victim:
    """Sends for the victim; the report is there before the process has ended.

    The kernel lets a socket go only when each core has passed through its scheduler, which can take
    seconds while the routers and the load have both cores: the load is to be ended before wait().
    """

    def __init__(self, world: World, seconds: float, warm_up_s: float) -> None:
        site, left, right = world.site, world.left, world.right
        self._report, self._seconds = site.work_dir / "victim.json", seconds + warm_up_s
        self._report.unlink(missing_ok=True)
        self._process = Process(
            ["chrt", "--fifo", VICTIM_PRIORITY, site.bin_dir / "sluice-perf", "loop",
             "--tx", "raw:eth0,single", "--tx-netns", left.name, "--rx", "packet:eth0,stamps",
             "--rx-netns", right.name, "--core", str(CONTROL_CORE), "--idle", "100us",
             "--drain", "100ms",
             "--duration", f"{seconds * 1000:.0f}ms", "--warmup", f"{warm_up_s * 1000:.0f}ms",
             "--json", self._report, "--stream",
             f"name=victim,rate={VICTIM_PPS}pps,size={FRAME_BYTES},src={left.address},"
             f"dst={right.address},smac={left.mac('eth0')},"
             f"dmac={site.namespaces['victim'].mac('wan0')}"],
            site.work_dir / "victim.log")

    def _stream(self) -> dict[str, Any] | None:
        try:
            return json.loads(self._report.read_text())["streams"][0]
        except (FileNotFoundError, json.JSONDecodeError):
            if not self._process.alive:
                raise RuntimeError(f"sluice-perf: {self._process.output()}") from None
            return None

    def result(self) -> dict[str, Any]:
        """The stream as it came out."""
        time.sleep(self._seconds)
        return until(self._stream, "the victim's report", 30)

    def wait(self) -> None:
        if self._process.wait() != 0:
            raise RuntimeError(f"sluice-perf: {self._process.output()}")


def _veth(name: str, peer: str, namespace: Namespace, mac: str | None = None) -> None:
    """name stays in this namespace."""
    run("ip", "link", "add", name, *(("address", mac) if mac else ()), "type", "veth",
        "peer", "name", peer, "netns", namespace.name)
    for command in (["ethtool"], namespace.command("ethtool")):
        device = name if len(command) == 1 else peer
        run(*command, "-K", device, *(word for o in OFFLOADS for word in (o, "off")))
    run("ip", "link", "set", name, "up")
    namespace.ip("link", "set", peer, "up")


def _bridges(site: Site, load: Namespace, source: Namespace, dead: Namespace) -> None:
    """br0 copies to the neighbours, br1 to nobody."""
    for number, kind in enumerate("pd"):
        load.ip("link", "add", f"br{number}", "type", "bridge", "mcast_snooping", "0")
        load.ip("link", "set", f"br{number}", "up")
        load.ip("link", "add", f"in{number}", "type", "veth", "peer", "name", f"src{number}",
                "netns", source.name)
        source.ip("link", "set", f"src{number}", "up")
        load.ip("link", "set", f"in{number}", "master", f"br{number}", "up")
        for i in range(1, NEIGHBOURS + 1):
            if kind == "p":
                _veth(f"w{i}", f"p{i}", load, NEIGHBOUR_MAC)
                site.cables.append(f"w{i}")
            else:
                dead.ip("link", "add", f"x{i}", "type", "veth", "peer", "name", f"d{i}",
                        "netns", load.name)
                dead.ip("link", "set", f"x{i}", "up")
                load.ip("link", "set", f"d{i}", "up")
            load.ip("link", "set", f"{kind}{i}", "master", f"br{number}")
            load.run("bridge", "link", "set", "dev", f"{kind}{i}", "learning", "off")


def _kernel_shares(site: Site, names: list[str]) -> None:
    """Packets of all ports go to the routers' core; what leaves is shaped."""
    for name in names:
        namespace = site.namespaces[name]
        pps = VICTIM_SOLD_PPS if name == "victim" else NEIGHBOUR_SOLD_PPS
        for port in ("wan0", "lan0"):
            run("ip", "netns", "exec", name, "sh", "-c",
                f"echo {1 << ROUTER_CORE:x} >/sys/class/net/{port}/queues/rx-0/rps_cpus")
        namespace.run("tc", "qdisc", "add", "dev", "lan0", "root", "tbf", "rate",
                      f"{_rate_bps(pps)}bit", "burst", str(BURST_BYTES), "limit", "64k")


def build_world(site: Site) -> World:
    left = site.host("left", "10.1.0.10/24", "10.1.0.1")
    right = site.host("right", "10.2.0.10/24", "10.2.0.1")
    source, load, dead, sinks = (site.neighbour(name) for name in ("source", "load", "dead", "sinks"))
    _bridges(site, load, source, dead)
    routers = [Router("victim", (Port("wan0", f"kernel:{left.peer}", police="victim"),
                                 Port("lan0", f"kernel:{right.peer}", shape="victim")),
                      core=ROUTER_CORE)]
    for i in range(1, NEIGHBOURS + 1):
        _veth(f"l{i}", f"s{i}", sinks)
        site.cables.append(f"l{i}")
        routers.append(Router(f"n{i}", (Port("wan0", f"kernel:w{i}", police="neighbour"),
                                        Port("lan0", f"kernel:l{i}", shape="neighbour")),
                              core=ROUTER_CORE))
    names = [router.name for router in routers]
    site.start(routers, {name: {"wan0": "10.1.0.1/24", "lan0": "10.2.0.1/24"} for name in names},
               _slas())
    for name in names[1:]:
        assert site.namespaces[name].mac("wan0") == NEIGHBOUR_MAC
        site.namespaces[name].ip("neigh", "replace", "10.2.0.10", "lladdr", SINK_MAC, "dev", "lan0",
                                 "nud", "permanent")
        site.settle_neighbours(name)
    site.namespaces["victim"].ip("neigh", "replace", right.address, "lladdr", right.mac("eth0"),
                                 "dev", "lan0", "nud", "permanent")
    site.settle_neighbours("victim")
    if site.engine == "kernel":
        _kernel_shares(site, names)
    return World(site, left, right, source, load)
